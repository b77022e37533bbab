//! Dates, times and durations of Arrow, which are numbers of some unit.

use std::fmt::Write as _;

use arrow_schema::TimeUnit;

use super::super::calendar::{date_of_day, duration, moment, time_of_day};
use super::left::Reason;

const OUT_OF_RANGE: Reason = "date or time out of range";

pub(super) fn date(days: i64) -> Result<String, Reason> {
    date_of_day(days).ok_or(OUT_OF_RANGE)
}

/// A date that is written in milliseconds.
pub(super) fn long_date(milliseconds: i64) -> Result<String, Reason> {
    date(milliseconds.div_euclid(86_400_000))
}

pub(super) fn time(number: i64, unit: TimeUnit) -> Result<String, Reason> {
    time_of_day(nanoseconds(number, unit)).ok_or(OUT_OF_RANGE)
}

pub(super) fn duration_of(number: i64, unit: TimeUnit) -> String {
    duration(nanoseconds(number, unit))
}

/// An ISO 8601 duration of months, days and nanoseconds, each with a sign of its own: `P14M-3DT4.5S`.
pub(super) fn interval((months, days, nanoseconds): (i32, i32, i128)) -> String {
    let mut text = String::from("P");
    if months != 0 {
        let _ = write!(text, "{months}M");
    }
    if days != 0 {
        let _ = write!(text, "{days}D");
    }
    if nanoseconds != 0 || text == "P" {
        let sign = if nanoseconds < 0 { "-" } else { "" };
        let (seconds, rest) =
            (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
        let fraction = if rest == 0 { String::new() } else { format!(".{rest:09}") };
        let _ = write!(text, "T{sign}{seconds}{}S", fraction.trim_end_matches('0'));
    }
    text
}

/// A moment in a zone: with its offset where the zone is one, else in UTC, since the offset of a zone with a name
/// depends on a database that changes.
pub(super) fn timestamp(number: i64, unit: TimeUnit, zone: &Zone) -> Result<String, Reason> {
    let shift = i128::from(zone.minutes) * 60_000_000_000;
    moment(nanoseconds(number, unit) + shift, &zone.text).ok_or(OUT_OF_RANGE)
}

/// What stands behind a time, and by how much that is shifted.
pub(super) struct Zone {
    minutes: i32,
    text: String,
}

impl Zone {
    pub(super) fn new(name: Option<&str>) -> Zone {
        let Some(name) = name else { return Zone { minutes: 0, text: String::new() } };
        let minutes = offset(name).unwrap_or(0);
        let sign = if minutes < 0 { '-' } else { '+' };
        let size = minutes.abs();
        Zone { minutes, text: format!("{sign}{:02}:{:02}", size / 60, size % 60) }
    }
}

/// The minutes of `+02:00`, `-0530` and `+07`.
fn offset(name: &str) -> Option<i32> {
    let (sign, digits) = match name.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, name.strip_prefix('+')?),
    };
    let digits = digits.replace(':', "");
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let (hours, minutes) = digits.split_at(2);
    let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    Some(sign * (hours.parse::<i32>().ok()? * 60 + minutes))
}

fn nanoseconds(number: i64, unit: TimeUnit) -> i128 {
    let per_unit = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1000,
        TimeUnit::Nanosecond => 1,
    };
    i128::from(number) * per_unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_an_offset_or_utc() {
        let at = |zone| timestamp(1_435_753_805, TimeUnit::Second, &Zone::new(zone)).unwrap();
        assert_eq!(at(None), "2015-07-01T12:30:05");
        for utc in ["UTC", "Europe/Berlin", "+00:00", "Z", "+1", "+ab:cd", "+é1"] {
            assert_eq!(at(Some(utc)), "2015-07-01T12:30:05+00:00", "{utc}");
        }
        assert_eq!(at(Some("+02:00")), "2015-07-01T14:30:05+02:00");
        assert_eq!(at(Some("-0530")), "2015-07-01T07:00:05-05:30");
        assert_eq!(at(Some("+13")), "2015-07-02T01:30:05+13:00");
    }

    #[test]
    fn an_interval_keeps_its_three_parts() {
        let shown = [(14, -3, 4_500_000_000), (0, 0, 0), (-1, 0, 0), (0, 2, 0), (0, 0, -1)].map(interval);
        assert_eq!(shown, ["P14M-3DT4.5S", "PT0S", "P-1M", "P2D", "PT-0.000000001S"]);
    }

    #[test]
    fn what_has_no_date_or_time_is_out_of_range() {
        assert_eq!(timestamp(i64::MAX, TimeUnit::Second, &Zone::new(None)), Err(OUT_OF_RANGE));
        assert_eq!((date(i64::MIN), time(86_400, TimeUnit::Second)), (Err(OUT_OF_RANGE), Err(OUT_OF_RANGE)));
        assert_eq!(long_date(-1), Ok("1969-12-31".to_owned()));
        assert_eq!(duration_of(-1500, TimeUnit::Millisecond), "-PT1.5S");
    }
}
