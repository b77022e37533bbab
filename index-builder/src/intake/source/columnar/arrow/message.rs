//! Messages: what a file and a stream have in common.

use std::io::{self, BufRead, Read};

use arrow_ipc::{Message, MessageHeader, Schema};
use arrow_schema::{DataType, Field, Schema as ArrowSchema};

use super::super::super::Cause;
use super::MAX_BATCH_BYTES;

/// What stands before every message since version 0.15 of Arrow.
pub(super) const CONTINUATION: [u8; 4] = [0xff; 4];

/// Fields of the tables of a message, by their number in the schema of the format
/// (<https://github.com/apache/arrow/blob/main/format/Message.fbs>).
const HEADER_TYPE: usize = 1;
const HEADER: usize = 2;
const DATA_OF_DICTIONARY: usize = 1;
const VARIADIC_COUNTS: usize = 4;

/// The alignment of the numbers in [`VARIADIC_COUNTS`].
const ALIGNMENT: usize = 8;

/// As many bytes as there are, up to `length`.
pub(super) fn take(reader: &mut (impl BufRead + ?Sized), length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses numbers in the order of bytes that this machine does not have.
pub(super) fn check_endianness(schema: &Schema<'_>) -> Result<(), Cause> {
    if schema.endianness().equals_to_target_endianness() {
        return Ok(());
    }
    Err(Cause::Table(
        "its numbers are big-endian, which is not read; write it on a little-endian machine".to_owned(),
    ))
}

/// Refuses what would take more memory than any batch may, before it is decompressed: the reader believes the sizes.
pub(super) fn check_decompressed(message: &Message<'_>, body: &[u8]) -> Result<(), Cause> {
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

/// What has a count of variadic buffers in the messages of a schema, in their order: a column of views, and with some
/// writers a dictionary of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    View,
    Dictionary,
}

/// What is counted in a schema.
pub(super) fn counted(schema: &ArrowSchema) -> Vec<Counted> {
    fn within(field: &Field, found: &mut Vec<Counted>) {
        match field.data_type() {
            DataType::Utf8View | DataType::BinaryView => found.push(Counted::View),
            DataType::Dictionary(_, values)
                if matches!(**values, DataType::Utf8View | DataType::BinaryView) =>
            {
                found.push(Counted::Dictionary);
            }
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::Map(item, _)
            | DataType::RunEndEncoded(_, item) => within(item, found),
            DataType::Struct(fields) => fields.iter().for_each(|field| within(field, found)),
            DataType::Union(fields, _) => fields.iter().for_each(|(_, field)| within(field, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    schema.fields().iter().for_each(|field| within(field, &mut found));
    found
}

/// A message whose counts of variadic buffers are as the reader wants them; `None` where they are, or there are none.
/// Polars up to version 1.8 writes them at multiples of 4 bytes, not of 8, and one for each dictionary too.
pub(super) fn repaired(message: &[u8], counted: &[Counted]) -> Option<Vec<u8>> {
    let root = Table { bytes: message, at: u32_at(message, 0)? };
    let header = root.table(HEADER)?;
    let (batch, is_of_schema) = match MessageHeader(*message.get(root.field(HEADER_TYPE)?)?) {
        MessageHeader::RecordBatch => (header, true),
        MessageHeader::DictionaryBatch => (header.table(DATA_OF_DICTIONARY)?, false),
        _ => return None,
    };
    let slot = batch.field(VARIADIC_COUNTS)?;
    let vector = slot.checked_add(u32_at(message, slot)?)?;
    let items = vector.checked_add(4)?;
    let length = u32_at(message, vector)?.checked_mul(8)?;
    let (counts, _) = message.get(items..items.checked_add(length)?)?.as_chunks::<8>();
    let mut counts = counts.to_vec();
    if is_of_schema && counts.len() == counted.len() {
        let mut kinds = counted.iter();
        counts.retain(|_| kinds.next() == Some(&Counted::View));
    }
    if items.is_multiple_of(ALIGNMENT) && counts.len() * 8 == length {
        return None;
    }
    let mut repaired = message.to_vec();
    // A copy at the end, which the table then names: the old one stays where it was, unused.
    while !(repaired.len() + 4).is_multiple_of(ALIGNMENT) {
        repaired.push(0);
    }
    let distance = u32::try_from(repaired.len().checked_sub(slot)?).ok()?;
    repaired.get_mut(slot..slot.checked_add(4)?)?.copy_from_slice(&distance.to_le_bytes());
    repaired.extend_from_slice(&u32::try_from(counts.len()).ok()?.to_le_bytes());
    repaired.extend(counts.iter().flatten());
    Some(repaired)
}

/// A table of a flatbuffer: where it lies, and behind which offset its fields are listed
/// (<https://flatbuffers.dev/internals/>).
#[derive(Clone, Copy)]
struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Table<'_> {
    /// Where a field lies, if the table has it.
    fn field(self, number: usize) -> Option<usize> {
        let distance = i32::from_le_bytes(*self.bytes.get(self.at..)?.first_chunk()?);
        let list = i64::try_from(self.at).ok()?.checked_sub(i64::from(distance))?;
        let list = usize::try_from(list).ok()?;
        // The first two entries are lengths.
        let entry = 4 + 2 * number;
        if entry + 2 > usize::from(u16_at(self.bytes, list)?) {
            return None;
        }
        let offset = usize::from(u16_at(self.bytes, list.checked_add(entry)?)?);
        if offset == 0 { None } else { self.at.checked_add(offset) }
    }

    /// The table that a field is.
    fn table(self, number: usize) -> Option<Self> {
        let slot = self.field(number)?;
        Some(Table { at: slot.checked_add(u32_at(self.bytes, slot)?)?, ..self })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize)
}

pub(super) fn truncated() -> Cause {
    Cause::Table("the Arrow data ends too early; it is truncated".to_owned())
}

pub(super) fn damaged(what: &str) -> Cause {
    Cause::Table(format!("it is damaged: {what}"))
}

pub(super) fn too_large() -> Cause {
    Cause::Table(format!(
        "a record batch of it takes more than {} GiB; write it in smaller batches",
        MAX_BATCH_BYTES >> 30
    ))
}
