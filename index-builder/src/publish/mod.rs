//! Puts a finished index file into the index directory, so that a server sees all of it or nothing.
//!
//! ```text
//! Publisher::lock ──> create ──> write ──> commit ──> Published
//!    builder.lock     .index-00000042.knd.tmp  │
//!                                              ├ fsync the file
//!                                              ├ write 42 into builder.lock, fsync
//!                                              ├ write index-00000042.build.json aside, fsync, rename
//!                                              ├ rename to index-00000042.knd
//!                                              ├ fsync the directory
//!                                              └ remove versions beyond `keep`
//! ```
//!
//! A crash at any of these steps leaves the versions as they were, or the new one in its place, and hidden temporary
//! files and a record without its version at most; the next [`Publisher::lock`] removes those. A number is never given
//! twice, because the mark in `builder.lock` is durable before a name with that number can be. A record is there before
//! its version is and goes after it, so who finds a version finds its record too, if its build left one.

mod crash;
mod error;
mod mark;
mod old;
mod publisher;
mod record;
mod suppressed;
mod temporary;

pub use crash::{CRASH_AT, CRASH_POINTS, crash_point};
pub use error::PublishError;
pub use publisher::Publisher;
pub use suppressed::change_suppressed;
pub use temporary::{Published, Temporary};

use kindred::directory::small_file::{FILE_MODE, grant, sync_directory};

#[cfg(test)]
mod tests;
