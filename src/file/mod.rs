//! The index file: its format, and what reads, checks and writes it.
//!
//! [`format`](mod@format) is the specification. [`Index::open`] takes bytes, checks all of them and copies nothing;
//! [`mmap`] gets the bytes of a file. What was checked is checked again where it is used, because a mapped file can
//! change: no access is unchecked and every loop is bounded.

#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "numbers of a file are anything"
    )
)]

mod error;
pub mod format;
pub mod identity;
pub mod ids;
mod metadata;
pub mod mmap;
pub mod pieces;
pub mod reader;
mod sections;
mod verify;
pub mod writer;

pub use error::{Damaged, OpenError};
pub use format::Header;
pub use identity::FileIdentity;
pub use metadata::{
    Field as FieldMetadata, Graph as GraphMetadata, Map as MapMetadata, MapMethod, Metadata, Source,
    Table as TableMetadata, TableKind, Vectorizer as VectorizerMetadata,
};
pub use mmap::{MappedFile, Residency};
pub use reader::{Index, Ordinal};

pub use crate::search::codes::CodesMetadata;

/// A number of a file as one of memory. Where that is too narrow, the number is beyond everything that there is.
fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
