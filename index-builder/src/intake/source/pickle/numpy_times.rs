//! numpy's `datetime64` and `timedelta64`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kindred::profile::Value;

use super::super::calendar;

/// What the numbers of a type count: so many of a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    scale: Scale,
    count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Nothing is said.
    Generic,
    Years,
    Months,
    Weeks,
    Days,
    /// So many nanoseconds.
    Nanoseconds(i64),
    /// So many to a nanosecond.
    Parts(i64),
}

impl Unit {
    pub(super) const GENERIC: Unit = Unit { scale: Scale::Generic, count: 1 };

    /// The unit in the last part of a dtype's state, `(something, (name, count, ...))`.
    pub(super) fn from_state(state: &Value) -> Option<Unit> {
        let Value::List(parts) = state else { return None };
        let [_, Value::List(unit)] = &**parts else { return None };
        let [Value::Text(name), Value::Int(count @ 1..), ..] = &**unit else { return None };
        // Bytes have become base64 by now, unless Python 2 wrote them.
        let decoded = STANDARD.decode(name).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let scale = scale(name).or_else(|| scale(&decoded?))?;
        Some(Unit { scale, count: *count })
    }

    /// A moment counted from 1970, without an offset: a year, a month, a day or a time of a day. `None` outside of the
    /// years 1 to 9999.
    pub(super) fn moment(self, number: i64) -> Option<Value> {
        if number == i64::MIN {
            return Some(Value::Null); // NaT
        }
        let counted = i128::from(number) * i128::from(self.count);
        let day = |days: i128| calendar::date_of_day(i64::try_from(days).ok()?);
        let text = match self.scale {
            Scale::Generic => return None,
            Scale::Years => year(counted + 1970),
            Scale::Months => year(counted.div_euclid(12) + 1970)
                .map(|year| format!("{year}-{:02}", counted.rem_euclid(12) + 1)),
            Scale::Weeks => day(counted.checked_mul(7)?),
            Scale::Days => day(counted),
            Scale::Nanoseconds(_) | Scale::Parts(_) => calendar::moment(self.nanoseconds(counted)?, ""),
        };
        text.map(Value::Text)
    }

    /// A time span. Those in years and months have no length in days; a number without a unit stays one.
    pub(super) fn span(self, number: i64) -> Option<Value> {
        if number == i64::MIN {
            return Some(Value::Null);
        }
        let counted = i128::from(number) * i128::from(self.count);
        let sign = if counted < 0 { "-" } else { "" };
        let text = match self.scale {
            Scale::Generic => return Some(Value::integer(counted)),
            Scale::Years => format!("{sign}P{}Y", counted.unsigned_abs()),
            Scale::Months => format!("{sign}P{}M", counted.unsigned_abs()),
            _ => calendar::duration(self.nanoseconds(counted)?),
        };
        Some(Value::Text(text))
    }

    /// `None` where it is not whole.
    fn nanoseconds(self, counted: i128) -> Option<i128> {
        const DAY: i128 = 86_400_000_000_000;
        match self.scale {
            Scale::Weeks => counted.checked_mul(7 * DAY),
            Scale::Days => counted.checked_mul(DAY),
            Scale::Nanoseconds(each) => counted.checked_mul(i128::from(each)),
            Scale::Parts(parts) if counted % i128::from(parts) == 0 => Some(counted / i128::from(parts)),
            _ => None,
        }
    }
}

fn year(number: i128) -> Option<String> {
    (1..=9999).contains(&number).then(|| format!("{number:04}"))
}

fn scale(name: &str) -> Option<Scale> {
    Some(match name {
        "generic" => Scale::Generic,
        "Y" => Scale::Years,
        "M" => Scale::Months,
        "W" => Scale::Weeks,
        "D" => Scale::Days,
        "h" => Scale::Nanoseconds(3_600_000_000_000),
        "m" => Scale::Nanoseconds(60_000_000_000),
        "s" => Scale::Nanoseconds(1_000_000_000),
        "ms" => Scale::Nanoseconds(1_000_000),
        "us" => Scale::Nanoseconds(1000),
        "ns" => Scale::Nanoseconds(1),
        "ps" => Scale::Parts(1000),
        "fs" => Scale::Parts(1_000_000),
        "as" => Scale::Parts(1_000_000_000),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, count: i64) -> Unit {
        let parts = vec![Value::Text(name.to_owned()), Value::Int(count), Value::Int(1)];
        Unit::from_state(&Value::List(vec![Value::Null, Value::List(parts)])).unwrap()
    }

    fn text(value: Option<Value>) -> String {
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn moments_are_as_exact_as_their_unit() {
        let moment = |name, count, number| text(unit(name, count).moment(number));
        assert_eq!(moment("Y", 1, 45), r#""2015""#);
        assert_eq!(moment("M", 1, -1), r#""1969-12""#);
        assert_eq!(moment("D", 1, 16_617), r#""2015-07-01""#);
        assert_eq!(moment("W", 1, 0), r#""1970-01-01""#);
        assert_eq!(moment("s", 60, 1), r#""1970-01-01T00:01:00""#);
        assert_eq!(moment("ns", 1, -1), r#""1969-12-31T23:59:59.999999999""#);
        assert_eq!(moment("ps", 1, 1000), r#""1970-01-01T00:00:00.000000001""#);
        assert_eq!(moment("bnM=", 1, 0), r#""1970-01-01T00:00:00""#, "bytes");
        assert_eq!(moment("D", 1, i64::MIN), "null", "NaT");
        for (name, number) in [("ps", 1), ("Y", 9000), ("D", i64::MAX), ("s", i64::MAX)] {
            assert_eq!(unit(name, 1).moment(number), None, "{name} {number}");
        }
        assert_eq!(Unit::GENERIC.moment(1), None);
    }

    #[test]
    fn spans_are_durations() {
        let span = |name, number| text(unit(name, 1).span(number));
        assert_eq!(span("s", 5), r#""PT5S""#);
        assert_eq!(span("D", -2), r#""-P2D""#);
        assert_eq!(span("W", 1), r#""P7D""#);
        assert_eq!(span("Y", 3), r#""P3Y""#);
        assert_eq!(span("M", -3), r#""-P3M""#);
        assert_eq!(span("generic", 5), "5");
        assert_eq!(span("ns", i64::MIN), "null");
        assert_eq!(unit("fs", 1).span(1), None);
    }

    #[test]
    fn a_state_that_has_no_unit_is_none() {
        for state in [Value::Null, Value::List(vec![]), Value::List(vec![Value::Null, Value::Null])] {
            assert_eq!(Unit::from_state(&state), None);
        }
    }
}
