//! Arrow IPC: the stream format, and the file format ("Feather"), which is a stream between two magic numbers with a
//! table of contents behind it (<https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>). Both are read
//! as a stream, from front to back, so that either may be compressed as a whole or come through a pipe.

use std::io::{self, BufRead, Read};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::{Message, root_as_message};
use arrow_schema::ArrowError;

use super::super::{Cause, Input, ReadOptions, Sink, SourceError};
use super::Rows;
use super::guard::guarded;

/// What a file begins with; a stream does not.
const FILE_MAGIC: &[u8; 8] = b"ARROW1\0\0";

/// Some writers let the stream begin at a multiple of this; a reader of the stream must not take the zeros between
/// for its end.
const ALIGNMENT: usize = 64;

/// What a file ends with.
const END_MAGIC: &[u8; 6] = b"ARROW1";

/// What stands before every message since version 0.15 of Arrow.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// A message without length ends a stream.
const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// The most that one record batch may take of memory.
const MAX_BATCH_BYTES: u64 = 2 << 30;

/// Reads an Arrow IPC file or stream.
pub(in super::super) fn read(
    input: &Input,
    _options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    let at = |cause| SourceError { input: input.name().to_owned(), place: None, cause };
    read_messages(&mut input.reader(), &mut Rows { sink, given: 0 }).map_err(at)
}

fn read_messages(reader: &mut dyn BufRead, rows: &mut Rows<'_, '_>) -> Result<(), Cause> {
    let mut start = take(reader, FILE_MAGIC.len() as u64).map_err(Cause::Io)?;
    let is_file = start == FILE_MAGIC;
    if is_file {
        start = first_word(reader).map_err(Cause::Io)?;
    }
    let mut reader = io::Cursor::new(start).chain(reader);
    let mut decoder = StreamDecoder::new();
    let mut is_first = true;
    while let Some(message) = next_message(&mut reader, is_first)? {
        is_first = false;
        if let Some(batch) = decode(&mut decoder, message)?
            && rows.give(&batch)?.is_break()
        {
            return Ok(());
        }
    }
    if is_first {
        return Err(Cause::Table("there is no schema in the Arrow data".to_owned()));
    }
    // A batch of no bytes is given when the next message comes.
    if let Some(batch) = decode(&mut decoder, END_OF_STREAM.to_vec())?
        && rows.give(&batch)?.is_break()
    {
        return Ok(());
    }
    check_end(&mut reader, is_file)
}

/// The first four bytes behind a file's magic number that are not all zero.
fn first_word(reader: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut word = take(reader, 4)?;
    for _ in 0..ALIGNMENT / 4 {
        if word != [0; 4] {
            break;
        }
        word = take(reader, 4)?;
    }
    Ok(word)
}

/// Every byte of the next message, its length included; `None` at the end of the stream.
fn next_message(reader: &mut impl BufRead, is_first: bool) -> Result<Option<Vec<u8>>, Cause> {
    let mut bytes = take(reader, 4).map_err(Cause::Io)?;
    if bytes == CONTINUATION {
        bytes.extend(take(reader, 4).map_err(Cause::Io)?);
    } else if is_first && bytes.len() == 4 && bytes[3] != 0 {
        // The length of a message of 16 MiB; old streams have no continuation mark.
        return Err(Cause::Table(
            "it is neither an Arrow IPC file nor a stream: it does not begin as one".to_owned(),
        ));
    }
    let Some(&length) = bytes.last_chunk::<4>().filter(|_| bytes.len() % 4 == 0) else {
        return Err(truncated());
    };
    let length = u64::from(u32::from_le_bytes(length));
    if length == 0 {
        return Ok(None);
    }
    let header = bytes.len();
    extend(reader, &mut bytes, length)?;
    let body = {
        let message = root_as_message(bytes.get(header..).unwrap_or_default())
            .map_err(|error| Cause::Table(format!("a message of it is damaged: {error}")))?;
        u64::try_from(message.bodyLength())
            .ok()
            .filter(|&body| body <= MAX_BATCH_BYTES)
            .ok_or_else(too_large)?
    };
    let start = bytes.len();
    extend(reader, &mut bytes, body)?;
    let (message, body) = bytes.split_at(start);
    // Read above without an error.
    if let Ok(message) = root_as_message(message.get(header..).unwrap_or_default()) {
        check_decompressed(&message, body)?;
    }
    Ok(Some(bytes))
}

/// Refuses what would take more memory than any batch may, before it is decompressed: the reader believes the sizes.
fn check_decompressed(message: &Message<'_>, body: &[u8]) -> Result<(), Cause> {
    let batch = message
        .header_as_record_batch()
        .or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
    let Some(batch) = batch.filter(|batch| batch.compression().is_some()) else { return Ok(()) };
    let mut total = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let place = usize::try_from(buffer.offset()).ok().and_then(|offset| body.get(offset..));
        let Some(&size) = place.and_then(|bytes| bytes.first_chunk::<8>()) else { continue };
        // -1 stands for bytes that are not compressed.
        let size = u64::try_from(i64::from_le_bytes(size)).unwrap_or(0);
        total = total.saturating_add(if buffer.length() == 0 { 0 } else { size });
    }
    if total > MAX_BATCH_BYTES { Err(too_large()) } else { Ok(()) }
}

fn decode(decoder: &mut StreamDecoder, message: Vec<u8>) -> Result<Option<RecordBatch>, Cause> {
    let mut buffer = Buffer::from_vec(message);
    let decoded: Result<_, ArrowError> = guarded(|| decoder.decode(&mut buffer))?;
    decoded.map_err(|error| Cause::Table(format!("it cannot be read: {error}")))
}

/// A stream ends with its end mark, a file with the magic number behind its table of contents.
fn check_end(reader: &mut impl BufRead, is_file: bool) -> Result<(), Cause> {
    let mut last: Vec<u8> = Vec::new();
    loop {
        let chunk = reader.fill_buf().map_err(Cause::Io)?;
        if chunk.is_empty() {
            break;
        }
        last.extend_from_slice(chunk.get(chunk.len().saturating_sub(END_MAGIC.len())..).unwrap_or_default());
        last.drain(..last.len().saturating_sub(END_MAGIC.len()));
        let length = chunk.len();
        reader.consume(length);
    }
    match (is_file, &last[..]) {
        (true, end) if end == END_MAGIC => Ok(()),
        (true, _) => Err(truncated()),
        (false, []) => Ok(()),
        (false, _) => Err(Cause::Table("something follows the end of the Arrow stream".to_owned())),
    }
}

/// As many bytes as there are, up to `length`.
fn take(reader: &mut (impl BufRead + ?Sized), length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Appends `length` bytes; grows with what there is, whatever the message says of itself.
fn extend(reader: &mut impl BufRead, bytes: &mut Vec<u8>, length: u64) -> Result<(), Cause> {
    let read = reader.take(length).read_to_end(bytes).map_err(Cause::Io)?;
    if read as u64 == length { Ok(()) } else { Err(truncated()) }
}

fn truncated() -> Cause {
    Cause::Table("the Arrow data ends too early; it is truncated".to_owned())
}

fn too_large() -> Cause {
    Cause::Table(format!(
        "a record batch of it takes more than {} GiB; write it in smaller batches",
        MAX_BATCH_BYTES >> 30
    ))
}
