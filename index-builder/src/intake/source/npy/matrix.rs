//! The rows of a matrix, whichever way its numbers lie in the file.

use std::io::{self, BufRead, BufReader, Read};

use super::super::BUFFER_BYTES;
use super::super::input::RandomAccess;
use super::super::{Cause, Input};
use super::archive;
use super::header::{Header, HeaderError};

/// About how much of all columns is held at once.
const BLOCK_BYTES: usize = 16 << 20;

/// Vectors of equal length, one after the other.
pub(in super::super) trait Matrix {
    /// How many there are.
    fn rows(&self) -> u64;

    /// The next of them; called [`Matrix::rows`] times at most.
    fn next(&mut self) -> Result<Vec<f32>, Cause>;

    /// Called behind the last.
    ///
    /// # Errors
    /// When there is more in the file.
    fn end(&mut self) -> Result<(), Cause>;
}

/// The matrix of a `.npy` file, or of the one that is in a `.npz` file.
pub(super) fn open(input: &Input) -> Result<Box<dyn Matrix>, Cause> {
    let mut reader = input.reader();
    if archive::is_one(&mut reader).map_err(Cause::Io)? {
        let file = archive::only_array(input)?;
        let reader = BufReader::with_capacity(BUFFER_BYTES, file.from(0).map_err(Cause::Io)?);
        return open_array(Box::new(reader), || Ok(file));
    }
    open_array(input.reader(), || input.random_access())
}

fn open_array(
    mut reader: Box<dyn BufRead>,
    file: impl FnOnce() -> io::Result<RandomAccess>,
) -> Result<Box<dyn Matrix>, Cause> {
    let header = Header::read(&mut reader).map_err(|error| error.cause(Cause::Io))?;
    if header.by_column {
        return Ok(Box::new(Columns::open(header, file().map_err(Cause::Io)?)?));
    }
    let row = vec![0; header.dimension * header.number.bytes()];
    Ok(Box::new(Rows { reader, header, row, number: 0 }))
}

/// A row lies behind the other.
struct Rows {
    reader: Box<dyn BufRead>,
    header: Header,
    row: Vec<u8>,
    /// Rows that were read.
    number: u64,
}

impl Matrix for Rows {
    fn rows(&self) -> u64 {
        self.header.rows
    }

    fn next(&mut self) -> Result<Vec<f32>, Cause> {
        let (row, rows) = (self.number, self.header.rows);
        self.reader.read_exact(&mut self.row).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Cause::Npy(HeaderError::Truncated { row, rows }),
            _ => Cause::Io(error),
        })?;
        self.number += 1;
        Ok(self.header.number.read(&self.row))
    }

    fn end(&mut self) -> Result<(), Cause> {
        match self.reader.fill_buf().map_err(Cause::Io)? {
            [] => Ok(()),
            _ => Err(Cause::Npy(HeaderError::Trailing)),
        }
    }
}

/// A column lies behind the other: the same few rows of all of them are held at a time.
struct Columns {
    file: RandomAccess,
    header: Header,
    /// Numbers of the rows that are held, row after row.
    block: Vec<f32>,
    /// The first of those rows, and how many they are.
    held: (u64, usize),
    /// The next row to give.
    row: u64,
}

impl Columns {
    /// # Errors
    /// [`HeaderError::Short`] and [`HeaderError::Trailing`].
    fn open(header: Header, file: RandomAccess) -> Result<Columns, Cause> {
        let has = file.length().saturating_sub(header.start);
        match header.bytes() {
            Some(bytes) if bytes == has => {
                Ok(Columns { file, header, block: Vec::new(), held: (0, 0), row: 0 })
            }
            Some(bytes) if bytes < has => Err(Cause::Npy(HeaderError::Trailing)),
            _ => Err(Cause::Npy(HeaderError::Short {
                has,
                rows: header.rows,
                row: (header.dimension * header.number.bytes()) as u64,
            })),
        }
    }

    /// Reads the rows from the next one on.
    fn fill(&mut self) -> io::Result<()> {
        let Header { rows, dimension, number, start, .. } = self.header;
        let most = (BLOCK_BYTES / (dimension * size_of::<f32>())).max(1);
        let count = usize::try_from(rows - self.row).map_or(most, |left| left.min(most));
        self.block.clear();
        self.block.resize(count * dimension, 0.0);
        for column in 0..dimension {
            // Within the length, which was checked.
            let place = start + (column as u64 * rows + self.row) * number.bytes() as u64;
            let bytes = self.file.bytes(place, count * number.bytes())?;
            for (row, value) in number.read(&bytes).into_iter().enumerate() {
                if let Some(cell) = self.block.get_mut(row * dimension + column) {
                    *cell = value;
                }
            }
        }
        self.held = (self.row, count);
        Ok(())
    }
}

impl Matrix for Columns {
    fn rows(&self) -> u64 {
        self.header.rows
    }

    fn next(&mut self) -> Result<Vec<f32>, Cause> {
        if self.row >= self.held.0 + self.held.1 as u64 {
            self.fill().map_err(Cause::Io)?;
        }
        #[expect(clippy::cast_possible_truncation, reason = "fewer than the rows that are held")]
        let start = (self.row - self.held.0) as usize * self.header.dimension;
        self.row += 1;
        Ok(self.block.get(start..start + self.header.dimension).unwrap_or_default().to_vec())
    }

    fn end(&mut self) -> Result<(), Cause> {
        // As many bytes as the header says.
        Ok(())
    }
}
