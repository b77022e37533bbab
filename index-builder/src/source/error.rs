//! Why a source as a whole cannot be read.

use std::{fmt, io};

use super::MAX_RECORD_BYTES;

/// A source that cannot be read to its end: which, where and why. The message says all of it, so that there is no
/// chain of sources behind it that would say it twice.
#[derive(Debug, thiserror::Error)]
#[error("{input}{}: {cause}", At(place.as_ref()))]
pub struct SourceError {
    /// The path as it was given, or "standard input".
    pub input: String,
    /// Where in it, if that is known.
    pub place: Option<Place>,
    /// What is wrong there.
    pub cause: Cause,
}

/// A place in a source, after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The number of a line, from 1.
    Line(u64),
    /// The offset of a byte, from 0.
    Byte(u64),
}

/// What is wrong with a source as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The bytes cannot be read or decompressed.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// A pickle that is damaged or holds something that is not read.
    #[error("{0}")]
    Pickle(super::pickle::PickleError),
    /// There is nothing in it where JSON is expected.
    #[error("there is nothing in it; a JSON array of objects is read")]
    EmptyJson,
    /// A JSON document that is neither an array nor an object.
    #[error("found {0}, not JSON as it is read: an array of objects")]
    NotAnArray(Found),
    /// A JSON document that is an object.
    #[error(
        "the whole file is one JSON object; an array of objects is read, or with --format jsonl one object a line"
    )]
    TopLevelObject,
    /// JSON objects one after the other.
    #[error("one JSON object follows the other without an array around them; read it with --format jsonl")]
    JsonLines,
    /// An array that has something else where an element must stand.
    #[error("expected an element of the JSON array, found {0}")]
    ExpectedElement(Found),
    /// An array in which an element is not followed by a comma or the end.
    #[error("expected `,` or `]` after an element of the JSON array, found {0}")]
    ExpectedComma(Found),
    /// An array that is not closed.
    #[error("the file ends within the JSON array; it is truncated")]
    TruncatedArray,
    /// Something behind the array.
    #[error("expected the end of the file after the JSON array, found {0}")]
    AfterArray(Found),
    /// A CSV file without a first line.
    #[error("there is nothing in it; a CSV file starts with a header")]
    NoHeader,
    /// A CSV header with a name that is not UTF-8.
    #[error("column {0} of the CSV header is not UTF-8")]
    HeaderNotUnicode(usize),
    /// A CSV header in which two columns have the same name.
    #[error("columns {first} and {second} of the CSV header are both named {name:?}; names must differ")]
    HeaderTwice {
        /// The name.
        name: String,
        /// The number of the first column with it, from 1.
        first: usize,
        /// The number of the second.
        second: usize,
    },
    /// A CSV record without an end.
    #[error("a CSV record has more than {MAX_RECORD_BYTES} bytes; is a quote not closed?")]
    EndlessRecord,
}

/// A byte that should not stand where it does, or the end of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found(pub Option<u8>);

impl SourceError {
    /// The error of a source whose bytes cannot be read.
    pub(super) fn io(input: &str, error: io::Error) -> SourceError {
        SourceError { input: input.to_owned(), place: None, cause: Cause::Io(error) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Byte(offset) => write!(f, "byte {offset}"),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("the end of the file"),
            Some(byte) if byte.is_ascii_graphic() => write!(f, "`{}`", char::from(byte)),
            Some(byte) => write!(f, "the byte {byte:#04x}"),
        }
    }
}

/// ", line 7" behind a path, or nothing.
struct At<'a>(Option<&'a Place>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |place| write!(f, ", {place}"))
    }
}
