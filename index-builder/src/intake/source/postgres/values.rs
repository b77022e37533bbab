//! Values that PostgreSQL writes in a way of its own: decimals, dates and times, which count from 2000.

use std::fmt::Write as _;

use kindred::profile::Value;
use postgres_protocol::types as wire;

use super::super::calendar;
use super::types::{Unread, checked};

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;

const OUT_OF_RANGE: Unread = Unread::Record("date or time out of range");

/// `12.50` as it would be printed. NaN and the infinities are null.
pub(super) fn numeric(raw: &[u8]) -> Result<Value, Unread> {
    let (words, rest) = raw.as_chunks::<2>();
    let words: Vec<u16> = words.iter().map(|&word| u16::from_be_bytes(word)).collect();
    let [count, weight, sign, scale, ref groups @ ..] = words[..] else { return Err(Unread::Answer) };
    if !rest.is_empty() || groups.len() != usize::from(count) || groups.iter().any(|&group| group > 9999) {
        return Err(Unread::Answer);
    }
    let mut text = match sign {
        0x0000 => String::new(),
        0x4000 => String::from("-"),
        0xc000 | 0xd000 | 0xf000 => return Ok(Value::Null),
        _ => return Err(Unread::Answer),
    };
    // Groups of four digits; the first one counts 10000 to the power of the weight.
    let weight = i32::from(weight.cast_signed());
    let group = |power: i32| {
        let at = usize::try_from(weight - power).ok();
        at.and_then(|at| groups.get(at)).copied().unwrap_or(0)
    };
    let _ = write!(text, "{}", group(weight.max(0)));
    for power in (0..weight.max(0)).rev() {
        let _ = write!(text, "{:04}", group(power));
    }
    if scale > 0 {
        let digits: String =
            (1..=i32::from(scale.div_ceil(4))).map(|place| format!("{:04}", group(-place))).collect();
        let _ = write!(text, ".{}", digits.get(..usize::from(scale)).unwrap_or_default());
    }
    Ok(Value::Text(text))
}

/// `6a2f...`: 16 bytes in hexadecimal, with its four dashes.
pub(super) fn uuid(raw: &[u8]) -> Result<Value, Unread> {
    let bytes = checked(wire::uuid_from_sql(raw))?;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Value::Text(text))
}

pub(super) fn date(raw: &[u8]) -> Result<Value, Unread> {
    let days = match checked(wire::date_from_sql(raw))? {
        i32::MAX => return Ok(Value::Text("infinity".to_owned())),
        i32::MIN => return Ok(Value::Text("-infinity".to_owned())),
        days => days,
    };
    calendar::date_of_day(i64::from(days) + EPOCH_DAYS).map(Value::Text).ok_or(OUT_OF_RANGE)
}

pub(super) fn time(raw: &[u8]) -> Result<Value, Unread> {
    let microseconds = checked(wire::time_from_sql(raw))?;
    calendar::time_of_day(i128::from(microseconds) * 1000).map(Value::Text).ok_or(OUT_OF_RANGE)
}

pub(super) fn timestamp(raw: &[u8], zone: &str) -> Result<Value, Unread> {
    let microseconds = match checked(wire::timestamp_from_sql(raw))? {
        i64::MAX => return Ok(Value::Text("infinity".to_owned())),
        i64::MIN => return Ok(Value::Text("-infinity".to_owned())),
        microseconds => i128::from(microseconds),
    };
    let epoch = i128::from(EPOCH_DAYS * calendar::SECONDS_PER_DAY) * 1_000_000;
    calendar::moment((microseconds + epoch) * 1000, zone).map(Value::Text).ok_or(OUT_OF_RANGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric_of(weight: i16, sign: u16, scale: u16, groups: &[u16]) -> String {
        let head = [groups.len() as u16, weight.cast_unsigned(), sign, scale];
        let raw: Vec<u8> = head.iter().chain(groups).flat_map(|word| word.to_be_bytes()).collect();
        match numeric(&raw).unwrap() {
            Value::Text(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(numeric_of(0, 0, 0, &[]), "0");
        assert_eq!(numeric_of(0, 0, 2, &[]), "0.00");
        assert_eq!(numeric_of(0, 0, 2, &[12, 5000]), "12.50");
        assert_eq!(numeric_of(-1, 0x4000, 3, &[50]), "-0.005");
        assert_eq!(numeric_of(-2, 0, 9, &[12]), "0.000000120");
        assert_eq!(numeric_of(2, 0, 0, &[1]), "100000000");
        assert_eq!(numeric_of(1, 0, 1, &[1, 2345, 6000]), "12345.6");
        for sign in [0xc000, 0xd000, 0xf000] {
            assert_eq!(numeric_of(0, sign, 0, &[]), "Null");
        }
        for bad in [&b""[..], b"\0\x01\0\0\0\0\0\0", b"\0\x01\0\0\0\0\0\0\xff\xff", b"\0\0\0\0\x12\0\0\0"] {
            assert_eq!(numeric(bad), Err(Unread::Answer), "{bad:?}");
        }
    }

    #[test]
    fn dates_and_times_count_from_2000() {
        let text = |text: &str| Ok(Value::Text(text.to_owned()));
        assert_eq!(date(&0_i32.to_be_bytes()), text("2000-01-01"));
        assert_eq!(date(&(-10_957_i32).to_be_bytes()), text("1970-01-01"));
        assert_eq!(date(&i32::MIN.to_be_bytes()), text("-infinity"));
        assert_eq!(date(&5_000_000_i32.to_be_bytes()), Err(OUT_OF_RANGE));
        assert_eq!(time(&45_005_000_001_i64.to_be_bytes()), text("12:30:05.000001"));
        assert_eq!(timestamp(&(-1_i64).to_be_bytes(), ""), text("1999-12-31T23:59:59.999999"));
        assert_eq!(timestamp(&i64::MAX.to_be_bytes(), "+00:00"), text("infinity"));
        assert_eq!(date(b"abc"), Err(Unread::Answer));
        let uuid_text = text("00010203-0405-0607-0809-0a0b0c0d0eff");
        assert_eq!(uuid(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]), uuid_text);
    }
}
