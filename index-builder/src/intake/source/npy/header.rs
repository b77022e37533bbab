//! The header of a `.npy` file: a magic number, a version, and a Python dict of three entries
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>). Only that dict is read, no Python.

use std::io::{self, Read};

use kindred::file::format::MAX_DIMENSION;

use super::super::Cause;

const MAGIC: [u8; 6] = *b"\x93NUMPY";

/// The longest header that is read. Numpy itself takes no longer one by default; that of a matrix has about 100 bytes.
const MAX_HEADER_BYTES: u64 = 10_000;

/// What a file says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) rows: u64,
    pub(super) dimension: usize,
    pub(super) number: Number,
    /// Whether the columns lie one after the other, rather than the rows.
    pub(super) by_column: bool,
    /// Where the numbers begin.
    pub(super) start: u64,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Number {
    Half {
        little: bool,
    },
    Single {
        little: bool,
    },
    Double {
        little: bool,
    },
    /// 1, 2, 4 or 8 bytes.
    Whole {
        bytes: usize,
        signed: bool,
        little: bool,
    },
    Truth,
}

/// Why a `.npy` file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The first bytes are others.
    #[error("is no .npy file: it does not begin as numpy's save writes it")]
    Magic,
    /// A version that does not exist yet.
    #[error("is a .npy file of version {0}.{1}; 1.0, 2.0 and 3.0 are read")]
    Version(u8, u8),
    /// The file ends within its header.
    #[error("the file ends within its header; it is truncated")]
    TruncatedHeader,
    /// The header is not as numpy writes it.
    #[error("the header of the .npy file is damaged: {0}")]
    Malformed(&'static str),
    /// Something else than numbers.
    #[error(
        "its numbers are of the type {0:?}{meaning}; floating-point numbers of 2, 4 and 8 bytes, whole numbers and truth values \
         are read: a.astype(\"float32\") makes such of others",
        meaning = meaning(_0)
    )]
    Type(String),
    /// Something else than a matrix.
    #[error(
        "its shape is ({0}); two lengths are expected, the vectors and the numbers in each: a.reshape(1, -1) makes one \
         vector of all numbers, a.reshape(len(a), -1) one of each item"
    )]
    Shape(String),
    /// A matrix without rows.
    #[error("it has no rows")]
    NoRows,
    /// Rows that are no vectors.
    #[error("its rows have {0} numbers; a vector has 1 to {MAX_DIMENSION}")]
    Dimension(u64),
    /// The file ends too early.
    #[error("the file ends in row {row} of {rows} (from 0); it is truncated")]
    Truncated {
        /// The row that is not there as a whole.
        row: u64,
        /// How many there should be.
        rows: u64,
    },
    /// The file is shorter than its header says.
    #[error("it has {has} bytes of numbers, and its shape says {rows} rows of {row} bytes; it is truncated")]
    Short {
        /// The bytes that are there.
        has: u64,
        /// The rows.
        rows: u64,
        /// The bytes of each.
        row: u64,
    },
    /// The file goes on.
    #[error("has more bytes than its shape says")]
    Trailing,
}

/// Why there is no header: reading failed, or what was read is none.
#[derive(Debug)]
pub(super) enum NoHeader {
    Io(io::Error),
    Bad(HeaderError),
}

impl NoHeader {
    /// As the cause for a file, where the caller says what a failure to read means.
    pub(super) fn cause(self, io: impl FnOnce(io::Error) -> Cause) -> Cause {
        match self {
            NoHeader::Io(error) => io(error),
            NoHeader::Bad(error) => Cause::Npy(error),
        }
    }
}

impl From<io::Error> for NoHeader {
    fn from(error: io::Error) -> NoHeader {
        NoHeader::Io(error)
    }
}

impl From<HeaderError> for NoHeader {
    fn from(error: HeaderError) -> NoHeader {
        NoHeader::Bad(error)
    }
}

impl Header {
    /// Reads a header, and not a byte more.
    pub(super) fn read(reader: &mut impl Read) -> Result<Header, NoHeader> {
        let (text, start) = read_text(reader)?;
        Ok(Header { start, ..parse(&text)? })
    }

    /// The bytes of all numbers; `None` for more than any file has.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.rows.checked_mul((self.dimension * self.number.bytes()) as u64)
    }
}

/// What a type is that is no number, in words.
fn meaning(kind: &str) -> &'static str {
    match kind.trim_start_matches(['<', '>', '|', '=']).chars().next() {
        Some('O') => " (Python objects; of lists of equal length numpy.stack makes a matrix)",
        Some('c') => " (complex numbers)",
        Some('U' | 'S') => " (text)",
        Some('V' | '[') => " (raw bytes or several fields; bfloat16 is written so)",
        Some('M' | 'm') => " (dates or durations)",
        Some('f') => " (numpy.longdouble)",
        _ => "",
    }
}

