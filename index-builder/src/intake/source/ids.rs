//! The ids of `--ids`: a text file, one a line, in UTF-8, or in UTF-16 as PowerShell's `>` writes it.
//!
//! A byte order mark is no part of an id. An id with a control character in it is one that somebody did not mean, and
//! nobody could ask for: the file is refused, with the number of the line.

use std::io::BufRead;

use kindred::profile::Value;

use super::encoding::decoded;
use super::lines::{Line, read_line};
use super::{Cause, Input, MAX_RECORD_BYTES, NOT_UNICODE, Place, Record, SourceError, TOO_LARGE};

/// What some programs write in front of text, and no id begins with.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// How many ids there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Lines.
    pub(super) lines: u64,
    /// Those of them with nothing in them.
    pub(super) blank: u64,
    /// The first of those, from 1.
    pub(super) first_blank: u64,
}

/// The lines of a file of ids.
pub(super) struct Ids {
    name: String,
    reader: Box<dyn BufRead>,
    line: u64,
    buffer: Vec<u8>,
}

impl Ids {
    /// # Errors
    /// [`Cause::Io`].
    pub(super) fn open(ids: &Input) -> Result<Ids, SourceError> {
        let (reader, _) = decoded(ids.reader()).map_err(|error| SourceError::io(ids.name(), error))?;
        Ok(Ids { name: ids.name().to_owned(), reader, line: 0, buffer: Vec::new() })
    }

    /// Looks at all lines, so that a file that is refused is refused before anything is read.
    ///
    /// # Errors
    /// [`Cause::Io`] and [`Cause::NoId`].
    pub(super) fn count(ids: &Input) -> Result<Counted, SourceError> {
        let mut ids = Ids::open(ids)?;
        let mut counted = Counted::default();
        while let Some(id) = ids.next()? {
            counted.lines += 1;
            if matches!(&id, Ok(Value::Text(text)) if text.is_empty()) {
                counted.blank += 1;
                if counted.blank == 1 {
                    counted.first_blank = counted.lines;
                }
            }
        }
        Ok(counted)
    }

    /// The file, for messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The next id, or the record that it makes unusable.
    ///
    /// # Errors
    /// [`Cause::Io`] and [`Cause::NoId`].
    pub(super) fn next(&mut self) -> Result<Option<Result<Value, Record>>, SourceError> {
        self.line += 1;
        let place = Place::Line(self.line);
        let unusable =
            |reason| Ok(Some(Err(Record::Unusable { reason, place: format!("{}, {place}", self.name) })));
        let read = read_line(&mut self.reader, MAX_RECORD_BYTES, &mut self.buffer);
        match read.map_err(|error| SourceError::io(&self.name, error))? {
            Line::End => return Ok(None),
            Line::TooLarge => return unusable(TOO_LARGE),
            Line::Whole => {}
        }
        let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(id) = str::from_utf8(line) else { return unusable(NOT_UNICODE) };
        match id.chars().find(|&letter| letter.is_control() || letter == BYTE_ORDER_MARK) {
            Some(found) => {
                let cause = Cause::NoId(found);
                Err(SourceError { input: self.name.clone(), place: Some(place), cause })
            }
            None => Ok(Some(Ok(Value::Text(id.to_owned())))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::BUFFER_BYTES;
    use super::*;

    fn ids_of(bytes: &[u8]) -> Result<Vec<Option<String>>, String> {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("ids.txt");
        std::fs::write(&path, bytes).unwrap();
        let input = Input::open(&path, dir.path()).unwrap();
        let mut ids = Ids::open(&input).unwrap();
        let mut found = Vec::new();
        while let Some(id) = ids.next().map_err(|error| error.to_string())? {
            found.push(match id {
                Ok(Value::Text(text)) => Some(text),
                _ => None,
            });
        }
        Ok(found)
    }

    fn in_utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn ids_are_the_same_in_every_encoding_that_names_itself() {
        let text = "7\r\né b\r\n😀\r\nlast";
        let expected = ["7", "é b", "😀", "last"].map(|id| Some(id.to_owned())).to_vec();
        for marked in [text.to_owned(), format!("\u{feff}{text}")] {
            assert_eq!(ids_of(marked.as_bytes()).unwrap(), expected);
        }
        let marked = format!("\u{feff}{text}");
        assert_eq!(ids_of(&in_utf16(&marked, u16::to_le_bytes)).unwrap(), expected);
        assert_eq!(ids_of(&in_utf16(&marked, u16::to_be_bytes)).unwrap(), expected);
    }

    #[test]
    fn a_pair_is_one_letter_wherever_the_text_is_read_in_pieces() {
        let pieces = BUFFER_BYTES / 2;
        for before in pieces - 2..=pieces + 2 {
            let text = format!("\u{feff}{}😀x\n", "a".repeat(before));
            let ids = ids_of(&in_utf16(&text, u16::to_le_bytes)).unwrap();
            assert_eq!(ids, [Some(text.trim_end().trim_start_matches('\u{feff}').to_owned())], "{before}");
        }
        assert_eq!(ids_of(&[0xff, 0xfe, 0x3d, 0xd8]).unwrap(), [None], "a half at the end");
        assert_eq!(ids_of(&[0xff, 0xfe, b'a', 0, b'\n', 0, b'b']).unwrap(), [Some("a".to_owned()), None]);
    }

    #[test]
    fn an_id_with_a_control_character_is_refused_with_its_line() {
        let utf16 = in_utf16("a\nb\n", u16::to_le_bytes);
        for (bytes, line, named) in [
            (&b"a\nb\0\n"[..], 2, "U+0000"),
            (&utf16, 1, "U+0000"),
            (b"a\tb\n", 1, "U+0009"),
            (b"a\n\nb\rc\n", 3, "U+000D"),
            ("a\n\u{85}b".as_bytes(), 2, "U+0085"),
            ("a\n\u{feff}b\n".as_bytes(), 2, "U+FEFF"),
            (b"\xff\xfe\0\0a\0\0\0", 1, "U+0000"),
        ] {
            let error = ids_of(bytes).unwrap_err();
            assert!(error.contains(&format!("ids.txt, line {line}: ")) && error.contains(named), "{error}");
        }
    }

    #[test]
    fn blank_lines_are_counted() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("ids.txt");
        std::fs::write(&path, "a\n\r\nb\n\n").unwrap();
        let counted = Ids::count(&Input::open(&path, dir.path()).unwrap()).unwrap();
        assert_eq!(counted, Counted { lines: 4, blank: 2, first_blank: 2 });
    }
}
