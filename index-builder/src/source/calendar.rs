//! Dates and times as ISO 8601 text: the same text for the same moment, whatever source it came from.

use std::fmt::Write as _;

pub(super) const SECONDS_PER_DAY: i64 = 86_400;
const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;

/// The date that three numbers are; `None` for a day that does not exist, and outside the years 1 to 9999.
pub(super) fn date(year: i64, month: u8, day: u8) -> Option<String> {
    let exists = (1..=9999).contains(&year) && day != 0 && day <= days_in_month(year, month);
    exists.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The date of a day counted from 1970-01-01, within the years 1 to 9999.
pub(super) fn date_of_day(day: i64) -> Option<String> {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    /// Days from 0001-01-01 to 1970-01-01.
    const EPOCH: i64 = 719_162;
    let since_year_1 = day.checked_add(EPOCH)?;
    let mut year = 1 + 400 * since_year_1.div_euclid(DAYS_IN_400_YEARS);
    let mut rest = since_year_1.rem_euclid(DAYS_IN_400_YEARS);
    while rest >= 365 + i64::from(is_leap(year)) {
        rest -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    while rest >= i64::from(days_in_month(year, month)) {
        rest -= i64::from(days_in_month(year, month));
        month += 1;
    }
    date(year, month, rest as u8 + 1)
}

/// A time of day: `12:30:05`, behind the second as many digits as it takes, six or nine. `None` from a day on.
pub(super) fn time_of_day(nanoseconds: i128) -> Option<String> {
    let (second, fraction) =
        (nanoseconds.div_euclid(NANOSECONDS_PER_SECOND), nanoseconds.rem_euclid(NANOSECONDS_PER_SECOND));
    if !(0..i128::from(SECONDS_PER_DAY)).contains(&second) {
        return None;
    }
    let mut text = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    match fraction {
        0 => {}
        _ if fraction % 1000 == 0 => drop(write!(text, ".{:06}", fraction / 1000)),
        _ => drop(write!(text, ".{fraction:09}")),
    }
    Some(text)
}

/// A moment counted from 1970-01-01T00:00:00, where the clock shows it, with what is to stand behind it: an offset
/// from UTC or nothing. `None` outside the years 1 to 9999.
pub(super) fn moment(nanoseconds: i128, zone: &str) -> Option<String> {
    let day = i128::from(SECONDS_PER_DAY) * NANOSECONDS_PER_SECOND;
    let date = date_of_day(i64::try_from(nanoseconds.div_euclid(day)).ok()?)?;
    Some(format!("{date}T{}{zone}", time_of_day(nanoseconds.rem_euclid(day))?))
}

/// An ISO 8601 duration of days and seconds: `P1DT3600S`, `-PT0.5S`.
pub(super) fn duration(nanoseconds: i128) -> String {
    let size = nanoseconds.unsigned_abs();
    let (second, day) =
        (NANOSECONDS_PER_SECOND as u128, SECONDS_PER_DAY as u128 * NANOSECONDS_PER_SECOND as u128);
    let (days, seconds, fraction) = (size / day, size % day / second, size % second);
    let mut text = String::from(if nanoseconds < 0 { "-P" } else { "P" });
    if days > 0 {
        let _ = write!(text, "{days}D");
    }
    match (seconds, fraction) {
        (0, 0) if days > 0 => {}
        (_, 0) => drop(write!(text, "T{seconds}S")),
        _ => drop(write!(text, "T{seconds}.{}S", format!("{fraction:09}").trim_end_matches('0'))),
    }
    text
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// 0 for a month that does not exist.
fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970_and_stay_within_four_digits_of_a_year() {
        let day = |day| date_of_day(day).unwrap_or_default();
        assert_eq!(
            (day(0), day(-1), day(11_016)),
            ("1970-01-01".into(), "1969-12-31".into(), "2000-02-29".into())
        );
        assert_eq!((day(-719_162), day(2_932_896)), ("0001-01-01".into(), "9999-12-31".into()));
        for outside in [-719_163, 2_932_897, i64::MIN, i64::MAX] {
            assert_eq!(date_of_day(outside), None);
        }
        assert_eq!((date(1900, 2, 29), date(2001, 13, 1), date(2001, 1, 0)), (None, None, None));
    }

    #[test]
    fn moments_have_as_many_digits_behind_the_second_as_they_need() {
        let moment = |nanoseconds| moment(nanoseconds, "+00:00").unwrap();
        assert_eq!(moment(0), "1970-01-01T00:00:00+00:00");
        assert_eq!(moment(123_000_000), "1970-01-01T00:00:00.123000+00:00");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999999999+00:00");
        assert_eq!(time_of_day(86_400_000_000_000), None);
        assert_eq!(time_of_day(-1), None);
    }

    #[test]
    fn durations_are_days_and_seconds() {
        assert_eq!((duration(0), duration(-500_000_000)), ("PT0S".to_owned(), "-PT0.5S".to_owned()));
        assert_eq!(duration(90_000_000_000_001), "P1DT3600.000000001S");
        assert_eq!(duration(2 * 86_400_000_000_000), "P2D");
    }
}
