//! Parquet files, in batches of a few MiB whatever the size of their row groups.

use std::io::{self, BufReader, Read};

use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::super::input::RandomAccess;
use super::super::{Cause, Input, ReadOptions, Sink, SourceError};
use super::Rows;
use super::guard::guarded;

/// What a Parquet file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";

/// About how much is decoded at once.
const BATCH_BYTES: i64 = 8 << 20;

/// The most rows at once. What a dictionary repeats counts once in a file and many times in memory: where documents of
/// 1 MiB come again and again, this many of them are held.
const MAX_BATCH_ROWS: i64 = 256;

/// Reads a Parquet file.
pub(in super::super) fn read(
    input: &Input,
    _options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    let at = |cause| SourceError { input: input.name().to_owned(), place: None, cause };
    let file = input.random_access().map_err(|error| SourceError::io(input.name(), error))?;
    read_file(file, &mut Rows { sink, given: 0 }).map_err(at)
}

fn read_file(file: RandomAccess, rows: &mut Rows<'_, '_>) -> Result<(), Cause> {
    check_magic(&file)?;
    for batch in guarded_reader(open(file)?) {
        if rows.give(&batch?)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// A file that was cut or never finished is told from one that is something else.
fn check_magic(file: &RandomAccess) -> Result<(), Cause> {
    let end = file.length().saturating_sub(MAGIC.len() as u64);
    if magic_at(file, 0).map_err(Cause::Io)?[..] != MAGIC[..] {
        return Err(Cause::Table("it is no Parquet file: it does not begin as one".to_owned()));
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

fn open(file: RandomAccess) -> Result<ParquetRecordBatchReader, Cause> {
    let reader = guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let rows = rows_at_once(builder.metadata());
        builder.with_batch_size(rows).build()
    })?;
    reader.map_err(|error| unreadable(&error))
}

/// So many rows that they take about [`BATCH_BYTES`].
fn rows_at_once(metadata: &ParquetMetaData) -> usize {
    let (rows, bytes) = metadata.row_groups().iter().fold((0_i64, 0_i64), |(rows, bytes), group| {
        (rows.saturating_add(group.num_rows()), bytes.saturating_add(group.total_byte_size()))
    });
    let per_row = (bytes / rows.max(1)).max(1);
    (BATCH_BYTES / per_row).clamp(1, MAX_BATCH_ROWS) as usize
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
