//! The file format, read by its footer: what lies between the parts is the writer's own business.

use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{Block, MetadataVersion, root_as_footer, root_as_message};
use arrow_schema::SchemaRef;

use super::super::super::Cause;
use super::super::super::input::RandomAccess;
use super::super::Rows;
use super::super::guard::guarded;
use super::super::joined;
use super::message::{
    CONTINUATION, Counted, check_decompressed, check_endianness, counted, damaged, repaired, too_large,
    truncated,
};
use super::{MAGIC, MAX_BATCH_BYTES};

/// The magic number, and the length of the footer in front of it.
const TRAILER_BYTES: usize = 4 + MAGIC.len();

/// What a footer says of its file.
struct Contents {
    schema: SchemaRef,
    version: MetadataVersion,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
    /// Where the footer begins: every block ends before.
    end: u64,
}

/// Gives the records of every batch that the footer names, in its order.
pub(super) fn read(file: &RandomAccess, rows: &mut Rows<'_, '_>) -> Result<(), Cause> {
    let contents = contents(file)?;
    joined::check(file, MAGIC, check_blocks(&contents)?, contents.end)?;
    let counted = counted(&contents.schema);
    let mut decoder = FileDecoder::new(contents.schema, contents.version);
    for block in &contents.dictionaries {
        let (block, buffer) = read_block(file, block, &counted)?;
        guarded(|| decoder.read_dictionary(&block, &buffer))?.map_err(|error| unreadable(&error))?;
    }
    for block in &contents.batches {
        let (block, buffer) = read_block(file, block, &counted)?;
        let batch = guarded(|| decoder.read_record_batch(&block, &buffer))?;
        if let Some(batch) = batch.map_err(|error| unreadable(&error))?
            && rows.give(&batch)?.is_break()
        {
            break;
        }
    }
    Ok(())
}

fn contents(file: &RandomAccess) -> Result<Contents, Cause> {
    let trailer = file.length().checked_sub(TRAILER_BYTES as u64).filter(|&at| at >= MAGIC.len() as u64);
    let trailer = trailer.ok_or_else(truncated)?;
    let bytes = file.bytes(trailer, TRAILER_BYTES).map_err(Cause::Io)?;
    let Some((length, magic)) = bytes.split_first_chunk::<4>() else { return Err(truncated()) };
    if magic != MAGIC {
        return Err(truncated());
    }
    let length = u32::from_le_bytes(*length);
    let end = trailer
        .checked_sub(u64::from(length))
        .ok_or_else(|| damaged("its footer is longer than the file"))?;
    let bytes = file.bytes(end, length as usize).map_err(Cause::Io)?;
    let footer = root_as_footer(&bytes).map_err(|error| damaged(&format!("its footer: {error}")))?;
    let schema = footer.schema().ok_or_else(|| damaged("its footer has no schema"))?;
    check_endianness(&schema)?;
    let schema = guarded(|| try_fb_to_schema(schema))?.map_err(|error| unreadable(&error))?;
    Ok(Contents {
        schema: schema.into(),
        version: footer.version(),
        dictionaries: footer.dictionaries().into_iter().flatten().copied().collect(),
        batches: footer.recordBatches().into_iter().flatten().copied().collect(),
        end,
    })
}

/// What a footer says of its blocks is compared with the file before anything is read: each lies within it, and all
/// together are no longer, so that none can be named a million times. Gives where the last one ends.
fn check_blocks(contents: &Contents) -> Result<u64, Cause> {
    let (mut total, mut last) = (0_u64, 0_u64);
    for block in contents.dictionaries.iter().chain(&contents.batches) {
        let (offset, metadata, body) =
            (block.offset(), i64::from(block.metaDataLength()), block.bodyLength());
        let end = [metadata, body].iter().try_fold(offset, |end, &length| end.checked_add(length));
        let end = end.and_then(|end| u64::try_from(end).ok()).filter(|&end| end <= contents.end);
        let Some(end) = end.filter(|_| offset >= 0 && metadata >= 0 && body >= 0) else {
            return Err(damaged(&format!(
                "its footer names a block of {metadata} and {body} bytes at {offset}, and there are {} bytes",
                contents.end
            )));
        };
        last = last.max(end);
        total = total.saturating_add(metadata.unsigned_abs().saturating_add(body.unsigned_abs()));
    }
    if total > contents.end { Err(damaged("the blocks that its footer names overlap")) } else { Ok(last) }
}

/// A block with its metadata as the decoder takes it, and where that ends.
fn read_block(file: &RandomAccess, block: &Block, counted: &[Counted]) -> Result<(Block, Buffer), Cause> {
    // Not negative, and within the file: see `check_blocks`.
    let number = |number: i64| usize::try_from(number).map_err(|_| too_large());
    let (length, metadata) = (number(block.bodyLength())?, number(block.metaDataLength().into())?);
    if length as u64 > MAX_BATCH_BYTES {
        return Err(too_large());
    }
    let mut bytes =
        file.bytes(block.offset().unsigned_abs(), metadata.saturating_add(length)).map_err(Cause::Io)?;
    let (head, body) = bytes.split_at_checked(metadata).ok_or_else(truncated)?;
    // Files from before version 0.15 of Arrow have the length alone in front of a message.
    let prefix = if head.starts_with(&CONTINUATION) { 8 } else { 4 };
    let message = head.get(prefix..).ok_or_else(|| damaged("a block of it is too short"))?;
    let repaired = repaired(message, counted);
    {
        let message = repaired.as_deref().unwrap_or(message);
        let message =
            root_as_message(message).map_err(|error| damaged(&format!("a message of it: {error}")))?;
        check_decompressed(&message, body)?;
    }
    let Some(repaired) = repaired else { return Ok((*block, Buffer::from_vec(bytes))) };
    let length = u32::try_from(repaired.len()).map_err(|_| too_large())?;
    let head = [&CONTINUATION, &length.to_le_bytes()[..], &repaired].concat();
    let (offset, length) = (block.offset(), block.bodyLength());
    let block = Block::new(offset, i32::try_from(head.len()).map_err(|_| too_large())?, length);
    bytes.splice(..metadata, head);
    Ok((block, Buffer::from_vec(bytes)))
}

fn unreadable(error: &arrow_schema::ArrowError) -> Cause {
    Cause::Table(format!("it cannot be read: {error}"))
}
