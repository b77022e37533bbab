//! Everything `index-builder` does, as a library that its binary and its tests share.
//!
//! A build goes through these modules from top to bottom:
//! - [`source`]: a file of profiles (JSON lines, a JSON array, CSV...), read as one record after the other.

pub mod source;
