//! The header of a `.npy` file: a magic number, a version, and a Python dict of three entries
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>). Only that dict is read, no Python.

use std::io::{self, Read};

use kindred::index::format::MAX_DIMENSION;

const MAGIC: [u8; 6] = *b"\x93NUMPY";

/// The longest header that is read. Numpy itself takes no longer one by default; that of a matrix has about 100 bytes.
const MAX_HEADER_BYTES: u64 = 10_000;

/// What a file says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) rows: u64,
    pub(super) dimension: usize,
    pub(super) number: Number,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Half { little: bool },
    Single { little: bool },
    Double { little: bool },
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
    /// Something else than floating-point numbers.
    #[error(
        "its numbers are of the type {0:?}; f2, f4 and f8 are read, as numpy.float16, float32 and float64 are"
    )]
    Type(String),
    /// Columns instead of rows.
    #[error("its numbers are in Fortran order; numpy.ascontiguousarray makes rows of them")]
    FortranOrder,
    /// Something else than a matrix.
    #[error("its shape is ({0}); a matrix is read, with a row for each vector")]
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
    /// The file goes on.
    #[error("has more bytes than its shape says")]
    Trailing,
}

impl Header {
    /// Reads a header, and not a byte more.
    pub(super) fn read(reader: &mut impl Read) -> io::Result<Result<Header, HeaderError>> {
        match read_text(reader)? {
            Ok(text) => Ok(parse(&text)),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// The text of a header.
fn read_text(reader: &mut impl Read) -> io::Result<Result<String, HeaderError>> {
    let Some([magic @ .., major, minor]) = take::<8>(reader)? else {
        return Ok(Err(HeaderError::TruncatedHeader));
    };
    if magic != MAGIC {
        return Ok(Err(HeaderError::Magic));
    }
    let length = match (major, minor) {
        (1, 0) => take(reader)?.map(|bytes| u64::from(u16::from_le_bytes(bytes))),
        (2 | 3, 0) => take(reader)?.map(|bytes| u64::from(u32::from_le_bytes(bytes))),
        _ => return Ok(Err(HeaderError::Version(major, minor))),
    };
    let Some(length) = length else { return Ok(Err(HeaderError::TruncatedHeader)) };
    if length > MAX_HEADER_BYTES {
        return Ok(Err(HeaderError::Malformed("it is too long")));
    }
    let mut text = Vec::new();
    reader.take(length).read_to_end(&mut text)?;
    if text.len() as u64 != length {
        return Ok(Err(HeaderError::TruncatedHeader));
    }
    Ok(String::from_utf8(text).map_err(|_| HeaderError::Malformed("it is no text")))
}

/// So many bytes, if there are.
fn take<const N: usize>(reader: &mut impl Read) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
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
    match fortran_order {
        "False" => {}
        "True" => return Err(HeaderError::FortranOrder),
        _ => return Err(HeaderError::Malformed("the order is neither True nor False")),
    }
    let (rows, dimension) = matrix(shape)?;
    Ok(Header { rows, dimension, number })
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
            Ok((rows, dimension as usize))
        }
        [_, dimension] => Err(HeaderError::Dimension(dimension)),
        _ => Err(shown()),
    }
}

impl Number {
    fn parse(value: &str) -> Result<Number, HeaderError> {
        let unquoted = value.trim_matches(['\'', '"']);
        let little = unquoted.starts_with('<');
        match unquoted {
            "<f2" | ">f2" => Ok(Number::Half { little }),
            "<f4" | ">f4" => Ok(Number::Single { little }),
            "<f8" | ">f8" => Ok(Number::Double { little }),
            _ => Err(HeaderError::Type(unquoted.to_owned())),
        }
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Number::Half { .. } => 2,
            Number::Single { .. } => 4,
            Number::Double { .. } => 8,
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
        Header::read(&mut &*bytes).unwrap()
    }

    fn refused(descr: &str, shape: &str) -> HeaderError {
        header(&npy(descr, shape, b"")).unwrap_err()
    }

    #[test]
    fn headers_of_every_version_are_read_and_nothing_behind_them() {
        let expected = Header { rows: 3, dimension: 2, number: Number::Single { little: true } };
        let text = "{'shape': (3, 2), \"fortran_order\": False, 'descr': '<f4'}\n";
        for (version, length) in [(1, 2), (2, 4), (3, 4)] {
            let count = (text.len() as u32).to_le_bytes();
            let bytes = [&MAGIC[..], &[version, 0], &count[..length], text.as_bytes(), b"rest"].concat();
            let mut reader = &bytes[..];
            assert_eq!(Header::read(&mut reader).unwrap().unwrap(), expected);
            assert_eq!(reader, b"rest");
        }
    }

    #[test]
    fn what_is_no_matrix_of_floating_point_numbers_is_named() {
        assert_eq!(header(b"PK\x03\x04 and so on"), Err(HeaderError::Magic));
        assert_eq!(header(b"\x93NUMPY\x04\x00xxxx"), Err(HeaderError::Version(4, 0)));
        assert_eq!(refused("<i8", "(3, 2)"), HeaderError::Type("<i8".into()));
        assert_eq!(refused("|O", "(3, 2)"), HeaderError::Type("|O".into()));
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
        assert_eq!(
            parse("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }"),
            Err(HeaderError::FortranOrder)
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
