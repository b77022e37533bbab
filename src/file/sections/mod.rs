//! The sections of an index file: one table of all there are, where a file has them, and how their content is checked.
//!
//! A new section is a row of [`table`], a line of the [specification](super::format), a check beside those of its kind,
//! and a reader ([`View`](super::reader::View) or [`Index`](super::Index)). A row cannot be forgotten anywhere: the
//! kinds, their names, their types and what opening checks all come from it, and `tests/corrupt_index/table.rs` does not
//! compile without a case for it.

mod check;
mod graph;
mod neighbours;
mod profiles;
mod ranges;
mod table;
mod vectors;

pub use table::{SectionKind, at};

pub(super) use check::{Check, Shape, slots_of_a_row};
pub(super) use ranges::{Ranges, Section};
