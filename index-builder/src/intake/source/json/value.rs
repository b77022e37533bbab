//! The text of one JSON value as a [`Record`].

use kindred::profile::Value;
use kindred::profile::json::{Changed, ParseError, Reason, parse, parse_counting};

use super::super::{NOT_UNICODE, Record};

pub(super) const NOT_JSON: &str = "not valid JSON";
pub(super) const NOT_A_MAP: &str = "not a map";
const TOO_DEEP: &str = "nested too deeply";

/// The record that the text of one JSON value is. `place` is called only for what is not usable.
pub(super) fn parse_record(text: &[u8], place: impl FnOnce() -> String, changed: &mut Changed) -> Record {
    let mut own = Changed::default();
    match parse_counting(text, &mut own).map_err(reason_of) {
        Ok(Value::Map(fields)) => {
            changed.add(own);
            Record::Fields(fields)
        }
        Ok(_) => Record::Unusable { reason: NOT_A_MAP, place: place() },
        Err(reason) => Record::Unusable { reason, place: place() },
    }
}

/// The value that a text is, or the reason under which its record is counted.
pub(in super::super) fn parse_value(text: &[u8]) -> Result<Value, &'static str> {
    parse(text).map_err(reason_of)
}

fn reason_of(error: ParseError) -> &'static str {
    match error.reason {
        Reason::NotUnicode => NOT_UNICODE,
        Reason::TooDeep => TOO_DEEP,
        // How long a record may be is judged where it is cut out.
        Reason::NotJson(_) | Reason::TooLong => NOT_JSON,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_record_says_why() {
        let cases: &[(&[u8], &str)] = &[
            (b"7", NOT_A_MAP),
            (b"[{}]", NOT_A_MAP),
            (b"null", NOT_A_MAP),
            (b"\"text\"", NOT_A_MAP),
            (b"", NOT_JSON),
            (b"{", NOT_JSON),
            (b"{'a':1}", NOT_JSON),
            (b"{\"a\":1,}", NOT_JSON),
            (b"{\"a\":01}", NOT_JSON),
            (b"{\"a\":+1}", NOT_JSON),
            (b"{\"a\":.5}", NOT_JSON),
            (b"{\"a\":nan}", NOT_JSON),
            (b"{\"a\":inf}", NOT_JSON),
            (b"{\"a\":-NaN}", NOT_JSON),
            (b"{\"a\":tru}", NOT_JSON),
            (b"{\"a\":\"tab\t\"}", NOT_JSON),
            (b"{\"a\":\"\\x\"}", NOT_JSON),
            (b"{} {}", NOT_JSON),
            (b"{\"a\":\"\\ud800\"}", NOT_UNICODE),
            (b"{\"a\":\"\\ud800 \"}", NOT_UNICODE),
            (b"{\"a\":\"\\udc00\\ud800\"}", NOT_UNICODE),
            (b"{\"a\":\"\\ud800\\u0041\"}", NOT_UNICODE),
            (b"{\"a\":\"\\ud800\\n\"}", NOT_UNICODE),
            (b"{\"\\ud800\":1}", NOT_UNICODE),
            (b"{\"a\":\"\xff\"}", NOT_UNICODE),
            (b"{\"a\":\"caf\xe9\"}", NOT_UNICODE),
            (b"{\"a\":\"\xed\xa0\x80\"}", NOT_UNICODE),
            (b"{\"\xff\":1}", NOT_UNICODE),
        ];
        for &(json, reason) in cases {
            let shown = String::from_utf8_lossy(json);
            let expected = Record::Unusable { reason, place: "here".into() };
            assert_eq!(parse_record(json, || "here".into(), &mut Changed::default()), expected, "{shown}");
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_no_record() {
        let deep = format!("{{\"a\":{}", "[".repeat(200));
        let expected = Record::Unusable { reason: TOO_DEEP, place: "here".into() };
        assert_eq!(parse_record(deep.as_bytes(), || "here".into(), &mut Changed::default()), expected);
    }
}
