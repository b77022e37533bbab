//! Dates and times, as ISO 8601.

use std::fmt::{self, Write as _};

use kindred::profile::Value;

use super::super::calendar::{self, SECONDS_PER_DAY};
use super::error::Problem;
use super::values::Item;

const BAD_DATE: Problem = Problem::Malformed("a date or time that does not exist");

/// A `timedelta`: any number of days, and less than a day of microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duration {
    days: i32,
    seconds: u32,
    microseconds: u32,
}

impl Duration {
    pub(super) const ZERO: Duration = Duration { days: 0, seconds: 0, microseconds: 0 };

    /// # Errors
    /// What Python calls an overflow: more than 999,999,999 days.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "remainders that are not negative, of numbers that fit"
    )]
    fn new(days: i64, seconds: i64, microseconds: i64) -> Result<Duration, Problem> {
        const OVERFLOW: Problem = Problem::Malformed("a timedelta out of range");
        let second = i128::from(seconds) + i128::from(microseconds.div_euclid(1_000_000));
        let day = i128::from(days) + second.div_euclid(i128::from(SECONDS_PER_DAY));
        let days = i32::try_from(day).map_err(|_| OVERFLOW)?;
        if days.unsigned_abs() > 999_999_999 {
            return Err(OVERFLOW);
        }
        Ok(Duration {
            days,
            seconds: second.rem_euclid(i128::from(SECONDS_PER_DAY)) as u32,
            microseconds: microseconds.rem_euclid(1_000_000) as u32,
        })
    }

    fn total_microseconds(self) -> i128 {
        (i128::from(self.days) * i128::from(SECONDS_PER_DAY) + i128::from(self.seconds)) * 1_000_000
            + i128::from(self.microseconds)
    }

    /// As an offset from UTC: `+02:00`, with seconds only where there are any.
    pub(super) fn offset(self) -> String {
        let total = self.total_microseconds();
        let (sign, size) = (if total < 0 { '-' } else { '+' }, total.unsigned_abs());
        let seconds = size / 1_000_000;
        let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
        if seconds % 60 != 0 || size % 1_000_000 != 0 {
            let _ = write!(text, ":{:02}", seconds % 60);
        }
        if size % 1_000_000 != 0 {
            let _ = write!(text, ".{:06}", size % 1_000_000);
        }
        text
    }
}

impl fmt::Display for Duration {
    /// As an ISO 8601 duration of days and seconds: `P1DT3600S`, `-PT0.5S`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&calendar::duration(self.total_microseconds() * 1000))
    }
}

/// `datetime(state)` or `datetime(state, time zone)`, the state being ten bytes.
pub(super) fn datetime(arguments: &[Item]) -> Result<Item, Problem> {
    let [state, zone @ ..] = arguments else { return Err(BAD_DATE) };
    let bytes = state.to_bytes();
    let Some((date, time)) = bytes.as_deref().and_then(|bytes| bytes.split_at_checked(4)) else {
        return Err(BAD_DATE);
    };
    // The highest bit of the month marks the second of two equal times when clocks go back: the offset tells it too.
    let [high, low, month, day] = *date else { return Err(BAD_DATE) };
    let date = date_text(&[high, low, month & 0x7f, day])?;
    Ok(Item::text(format!("{date}T{}{}", time_text(time)?, zone_text(zone)?)))
}

/// `date(state)`, the state being four bytes.
pub(super) fn date(arguments: &[Item]) -> Result<Item, Problem> {
    let [state] = arguments else { return Err(BAD_DATE) };
    Ok(Item::text(date_text(&state.to_bytes().ok_or(BAD_DATE)?)?))
}

/// `time(state)` or `time(state, time zone)`, the state being six bytes.
pub(super) fn time(arguments: &[Item]) -> Result<Item, Problem> {
    let [state, zone @ ..] = arguments else { return Err(BAD_DATE) };
    let bytes = state.to_bytes().ok_or(BAD_DATE)?;
    let [hour, rest @ ..] = &*bytes else { return Err(BAD_DATE) };
    let time = [&[hour & 0x7f], rest].concat();
    Ok(Item::text(format!("{}{}", time_text(&time)?, zone_text(zone)?)))
}

/// `timedelta(days, seconds, microseconds)`.
pub(super) fn duration(arguments: &[Item]) -> Result<Item, Problem> {
    let mut parts = [0; 3];
    if arguments.len() > parts.len() {
        return Err(BAD_DATE);
    }
    for (part, argument) in parts.iter_mut().zip(arguments) {
        *part = argument.as_int().ok_or(BAD_DATE)?;
    }
    Ok(Item::Duration(Duration::new(parts[0], parts[1], parts[2])?))
}

