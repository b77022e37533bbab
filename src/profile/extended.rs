//! MongoDB's extended JSON: an object with one name that begins with `$` is a value that JSON has no word for.
//!
//! Canonical and relaxed form of version 2, and what mongoexport wrote of version 1. Each becomes what the same
//! document becomes that pymongo read and pickled:
//!
//! | extended JSON | becomes |
//! | --- | --- |
//! | `$oid`, `$symbol`, `$code`, `$numberDecimal` | text |
//! | `$numberInt`, `$numberLong` | an integer |
//! | `$numberDouble` | a float; NaN and the infinities as everywhere in JSON |
//! | `$date` | the moment in UTC as ISO 8601, without an offset, as pymongo's dates have none |
//! | `$uuid`, `$binary` of the subtype 4 | a UUID with its dashes |
//! | other `$binary` | base64 text |
//! | `$regularExpression` | a map of `pattern` and Python's `flags` |
//! | `$timestamp` | a map of `t` and `i` |
//! | `$dbPointer` | a map of `$ref` and `$id`, as a DBRef is |
//! | `$undefined` | null |
//! | `$minKey`, `$maxKey` | the texts `MinKey` and `MaxKey` |
//!
//! Only exactly these shapes: an object with a further name, or with a content that is no such value, stays a map.
//! What is within has been read before, so `{"$date": {"$numberLong": "0"}}` comes as a name and an integer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Value, calendar};

/// What an object of extended JSON stands for.
pub(super) enum Extended {
    Value(Value),
    /// NaN or an infinity.
    NotFinite(f32),
}

/// What the object with these fields stands for, if it is one of extended JSON.
pub(super) fn read(fields: &[(String, Value)]) -> Option<Extended> {
    let (first, _) = fields.first()?;
    if !first.starts_with('$') {
        return None;
    }
    let value = match fields {
        [(name, Value::Text(text))] if name == "$numberDouble" => return double(text),
        [(name, Value::Text(text))] => from_text(name, text)?,
        [(name, Value::Map(inner))] => from_map(name, inner)?,
        [(name, Value::Int(milliseconds))] if name == "$date" => date(*milliseconds)?,
        [(name, Value::Int(1))] if name == "$minKey" => Value::Text("MinKey".to_owned()),
        [(name, Value::Int(1))] if name == "$maxKey" => Value::Text("MaxKey".to_owned()),
        [(name, Value::Bool(true))] if name == "$undefined" => Value::Null,
        [_, _] => version_1(fields)?,
        _ => return None,
    };
    Some(Extended::Value(value))
}

/// The moment so many milliseconds after 1970, as pymongo reads it; `None` outside the years 1 to 9999.
fn date(milliseconds: i64) -> Option<Value> {
    calendar::moment(i128::from(milliseconds) * 1_000_000, "").map(Value::Text)
}

fn double(text: &str) -> Option<Extended> {
    let is_number =
        |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if !matches!(text, "NaN" | "Infinity" | "-Infinity") && !is_number(text) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    Some(if number.is_finite() {
        Extended::Value(Value::Float(number))
    } else {
        Extended::NotFinite(number as f32)
    })
}

