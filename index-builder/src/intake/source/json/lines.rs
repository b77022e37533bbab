//! JSON lines: one object a line, or what is found in their place: objects over several lines, several objects in a line,
//! the lines of a bulk request.

use std::io::{self, BufRead, Cursor, Read};
use std::ops::ControlFlow;

use kindred::profile::json::{Changed, parse_counting};
use kindred::profile::{Fields, Value};

use super::super::error::Found;
use super::super::input::without_byte_order_mark;
use super::super::lines::{Line, read_line};
use super::super::{
    Cause, Input, MAX_RECORD_BYTES, NOT_UNICODE, Place, ReadOptions, Record, Sink, SourceError, TOO_LARGE,
};
use super::bulk::{Action, action};
use super::stream::{Element, Scan, Stream};
use super::value::{NOT_JSON, parse_record};
use super::{check_signature, is_blank, note_changes};

/// Reads a source with one JSON object a line. Blank lines are no records; a byte order mark is passed over.
pub(in super::super) fn read_lines(
    input: &Input,
    options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    check_signature(input)?;
    let mut lines = Lines::new(MAX_RECORD_BYTES, options.id_field.as_deref(), sink);
    let read = lines.read(input.reader());
    note_changes(lines.changed, input, options);
    if let Some(first) = lines.first_shared {
        options.notes.add(format!(
            "{}: {} lines have several objects, line {first} is the first; all were read",
            input.name(),
            lines.shared
        ));
    }
    read.map_err(|(place, cause)| SourceError { input: input.name().to_owned(), place, cause })
}

/// Where something is wrong, and what.
type Wrong = (Option<Place>, Cause);

/// Reads lines.
struct Lines<'a, 's> {
    limit: usize,
    id_field: Option<&'a str>,
    sink: &'a mut Sink<'s>,
    changed: Changed,
    /// The first line with several objects.
    first_shared: Option<u64>,
    /// How many lines have several.
    shared: u64,
    bulk: Bulk,
    buffer: Vec<u8>,
}

/// Whether these are the lines of a bulk request, and which of them comes next.
enum Bulk {
    /// The first record tells.
    Unknown,
    /// They are none.
    No,
    Action,
    /// A document, and its id if the action had one.
    Document(Option<Value>),
}

impl<'a, 's> Lines<'a, 's> {
    fn new(limit: usize, id_field: Option<&'a str>, sink: &'a mut Sink<'s>) -> Lines<'a, 's> {
        Lines {
            limit,
            id_field,
            sink,
            changed: Changed::default(),
            first_shared: None,
            shared: 0,
            bulk: Bulk::Unknown,
            buffer: Vec::new(),
        }
    }

    fn read(&mut self, reader: impl BufRead) -> Result<(), Wrong> {
        let (mut reader, mark) = without_byte_order_mark(reader).map_err(unreadable)?;
        let (mut number, mut offset) = (0, mark as u64);
        let mut is_first = true;
        loop {
            number += 1;
            let line = read_line(&mut reader, self.limit, &mut self.buffer).map_err(unreadable)?;
            if line == Line::End {
                break;
            }
            if line == Line::Whole && self.buffer.iter().copied().all(is_blank) {
                offset += self.buffer.len() as u64;
                continue;
            }
            let mut blank_lines = 0;
            if std::mem::take(&mut is_first) && line == Line::Whole {
                self.check_no_array(number)?;
                if self.is_open_object()
                    && next_byte(&mut reader, &mut blank_lines)?.is_some_and(|byte| byte != b'{')
                {
                    let first = std::mem::take(&mut self.buffer);
                    return self.read_objects(Cursor::new(first).chain(reader), offset);
                }
            }
            if self.take(line, number)?.is_break() {
                return Ok(());
            }
            number += blank_lines;
        }
        match self.bulk {
            Bulk::Document(_) => Err((Some(Place::Line(number - 1)), Cause::BulkCut)),
            _ => Ok(()),
        }
    }

