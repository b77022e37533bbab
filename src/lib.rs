//! Kindred: recommendation by nearest neighbours, from an immutable index file that is replaced while it is served.
//!
//! A file is opened, which checks all of it, and asked:
//!
//! ```
//! use kindred::file::{Index, MappedFile};
//! use kindred::query::{Question, Snapshot, answer};
//!
//! let index = Index::open(MappedFile::open("tests/golden/index/format-1.knd".as_ref())?)?;
//! let answer = answer(&Snapshot::of(&index), &Question::about("p03", 1))?;
//! assert_eq!(answer.body, br#"[{"_id":"p09","name":"coral","age":42}]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A map of the library. A module uses only modules that stand before it in this list; a test holds this.
//!
//! - [`counted`], [`priority`], [`random`], [`standard`], [`time`]: words with numbers, giving way, random numbers, standard
//!   output, the clock
//! - [`profile`]: what a profile and an id are
//! - [`distance`]: the one distance that decides, and the kernel that chooses candidates
//! - [`search`]: in a graph, or by comparing with all
//! - [`mod@file`]: the index file's format, its reader and its writer
//! - [`directory`]: what lies beside index files, and which of them counts
//! - [`vectorizer`]: how a profile becomes a vector
//! - [`query`]: questions and the bodies of their answers, the same for the server and the command line
//! - `manual` (feature `manual`): shell completions and manual pages of both programs
//! - `server` (feature `server`): the HTTP server

pub mod counted;
pub mod directory;
pub mod distance;
pub mod file;
#[cfg(feature = "manual")]
pub mod manual;
pub mod priority;
pub mod profile;
pub mod query;
pub mod random;
pub mod search;
#[cfg(feature = "server")]
pub mod server;
pub mod standard;
pub mod time;
pub mod vectorizer;

/// Files that are shared see the library from outside: those of tests and benchmarks, and the examples of the developer
/// guides.
extern crate self as kindred;
