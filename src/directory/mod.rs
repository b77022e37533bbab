//! The index directory: what the builder and the server agree on besides the index files themselves.

pub mod pin;
pub mod plain_text;
pub mod small_file;
pub mod suppressed;
pub mod versions;

pub use suppressed::SuppressedIds;
