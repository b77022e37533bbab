//! Tables by column: Parquet and Arrow IPC. Both arrive as Arrow record batches, of which one is held at a time;
//! `cells` says what a cell of each type becomes.
//!
//! | Arrow | becomes |
//! | --- | --- |
//! | null, booleans, integers, strings | themselves |
//! | floating-point numbers | themselves; NaN and infinity are null |
//! | decimals | decimal text |
//! | dates, times, timestamps | ISO 8601 text; with a time zone in its offset from UTC, or in UTC where the zone has a name |
//! | durations | ISO 8601 text of days and seconds |
//! | intervals | ISO 8601 text of months, days and seconds; those of Parquet are refused, since its reader drops the months |
//! | binary | base64 text; 16 bytes of the type UUID as UUIDs are written |
//! | text of the type JSON | what the document says; text that is no JSON stays as it is |
//! | lists of every kind | lists; of single precision packed, so that they are vectors as they are |
//! | structs, maps from text or integers | maps |
//! | dictionaries, unions, run ends | their values |
//!
//! A column that cannot be read is refused with its name, unless nothing asks for it: then its fields are null.

mod arrow;
mod cells;
mod extension;
mod guard;
mod joined;
mod left;
mod pandas;
mod parquet;
mod times;

#[cfg(test)]
mod real_files;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use kindred::profile::{Fields, Value};

use super::error::column_names_differ;
use super::{Cause, ReadOptions, Record, Sink};
use cells::{Refused, cell};
use guard::guarded;
use left::{Cell, Left, Reason};

pub(super) use arrow::read as read_arrow;
pub(super) use parquet::read as read_parquet;

/// The most rows of a batch that are believed without bytes that stand for them.
const MAX_EMPTY_ROWS: usize = 1 << 20;

/// Gives the records of batches, and counts them.
struct Rows<'a, 'b> {
    /// What is read, for messages.
    name: &'a str,
    options: &'a ReadOptions,
    sink: &'a mut Sink<'b>,
    given: u64,
    /// Columns that nothing asks for and that the batches do not have: their fields are null.
    left_out: Vec<String>,
}

impl<'a, 'b> Rows<'a, 'b> {
    fn new(name: &'a str, options: &'a ReadOptions, sink: &'a mut Sink<'b>) -> Rows<'a, 'b> {
        Rows { name, options, sink, given: 0, left_out: Vec::new() }
    }

    fn give(&mut self, batch: &RecordBatch) -> Result<ControlFlow<()>, Cause> {
        self.give_as(batch, &batch.schema())
    }

    /// Gives a batch of which more is known than it says of itself.
    fn give_as(&mut self, batch: &RecordBatch, schema: &Schema) -> Result<ControlFlow<()>, Cause> {
        check_rows(batch)?;
        let columns = self.columns(batch, schema)?;
        for row in 0..batch.num_rows() {
            self.given += 1;
            let record = match guarded(|| fields(&columns, row))? {
                Ok(fields) => Record::Fields(fields),
                Err(reason) => Record::Unusable { reason, place: format!("record {}", self.given) },
            };
            if (self.sink)(record).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The columns of a batch, whose names differ.
    fn columns(&self, batch: &RecordBatch, schema: &Schema) -> Result<Vec<(String, Cell)>, Cause> {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        column_names_differ(&names)?;
        let mut columns = Vec::with_capacity(names.len());
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let name = field.name();
            if pandas::counts_rows(schema, field) && !self.options.wanted.names(name) {
                self.options.notes.add(pandas::note(self.name, name));
                continue;
            }
            let cell = match guarded(|| cell(column, field))? {
                Ok(cell) => cell,
                Err(_) if !self.options.wanted.needs(name) => null(),
                Err(Refused::Type(kind)) => return Err(refused(name, &kind.to_string())),
                Err(Refused::TooDeep) => return Err(Cause::ColumnTooDeep { name: name.clone() }),
            };
            if extension::is_plain_binary(field) && self.options.wanted.needs(name) {
                self.options.notes.add(binary_note(self.name, name));
            }
            columns.push((name.clone(), cell));
        }
        columns.extend(self.left_out.iter().map(|name| (name.clone(), null())));
        Ok(columns)
    }
}

/// Bytes are no text to compare, and some programs write texts and vectors as bytes.
fn binary_note(source: &str, column: &str) -> String {
    format!(
        "{source}: the column \"{column}\" is binary and read as base64 text; write texts as strings and vectors as lists \
         of float32, or leave it out with --ignore-fields {column}"
    )
}

fn null() -> Cell {
    Box::new(|_, _| Ok(Value::Null))
}

fn refused(name: &str, kind: &str) -> Cause {
    Cause::ColumnType { name: name.to_owned(), kind: kind.to_owned() }
}

/// Refuses a batch of more rows than its bytes can stand for: columns of nulls have none.
fn check_rows(batch: &RecordBatch) -> Result<(), Cause> {
    let (rows, bytes) = (batch.num_rows(), batch.get_array_memory_size());
    if rows > MAX_EMPTY_ROWS && rows / 8 > bytes {
        return Err(Cause::Table(format!("it is damaged: a record batch of {bytes} bytes with {rows} rows")));
    }
    Ok(())
}

fn fields(columns: &[(String, Cell)], row: usize) -> Result<Fields, Reason> {
    let left = Left::new();
    columns.iter().map(|(name, cell)| Ok((name.clone(), cell(row, &left)?))).collect()
}
