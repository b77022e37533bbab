//! The builder: reads profiles, vectorizes them, links a graph, proves it good and publishes an index file.
//!
//! The rooms, in the order in which [`build`] goes through them:
//!
//! - [`command`]: arguments, checked; the commands that look at what is published
//! - [`intake`]: records of a source become profiles
//! - [`vectors`]: profiles get vectors, and each distinct vector a node
//! - [`link`]: nodes get a graph, neighbours and a place on the map, and all of it is measured
//! - [`mod@build`]: the steps in their order, and the file that they make
//! - [`publish`]: the file becomes the newest version
//! - [`report`]: what a build tells of itself
//! - [`ground`]: progress, failures and what a step took of the machine

pub mod build;
pub mod command;
pub mod ground;
pub mod intake;
pub mod link;
pub mod publish;
pub mod report;
pub mod vectors;

/// The developer guide, whose example is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/adding-a-source.md")]
pub struct AddingASource;
