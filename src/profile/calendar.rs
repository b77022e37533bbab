//! Dates and times as ISO 8601 text: the same text for the same moment, whatever source it came from.

use std::fmt::Write as _;

/// Every day has as many: leap seconds are in no text that is read.
pub const SECONDS_PER_DAY: i64 = 86_400;
/// Days from 0001-01-01 to 1970-01-01.
const EPOCH: i64 = 719_162;
const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;

/// The date that three numbers are; `None` for a day that does not exist, and outside the years 1 to 9999.
pub fn date(year: i64, month: u8, day: u8) -> Option<String> {
    let exists = (1..=9999).contains(&year) && day != 0 && day <= days_in_month(year, month);
    exists.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The date of a day counted from 1970-01-01, within the years 1 to 9999.
pub fn date_of_day(day: i64) -> Option<String> {
    const DAYS_IN_400_YEARS: i64 = 146_097;
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

/// The moment that a text of ISO 8601 names, in nanoseconds since 1970-01-01T00:00:00 UTC: a date, `T` and a time of
/// day, with at most nine digits behind the second, and `Z`, an offset, or nothing for UTC. `None` for other text, and
/// for days and times that do not exist.
pub(crate) fn nanoseconds_of(text: &str) -> Option<i128> {
    let (date, rest) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    self::date(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    let clock_end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(clock_end)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let is_fraction = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if hour > 23 || minute > 59 || second > 59 || !is_fraction {
        return None;
    }
    let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = day_of(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    Some(i128::from(seconds - offset_of(zone)?) * NANOSECONDS_PER_SECOND + fraction)
}

/// The seconds that `+02:00`, `+0200` and `+02` are before UTC.
fn offset_of(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.get(1..)?;
    let [hour, minute] = match digits.len() {
        2 => [numbers::<1>(digits, ':', [2])?[0], 0],
        4 => numbers(&format!("{}:{}", digits.get(..2)?, digits.get(2..)?), ':', [2, 2])?,
        _ => numbers(digits, ':', [2, 2])?,
    };
    (hour < 24 && minute < 60).then_some(sign * (hour * 3600 + minute * 60))
}

/// Numbers of so many digits each.
fn numbers<const COUNT: usize>(text: &str, between: char, digits: [usize; COUNT]) -> Option<[i64; COUNT]> {
    let mut numbers = [0; COUNT];
    let mut parts = text.split(between);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// A date that exists, counted in days from 1970-01-01.
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let months = (1..month).map(|month| i64::from(days_in_month(year, month as u8))).sum::<i64>();
    before * 365 + before / 4 - before / 100 + before / 400 + months + day - 1 - EPOCH
}

/// A time of day: `12:30:05`, behind the second as many digits as it takes, six or nine. `None` from a day on.
pub fn time_of_day(nanoseconds: i128) -> Option<String> {
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
pub fn moment(nanoseconds: i128, zone: &str) -> Option<String> {
    let day = i128::from(SECONDS_PER_DAY) * NANOSECONDS_PER_SECOND;
    let date = date_of_day(i64::try_from(nanoseconds.div_euclid(day)).ok()?)?;
    Some(format!("{date}T{}{zone}", time_of_day(nanoseconds.rem_euclid(day))?))
}

/// An ISO 8601 duration of days and seconds: `P1DT3600S`, `-PT0.5S`.
pub fn duration(nanoseconds: i128) -> String {
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
    fn a_moment_is_read_from_its_text_with_any_offset() {
        let read = |text: &str| nanoseconds_of(text).and_then(|nanoseconds| moment(nanoseconds, ""));
        let cases = [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00"),
            ("2015-07-01T12:30:05.123Z", "2015-07-01T12:30:05.123000"),
            ("2000-02-29T23:59:59.999999999", "2000-02-29T23:59:59.999999999"),
            ("2015-07-01T00:30:05+0200", "2015-06-30T22:30:05"),
            ("2015-07-01T00:30:05-05:30", "2015-07-01T06:00:05"),
            ("2015-07-01T00:30:05+02", "2015-06-30T22:30:05"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        let bad = [
            "",
            "2015-07-01",
            "2015-02-29T00:00:00Z",
            "2015-07-01T24:00:00Z",
            "2015-07-01T00:00:00.Z",
            "T",
            "2015-7-1T00:00:00Z",
            "2015-07-01T00:00:00+2",
            "2015-07-01T00:00:00+ab",
            "+015-07-01T00:00:00Z",
            "2015-07-01T00:00:00.0000000000Z",
            "2015-07-01 00:00:00Z",
            "2015-07-01T00:00Z",
            "2015-07-01T00:00:00+é",
        ];
        for text in bad {
            assert_eq!(nanoseconds_of(text), None, "{text}");
        }
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
