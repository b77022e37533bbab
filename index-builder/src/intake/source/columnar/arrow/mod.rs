//! Arrow IPC: the stream format, and the file format ("Feather"), which has a table of contents at its end, the footer
//! (<https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>). A file is read by its footer, since writers
//! differ in what stands between the parts; a stream from front to back. Which of the two it is, its first bytes say.

mod file;
mod message;
mod stream;

use std::io::{Cursor, Read};

use super::super::{Input, ReadOptions, Sink, SourceError};
use super::Rows;

/// What a file begins and ends with; a stream does not.
const MAGIC: &[u8; 6] = b"ARROW1";

/// The most that one record batch may take of memory.
const MAX_BATCH_BYTES: u64 = 2 << 30;

/// Reads an Arrow IPC file or stream.
pub(in super::super) fn read(
    input: &Input,
    options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    let at = |cause| SourceError { input: input.name().to_owned(), place: None, cause };
    let io = |error| SourceError::io(input.name(), error);
    let mut rows = Rows::new(input.name(), options, sink);
    let mut reader = input.reader();
    let start = message::take(&mut reader, MAGIC.len() as u64).map_err(io)?;
    if start == MAGIC {
        drop(reader);
        return file::read(&input.random_access().map_err(io)?, &mut rows).map_err(at);
    }
    stream::read(&mut Cursor::new(start).chain(reader), &mut rows).map_err(at)
}