fn from_text(name: &str, text: &str) -> Option<Value> {
    let same = || Value::Text(text.to_owned());
    match name {
        "$oid" => {
            let is_id = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_id.then(|| Value::Text(text.to_ascii_lowercase()))
        }
        "$numberInt" => integer(text).filter(|&number| i32::try_from(number).is_ok()).map(Value::Int),
        "$numberLong" => integer(text).map(Value::Int),
        "$numberDecimal" => is_decimal(text).then(same),
        "$date" => calendar::moment(calendar::nanoseconds_of(text)?, "").map(Value::Text),
        "$uuid" => uuid(text),
        "$symbol" | "$code" => Some(same()),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i64> {
    // Rust reads a plus too, which is never written.
    (!text.starts_with('+')).then(|| text.parse().ok())?
}

/// Whether a text is what a Decimal128 is written as.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if matches!(unsigned, "NaN" | "Infinity") {
        return true;
    }
    let (digits, exponent) = unsigned.split_once(['E', 'e']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    are_digits(whole) && are_digits(fraction) && are_digits(exponent)
}

fn uuid(text: &str) -> Option<Value> {
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_uuid.then(|| Value::Text(text.to_ascii_lowercase()))
}

fn from_map(name: &str, inner: &[(String, Value)]) -> Option<Value> {
    match name {
        "$binary" => {
            binary(text_in(inner, "base64")?, text_in(inner, "subType")?).filter(|_| inner.len() == 2)
        }
        "$regularExpression" => {
            regex(text_in(inner, "pattern")?, text_in(inner, "options")?).filter(|_| inner.len() == 2)
        }
        "$timestamp" => {
            let are_numbers = inner.iter().all(|(_, value)| matches!(value, Value::Int(0..=0xffff_ffff)));
            let map = ["t", "i"].map(|name| Some((name.to_owned(), value_in(inner, name)?.clone())));
            let map = map.into_iter().collect::<Option<Vec<_>>>()?;
            (are_numbers && inner.len() == 2).then_some(Value::Map(map))
        }
        "$dbPointer" => {
            let is_pointer = inner.len() == 2 && text_in(inner, "$ref").is_some();
            (is_pointer && value_in(inner, "$id").is_some()).then(|| Value::Map(inner.to_vec()))
        }
        _ => None,
    }
}

/// Version 1: `{"$binary": "...", "$type": "00"}` and `{"$regex": "...", "$options": "..."}`.
fn version_1(fields: &[(String, Value)]) -> Option<Value> {
    match (text_in(fields, "$binary"), text_in(fields, "$type")) {
        (Some(base64), Some(subtype)) => binary(base64, subtype),
        _ => regex(text_in(fields, "$regex")?, text_in(fields, "$options")?),
    }
}

fn value_in<'a>(fields: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

fn text_in<'a>(fields: &'a [(String, Value)], name: &str) -> Option<&'a str> {
    if let Value::Text(text) = value_in(fields, name)? { Some(text) } else { None }
}

/// Bytes with their subtype in hexadecimal digits. UUIDs of the older subtype 3 stay bytes: in which order those are
/// is not in the file.
fn binary(base64: &str, subtype: &str) -> Option<Value> {
    let subtype = (1..=2).contains(&subtype.len()).then(|| u8::from_str_radix(subtype, 16).ok())??;
    let bytes = STANDARD.decode(base64).ok()?;
    Some(Value::Text(match <[u8; 16]>::try_from(&*bytes) {
        Ok(number) if subtype == 4 => uuid_text(u128::from_be_bytes(number)),
        _ => base64.to_owned(),
    }))
}

fn uuid_text(number: u128) -> String {
    let digits = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    parts.join("-")
}

