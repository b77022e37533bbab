//! The parts of the builder: everything between a source of profiles and a published index file.
//!
//! [`dedupe`] finds the distinct vectors, [`graph`] links them, and [`publish`] puts a finished file in its place.

pub mod dedupe;
pub mod graph;
pub mod publish;
