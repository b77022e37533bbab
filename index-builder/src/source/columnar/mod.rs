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
//! | binary | base64 text |
//! | lists of every kind | lists; of single precision packed, so that they are vectors as they are |
//! | structs, maps from text or integers | maps |
//! | dictionaries | their values |
//! | intervals, unions, run ends | refused, with the name of the column |

mod arrow;
mod cells;
mod guard;
mod parquet;
mod times;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use arrow_array::{ArrayRef, RecordBatch};
use kindred::profile::Fields;

use super::error::column_names_differ;
use super::{Cause, Record, Sink};
use cells::{Cell, Left, Reason, Refused, cell};
use guard::guarded;

pub(super) use arrow::read as read_arrow;
pub(super) use parquet::read as read_parquet;

/// Gives the records of batches, and counts them.
struct Rows<'a, 'b> {
    sink: &'a mut Sink<'b>,
    given: u64,
}

impl Rows<'_, '_> {
    fn give(&mut self, batch: &RecordBatch) -> Result<ControlFlow<()>, Cause> {
        let columns = columns(batch)?;
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
}

fn fields(columns: &[(String, Cell)], row: usize) -> Result<Fields, Reason> {
    let left = Left::new();
    columns.iter().map(|(name, cell)| Ok((name.clone(), cell(row, &left)?))).collect()
}

/// The columns of a batch, whose names differ.
fn columns(batch: &RecordBatch) -> Result<Vec<(String, Cell)>, Cause> {
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    column_names_differ(&names)?;
    let column = |(&name, column): (&&str, &ArrayRef)| match guarded(|| cell(column))? {
        Ok(cell) => Ok((name.to_owned(), cell)),
        Err(Refused::Type(kind)) => Err(Cause::ColumnType { name: name.to_owned(), kind: kind.to_string() }),
        Err(Refused::TooDeep) => Err(Cause::ColumnTooDeep { name: name.to_owned() }),
    };
    names.iter().zip(batch.columns()).map(column).collect()
}