/// A regular expression as pymongo pickles it: with Python's numbers for the options.
fn regex(pattern: &str, options: &str) -> Option<Value> {
    let flag = |option| match option {
        'i' => Some(2),
        'l' => Some(4),
        'm' => Some(8),
        's' => Some(16),
        'u' => Some(32),
        'x' => Some(64),
        _ => None,
    };
    let flags = options.chars().map(flag).try_fold(0, |flags, flag| Some(flags | flag?))?;
    Some(Value::Map(vec![
        ("pattern".to_owned(), Value::Text(pattern.to_owned())),
        ("flags".to_owned(), Value::Int(flags)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::super::json::{Changed, parse, parse_counting};
    use super::*;

    /// The value as JSON.
    fn plain(json: &str) -> String {
        serde_json::to_string(&parse(json.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_of_value_is_what_it_stands_for() {
        let cases = [
            (r#"{"$oid":"5C4E1f6a9d3b2a0017e8d210"}"#, r#""5c4e1f6a9d3b2a0017e8d210""#),
            (r#"{"$numberInt":"-7"}"#, "-7"),
            (r#"{"$numberLong":"7"}"#, "7"),
            (r#"{"$numberLong":"9223372036854775807"}"#, "9223372036854775807"),
            (r#"{"$numberDouble":"1.5"}"#, "1.5"),
            (r#"{"$numberDouble":"7"}"#, "7.0"),
            (r#"{"$numberDouble":"1E+20"}"#, "1e+20"),
            (r#"{"$numberDecimal":"1.50"}"#, r#""1.50""#),
            (r#"{"$numberDecimal":"-1.5E+6144"}"#, r#""-1.5E+6144""#),
            (r#"{"$numberDecimal":"NaN"}"#, r#""NaN""#),
            (r#"{"$date":"2015-07-01T12:30:05Z"}"#, r#""2015-07-01T12:30:05""#),
            (r#"{"$date":"2015-07-01T12:30:05.123+0200"}"#, r#""2015-07-01T10:30:05.123000""#),
            (r#"{"$date":{"$numberLong":"1435753805123"}}"#, r#""2015-07-01T12:30:05.123000""#),
            (r#"{"$date":{"$numberLong":"-1"}}"#, r#""1969-12-31T23:59:59.999000""#),
            (r#"{"$date":1435753805000}"#, r#""2015-07-01T12:30:05""#),
            (r#"{"$binary":{"base64":"AP94","subType":"00"}}"#, r#""AP94""#),
            (r#"{"$binary":{"subType":"80","base64":""}}"#, r#""""#),
            (
                r#"{"$binary":{"base64":"AAAAAAAAAAAAAAAAAAAABQ==","subType":"04"}}"#,
                r#""00000000-0000-0000-0000-000000000005""#,
            ),
            (
                r#"{"$binary":{"base64":"AAAAAAAAAAAAAAAAAAAABQ==","subType":"03"}}"#,
                r#""AAAAAAAAAAAAAAAAAAAABQ==""#,
            ),
            (r#"{"$binary":"AP94","$type":"00"}"#, r#""AP94""#),
            (
                r#"{"$type":"4","$binary":"AAAAAAAAAAAAAAAAAAAABQ=="}"#,
                r#""00000000-0000-0000-0000-000000000005""#,
            ),
            (
                r#"{"$uuid":"00000000-0000-0000-0000-0000000000AB"}"#,
                r#""00000000-0000-0000-0000-0000000000ab""#,
            ),
            (r#"{"$regularExpression":{"pattern":"^a","options":"im"}}"#, r#"{"pattern":"^a","flags":10}"#),
            (r#"{"$regex":"^a","$options":""}"#, r#"{"pattern":"^a","flags":0}"#),
            (r#"{"$timestamp":{"i":2,"t":1}}"#, r#"{"t":1,"i":2}"#),
            (r#"{"$symbol":"s"}"#, r#""s""#),
            (r#"{"$code":"f()"}"#, r#""f()""#),
            (r#"{"$minKey":1}"#, r#""MinKey""#),
            (r#"{"$maxKey":1}"#, r#""MaxKey""#),
            (r#"{"$undefined":true}"#, "null"),
            (
                r#"{"$dbPointer":{"$ref":"c","$id":{"$oid":"5c4e1f6a9d3b2a0017e8d210"}}}"#,
                r#"{"$ref":"c","$id":"5c4e1f6a9d3b2a0017e8d210"}"#,
            ),
            (r#"{"$ref":"c","$id":{"$numberLong":"7"},"$db":"d"}"#, r#"{"$ref":"c","$id":7,"$db":"d"}"#),
        ];
        for (json, expected) in cases {
            assert_eq!(plain(json), expected, "{json}");
            assert_eq!(plain(&format!(r#"{{"a":[{json}]}}"#)), format!(r#"{{"a":[{expected}]}}"#), "{json}");
        }
    }

    #[test]
    fn what_is_no_such_value_stays_a_map() {
        let maps = [
            r#"{"$oid":"5c4e1f6a9d3b2a0017e8d210","n":1}"#,
            r#"{"n":1,"$oid":"5c4e1f6a9d3b2a0017e8d210"}"#,
            r#"{"$oid":"5c4e1f6a9d3b2a0017e8d21"}"#,
            r#"{"$oid":"5c4e1f6a9d3b2a0017e8d21x"}"#,
            r#"{"$oid":7}"#,
            r#"{"$numberInt":"3000000000"}"#,
            r#"{"$numberInt":7}"#,
            r#"{"$numberLong":"+7"}"#,
            r#"{"$numberLong":"7.5"}"#,
            r#"{"$numberLong":"9223372036854775808"}"#,
            r#"{"$numberDouble":"inf"}"#,
            r#"{"$numberDouble":""}"#,
            r#"{"$numberDecimal":"1.5 EUR"}"#,
            r#"{"$numberDecimal":""}"#,
            r#"{"$date":"yesterday"}"#,
            r#"{"$date":"2015-02-30T00:00:00Z"}"#,
            r#"{"$date":1.5}"#,
            r#"{"$date":9223372036854775807}"#,
            r#"{"$binary":"AP94"}"#,
            r#"{"$binary":"?","$type":"00"}"#,
            r#"{"$binary":{"base64":"AP94"}}"#,
            r#"{"$binary":{"base64":"AP94","subType":"xyz"}}"#,
            r#"{"$binary":{"base64":"AP94","subType":"00","n":1}}"#,
            r#"{"$uuid":"00000000000000000000000000000005"}"#,
            r#"{"$regex":"^a"}"#,
            r#"{"$regex":"^a","$options":"q"}"#,
            r#"{"$timestamp":{"t":1}}"#,
            r#"{"$timestamp":{"t":-1,"i":1}}"#,
            r#"{"$minKey":2}"#,
            r#"{"$undefined":false}"#,
            r#"{"$code":"f()","$scope":{}}"#,
            r#"{"$price":"7"}"#,
            r#"{"$a":1,"$b":2}"#,
            "{}",
        ];
        for json in maps {
            assert_eq!(plain(json), json);
        }
    }

    #[test]
    fn a_double_that_is_not_finite_is_null_but_in_a_list_of_numbers() {
        let json = br#"{"a":{"$numberDouble":"NaN"},"b":[{"$numberInt":"1"},{"$numberDouble":"-Infinity"}],"c":["x",NaN]}"#;
        let mut changed = Changed::default();
        let Value::Map(fields) = parse_counting(json, &mut changed).unwrap() else { panic!() };
        assert_eq!(fields[0].1, Value::Null);
        assert_eq!(fields[1].1, Value::Floats(vec![1.0, f32::NEG_INFINITY]));
        assert_eq!(changed, Changed { not_finite: 2, repeated: 0 });
    }

    #[test]
    fn a_name_that_comes_again_in_a_map_is_counted() {
        let mut changed = Changed::default();
        let value = parse_counting(br#"{"a":1,"b":{"c":1,"c":2},"a":3}"#, &mut changed).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), r#"{"a":3,"b":{"c":2}}"#);
        assert_eq!(changed, Changed { not_finite: 0, repeated: 2 });
    }

    #[test]
    fn a_profile_in_a_longer_text_is_the_same_as_alone() {
        let alone = br#"{"_id":{"$oid":"5c4e1f6a9d3b2a0017e8d210"},"seen":[{"$date":{"$numberLong":"0"}}]}"#;
        let longer = [b"[", &alone[..], b"]"].concat();
        let mut json = jiter::Jiter::new(&longer);
        json.next_array().unwrap();
        let fields = super::super::json::next_fields(&mut json, 1000).unwrap();
        assert_eq!(Value::Map(fields), parse(alone).unwrap());
    }
}
