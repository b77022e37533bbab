//! What the tests of index files and of answers share: building an index in memory, and taking one apart.
#![allow(dead_code, reason = "every test program uses its own part of this")]

pub mod build;
pub mod pieces;
pub mod random;
pub mod table;
