//! Word vectors as GloVe, word2vec and fastText write them: a word and its numbers on each line, with blanks between;
//! in front, except in GloVe's files, a line that says how many words there are and how many numbers each has. The
//! binary files of word2vec have that line too, and the numbers behind a word as four bytes each.
//!
//! A record has its word as id, in `_id` or the field that `--id-field` names, and its vector in [`VECTOR_FIELD`].

mod binary;
mod text;

use std::io::{self, Cursor, Read};

use kindred::file::format::MAX_DIMENSION;
use kindred::profile::Value;

use super::npy::VECTOR_FIELD;
use super::{
    Cause, Input, MAX_RECORD_BYTES, NOT_UNICODE, Place, ROW_NUMBERS, ReadOptions, Record, Sink, SourceError,
};
use super::{Line, read_line};

/// How much is looked at to tell numbers in bytes from numbers in digits.
const LOOKED_AT: usize = 4096;

/// How many bytes behind a blank are looked at: nobody's numbers are digits and blanks by chance.
const NUMBERS_LOOKED_AT: usize = 64;

/// The first line of most files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    words: u64,
    dimension: usize,
}

/// What takes the words of a file, with what is known of it.
struct Words<'a, 'b> {
    input: &'a Input,
    id_field: &'a str,
    options: &'a ReadOptions,
    sink: &'a mut Sink<'b>,
}

/// Reads word vectors.
pub(super) fn read(input: &Input, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    let id_field = options.id_field.as_deref().filter(|&name| name != ROW_NUMBERS).unwrap_or("_id");
    let mut words = Words { input, id_field, options, sink };
    let io = |error| SourceError::io(input.name(), error);
    let mut reader = input.reader();
    let mut first = Vec::new();
    if read_line(&mut reader, MAX_RECORD_BYTES, &mut first).map_err(io)? == Line::End {
        return Err(
            words.at(None, "there is nothing in it; a word and its numbers on each line are read".to_owned())
        );
    }
    let Some(header) = Header::parse(&first) else {
        drop(reader);
        return text::read(&mut words, None);
    };
    if header.dimension == 0 || header.dimension > MAX_DIMENSION as usize {
        let why = format!("a vector has 1 to {MAX_DIMENSION} numbers, not {}", header.dimension);
        return Err(words.at(Some(Place::Line(1)), why));
    }
    let mut start = Vec::new();
    Read::take(&mut reader, LOOKED_AT as u64).read_to_end(&mut start).map_err(io)?;
    let first_line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_text = text::split(first_line.trim_ascii_end(), header.dimension).is_ok();
    if !is_text && is_binary(&start, header.dimension) {
        return binary::read(&mut words, header, first.len() as u64, &mut Cursor::new(start).chain(reader));
    }
    text::read(&mut words, Some(header))
}

impl Header {
    /// Two whole numbers and nothing else.
    fn parse(line: &[u8]) -> Option<Header> {
        let mut numbers = str::from_utf8(line).ok()?.split_ascii_whitespace();
        let header =
            Header { words: numbers.next()?.parse().ok()?, dimension: numbers.next()?.parse().ok()? };
        numbers.next().is_none().then_some(header)
    }
}

/// Whether the numbers behind the first word are bytes, and not written in digits.
fn is_binary(start: &[u8], dimension: usize) -> bool {
    let Some(blank) = start.iter().position(|&byte| byte == b' ') else { return false };
    let numbers = start.get(blank + 1..).unwrap_or_default();
    let length = NUMBERS_LOOKED_AT.min(dimension.saturating_mul(4)).min(numbers.len());
    let is_of_text = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-. \t\r\n".contains(byte);
    !numbers.iter().take(length).all(is_of_text)
}

impl Words<'_, '_> {
    fn at(&self, place: Option<Place>, why: String) -> SourceError {
        SourceError { input: self.input.name().to_owned(), place, cause: Cause::Table(why) }
    }

    fn io(&self, error: io::Error) -> SourceError {
        SourceError::io(self.input.name(), error)
    }

    /// Says what a person cannot see in the file.
    fn note(&self, dimension: usize) {
        self.options.notes.add(format!(
            "{}: words with {dimension} numbers each: the word is the id, the vector is in the field {VECTOR_FIELD:?} \
             (--vectorizer field:{VECTOR_FIELD})",
            self.input.name()
        ));
    }

    /// Gives a word; whether the reading goes on.
    fn give(&mut self, word: &[u8], numbers: Vec<f32>, place: impl FnOnce() -> String) -> bool {
        let record = match str::from_utf8(word) {
            Ok(word) => Record::Fields(vec![
                (self.id_field.to_owned(), Value::Text(word.to_owned())),
                (VECTOR_FIELD.to_owned(), Value::Floats(numbers)),
            ]),
            Err(_) => Record::Unusable { reason: NOT_UNICODE, place: place() },
        };
        (self.sink)(record).is_continue()
    }

    /// A file that has not as many words as its first line says.
    fn check_count(&self, header: Option<Header>, words: u64) -> Result<(), SourceError> {
        match header {
            Some(header) if header.words != words => Err(self.at(
                None,
                format!(
                    "its first line says {} words, and it has {words}: {}",
                    header.words,
                    if words < header.words { "it is truncated" } else { "it is damaged" }
                ),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
