//! Parquet files, in batches of a few MiB whatever the size of their row groups.

mod columns;

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use arrow_schema::Schema;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::super::input::RandomAccess;
use super::super::{Cause, Input, ReadOptions, Sink, SourceError};
use super::Rows;
use super::guard::guarded;
use super::joined;

/// What a Parquet file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";

/// What a file ends with whose footer is encrypted.
const ENCRYPTED_MAGIC: &[u8; 4] = b"PARE";

/// About how much is decoded at once.
const BATCH_BYTES: i64 = 8 << 20;

/// The most rows at once. What a dictionary repeats counts once in a file and many times in memory: where documents of
/// 1 MiB come again and again, this many of them are held.
const MAX_BATCH_ROWS: i64 = 256;

/// Reads a Parquet file.
pub(in super::super) fn read(
    input: &Input,
    options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    let at = |cause| SourceError { input: input.name().to_owned(), place: None, cause };
    let file = input.random_access().map_err(|error| SourceError::io(input.name(), error))?;
    read_file(file, &mut Rows::new(input.name(), options, sink)).map_err(at)
}

fn read_file(file: RandomAccess, rows: &mut Rows<'_, '_>) -> Result<(), Cause> {
    check_magic(&file)?;
    let metadata = load(&file, rows)?;
    let (reader, schema) = open(file, metadata, rows)?;
    for batch in guarded_reader(reader) {
        if rows.give_as(&batch?, &schema)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// A file that was cut or never finished is told from one that is something else.
fn check_magic(file: &RandomAccess) -> Result<(), Cause> {
    let end = file.length().saturating_sub(MAGIC.len() as u64);
    let start = magic_at(file, 0).map_err(Cause::Io)?;
    if start[..] != MAGIC[..] && start[..] != ENCRYPTED_MAGIC[..] {
        return Err(Cause::Table("it is no Parquet file: it does not begin as one".to_owned()));
    }
    if magic_at(file, end).map_err(Cause::Io)?[..] == ENCRYPTED_MAGIC[..] {
        return Err(Cause::Table("it is encrypted; write it without encryption".to_owned()));
    }
    if end < 8 || magic_at(file, end).map_err(Cause::Io)?[..] != MAGIC[..] {
        return Err(Cause::Table("it does not end as a Parquet file; it is truncated".to_owned()));
    }
    Ok(())
}

fn magic_at(file: &RandomAccess, offset: u64) -> io::Result<Vec<u8>> {
    let mut magic = Vec::with_capacity(MAGIC.len());
    file.from(offset)?.take(MAGIC.len() as u64).read_to_end(&mut magic)?;
    Ok(magic)
}

/// What a file says of itself.
fn load(file: &RandomAccess, rows: &Rows<'_, '_>) -> Result<ArrowReaderMetadata, Cause> {
    let metadata = guarded(|| ArrowReaderMetadata::load(file, ArrowReaderOptions::new()))?;
    let metadata = metadata.map_err(|error| unreadable(&error))?;
    joined::check(file, MAGIC, named_end(metadata.metadata()), footer_start(file)?)?;
    let Some(schema) = columns::with_long_timestamps(metadata.schema(), metadata.parquet_schema()) else {
        return Ok(metadata);
    };
    rows.options.notes.add(format!(
        "{}: timestamps of 96 bits (INT96) are read to the microsecond, as Spark writes them",
        rows.name
    ));
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let metadata = guarded(|| ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options))?;
    metadata.map_err(|error| unreadable(&error))
}

/// Where the footer begins: its length stands between it and the last magic number.
fn footer_start(file: &RandomAccess) -> Result<u64, Cause> {
    let end = file.length().saturating_sub(2 * MAGIC.len() as u64);
    let length = magic_at(file, end).map_err(Cause::Io)?;
    let length = length.first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
    Ok(end.saturating_sub(length))
}

/// Where the last byte ends of all that the footer names: pages, their indexes, and Bloom filters.
fn named_end(metadata: &ParquetMetaData) -> u64 {
    let end = |start: i64, length: i64| u64::try_from(start.saturating_add(length)).unwrap_or(0);
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let ends = columns.flat_map(|column| {
        let pages = column.dictionary_page_offset().unwrap_or(i64::MAX).min(column.data_page_offset());
        [
            Some(end(pages, column.compressed_size())),
            column
                .column_index_offset()
                .zip(column.column_index_length())
                .map(|(at, length)| end(at, length.into())),
            column
                .offset_index_offset()
                .zip(column.offset_index_length())
                .map(|(at, length)| end(at, length.into())),
            column
                .bloom_filter_offset()
                .zip(column.bloom_filter_length())
                .map(|(at, length)| end(at, length.into())),
        ]
    });
    ends.flatten().max().unwrap_or(0)
}

/// A reader of the columns that can be read, and what is known of them.
fn open(
    file: RandomAccess,
    metadata: ArrowReaderMetadata,
    rows: &mut Rows<'_, '_>,
) -> Result<(ParquetRecordBatchReader, Schema), Cause> {
    let schema = columns::annotated(metadata.schema(), metadata.parquet_schema());
    let mut kept = Vec::new();
    for (root, field) in schema.fields().iter().enumerate() {
        match columns::unreadable(root, &schema, metadata.metadata()) {
            None => kept.push(root),
            Some(cause) if rows.options.wanted.needs(field.name()) => return Err(cause),
            Some(_) => rows.left_out.push(field.name().clone()),
        }
    }
    let kept_schema = schema.project(&kept).map_err(|error| unreadable(&error.into()))?;
    let reader = guarded(|| {
        let at_once = rows_at_once(metadata.metadata());
        let mask = ProjectionMask::roots(metadata.parquet_schema(), kept);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
        builder.with_projection(mask).with_batch_size(at_once).build()
    })?;
    Ok((reader.map_err(|error| unreadable(&error))?, kept_schema))
}

/// So many rows that they take about [`BATCH_BYTES`].
fn rows_at_once(metadata: &ParquetMetaData) -> usize {
    let (rows, bytes) = metadata.row_groups().iter().fold((0_i64, 0_i64), |(rows, bytes), group| {
        (rows.saturating_add(group.num_rows()), bytes.saturating_add(group.total_byte_size()))
    });
    let per_row = (bytes / rows.max(1)).max(1);
    usize::try_from((BATCH_BYTES / per_row).clamp(1, MAX_BATCH_ROWS)).unwrap_or(1)
}

/// The batches, to the first that cannot be read.
fn guarded_reader(
    reader: ParquetRecordBatchReader,
) -> impl Iterator<Item = Result<arrow_array::RecordBatch, Cause>> {
    let mut reader = Some(reader);
    std::iter::from_fn(move || {
        let mut taken = reader.take()?;
        match guarded(|| (taken.next(), taken)) {
            Ok((Some(Ok(batch)), taken)) => {
                reader = Some(taken);
                Some(Ok(batch))
            }
            Ok((Some(Err(error)), _)) => Some(Err(Cause::Table(format!("it cannot be read: {error}")))),
            Ok((None, _)) => None,
            Err(cause) => Some(Err(cause)),
        }
    })
}

fn unreadable(error: &ParquetError) -> Cause {
    Cause::Table(format!("it cannot be read: {error}"))
}

impl Length for RandomAccess {
    fn len(&self) -> u64 {
        self.length()
    }
}

impl ChunkReader for RandomAccess {
    type T = BufReader<Box<dyn Read + Send>>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(BufReader::new(Box::new(self.from(start)?)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        // Grows with what there is, whatever the file says of itself.
        let mut bytes = Vec::new();
        self.from(start)?.take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() != length {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} go beyond the end of the file"
            )));
        }
        Ok(bytes.into())
    }
}
