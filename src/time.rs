//! Times as people read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second of the year 9999, the end of RFC 3339.
const LAST_SECOND: u64 = 253_402_300_799;

/// Seconds since 1970 as RFC 3339 text in UTC, such as `2026-01-31T23:59:59Z`. Times after the year 9999 are shown
/// as its end: a file may claim anything.
pub fn rfc3339(seconds: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND));
    humantime::format_rfc3339_seconds(time).to_string()
}

/// A time of this machine's clock as [`rfc3339`] shows it. One before 1970 shows as 1970.
pub fn rfc3339_of(time: SystemTime) -> String {
    rfc3339(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_seconds_is_a_time() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(rfc3339_of(UNIX_EPOCH + Duration::from_millis(1999)), "1970-01-01T00:00:01Z");
        assert_eq!(rfc3339_of(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00Z");
    }
}
