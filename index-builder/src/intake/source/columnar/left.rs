//! What gives the value of a cell, and how much of a record it may take.

use kindred::profile::Value;

use super::super::{MAX_RECORD_BYTES, TOO_LARGE};

/// Why a record cannot be used although its file can.
pub(super) type Reason = &'static str;

/// Gives the value in a row, within what is left for its record.
pub(super) type Cell = Box<dyn Fn(usize, &Left) -> Result<Value, Reason>>;

/// The same for a row that is not null.
pub(super) type There = Cell;

/// What is left of [`MAX_RECORD_BYTES`] for a record. A few bytes of a file can stand for any number of values: a list of
/// nulls has no bytes, and lists may share what is in them.
pub(super) struct Left(std::cell::Cell<usize>);

impl Left {
    /// All of it.
    pub(super) fn new() -> Left {
        Left(std::cell::Cell::new(MAX_RECORD_BYTES))
    }

    /// Takes what a value needs.
    pub(super) fn take(&self, bytes: usize) -> Result<(), Reason> {
        self.0.set(self.0.get().checked_sub(bytes).ok_or(TOO_LARGE)?);
        Ok(())
    }
}
