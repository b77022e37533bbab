//! Kindred: recommendation by nearest neighbours, from an immutable index file that is replaced while it is served.
//!
//! A map of the library:
//!
//! - [`profile`]: what a profile and an id are
//! - [`distance`]: the one distance that decides, and the kernel that chooses candidates
//! - [`index`]: the file's format, its reader and writer, search in it
//! - [`answer`]: the bodies of answers, the same for the server and the command line
//! - [`vectorizer`]: how a profile becomes a vector
//! - `manual` (feature `manual`): shell completions and manual pages of both programs
//! - `server` (feature `server`): the HTTP server
//!
//! The direction of dependence: distance, profile <- index <- vectorizer <- answer <- server.

pub mod answer;
pub mod counted;
pub mod distance;
pub mod index;
#[cfg(feature = "manual")]
pub mod manual;
pub mod profile;
#[cfg(feature = "server")]
pub mod server;
pub mod standard;
pub mod time;
pub mod vectorizer;

/// Tests share files with the benchmarks, which see the library from outside.
#[cfg(test)]
extern crate self as kindred;
