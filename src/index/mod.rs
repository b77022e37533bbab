//! The index file: its format, and everything that reads it.
//!
//! [`format`](mod@format) is the specification. [`Index::open`] takes bytes, checks all of them and copies nothing;
//! [`mmap`] gets the bytes of a file. What was checked is checked again where it is used, because a mapped file can
//! change: no access is unchecked and every loop is bounded.

pub mod codes;
pub mod directory;
mod error;
pub mod exact;
pub mod format;
pub mod graph;
pub mod ids;
mod metadata;
pub mod mmap;
pub mod pieces;
pub mod pin;
pub mod plain_text;
pub mod reader;
pub mod recall;
pub mod scan;
pub mod search;
mod sections;
pub mod small_file;
pub mod suppressed;
mod verify;
pub mod writer;

pub use error::{Damaged, OpenError};
pub use format::Header;
pub use metadata::{
    Codes as CodesMetadata, Field as FieldMetadata, Graph as GraphMetadata, Map as MapMetadata, MapMethod,
    Metadata, Source, Table as TableMetadata, TableKind, Vectorizer as VectorizerMetadata, is_at_or_below,
};
pub use mmap::{FileIdentity, MappedFile, Residency};
pub use reader::{Index, Ordinal};
pub use suppressed::{Suppressed, SuppressedIds};
