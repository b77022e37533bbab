//! The builder: reads profiles, vectorizes them, links a graph, proves it good and publishes an index file.
//!
//! The steps of a build, in the order in which [`build`] takes them: [`source`] decodes records, [`reading`] gives
//! them to [`ingest`], which checks and spools them, and has [`resolve`] decide what depends on all of them,
//! [`vectorize`] makes vectors ([`python`] where the function is the user's own), [`vectors`] gives each distinct one
//! a node, [`graph`] links the nodes, [`table`] finds the nearest of each, [`map`] gives each a place to be looked at,
//! [`quality`] measures the result, [`assemble`] writes the file and [`publish`] makes it the newest version.

pub mod assemble;
pub mod build;
pub mod cli;
pub mod commands;
pub mod compare;
pub mod dedupe;
pub mod failure;
pub mod fields;
pub mod gate;
pub mod graph;
pub mod ingest;
pub mod link;
pub mod map;
pub mod metrics_file;
mod missing;
pub mod options;
pub mod pairs;
pub mod personal;
pub mod places;
pub mod progress;
pub mod publish;
pub mod python;
pub mod quality;
pub mod reading;
pub mod record;
pub mod report;
pub mod resolve;
pub mod separators;
pub mod skipped;
pub mod source;
pub mod spool;
pub mod summary;
pub mod table;
pub mod taken_for;
mod unknown;
pub mod usage;
pub mod vectorize;
pub mod vectors;

/// The developer guide, whose example is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/adding-a-source.md")]
pub struct AddingASource;