/// `timezone(timedelta)` or `timezone(timedelta, name)`; the same of other libraries, or the name in front.
pub(super) fn time_zone(arguments: &[Item]) -> Result<Item, Problem> {
    match arguments {
        [Item::Duration(offset), ..] | [_, Item::Duration(offset)] if matches!(offset.days, -1 | 0) => {
            Ok(Item::Offset(*offset))
        }
        _ => Err(Problem::Malformed("a time zone without its offset")),
    }
}

/// `pytz._p(zone, offset in seconds, ...)`.
pub(super) fn pytz_zone(arguments: &[Item]) -> Result<Item, Problem> {
    let seconds = arguments.get(1).and_then(Item::as_int);
    let seconds = seconds.ok_or(Problem::Malformed("a time zone without its offset"))?;
    time_zone(&[Item::Duration(Duration::new(0, seconds, 0)?)])
}

/// `pytz.FixedOffset(minutes)`.
pub(super) fn pytz_offset(arguments: &[Item]) -> Result<Item, Problem> {
    let minutes = arguments.first().and_then(Item::as_int).and_then(|minutes| minutes.checked_mul(60));
    let seconds = minutes.ok_or(Problem::Malformed("a time zone without its offset"))?;
    time_zone(&[Item::Duration(Duration::new(0, seconds, 0)?)])
}

/// A zone by its name, or by the file of the database of zones: `Europe/Berlin`, `/usr/share/zoneinfo/Europe/Berlin`.
pub(super) fn zone(name: Option<&Item>) -> Result<Item, Problem> {
    const NO_NAME: Problem = Problem::Malformed("a time zone without its name");
    let name = name.and_then(Item::as_text).ok_or(NO_NAME)?;
    let name = name.rsplit_once("zoneinfo/").map_or(name, |(_, name)| name);
    match name {
        "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT" => Ok(Item::Offset(Duration::ZERO)),
        _ if is_zone_name(name) => Ok(Item::Zone(name.into())),
        _ => Err(Problem::Zone(name.to_owned())),
    }
}

/// Whether a name is one of the database of zones, and not that of a file elsewhere.
fn is_zone_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
        part.starts_with(|first: char| first.is_ascii_alphabetic()) && part.bytes().all(is_letter)
    };
    name.len() <= 64 && name.split('/').all(is_part)
}

/// `_unpickle_timestamp(number, frequency, time zone, unit)`: so many units since 1970, in UTC if there is a zone.
pub(super) fn pandas_timestamp(arguments: &[Item]) -> Result<Item, Problem> {
    let number = arguments.first().and_then(Item::as_int).ok_or(BAD_DATE)?;
    if number == i64::MIN {
        return Ok(Item::Plain(Value::Null)); // NaT
    }
    let unit = nanoseconds_of_unit(arguments.get(3))?;
    let zone = arguments.get(2).map(std::slice::from_ref).unwrap_or_default();
    let offset = if let [Item::Offset(offset)] = zone { *offset } else { Duration::ZERO };
    let nanoseconds = i128::from(number) * unit + offset.total_microseconds() * 1000;
    // The number is in UTC, whatever the zone, so that a zone whose offset is not known loses nothing but its name.
    let zone = if let [Item::Zone(_)] = zone { Duration::ZERO.offset() } else { zone_text(zone)? };
    calendar::moment(nanoseconds, &zone).map(Item::text).ok_or(BAD_DATE)
}

/// `_timedelta_unpickle(number, unit)`.
pub(super) fn pandas_duration(arguments: &[Item]) -> Result<Item, Problem> {
    let number = arguments.first().and_then(Item::as_int).ok_or(BAD_DATE)?;
    if number == i64::MIN {
        return Ok(Item::Plain(Value::Null)); // NaT
    }
    Ok(Item::text(calendar::duration(i128::from(number) * nanoseconds_of_unit(arguments.get(1))?)))
}

/// What pandas' number of a unit means; without one it is nanoseconds.
fn nanoseconds_of_unit(unit: Option<&Item>) -> Result<i128, Problem> {
    Ok(match unit.map(Item::as_int) {
        None | Some(Some(10)) => 1,
        Some(Some(9)) => 1000,
        Some(Some(8)) => 1_000_000,
        Some(Some(7)) => 1_000_000_000,
        _ => return Err(Problem::Malformed("a time of pandas of an unknown unit")),
    })
}

fn zone_text(zone: &[Item]) -> Result<String, Problem> {
    match zone {
        [] | [Item::Plain(Value::Null)] => Ok(String::new()),
        [Item::Offset(offset)] => Ok(offset.offset()),
        // As RFC 9557 writes it: which of its offsets the zone had then is not in the file.
        [Item::Zone(name)] => Ok(format!("[{name}]")),
        [other, ..] => Err(Problem::Zone(other.describe())),
    }
}

