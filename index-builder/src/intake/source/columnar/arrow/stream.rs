//! The stream format, read from front to back.

use std::io::{BufRead, Read};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::root_as_message;
use arrow_schema::ArrowError;

use super::super::super::Cause;
use super::super::Rows;
use super::super::guard::guarded;
use super::MAX_BATCH_BYTES;
use super::message::{
    CONTINUATION, Counted, check_decompressed, check_endianness, counted, damaged, repaired, take, too_large,
    truncated,
};

/// A message without length ends a stream.
const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// What a file of the first version of Feather begins with.
const FEATHER_1: &[u8; 4] = b"FEA1";

/// Gives the records of every batch.
pub(super) fn read(reader: &mut impl BufRead, rows: &mut Rows<'_, '_>) -> Result<(), Cause> {
    let mut decoder = StreamDecoder::new();
    let (mut is_first, mut columns) = (true, Vec::new());
    while let Some(message) = next_message(reader, is_first, &mut columns)? {
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
    match reader.fill_buf().map_err(Cause::Io)? {
        [] => Ok(()),
        _ => Err(Cause::Table("something follows the end of the Arrow stream".to_owned())),
    }
}

/// Every byte of the next message, its length included; `None` at the end of the stream.
/// What it says of the columns is remembered.
fn next_message(
    reader: &mut impl BufRead,
    is_first: bool,
    columns: &mut Vec<Counted>,
) -> Result<Option<Vec<u8>>, Cause> {
    let mut bytes = take(reader, 4).map_err(Cause::Io)?;
    if bytes == CONTINUATION {
        bytes.extend(take(reader, 4).map_err(Cause::Io)?);
    } else if is_first {
        check_start(&bytes)?;
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
    if let Some(repaired) = repaired(bytes.get(header..).unwrap_or_default(), columns) {
        bytes.truncate(header - 4);
        let length = u32::try_from(repaired.len()).map_err(|_| too_large())?;
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend(repaired);
    }
    let body = {
        let message = root_as_message(bytes.get(header..).unwrap_or_default())
            .map_err(|error| damaged(&format!("a message of it: {error}")))?;
        if let Some(schema) = message.header_as_schema() {
            check_endianness(&schema)?;
            let schema = guarded(|| try_fb_to_schema(schema))?;
            *columns = counted(&schema.map_err(|error| damaged(&error.to_string()))?);
        }
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

/// The first four bytes of a stream without a continuation mark, as old ones are: a length below 16 MiB.
fn check_start(bytes: &[u8]) -> Result<(), Cause> {
    if bytes == FEATHER_1 {
        return Err(Cause::Table(
            "it is a Feather file of version 1, which is not read; write it anew with \
             pyarrow.feather.write_feather"
                .to_owned(),
        ));
    }
    if bytes.get(3).is_some_and(|&high| high != 0) {
        return Err(Cause::Table(
            "it is neither an Arrow IPC file nor a stream: it does not begin as one".to_owned(),
        ));
    }
    Ok(())
}

fn decode(decoder: &mut StreamDecoder, message: Vec<u8>) -> Result<Option<RecordBatch>, Cause> {
    let mut buffer = Buffer::from_vec(message);
    let decoded: Result<_, ArrowError> = guarded(|| decoder.decode(&mut buffer))?;
    decoded.map_err(|error| Cause::Table(format!("it cannot be read: {error}")))
}

/// Appends `length` bytes; grows with what there is, whatever the message says of itself.
fn extend(reader: &mut impl BufRead, bytes: &mut Vec<u8>, length: u64) -> Result<(), Cause> {
    let read = reader.take(length).read_to_end(bytes).map_err(Cause::Io)?;
    if read as u64 == length { Ok(()) } else { Err(truncated()) }
}
