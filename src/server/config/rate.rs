//! How often one client may ask.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// What a rate may be, for messages.
pub const ALLOWED: &str = "a whole number from 1 to 4294967295 and a unit, such as 100/s, 600/m or 10000/h";

/// So many requests in such a time; as many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In what time.
    pub period: Duration,
}

impl FromStr for Rate {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (count, unit) = text.split_once('/').ok_or(())?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(()),
        };
        // `parse` would also take a plus sign.
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        Ok(Rate { count: count.parse().map_err(|_| ())?, period: Duration::from_secs(seconds) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_and_a_unit() {
        for (text, count, seconds) in [("1/s", 1, 1), ("600/m", 600, 60), ("4294967295/h", u32::MAX, 3600)] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.count.get(), rate.period), (count, Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "1", "/s", "0/s", "-1/s", "+1/s", "1/d", "1/ s", "1.5/s", "4294967296/s", "1/s/s"] {
            assert_eq!(text.parse::<Rate>(), Err(()), "{text:?}");
        }
    }
}
