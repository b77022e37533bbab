//! Why a source as a whole cannot be read.

use std::collections::HashMap;
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
    /// A JSON document that is an object, and what can be read of it.
    #[error("the document is {0}")]
    ObjectDocument(String),
    /// A table that was written column by column.
    #[error(
        "the document seems to have columns, as pandas' df.to_json() writes them; \
         df.to_json(path, orient=\"records\") writes an array of objects, which is read"
    )]
    Columns,
    /// A path that leads nowhere.
    #[error("the document has no member {path:?}; there are {found}")]
    NoSuchMember {
        /// What was looked for.
        path: String,
        /// What there is.
        found: String,
    },
    /// A path that leads to two members.
    #[error("the member {0:?} comes twice")]
    MemberTwice(String),
    /// A path that leads to something else.
    #[error("the member {0:?} is no list of objects, and no object of objects")]
    NoRecords(String),
    /// A path into an array.
    #[error(
        "the document is an array, whose elements are the records; --records names a member of an object"
    )]
    RecordsOfArray,
    /// Something behind a document.
    #[error("expected the end of the file after the JSON document, found {0}")]
    AfterDocument(Found),
    /// A document without its end.
    #[error("the file ends within the JSON document; it is truncated")]
    TruncatedDocument,
    /// An object that has something else where a member must stand.
    #[error("expected a member of an object, found {0}")]
    ExpectedMember(Found),
    /// Something else where a value must stand.
    #[error("expected a value, found {0}")]
    ExpectedValue(Found),
    /// Something else between objects over several lines.
    #[error("expected an object, found {0}")]
    ExpectedObject(Found),
    /// What is known to be something else.
    #[error("not JSON, but {0}")]
    NotJson(&'static str),
    /// A last line without its end.
    #[error("the last line has no line end and is no JSON: the file seems to be cut off")]
    CutLine,
    /// An array where lines are expected.
    #[error("the first line begins with `[`; a JSON array is read with --format json")]
    ArrayInLines,
    /// A bulk request with another action.
    #[error(
        "an action {0:?} of a bulk request is not read; \"index\" and \"create\" are, each with its document behind it"
    )]
    BulkAction(String),
    /// A bulk request without an action.
    #[error(
        "expected an action of a bulk request, such as {{\"index\":{{\"_id\":\"1\"}}}}, as the lines before have them"
    )]
    BulkNoAction,
    /// A bulk request without its last document.
    #[error("the file ends with an action of a bulk request, without its document")]
    BulkCut,
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
    /// A CSV file that is wrong in another way.
    #[error("{0}")]
    Csv(super::csv::CsvFault),
    /// A table in which two columns have the same name.
    #[error("columns {first} and {second} are both named {name:?}; names must differ")]
    ColumnTwice {
        /// The name.
        name: String,
        /// The number of the first column with it, from 1.
        first: usize,
        /// The number of the second.
        second: usize,
    },
    /// A column of a type that no value of a profile has.
    #[error(
        "the column {name:?} is of the type {kind}, which is not read; convert it, or leave it out: with \
         --ignore-fields and --expose nothing asks for it"
    )]
    ColumnType {
        /// The column.
        name: String,
        /// The type, as its source calls it.
        kind: String,
    },
    /// A column whose bytes are compressed in a way that is not read.
    #[error(
        "the column {name:?} is compressed with {codec}, which is not read; write the file with zstd or snappy \
         (pyarrow: compression=\"zstd\"), or leave the column out: with --ignore-fields and --expose nothing asks for it"
    )]
    ColumnCodec {
        /// The column.
        name: String,
        /// What compresses it.
        codec: String,
    },
    /// A column of lists within lists without end.
    #[error("the column {name:?} is nested too deeply")]
    ColumnTooDeep {
        /// The column.
        name: String,
    },
    /// Something else than the format that was chosen.
    #[error("it is {name}, which is not read so; {advice}")]
    Foreign {
        /// What it is.
        name: &'static str,
        /// What to do with it.
        advice: &'static str,
    },
    /// A file that cannot be read, in the words of its reader.
    #[error("{0}")]
    Table(String),
    /// A `.npy` file that cannot be read.
    #[error("{0}")]
    Npy(super::npy::HeaderError),
    /// Vectors without ids.
    #[error("it has vectors and no ids; give it as --vectors, and a file with the ids as --ids")]
    WithoutIds,
    /// Not as many ids as vectors.
    #[error("it has {rows} rows, but {ids} has {count} lines{}; each row needs its id", Blank(*blank, *first_blank))]
    IdsAndRows {
        /// The file of ids.
        ids: String,
        /// Its lines.
        count: u64,
        /// Those of them with nothing in them.
        blank: u64,
        /// The first of those.
        first_blank: u64,
        /// The rows of the vectors.
        rows: u64,
    },
    /// A line of ids that is none.
    #[error(
        "the character U+{:04X} is in it, which no id may have; a file of ids has one a line, in UTF-8, or in UTF-16 \
         with its byte order mark",
        u32::from(*.0)
    )]
    NoId(char),
    /// Something that is read from an address.
    #[error("it is a file, and its format is read from an address")]
    NotAnAddress,
    /// What a database says, or why nothing came from it.
    #[error("{0}")]
    Database(String),
    /// A CSV record without an end.
    #[error("a CSV record has more than {MAX_RECORD_BYTES} bytes; is a quote not closed?")]
    EndlessRecord,
}

/// A byte that should not stand where it does, or the end of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found(pub Option<u8>);

impl Cause {
    /// The same of an element that does not stand in an array.
    pub(super) fn within_document(self) -> Cause {
        if matches!(self, Cause::TruncatedArray) { Cause::TruncatedDocument } else { self }
    }
}

impl SourceError {
    /// The error of a source whose bytes cannot be read.
    pub(super) fn io(input: &str, error: io::Error) -> SourceError {
        SourceError { input: input.to_owned(), place: None, cause: Cause::Io(error) }
    }
}

/// # Errors
/// [`Cause::ColumnTwice`] for the first name that comes again.
pub(super) fn column_names_differ(names: &[&str]) -> Result<(), Cause> {
    let mut seen = HashMap::new();
    for (name, second) in names.iter().zip(1..) {
        if let Some(first) = seen.insert(name, second) {
            return Err(Cause::ColumnTwice { name: (*name).to_owned(), first, second });
        }
    }
    Ok(())
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

/// How many lines of ids are blank, if any are.
struct Blank(u64, u64);

impl fmt::Display for Blank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            blank => write!(f, ", {blank} of them blank, the first line {}", self.1),
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
