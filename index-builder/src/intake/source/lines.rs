//! Lines of bytes, of which none can take the machine's memory.

use std::io::{self, BufRead, Read};

/// What [`read_line`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It is in the buffer, with its line feed unless it is the last one.
    Whole,
    /// It is longer than the limit and has been passed over without being held.
    TooLarge,
    /// There are no more lines.
    End,
}

/// Reads the next line into the buffer, if it has at most `limit` bytes besides its line feed.
///
/// # Errors
/// What reading gives.
pub fn read_line(reader: &mut impl BufRead, limit: usize, buffer: &mut Vec<u8>) -> io::Result<Line> {
    buffer.clear();
    // One byte for the line feed.
    let length = Read::take(&mut *reader, limit as u64 + 1).read_until(b'\n', buffer)?;
    if length == 0 {
        return Ok(Line::End);
    }
    if length <= limit || buffer.ends_with(b"\n") {
        return Ok(Line::Whole);
    }
    reader.skip_until(b'\n')?;
    Ok(Line::TooLarge)
}