/// Four bytes: the year in two, the larger one first, the month, the day.
fn date_text(bytes: &[u8]) -> Result<String, Problem> {
    let [high, low, month, day] = *bytes else { return Err(BAD_DATE) };
    calendar::date(i64::from(u16::from_be_bytes([high, low])), month, day).ok_or(BAD_DATE)
}

/// Six bytes: hour, minute, second, and the microseconds in three, the largest one first.
fn time_text(bytes: &[u8]) -> Result<String, Problem> {
    let [hour, minute, second, high, middle, low] = *bytes else { return Err(BAD_DATE) };
    let microseconds = u32::from_be_bytes([0, high, middle, low]);
    if hour > 23 || minute > 59 || second > 59 || microseconds > 999_999 {
        return Err(BAD_DATE);
    }
    let text = format!("{hour:02}:{minute:02}:{second:02}");
    Ok(if microseconds == 0 { text } else { format!("{text}.{microseconds:06}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(bytes: &[u8]) -> Item {
        Item::Bytes(bytes.into())
    }

    fn int(number: i64) -> Item {
        Item::Plain(Value::Int(number))
    }

    fn text(item: Result<Item, Problem>) -> String {
        item.unwrap().as_text().unwrap().to_owned()
    }

    #[test]
    fn datetimes_are_written_as_isoformat_writes_them() {
        let state = b"\x07\xdf\x07\x01\x0c\x1e\x05\0\0\0";
        assert_eq!(text(datetime(&[bytes(state)])), "2015-07-01T12:30:05");
        let zone = Item::Offset(Duration::new(-1, 68_400, 0).unwrap());
        let fraction = b"\x07\xdf\x87\x01\x0c\x1e\x05\0\0\x07";
        assert_eq!(text(datetime(&[bytes(fraction), zone])), "2015-07-01T12:30:05.000007-05:00");
        assert_eq!(text(date(&[bytes(b"\x07\xd0\x02\x1d")])), "2000-02-29");
        assert_eq!(text(time(&[bytes(b"\x17;;\x0f\x42\x3f")])), "23:59:59.999999");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for state in
            [&b"\x07\xdf\x02\x1d"[..], b"\x07\xdf\x0d\x01", b"\0\0\x01\x01", b"\x07\xdf\x01\0", b"\x07"]
        {
            assert!(date(&[bytes(state)]).is_err(), "{state:?}");
        }
        assert!(time(&[bytes(b"\x18\0\0\0\0\0")]).is_err());
        assert!(datetime(&[]).is_err());
        assert!(datetime(&[bytes(b"\x07\xdf\x07\x01\x0c\x1e\x05\0\0\0"), int(1)]).is_err());
    }

    #[test]
    fn durations_are_days_and_seconds() {
        let show =
            |days, seconds, microseconds| Duration::new(days, seconds, microseconds).unwrap().to_string();
        assert_eq!(show(0, 0, 0), "PT0S");
        assert_eq!(show(2, 0, 0), "P2D");
        assert_eq!(show(1, 3600, 500_000), "P1DT3600.5S");
        assert_eq!(show(-1, 86_399, 0), "-PT1S");
        assert!(Duration::new(i64::MAX, i64::MAX, i64::MAX).is_err());
        assert!(duration(&[int(1), int(2), int(3), int(4)]).is_err());
    }

    #[test]
    fn offsets_have_seconds_only_where_there_are_any() {
        assert_eq!(Duration::new(0, 7200, 0).unwrap().offset(), "+02:00");
        assert_eq!(Duration::new(0, 3208, 0).unwrap().offset(), "+00:53:28");
        assert!(time_zone(&[Item::Duration(Duration::new(1, 0, 0).unwrap())]).is_err());
        assert!(matches!(pytz_offset(&[int(-90)]), Ok(Item::Offset(offset)) if offset.offset() == "-01:30"));
        assert!(pytz_offset(&[int(i64::MAX)]).is_err());
        assert!(matches!(pytz_zone(&[Item::text("Europe/Berlin"), int(3600)]), Ok(Item::Offset(_))));
    }

    #[test]
    fn pandas_timestamps_count_from_1970() {
        let none = Item::Plain(Value::Null);
        let stamp =
            |number, unit| text(pandas_timestamp(&[int(number), none.clone(), none.clone(), int(unit)]));
        assert_eq!(stamp(0, 10), "1970-01-01T00:00:00");
        assert_eq!(stamp(1_435_753_805, 7), "2015-07-01T12:30:05");
        assert_eq!(stamp(951_782_400_123, 8), "2000-02-29T00:00:00.123000");
        assert_eq!(stamp(-1, 10), "1969-12-31T23:59:59.999999999");
        assert!(pandas_timestamp(&[int(i64::MAX), none.clone(), none.clone(), int(7)]).is_err());
        let nat = pandas_timestamp(&[int(i64::MIN), none.clone(), none]).unwrap();
        assert!(matches!(nat, Item::Plain(Value::Null)));
    }
}
