//! From records to profiles: what is read, checked and spooled, and decided when all of it has been seen.

pub mod fields;
pub mod ingest;
pub mod personal;
pub mod places;
pub mod separators;
pub mod skipped;
pub mod source;
pub mod spool;
