//! Vectors in `.fvecs`, `.bvecs` and `.ivecs` files, as data sets for nearest neighbours come
//! (<http://corpus-texmex.irisa.fr>): each vector has its length in front of it, as a little-endian number of four
//! bytes, and all have the same.

use std::io::{BufReader, Read};

use kindred::file::format::MAX_DIMENSION;

use super::BUFFER_BYTES;
use super::input::RandomAccess;
use super::npy::{Matrix, Number, read_rows};
use super::{Cause, Input, Sink, SourceError};

/// The bytes of a length.
const LENGTH_BYTES: usize = 4;

/// Reads numbers of four bytes.
pub(super) fn read_singles(vectors: &Input, ids: &Input, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    read_rows(vectors, ids, sink, |input| open(input, Number::Single { little: true }))
}

/// Reads bytes.
pub(super) fn read_bytes(vectors: &Input, ids: &Input, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    read_rows(vectors, ids, sink, |input| {
        open(input, Number::Whole { bytes: 1, signed: false, little: true })
    })
}

/// Reads whole numbers of four bytes.
pub(super) fn read_integers(vectors: &Input, ids: &Input, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    read_rows(vectors, ids, sink, |input| open(input, Number::Whole { bytes: 4, signed: true, little: true }))
}

/// Vectors, each behind its length.
struct Vectors {
    reader: Box<dyn Read>,
    number: Number,
    rows: u64,
    row: u64,
    buffer: Vec<u8>,
}

fn open(input: &Input, number: Number) -> Result<Box<dyn Matrix>, Cause> {
    let file = input.random_access().map_err(Cause::Io)?;
    let dimension = dimension(&file)?;
    let buffer = vec![0; LENGTH_BYTES + dimension * number.bytes()];
    let (rows, rest) = (file.length() / buffer.len() as u64, file.length() % buffer.len() as u64);
    if rest != 0 {
        return Err(Cause::Table(format!(
            "it has {} bytes, which is no whole number of vectors of {dimension} numbers: it ends within row {rows} \
             (from 0), or it is something else",
            file.length()
        )));
    }
    let reader = BufReader::with_capacity(BUFFER_BYTES, file.from(0).map_err(Cause::Io)?);
    Ok(Box::new(Vectors { reader: Box::new(reader), number, rows, row: 0, buffer }))
}

/// The length of the first vector.
fn dimension(file: &RandomAccess) -> Result<usize, Cause> {
    if file.length() < LENGTH_BYTES as u64 {
        return Err(Cause::Table("there is no vector in it".to_owned()));
    }
    let bytes = file.bytes(0, LENGTH_BYTES).map_err(Cause::Io)?;
    let length = length_of(&bytes);
    if (1..=MAX_DIMENSION).contains(&length) {
        return Ok(length as usize);
    }
    Err(Cause::Table(format!(
        "its first vector has {length} numbers; a vector has 1 to {MAX_DIMENSION}, or the file is something else"
    )))
}

fn length_of(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |&length| u32::from_le_bytes(length))
}

impl Matrix for Vectors {
    fn rows(&self) -> u64 {
        self.rows
    }

    fn next(&mut self) -> Result<Vec<f32>, Cause> {
        self.reader.read_exact(&mut self.buffer).map_err(Cause::Io)?;
        let (length, numbers) = self.buffer.split_at(LENGTH_BYTES);
        let (there, expected) = (length_of(length), numbers.len() / self.number.bytes());
        if u64::from(there) != expected as u64 {
            return Err(Cause::Table(format!(
                "row {} (from 0) has {there} numbers and the first has {expected}; all have the same, or the file is \
                 damaged",
                self.row
            )));
        }
        self.row += 1;
        Ok(self.number.read(numbers))
    }

    fn end(&mut self) -> Result<(), Cause> {
        // As many rows as the length says.
        Ok(())
    }
}