    /// Takes the line in the buffer.
    fn take(&mut self, line: Line, number: u64) -> Result<ControlFlow<()>, Wrong> {
        let place = || format!("line {number}");
        if line == Line::TooLarge {
            return self.give(Record::Unusable { reason: TOO_LARGE, place: place() }, number);
        }
        let record = parse_record(&self.buffer, place, &mut self.changed);
        let Record::Unusable { reason, .. } = record else { return self.give(record, number) };
        if reason == NOT_JSON
            && let Some(objects) = self.several_objects()
        {
            self.first_shared.get_or_insert(number);
            self.shared += 1;
            for fields in objects {
                if self.give(Record::Fields(fields), number)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        let is_cut = reason == NOT_JSON || reason == NOT_UNICODE && self.is_open_object();
        if is_cut && !self.buffer.ends_with(b"\n") {
            return Err((Some(Place::Line(number)), Cause::CutLine));
        }
        self.give(record, number)
    }

    /// Hands a record on, or takes note of the action that it is.
    fn give(&mut self, record: Record, number: u64) -> Result<ControlFlow<()>, Wrong> {
        let found = match &record {
            Record::Fields(fields) if matches!(self.bulk, Bulk::Unknown | Bulk::Action) => action(fields),
            _ => None,
        };
        match (std::mem::replace(&mut self.bulk, Bulk::No), found) {
            (Bulk::Unknown | Bulk::Action, Some(Action::Document(id))) => self.bulk = Bulk::Document(id),
            (Bulk::Unknown | Bulk::Action, Some(Action::Other(name))) => {
                return Err((Some(Place::Line(number)), Cause::BulkAction(name)));
            }
            (Bulk::Action, None) => return Err((Some(Place::Line(number)), Cause::BulkNoAction)),
            (Bulk::Document(id), _) => {
                self.bulk = Bulk::Action;
                let record = self.with_id(record, id, number);
                return Ok((self.sink)(record));
            }
            (Bulk::Unknown | Bulk::No, _) => return Ok((self.sink)(record)),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The document of a bulk request, with the id that its action has; unless another field holds the id.
    fn with_id(&self, record: Record, id: Option<Value>, number: u64) -> Record {
        match (record, id, self.id_field) {
            (Record::Fields(fields), Some(id), None | Some("_id")) => {
                Record::under_id("_id", id, fields, format!("line {number}"))
            }
            (record, ..) => record,
        }
    }

    /// A line that begins as an array is one, and its elements are the records.
    fn check_no_array(&self, number: u64) -> Result<(), Wrong> {
        match self.buffer.trim_ascii_start() {
            [b'[', ..] => Err((Some(Place::Line(number)), Cause::ArrayInLines)),
            _ => Ok(()),
        }
    }

    /// Whether the buffer begins an object and does not end it.
    fn is_open_object(&self) -> bool {
        let text = self.buffer.trim_ascii_start();
        let mut scan = Scan::default();
        text.starts_with(b"{") && scan.find_end(text).is_none() && !scan.in_string
    }

    /// The objects in the buffer, where it has several and nothing else.
    fn several_objects(&mut self) -> Option<Vec<Fields>> {
        let (mut objects, mut changed) = (Vec::new(), Changed::default());
        let mut rest = self.buffer.trim_ascii();
        while !rest.is_empty() {
            let (object, behind) = rest.split_at_checked(Scan::default().find_end(rest)?)?;
            let Ok(Value::Map(fields)) = parse_counting(object, &mut changed) else { return None };
            objects.push(fields);
            rest = behind.trim_ascii_start();
        }
        self.changed.add(changed);
        (objects.len() > 1).then_some(objects)
    }

    /// Reads objects with nothing between them but blanks and line ends.
    fn read_objects(&mut self, reader: impl BufRead, offset: u64) -> Result<(), Wrong> {
        let mut stream = Stream::new(reader).map_err(unreadable)?;
        self.read_stream(&mut stream).map_err(|cause| (Some(Place::Byte(offset + stream.offset)), cause))
    }

    fn read_stream<R: BufRead>(&mut self, stream: &mut Stream<R>) -> Result<(), Cause> {
        for number in 1_u64.. {
            match stream.peek()? {
                Some(b'{') => {}
                None => break,
                other => return Err(Cause::ExpectedObject(Found(other))),
            }
            let place = || format!("record {number}");
            let element = stream.cut_element(self.limit, &mut self.buffer);
            let record = match element.map_err(Cause::within_document)? {
                Element::Whole => parse_record(&self.buffer, place, &mut self.changed),
                Element::TooLarge => Record::Unusable { reason: TOO_LARGE, place: place() },
            };
            if (self.sink)(record).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn unreadable(error: io::Error) -> Wrong {
    (None, Cause::Io(error))
}

/// The next byte that is not blank, which is not taken, and how many line ends were in front of it.
fn next_byte(reader: &mut impl BufRead, lines: &mut u64) -> Result<Option<u8>, Wrong> {
    loop {
        let bytes = reader.fill_buf().map_err(unreadable)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let blanks = bytes.iter().take_while(|&&byte| is_blank(byte)).count();
        let (blank, rest) = bytes.split_at(blanks);
        *lines += blank.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let found = rest.first().copied();
        reader.consume(blanks);
        if found.is_some() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use kindred::profile::Value;

    use super::*;

    fn records_within(limit: usize, text: &[u8]) -> Vec<Record> {
        let (records, error) = read_all(limit, text);
        assert_eq!(error, None);
        records
    }

    /// The records and, as text, where and why the reading ended.
    fn read_all(limit: usize, text: &[u8]) -> (Vec<Record>, Option<String>) {
        let mut records = Vec::new();
        let mut sink = |record| {
            records.push(record);
            ControlFlow::Continue(())
        };
        let read = Lines::new(limit, None, &mut sink).read(text);
        let error = read.err().map(|(place, cause)| format!("{place:?}: {cause}"));
        (records, error)
    }

    /// The records as JSON and, behind a bar, where and why the reading ended.
    fn show(text: &str) -> String {
        let (records, error) = read_all(1000, text.as_bytes());
        let shown = records.into_iter().map(|record| match record {
            Record::Fields(fields) => serde_json::to_string(&Value::Map(fields)).unwrap(),
            Record::Unusable { reason, place } => format!("<{place}: {reason}>"),
        });
        shown.chain(error.map(|error| format!("| {error}"))).collect::<Vec<_>>().join(" ")
    }

    fn records(text: &[u8]) -> Vec<Record> {
        records_within(1000, text)
    }

    fn one(name: &str, value: i64) -> Record {
        Record::Fields(vec![(name.to_owned(), Value::Int(value))])
    }

    fn unusable(reason: &'static str, place: &str) -> Record {
        Record::Unusable { reason, place: place.to_owned() }
    }

    #[test]
    fn every_line_is_a_record_with_or_without_a_last_line_feed() {
        for text in ["{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}\n{\"b\":2}", "{\"a\":1}\r\n {\"b\":2} \r\n"] {
            assert_eq!(records(text.as_bytes()), [one("a", 1), one("b", 2)], "{text:?}");
        }
    }

    #[test]
    fn blank_lines_and_a_byte_order_mark_are_passed_over() {
        assert_eq!(records(b""), []);
        assert_eq!(records(b"\n \r\n\t\n"), []);
        assert_eq!(records(b"\xef\xbb\xbf{\"a\":1}\n\n\n{\"b\":2}\n \n"), [one("a", 1), one("b", 2)]);
        assert_eq!(records(b"\xef\xbb\xbf"), []);
        assert_eq!(records(b"\xef\xbb\xbf\n{\"a\":1}"), [one("a", 1)]);
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let text = b"{\"a\":1}\n\n{\"a\"\n[1]\n{\"a\":\"\xff\"}\n\xef\xbb\xbf{}\n{\"b\":2}";
        let expected = [
            one("a", 1),
            unusable("not valid JSON", "line 3"),
            unusable("not a map", "line 4"),
            unusable("text is not Unicode", "line 5"),
            unusable("not valid JSON", "line 6"),
            one("b", 2),
        ];
        assert_eq!(records(text), expected);
    }

    #[test]
    fn a_line_above_the_limit_is_passed_over_and_one_at_the_limit_is_read() {
        let text = b"{\"a\":  1}\n{\"a\":   1}\n{\"b\":2}\n{\"a\":    1}";
        let large = |place| unusable(TOO_LARGE, place);
        assert_eq!(records_within(9, text), [one("a", 1), large("line 2"), one("b", 2), large("line 4")]);
    }

    #[test]
    fn the_sink_can_stop_the_reading() {
        let mut calls = 0;
        let mut sink = |_| {
            calls += 1;
            if calls == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let read = Lines::new(1000, None, &mut sink).read(&b"{}\n{}\n{}"[..]);
        assert!(read.is_ok());
        assert_eq!(calls, 2);
    }

    #[test]
    fn a_last_line_that_is_cut_is_an_error_and_no_skipped_record() {
        for cut in
            ["{\"a\"", "{\"a\":\"b", "{", "{\"a\":1", "nonsense", "{\"a\":1}}", "{\"b\":2}{\"a\"", "\0\0"]
        {
            let shown = show(&format!("{{\"a\":1}}\n\n{cut}"));
            assert!(shown.starts_with("{\"a\":1} | Some(Line(3)): the last line"), "{cut:?}: {shown}");
        }
        let half_a_character = [&b"{\"a\":1}\n{\"a\":\"caf\xc3"[..]].concat();
        assert!(read_all(1000, &half_a_character).1.is_some());
        assert_eq!(show("{\"a\":1}\n{\"a\"\n"), "{\"a\":1} <line 2: not valid JSON>", "it has its end");
        assert_eq!(show("{\"a\":1}\n7"), "{\"a\":1} <line 2: not a map>", "it is JSON");
        assert_eq!(show("{\"a\":1}\n{\"a\":2} "), "{\"a\":1} {\"a\":2}");
    }

    #[test]
    fn several_objects_in_a_line_are_all_read() {
        assert_eq!(show("{\"a\":1}{\"a\":2}\n{\"a\":3}\n"), r#"{"a":1} {"a":2} {"a":3}"#);
        assert_eq!(show("{\"a\":1} {\"a\":\"}{\"}\t{\"a\":3}"), r#"{"a":1} {"a":"}{"} {"a":3}"#);
        assert_eq!(show("{\"a\":1}\n{\"a\":2}{\"a\":3},\n"), r#"{"a":1} <line 2: not valid JSON>"#);
        assert_eq!(show("{\"a\":1}\n{\"a\":2} 7\n"), r#"{"a":1} <line 2: not valid JSON>"#);
        assert_eq!(show("{\"a\":1}\n{\"a\":2}{\"a\":}\n"), r#"{"a":1} <line 2: not valid JSON>"#);
    }

    #[test]
    fn objects_over_several_lines_are_read() {
        let pretty = "\n{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      1\n    ]\n  }\n}\n{\n  \"a\": 2\n}\n";
        assert_eq!(show(pretty), r#"{"a":1,"b":{"c":[1]}} {"a":2}"#);
        assert_eq!(show("{ \"a\": 1,\n\n  \"b\": 2 }\n{\"a\":2}\n"), r#"{"a":1,"b":2} {"a":2}"#);
        assert_eq!(show("{\n}\n{\n}"), "{} {}");
        let cut = show("{\n\"a\": 1\n}\n{\n\"a\"");
        assert!(cut.contains(r#"{"a":1} | Some(Byte(16)): the file ends within"#), "{cut}");
        assert!(
            show("{\n\"a\": 1\n},\n{\n\"a\": 2}").contains("Some(Byte(10)): expected an object, found `,`")
        );
        assert_eq!(show("{\"a\": 1,\n{\"a\":2}\n"), r#"<line 1: not valid JSON> {"a":2}"#, "a damaged line");
        assert_eq!(show("{\"a\": \"x\ny\": 1}\n"), "<line 1: not valid JSON> <line 2: not valid JSON>");
        assert_eq!(
            show("{\"a\": 1,\n\n\n{\"a\":2}\n7\n"),
            r#"<line 1: not valid JSON> {"a":2} <line 5: not a map>"#
        );
    }

    #[test]
    fn an_array_says_how_it_is_read() {
        for text in ["[{\"a\":1},{\"a\":2}]", "\n [\n{\"a\":1}\n]\n", "[1]\n{\"a\":1}\n"] {
            assert!(show(text).contains("--format json"), "{text:?}");
        }
    }

    #[test]
    fn the_documents_of_a_bulk_request_have_the_ids_of_their_actions() {
        let lines = "{\"index\":{\"_id\":\"1\"}}\n{\"n\":1}\n{\"create\":{\"_index\":\"p\",\"_id\":2}}\n{\"n\":2}\n\n";
        assert_eq!(show(lines), r#"{"_id":"1","n":1} {"_id":2,"n":2}"#);
        assert_eq!(show("{\"index\":{}}\n{\"id\":\"x\"}\n"), r#"{"id":"x"}"#, "the document has one");
        let cases = [
            ("{\"index\":{\"_id\":\"1\"}}\n", "Some(Line(1))", "without its document"),
            ("{\"index\":{}}\n{\"n\":1}\n{\"n\":2}\n", "Some(Line(3))", "an action"),
            ("{\"index\":{}}\n{\"n\":1}\n{\"delete\":{\"_id\":\"1\"}}\n", "Some(Line(3))", "\"delete\""),
            ("{\"index\":{}}\n{\"n\":1}\nnonsense\n", "Some(Line(3))", "an action"),
        ];
        for (text, place, words) in cases {
            let shown = show(text);
            assert!(shown.contains(place) && shown.contains(words), "{shown}");
        }
        assert_eq!(
            show("{\"_index\":\"p\",\"_id\":\"1\",\"_source\":{\"n\":1}}\n"),
            r#"{"_index":"p","_id":"1","_source":{"n":1}}"#
        );
        assert_eq!(
            show("{\"n\":1}\n{\"index\":{}}\n"),
            r#"{"n":1} {"index":{}}"#,
            "a record with such a field"
        );
    }
}