/// The text of a header, and where it ends.
fn read_text(reader: &mut impl Read) -> Result<(String, u64), NoHeader> {
    let [magic @ .., major, minor] = take::<8>(reader)?;
    if magic != MAGIC {
        return Err(HeaderError::Magic.into());
    }
    let prefix = if major == 1 { 10 } else { 12 };
    let length = match (major, minor) {
        (1, 0) => u64::from(u16::from_le_bytes(take(reader)?)),
        (2 | 3, 0) => u64::from(u32::from_le_bytes(take(reader)?)),
        _ => return Err(HeaderError::Version(major, minor).into()),
    };
    if length > MAX_HEADER_BYTES {
        return Err(HeaderError::Malformed("it is too long").into());
    }
    let mut text = Vec::new();
    reader.take(length).read_to_end(&mut text)?;
    if text.len() as u64 != length {
        return Err(HeaderError::TruncatedHeader.into());
    }
    let text = String::from_utf8(text).map_err(|_| HeaderError::Malformed("it is no text"))?;
    Ok((text, prefix + length))
}

/// So many bytes; a file that ends before them is truncated.
fn take<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], NoHeader> {
    let mut bytes = [0; N];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(HeaderError::TruncatedHeader.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`, the entries in any order, each once.
fn parse(text: &str) -> Result<Header, HeaderError> {
    let mut rest = Rest(text.trim());
    let (mut number, mut fortran_order, mut shape) = (None, None, None);
    rest.expect('{')?;
    while !rest.take('}') {
        let key = rest.text()?;
        rest.expect(':')?;
        let is_new = match key {
            "descr" => number.replace(Number::parse(rest.value()?)?).is_none(),
            "fortran_order" => fortran_order.replace(rest.value()?).is_none(),
            "shape" => shape.replace(rest.tuple()?).is_none(),
            _ => return Err(HeaderError::Malformed("it has an entry that no header has")),
        };
        if !is_new {
            return Err(HeaderError::Malformed("it has an entry twice"));
        }
        if !rest.take(',') && !rest.0.starts_with('}') {
            return Err(HeaderError::Malformed("a comma is missing"));
        }
    }
    if !rest.0.is_empty() {
        return Err(HeaderError::Malformed("something follows the entries"));
    }
    let missing = HeaderError::Malformed("an entry is missing");
    let (Some(number), Some(fortran_order), Some(shape)) = (number, fortran_order, shape) else {
        return Err(missing);
    };
    let by_column = match fortran_order {
        "False" => false,
        "True" => true,
        _ => return Err(HeaderError::Malformed("the order is neither True nor False")),
    };
    let (rows, dimension) = matrix(shape)?;
    Ok(Header { rows, dimension, number, by_column, start: 0 })
}

/// The rows of a matrix, and the numbers in each.
fn matrix(shape: &str) -> Result<(u64, usize), HeaderError> {
    // numpy for Python 2 wrote long integers with an L.
    let numbers = shape.split(',').map(|number| number.trim().trim_end_matches('L'));
    let shown = || HeaderError::Shape(shape.trim().to_owned());
    let numbers: Vec<u64> = numbers
        .filter(|number| !number.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| shown())?;
    match numbers[..] {
        [0, _] => Err(HeaderError::NoRows),
        [rows, dimension] if (1..=u64::from(MAX_DIMENSION)).contains(&dimension) => {
            Ok((rows, usize::try_from(dimension).map_err(|_| shown())?))
        }
        [_, dimension] => Err(HeaderError::Dimension(dimension)),
        _ => Err(shown()),
    }
}

impl Number {
    fn parse(value: &str) -> Result<Number, HeaderError> {
        let unquoted = value.trim_matches(['\'', '"']);
        let little = !unquoted.starts_with('>');
        let unknown = || HeaderError::Type(unquoted.to_owned());
        let Some((order, kind)) = unquoted.split_at_checked(1) else { return Err(unknown()) };
        let whole = |bytes, signed| Number::Whole { bytes, signed, little };
        Ok(match (order, kind) {
            ("|", "b1") => Number::Truth,
            // A byte has no order.
            ("|" | "<" | ">", "i1") => whole(1, true),
            ("|" | "<" | ">", "u1") => whole(1, false),
            ("<" | ">", "f2") => Number::Half { little },
            ("<" | ">", "f4") => Number::Single { little },
            ("<" | ">", "f8") => Number::Double { little },
            ("<" | ">", "i2") => whole(2, true),
            ("<" | ">", "u2") => whole(2, false),
            ("<" | ">", "i4") => whole(4, true),
            ("<" | ">", "u4") => whole(4, false),
            ("<" | ">", "i8") => whole(8, true),
            ("<" | ">", "u8") => whole(8, false),
            _ => return Err(unknown()),
        })
    }

    /// How many bytes a number has.
    pub(in super::super) fn bytes(self) -> usize {
        match self {
            Number::Truth => 1,
            Number::Half { .. } => 2,
            Number::Single { .. } => 4,
            Number::Double { .. } => 8,
            Number::Whole { bytes, .. } => bytes,
        }
    }
}

/// What of the dict has not been read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn take(&mut self, character: char) -> bool {
        self.0 = self.0.trim_start();
        let taken = self.0.strip_prefix(character);
        self.0 = taken.unwrap_or(self.0).trim_start();
        taken.is_some()
    }

    fn expect(&mut self, character: char) -> Result<(), HeaderError> {
        if self.take(character) {
            Ok(())
        } else {
            Err(HeaderError::Malformed("it is no dict as numpy writes it"))
        }
    }

    /// What is in quotes.
    fn text(&mut self) -> Result<&'a str, HeaderError> {
        let quote = self.0.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
        let unclosed = HeaderError::Malformed("a key is not in quotes");
        let Some((text, rest)) = quote.and_then(|quote| self.0.get(1..)?.split_once(quote)) else {
            return Err(unclosed);
        };
        self.0 = rest;
        Ok(text)
    }

    /// A value that is no tuple, up to what follows it; a list, which stands for records of several columns, whole.
    fn value(&mut self) -> Result<&'a str, HeaderError> {
        self.0 = self.0.trim_start();
        let end = match self.0.starts_with('[') {
            true => self.0.rfind(']').map(|at| at + 1),
            false => self.0.find([',', '}']),
        };
        let Some((value, rest)) = end.and_then(|end| self.0.split_at_checked(end)) else {
            return Err(HeaderError::Malformed("a value has no end"));
        };
        self.0 = rest;
        Ok(value.trim())
    }

    /// What is in parentheses.
    fn tuple(&mut self) -> Result<&'a str, HeaderError> {
        self.expect('(')?;
        let Some((tuple, rest)) = self.0.split_once(')') else {
            return Err(HeaderError::Malformed("the shape is not closed"));
        };
        self.0 = rest;
        Ok(tuple)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::npy;
    use super::*;

    fn header(bytes: &[u8]) -> Result<Header, HeaderError> {
        Header::read(&mut &*bytes).map_err(|error| match error {
            NoHeader::Bad(error) => error,
            NoHeader::Io(error) => panic!("{error}"),
        })
    }

    fn refused(descr: &str, shape: &str) -> HeaderError {
        header(&npy(descr, shape, b"")).unwrap_err()
    }

    #[test]
    fn headers_of_every_version_are_read_and_nothing_behind_them() {
        let number = Number::Single { little: true };
        let text = "{'shape': (3, 2), \"fortran_order\": False, 'descr': '<f4'}\n";
        for (version, length) in [(1, 2), (2, 4), (3, 4)] {
            let count = (text.len() as u32).to_le_bytes();
            let bytes = [&MAGIC[..], &[version, 0], &count[..length], text.as_bytes(), b"rest"].concat();
            let start = (8 + length + text.len()) as u64;
            let expected = Header { rows: 3, dimension: 2, number, by_column: false, start };
            let mut reader = &bytes[..];
            assert_eq!(Header::read(&mut reader).unwrap(), expected);
            assert_eq!(reader, b"rest");
        }
    }

    #[test]
    fn what_is_no_matrix_of_numbers_is_named() {
        assert_eq!(header(b"PK\x03\x04 and so on"), Err(HeaderError::Magic));
        assert_eq!(header(b"\x93NUMPY\x04\x00xxxx"), Err(HeaderError::Version(4, 0)));
        for (kind, part) in [
            ("|O", "Python objects"),
            ("<c8", "complex"),
            ("<U5", "text"),
            ("|S3", "text"),
            ("|V2", "bfloat16"),
            ("<M8[ns]", "dates"),
            ("<f16", "longdouble"),
            ("=f4", "astype"),
            ("<i3", "astype"),
            ("é", "astype"),
            ("", "astype"),
        ] {
            let error = refused(kind, "(3, 2)");
            assert_eq!(error, HeaderError::Type(kind.into()));
            assert!(error.to_string().contains(part), "{error}");
        }
        for (shape, shown) in [("()", ""), ("(3,)", "3,"), ("(1, 2, 3)", "1, 2, 3"), ("(-1, 2)", "-1, 2")] {
            assert_eq!(refused("<f4", shape), HeaderError::Shape(shown.into()));
        }
        assert_eq!(refused("<f4", "(0, 2)"), HeaderError::NoRows);
        assert_eq!(refused("<f4", "(3, 0)"), HeaderError::Dimension(0));
        assert_eq!(refused("<f4", "(3, 65537)"), HeaderError::Dimension(65_537));
        assert_eq!(
            refused("<f4", "(3, 99999999999999999999)"),
            HeaderError::Shape("3, 99999999999999999999".into())
        );
        let columns = "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (3, 2), }";
        assert!(matches!(parse(columns), Err(HeaderError::Type(text)) if text.contains("('b', '<f4')")));
    }

    #[test]
    fn a_header_that_numpy_does_not_write_is_refused() {
        let malformed = [
            "",
            "{",
            "{}",
            "[]",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), 'shape': (3, 2)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), 'x': 1}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)} x",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2",
            "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (3, 2)}",
            "{'descr': '<f4' 'fortran_order': False, 'shape': (3, 2)}",
            "{descr: '<f4'}",
        ];
        for text in malformed {
            assert!(parse(text).is_err(), "{text}");
        }
        let long = [&MAGIC[..], b"\x02\0", &u32::MAX.to_le_bytes()].concat();
        assert_eq!(header(&long), Err(HeaderError::Malformed("it is too long")));
    }
}
