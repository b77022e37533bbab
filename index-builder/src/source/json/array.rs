//! A JSON array of objects, as a stream: one element is cut out at a time, by nothing but its quotes and brackets.
//!
//! What lies within an element is the parser's business, and what is wrong there spoils that record only. What is
//! wrong between the elements (a missing comma, a missing end) spoils the file: behind it, nothing is certain.

use std::io::{self, BufRead};

use super::super::error::Found;
use super::super::input::{Unmarked, without_byte_order_mark};
use super::super::{
    Cause, Input, MAX_RECORD_BYTES, Place, ReadOptions, Record, Sink, SourceError, TOO_LARGE,
};
use super::is_blank;
use super::value::parse_record;

/// Reads a source that is one JSON array.
pub(in super::super) fn read_array(
    input: &Input,
    _options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    let mut stream = Stream::new(input.reader()).map_err(|error| SourceError::io(input.name(), error))?;
    read_elements(&mut stream, MAX_RECORD_BYTES, sink).map_err(|cause| SourceError {
        input: input.name().to_owned(),
        place: Some(Place::Byte(stream.offset)),
        cause,
    })
}

/// Where an error is returned, the stream stands at its place.
fn read_elements<R: BufRead>(stream: &mut Stream<R>, limit: usize, sink: &mut Sink<'_>) -> Result<(), Cause> {
    open_array(stream)?;
    let mut buffer = Vec::new();
    let mut next = stream.peek()?;
    if next == Some(b']') {
        return close_array(stream);
    }
    for number in 1_u64.. {
        if next.is_none_or(|byte| matches!(byte, b',' | b']' | b'}')) {
            return Err(next.map_or(Cause::TruncatedArray, |_| Cause::ExpectedElement(Found(next))));
        }
        let place = || format!("record {number}");
        let record = match stream.cut_element(limit, &mut buffer)? {
            Element::Whole => parse_record(&buffer, place),
            Element::TooLarge => Record::Unusable { reason: TOO_LARGE, place: place() },
        };
        if sink(record).is_break() {
            return Ok(());
        }
        match stream.peek()? {
            Some(b',') => stream.skip(1),
            Some(b']') => return close_array(stream),
            None => return Err(Cause::TruncatedArray),
            other => return Err(Cause::ExpectedComma(Found(other))),
        }
        next = stream.peek()?;
    }
    Ok(())
}

/// Goes behind the bracket that opens the array, or finds out what the file is instead.
fn open_array<R: BufRead>(stream: &mut Stream<R>) -> Result<(), Cause> {
    match stream.peek()? {
        Some(b'[') => {
            stream.skip(1);
            Ok(())
        }
        Some(b'{') => Err(explain_object(stream)),
        None => Err(Cause::EmptyJson),
        other => Err(Cause::NotAnArray(Found(other))),
    }
}

/// Why a file that starts with an object is not read: what follows the object tells.
fn explain_object<R: BufRead>(stream: &mut Stream<R>) -> Cause {
    let passed_over = stream.cut_element(0, &mut Vec::new());
    match passed_over.and_then(|_| stream.peek()) {
        Ok(Some(b'{')) => Cause::JsonLines,
        Err(Cause::Io(error)) => Cause::Io(error),
        _ => Cause::TopLevelObject,
    }
}

/// Goes behind the bracket that closes the array and on to the end of the file.
fn close_array<R: BufRead>(stream: &mut Stream<R>) -> Result<(), Cause> {
    stream.skip(1);
    match stream.peek()? {
        None => Ok(()),
        other => Err(Cause::AfterArray(Found(other))),
    }
}

/// A stream that knows how far it has been read.
struct Stream<R> {
    reader: Unmarked<R>,
    offset: u64,
}

enum Element {
    /// It is in the buffer.
    Whole,
    /// It is longer than the limit and has been passed over without being held.
    TooLarge,
}

impl<R: BufRead> Stream<R> {
    fn new(reader: R) -> io::Result<Stream<R>> {
        let (reader, mark) = without_byte_order_mark(reader)?;
        Ok(Stream { reader, offset: mark as u64 })
    }

    /// The next byte that is not blank, which is not taken; `None` at the end.
    fn peek(&mut self) -> Result<Option<u8>, Cause> {
        loop {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let blanks = bytes.iter().take_while(|&&byte| is_blank(byte)).count();
            let found = bytes.get(blanks).copied();
            self.skip(blanks);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn skip(&mut self, count: usize) {
        self.reader.consume(count);
        self.offset += count as u64;
    }

    /// Takes the element that starts here into `buffer`.
    fn cut_element(&mut self, limit: usize, buffer: &mut Vec<u8>) -> Result<Element, Cause> {
        buffer.clear();
        let mut scan = Scan::default();
        let mut is_too_large = false;
        loop {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                return Err(Cause::TruncatedArray);
            }
            let end = scan.find_end(bytes);
            let taken = end.unwrap_or(bytes.len());
            is_too_large |= taken > limit - buffer.len();
            if !is_too_large {
                buffer.extend_from_slice(&bytes[..taken]);
            }
            self.skip(taken);
            if end.is_some() {
                return Ok(if is_too_large { Element::TooLarge } else { Element::Whole });
            }
        }
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Cause {
        Cause::Io(error)
    }
}

/// What has been seen of an element.
#[derive(Default)]
struct Scan {
    /// How many brackets are open.
    depth: u64,
    /// Within quotes.
    in_string: bool,
    /// Behind a backslash, within quotes.
    is_escaped: bool,
}

impl Scan {
    /// The number of these bytes that still belong to the element, if it ends among them.
    fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'[' | b'{' => self.depth += 1,
                // Not this element's: it has no brackets.
                b']' | b'}' | b',' if self.depth == 0 => return Some(at),
                b']' | b'}' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ if self.depth == 0 && is_blank(byte) => return Some(at),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;
    use std::ops::ControlFlow;

    use kindred::profile::Value;

    use super::*;

    /// The records and, as text, where and why the reading ended. The buffer is a few bytes long, so that every
    /// element is cut in the middle.
    fn read(limit: usize, buffer: usize, text: &[u8]) -> (Vec<Record>, Option<(u64, String)>) {
        let mut records = Vec::new();
        let mut stream = Stream::new(BufReader::with_capacity(buffer, text)).unwrap();
        let result = read_elements(&mut stream, limit, &mut |record| {
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
            ("{\"a\": ", 6, "one JSON object; an array"),
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
        let result = read_elements(&mut stream, 1000, &mut |_| {
            calls += 1;
            if calls == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(result.is_ok());
        assert_eq!(calls, 2);
    }
}
