//! The builder: reads profiles, vectorizes them, links a graph, proves it good and publishes an index file.
//!
//! The rooms, in an order in which each looks only at those before it:
//!
//! - `ground`: progress, failures, gates, signals, and what a step took of the machine
//! - `publish`: a file becomes the newest version
//! - `intake`: records of a source become profiles
//! - `vectors`: profiles get vectors, and each distinct vector a node
//! - `link`: nodes get a graph, neighbours and a place on the map, and all of it is measured
//! - `report`: what a build tells of itself, and a comparison of versions
//! - `build`: the steps in their order, and the file that they make
//! - `command`: arguments, checked; what is asked for goes to the other rooms, which see no argument
//!
//! All of them are private: [`door`] has what is used from outside.

mod build;
mod command;
pub mod door;
mod ground;
mod intake;
mod link;
mod publish;
mod report;
mod vectors;

/// The developer guide, whose example is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/adding-a-source.md")]
pub struct AddingASource;
