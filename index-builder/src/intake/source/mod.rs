//! Where profiles come from: files, streams and databases, read as one [`Record`] after the other.
//!
//! ```text
//! paths, patterns, ──> Plan ──> Input ───────> Format ──────> Record, Record, Record...
//! "-", addresses       parts    rewindable,    a row of the    to the caller's sink, which may
//!                      in order decompressed   format table    stop the reading at any time
//! ```
//!
//! [`FORMATS`] is the one table in which sources are found: a further one is a file here and a row there; the
//! repository's `docs/adding-a-source.md` shows how. What is wrong with a single record makes that record [`Record::Unusable`]; what is wrong with the file as a whole is a
//! [`SourceError`]. Memory is bounded by one record, and a record by [`MAX_RECORD_BYTES`].

#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "what is read is anything"
    )
)]

mod columnar;
mod columns;
mod compression;
mod csv;
mod encoding;
mod error;
mod foreign;
mod format;
mod fvecs;
mod ids;
mod input;
mod json;
mod lines;
mod lists;
mod notes;
mod npy;
pub mod pickle;
mod plan;
mod postgres;
mod record;
mod signature;
mod wanted;
mod words;

#[cfg(test)]
mod samples;

pub use csv::Separator;
use kindred::profile::calendar;

pub use error::{Cause, Place, SourceError};
pub use format::{
    FORMATS, Format, FormatChoice, FormatError, ROW_NUMBERS, ReadOptions, Reader, Sink, WORD_FORMATS,
    names as format_names, read,
};
pub use input::{Input, InputError, STANDARD_INPUT};
pub use lines::{Line, read_line};
pub use notes::Notes;
pub use npy::VECTOR_FIELD;
pub use plan::{Plan, PlanError, ReadError, Visitor};
pub use postgres::VARIABLES as POSTGRES_VARIABLES;
pub use record::Record;
pub use wanted::Wanted;

/// The longest record of a source, in bytes of its text. Far above any document that is accepted (the vector, which
/// is not part of the document, takes some 20 bytes a number: 16 MiB are 800,000 numbers), and low enough that a file
/// without line ends cannot take the machine's memory: decoded, a record takes up to 16 times its text.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// How much is read at once: enough that the system call does not count, little enough for the cache.
const BUFFER_BYTES: usize = 64 << 10;

/// Why a record that is longer than [`MAX_RECORD_BYTES`] is skipped.
const TOO_LARGE: &str = "record too large";

/// Why a record with invalid UTF-8 or a lone surrogate is skipped.
pub(crate) const NOT_UNICODE: &str = "text is not Unicode";
