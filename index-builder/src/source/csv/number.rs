//! What counts as a number in a cell.

use kindred::profile::Value;

/// The finite number that a cell is, written as JSON writes numbers or with nothing before the point (".5", as some
/// statistics programs do). What has leading zeros, a plus or blanks is rather a code, a phone number or prose than
/// a number; so is a whole number beyond 64 bits, which a double would round.
pub(super) fn number(cell: &str) -> Option<Value> {
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = are_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let is_number = (is_whole || whole.is_empty() && fraction.is_some())
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(|text| are_digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    if !is_number {
        return None;
    }
    if fraction.is_none() && exponent.is_none() {
        let number = cell.parse::<i64>().map(Value::Int);
        return number.or_else(|_| cell.parse().map(Value::UInt)).ok();
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_number_and_what_is_not() {
        let numbers = [
            ("0", Value::Int(0)),
            ("-0", Value::Int(0)),
            ("-1", Value::Int(-1)),
            ("18446744073709551615", Value::UInt(u64::MAX)),
            ("3.0", Value::Float(3.0)),
            ("0.5", Value::Float(0.5)),
            ("-0.5", Value::Float(-0.5)),
            (".5", Value::Float(0.5)),
            ("-.5", Value::Float(-0.5)),
            ("1e5", Value::Float(100_000.0)),
            ("1.5E-3", Value::Float(0.0015)),
            ("2e+2", Value::Float(200.0)),
            ("1e-999", Value::Float(0.0)),
        ];
        for (cell, value) in numbers {
            assert_eq!(number(cell), Some(value), "{cell}");
        }
        let others = [
            "",
            "-",
            ".",
            "-.",
            "e5",
            "1e",
            "1e+",
            "5.",
            "007",
            "-01",
            "00.5",
            "+1",
            " 1",
            "1 ",
            "1,5",
            "1_000",
            "0x10",
            "1e5.5",
            "1.2.3",
            "--1",
            "NaN",
            "nan",
            "inf",
            "Infinity",
            "1e999",
            "-1e999",
            "18446744073709551616",
            "½",
            "1é5",
            "٣",
        ];
        for cell in others {
            assert_eq!(number(cell), None, "{cell}");
        }
    }
}
