//! Why an index file is refused.

use super::format::{FORMAT_VERSION, OLDEST_FORMAT_VERSION};

/// Why bytes are not an index that can be served. Every variant names what was found and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum OpenError {
    #[error("incomplete: {there} bytes are there, {needed} are needed")]
    Incomplete { needed: u64, there: u64 },
    #[error("not an index file: the first bytes are not its magic number")]
    NotAnIndex,
    #[error(
        "format version {found} is not supported; this program reads {OLDEST_FORMAT_VERSION} to {FORMAT_VERSION}"
    )]
    FormatVersion { found: u32 },
    #[error("the checksum of header and section table is {computed:016x}, not {stored:016x} as stored")]
    HeaderChecksum { stored: u64, computed: u64 },
    #[error("{there} bytes are there, {declared} are declared")]
    TooLong { declared: u64, there: u64 },
    #[error("header: {field} cannot be {value}")]
    HeaderField { field: &'static str, value: u64 },
    #[error("section table: entry {entry}: {problem}")]
    Table { entry: usize, problem: &'static str },
    #[error("section table: no section \"{0}\"")]
    MissingSection(&'static str),
    #[error("the bytes before offset {before} are not zero")]
    Gap { before: u64 },
    #[error("section \"{section}\": the checksum is {computed:016x}, not {stored:016x} as stored")]
    SectionChecksum { section: String, stored: u64, computed: u64 },
    #[error("section \"{section}\": {length} bytes, not {needed}")]
    SectionLength { section: &'static str, length: u64, needed: u64 },
    #[error("section \"{section}\": element {element}: {problem}")]
    Content { section: &'static str, element: u64, problem: &'static str },
    #[error("section \"metadata\": {0}")]
    Metadata(String),
}

impl OpenError {
    /// Whether the file may be one that is still being written: looking again later can help.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, OpenError::Incomplete { .. })
    }

    pub(crate) fn field(field: &'static str, value: impl Into<u64>) -> OpenError {
        OpenError::HeaderField { field, value: value.into() }
    }
}

/// A place in an index that was valid when it was opened is no longer: somebody has changed the file under the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the index has changed since it was opened: {0} is out of bounds")]
pub struct Damaged(pub &'static str);
