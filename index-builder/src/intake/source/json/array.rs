//! A JSON array of objects, as a stream: one element is cut out at a time.
//!
//! What lies within an element is the parser's business, and what is wrong there spoils that record only. What is
//! wrong between the elements (a missing comma, a missing end) spoils the file: behind it, nothing is certain.

use std::io::BufRead;
use std::ops::ControlFlow;

use kindred::profile::json::Changed;

use super::super::error::Found;
use super::super::{Cause, Record, Sink, TOO_LARGE};
use super::stream::{Element, Stream};
use super::value::parse_record;

/// Reads the elements of the array at whose bracket the stream stands, and goes behind its end.
pub(super) fn read_elements<R: BufRead>(
    stream: &mut Stream<R>,
    limit: usize,
    changed: &mut Changed,
    sink: &mut Sink<'_>,
) -> Result<ControlFlow<()>, Cause> {
    stream.skip(1);
    let mut buffer = Vec::new();
    let mut next = stream.peek()?;
    if next == Some(b']') {
        stream.skip(1);
        return Ok(ControlFlow::Continue(()));
    }
    for number in 1_u64.. {
        if next.is_none_or(|byte| matches!(byte, b',' | b']' | b'}')) {
            return Err(next.map_or(Cause::TruncatedArray, |_| Cause::ExpectedElement(Found(next))));
        }
        let place = || format!("record {number}");
        let record = match stream.cut_element(limit, &mut buffer)? {
            Element::Whole => parse_record(&buffer, place, changed),
            Element::TooLarge => Record::Unusable { reason: TOO_LARGE, place: place() },
        };
        if sink(record).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        match stream.peek()? {
            Some(b',') => stream.skip(1),
            Some(b']') => {
                stream.skip(1);
                break;
            }
            None => return Err(Cause::TruncatedArray),
            other => return Err(Cause::ExpectedComma(Found(other))),
        }
        next = stream.peek()?;
    }
    Ok(ControlFlow::Continue(()))
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use kindred::profile::Value;

    use super::super::document::read_document;
    use super::*;

    /// The records and, as text, where and why the reading ended. The buffer is a few bytes long, so that every
    /// element is cut in the middle.
    fn read(limit: usize, buffer: usize, text: &[u8]) -> (Vec<Record>, Option<(u64, String)>) {
        let mut records = Vec::new();
        let mut stream = Stream::new(BufReader::with_capacity(buffer, text)).unwrap();
        let result = read_document(&mut stream, None, limit, &mut Changed::default(), &mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        });
        (records, result.err().map(|cause| (stream.offset, cause.to_string())))
    }

    fn one(name: &str, value: i64) -> Record {
        Record::Fields(vec![(name.to_owned(), Value::Int(value))])
    }

    fn unusable(reason: &'static str, place: &str) -> Record {
        Record::Unusable { reason, place: place.to_owned() }
    }

    #[test]
    fn every_element_is_a_record_wherever_the_buffer_ends() {
        let texts: &[&[u8]] = &[
            b"[{\"a\":1},{\"b\":2}]",
            b"\xef\xbb\xbf [ {\"a\" : 1}\r\n, {\"b\":2} ]\n",
            b"[\n{\"a\":1}\t,\n{\"b\":2}\n]\n\n",
        ];
        for text in texts {
            for buffer in 1..30 {
                assert_eq!(read(1000, buffer, text), (vec![one("a", 1), one("b", 2)], None));
            }
        }
        assert_eq!(read(1000, 8, b"[]"), (vec![], None));
        assert_eq!(read(1000, 8, b" [ ] "), (vec![], None));
    }

    #[test]
    fn brackets_commas_and_quotes_within_text_do_not_end_an_element() {
        let text = br#"[{"a":"]},{[\"\\"},{"b":[[1,{"c":"\\\""}]]}]"#;
        for buffer in 1..30 {
            let (records, error) = read(1000, buffer, text);
            assert_eq!(error, None);
            assert_eq!(records[0], Record::Fields(vec![("a".into(), Value::Text("]},{[\"\\".into()))]));
            let inner = Value::Map(vec![("c".into(), Value::Text("\\\"".into()))]);
            let list = Value::List(vec![Value::List(vec![Value::Int(1), inner])]);
            assert_eq!(records[1], Record::Fields(vec![("b".into(), list)]));
        }
    }

    #[test]
    fn a_bad_element_is_named_and_the_others_are_read() {
        let text = b"[{\"a\":1}, 7, {\"a\":}, \"x, y\", [1,[2]], {\"a\":\"\xff\"}, nonsense, {\"b\":2}]";
        let expected = vec![
            one("a", 1),
            unusable("not a map", "record 2"),
            unusable("not valid JSON", "record 3"),
            unusable("not a map", "record 4"),
            unusable("not a map", "record 5"),
            unusable("text is not Unicode", "record 6"),
            unusable("not valid JSON", "record 7"),
            one("b", 2),
        ];
        assert_eq!(read(1000, 8, text), (expected, None));
    }

    #[test]
    fn an_element_above_the_limit_is_passed_over_and_one_at_the_limit_is_read() {
        let text = b"[{\"a\":  1}, {\"a\":   1}, {\"b\":2}]";
        let expected = vec![one("a", 1), unusable(TOO_LARGE, "record 2"), one("b", 2)];
        for buffer in 1..30 {
            assert_eq!(read(9, buffer, text), (expected.clone(), None));
        }
    }

    #[test]
    fn what_is_wrong_between_the_elements_is_an_error_with_its_place() {
        let cases = [
            ("", 0, "nothing in it"),
            (" \n", 2, "nothing in it"),
            ("7", 0, "found `7`"),
            ("\0", 0, "found the byte 0x00"),
            ("\u{feff}x", 3, "found `x`"),
            ("[", 1, "truncated"),
            ("[{", 2, "truncated"),
            ("[{}", 3, "truncated"),
            ("[{},", 4, "truncated"),
            ("[{\"a\":\"]", 8, "truncated"),
            ("[,]", 1, "element of the JSON array, found `,`"),
            ("[{},]", 4, "element of the JSON array, found `]`"),
            ("[{},,{}]", 4, "element of the JSON array, found `,`"),
            ("[{} {}]", 4, "expected `,` or `]` after an element of the JSON array, found `{`"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("[1}", 2, "found `}`"),
            ("[{}]]", 4, "expected the end of the file after the JSON array, found `]`"),
            ("[{}] {}", 5, "after the JSON array, found `{`"),
            ("{}", 2, "one JSON object; an array"),
            ("{\"a\": {\"b\": 1}}\n", 16, "one JSON object; an array"),
            ("{\"a\": ", 6, "within the JSON document; it is truncated"),
            ("[{}][{}]", 4, "after the JSON array, found `[`"),
            ("[{}]garbage", 4, "after the JSON array, found `g`"),
            ("{} garbage", 3, "after the JSON document, found `g`"),
            ("{}[{}]", 2, "after the JSON document, found `[`"),
            ("{\"a\":1}\n{\"a\":2}\n", 8, "--format jsonl"),
        ];
        for (text, place, message) in cases {
            let (_, error) = read(1000, 8, text.as_bytes());
            let (found_place, found) = error.unwrap_or_else(|| panic!("{text:?} was read"));
            assert_eq!(found_place, place, "{text:?}: {found}");
            assert!(found.contains(message), "{text:?}: {found}");
        }
    }

    #[test]
    fn the_sink_can_stop_the_reading_before_an_error() {
        let mut stream = Stream::new(&b"[{},{},oh no"[..]).unwrap();
        let mut calls = 0;
        let result = read_document(&mut stream, None, 1000, &mut Changed::default(), &mut |_| {
            calls += 1;
            if calls == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(result.is_ok());
        assert_eq!(calls, 2);
    }
}
