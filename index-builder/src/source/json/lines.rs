//! JSON lines: one object a line.

use std::io::{self, BufRead};

use super::super::input::without_byte_order_mark;
use super::super::lines::{Line, read_line};
use super::super::{Input, MAX_RECORD_BYTES, ReadOptions, Record, Sink, SourceError, TOO_LARGE};
use super::is_blank;
use super::value::parse_record;

/// Reads a source with one JSON object a line. Blank lines are no records; a byte order mark is passed over.
pub(in super::super) fn read_lines(
    input: &Input,
    _options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    read_records(input.reader(), MAX_RECORD_BYTES, sink).map_err(|error| SourceError::io(input.name(), error))
}

fn read_records(reader: impl BufRead, limit: usize, sink: &mut Sink<'_>) -> io::Result<()> {
    let (mut reader, _) = without_byte_order_mark(reader)?;
    let mut buffer = Vec::new();
    for number in 1_u64.. {
        let place = || format!("line {number}");
        let record = match read_line(&mut reader, limit, &mut buffer)? {
            Line::End => break,
            Line::TooLarge => Record::Unusable { reason: TOO_LARGE, place: place() },
            Line::Whole => {
                if buffer.iter().copied().all(is_blank) {
                    continue;
                }
                parse_record(&buffer, place)
            }
        };
        if sink(record).is_break() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use kindred::profile::Value;

    use super::*;

    fn records_within(limit: usize, text: &[u8]) -> Vec<Record> {
        let mut records = Vec::new();
        read_records(text, limit, &mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
        records
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
        read_records(&b"{}\n{}\n{}"[..], 1000, &mut |_| {
            calls += 1;
            if calls == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        assert_eq!(calls, 2);
    }
}
