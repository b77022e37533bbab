//! Python's integers and floats.

use kindred::profile::Value;

use super::error::Problem;

/// Python itself refuses to print integers of more decimal digits than this.
const MAX_DIGITS: usize = 4300;

/// No integer of that many digits has more bytes than this.
const MAX_INTEGER_BYTES: usize = MAX_DIGITS * 10 / 24;

/// The integer that bytes are in two's complement, little-endian; `None` if it is absurdly long.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<Value> {
    let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let filler = if negative { 0xff } else { 0 };
    if bytes.len() <= 16 {
        let mut wide = [filler; 16];
        wide.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
        return Some(Value::integer(i128::from_le_bytes(wide)));
    }
    if bytes.len() > MAX_INTEGER_BYTES {
        return None;
    }
    // The absolute value: a negative number's bytes are inverted, and one is added to them.
    let mut carry = u8::from(negative);
    let magnitude = bytes.iter().map(|&byte| {
        let (digit, overflow) = (byte ^ filler).overflowing_add(carry);
        carry = u8::from(overflow);
        digit
    });
    let digits = decimal(&magnitude.collect::<Vec<u8>>());
    Some(Value::Text(if negative { format!("-{digits}") } else { digits }))
}

/// The decimal digits of a little-endian magnitude, by repeated division. Quadratic, in at most
/// [`MAX_INTEGER_BYTES`].
fn decimal(magnitude: &[u8]) -> String {
    const CHUNK: u64 = 1_000_000_000;
    let mut limbs: Vec<u32> = magnitude
        .chunks(4)
        .map(|chunk| chunk.iter().rev().fold(0, |limb, &byte| limb << 8 | u32::from(byte)))
        .collect();
    let mut chunks = Vec::new();
    while let Some(highest) = limbs.iter().rposition(|&limb| limb != 0) {
        limbs.truncate(highest + 1);
        let mut remainder = 0;
        for limb in limbs.iter_mut().rev() {
            let dividend = remainder << 32 | u64::from(*limb);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the remainder before is less than the chunk"
            )]
            let quotient = (dividend / CHUNK) as u32;
            *limb = quotient;
            remainder = dividend % CHUNK;
        }
        chunks.push(remainder);
    }
    let leading = chunks.pop().unwrap_or(0).to_string();
    chunks.iter().rev().fold(leading, |text, chunk| format!("{text}{chunk:09}"))
}

/// The integer that a line of text is, with a sign, blanks around it, or an `L` behind it; `None` if it is absurdly
/// long.
pub(super) fn from_line(line: &[u8]) -> Result<Option<Value>, Problem> {
    const NO_INTEGER: Problem = Problem::Malformed("an integer is not decimal");
    let text = str::from_utf8(line).map_err(|_| NO_INTEGER)?.trim();
    let text = text.strip_suffix('L').unwrap_or(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(NO_INTEGER);
    }
    if digits.len() > MAX_DIGITS {
        return Ok(None);
    }
    let digits = digits.trim_start_matches('0');
    let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
    Ok(Some(match signed.parse() {
        _ if digits.is_empty() => Value::Int(0),
        Ok(number) => Value::integer(number),
        Err(_) => Value::Text(signed),
    }))
}

/// The float that a line of text is.
pub(super) fn float_from_line(line: &[u8]) -> Result<f64, Problem> {
    let number = str::from_utf8(line).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or(Problem::Malformed("a float is no number"))
}

/// A float as Python prints it, and `json.dumps` as a key.
pub(super) fn python_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // Rust and Python agree on the digits and on when there is an exponent, but not on how it is written.
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(size) => format!("{digits}e-{size:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_length_become_numbers_or_decimal_text() {
        assert_eq!(from_bytes(b""), Some(Value::Int(0)));
        assert_eq!(from_bytes(b"\xff"), Some(Value::Int(-1)));
        assert_eq!(from_bytes(b"\xff\0"), Some(Value::Int(255)));
        assert_eq!(from_bytes(&[0xff; 8]), Some(Value::Int(-1)));
        let mut large = vec![0xff; 8];
        large.push(0);
        assert_eq!(from_bytes(&large), Some(Value::UInt(u64::MAX)));
        let mut power = vec![0; 10];
        power.push(1);
        assert_eq!(from_bytes(&power), Some(Value::Text("1208925819614629174706176".into())));
        assert_eq!(from_bytes(&[0xff; 100]), Some(Value::Text("-1".into())));
    }

    #[test]
    fn long_integers_have_the_digits_that_python_prints() {
        let mut power = vec![0; 25];
        power.push(1);
        let text = "1606938044258990275541962092341162602522202993782792835301376";
        assert_eq!(from_bytes(&power), Some(Value::Text(text.into())));
        let mut negative = vec![0; 25];
        negative.push(0xff);
        assert_eq!(from_bytes(&negative), Some(Value::Text(format!("-{text}"))));
        assert_eq!(from_bytes(&[1; 100_000]), None);
        assert_eq!(MAX_INTEGER_BYTES, 1791, "2^(8 * 1791) has 4,314 digits");
    }

    #[test]
    fn integers_in_text_are_read_as_python_does() {
        assert_eq!(from_line(b"42"), Ok(Some(Value::Int(42))));
        assert_eq!(from_line(b"-7L"), Ok(Some(Value::Int(-7))));
        assert_eq!(from_line(b"+0"), Ok(Some(Value::Int(0))));
        assert_eq!(from_line(b"-0"), Ok(Some(Value::Int(0))));
        let long = "9".repeat(50);
        assert_eq!(from_line(long.as_bytes()), Ok(Some(Value::Text(long))));
        assert_eq!(from_line("1".repeat(5000).as_bytes()), Ok(None));
        assert!(from_line(b"").is_err());
        assert!(from_line(b"0x10").is_err());
        assert!(from_line(b"--1").is_err());
    }

    #[test]
    fn floats_are_printed_as_python_prints_them() {
        let expected = [
            (1.0, "1.0"),
            (-0.5, "-0.5"),
            (1e16, "1e+16"),
            (1.5e-7, "1.5e-07"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e300, "1e+300"),
            (123456789012345.0, "123456789012345.0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, text) in expected {
            assert_eq!(python_float(number), text);
        }
    }
}
