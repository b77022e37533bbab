//! The builder: reads profiles, vectorizes them, links a graph, proves it good and publishes an index file.
//!
//! A map of its rooms. A room uses only rooms that stand before it in this list; a test holds this.
//!
//! - `ground`: progress, failures, gates, signals, and what a step took of the machine
//! - `publish`: a file becomes the newest version
//! - `intake`: records of a source become profiles
//! - `vectors`: profiles get vectors, and each distinct vector a node
//! - `link`: nodes get a graph, neighbours and a place on the map, and all of it is measured
//! - `report`: what a build tells of itself, and a comparison of versions
//! - `build`: the steps in their order, and the file that they make
//! - `command`: arguments, checked; what is asked for goes to the other rooms, which see no argument
//! - [`door`]: what is used from outside; all other rooms are private

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "all but the door is private, and its documentation is for those who read the source"
)]

mod build;
mod command;
pub mod door;
mod ground;
mod intake;
mod link;
mod publish;
mod report;
mod vectors;

/// The examples of the developer guides see the builder from outside.
extern crate self as index_builder;

/// The developer guide, whose example is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/adding-a-source.md")]
pub struct AddingASource;

/// The same for a vectorizer.
#[cfg(doctest)]
#[doc = include_str!("../../docs/adding-a-vectorizer.md")]
pub struct AddingAVectorizer;
