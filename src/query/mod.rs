//! Questions and their answers: what is nearest to a profile, as the bytes that leave the process.
//!
//! The server and `index-builder query` both ask here, so their bodies are the same to the byte. A [`Question`] is asked of
//! a [`Snapshot`]; [`plan()`] answers it at once, or says which search is [`Pending`]; [`answer`] does both.
//!
//! - `question`: what is asked
//! - `visible`: which profiles may be in an answer
//! - `snapshot`: what answers a question, and the keys of its profiles
//! - `plan`: the way from the one to the other
//! - `nearest`: the search, where the neighbour table does not have the answer
//! - `body`: the bytes
//! - `browse`, `map`, [`attributes`]: questions of another kind
//!
//! ```
//! use kindred::file::{Index, MappedFile};
//! use kindred::query::{Question, Snapshot, answer};
//!
//! let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
//! let index = Index::open(file)?;
//! let snapshot = Snapshot::of(&index);
//! let answer = answer(&snapshot, &Question::about("p07", 2))?;
//! let profiles: Vec<serde_json::Value> = serde_json::from_slice(&answer.body)?;
//! assert_eq!(profiles.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod attributes;
mod body;
mod browse;
mod map;
mod nearest;
mod plan;
mod question;
mod snapshot;
mod visible;

use crate::counted::counted;
use crate::file::Damaged;
use crate::search::walk::Work;

pub use browse::{
    DistanceError, distance_between, has_profile, profile, profiles_with_prefix, random_profile,
};
pub use map::{map, place_of, profile_at};
pub use nearest::EXACT_UP_TO_NODES;
pub use plan::{Pending, Plan, answer, can_answer, nearest, plan};
pub use question::{MAX_EF, Question, SearchMode, Subject};
pub use snapshot::{Key, Snapshot};
pub use visible::{Excluded, Suppressed};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// A JSON array. Distances in it are 32-bit numbers, written as the shortest text that reads back as the same.
    pub body: Vec<u8>,
    /// What it took.
    pub work: Work,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No profile has that id.
    #[error("no profile has this id")]
    UnknownId,
    /// The profile is there, but its vector is zero.
    #[error("this profile has nothing to compare: its vector is zero, so it has no nearest profiles")]
    ZeroVector,
    /// The vector that is asked about cannot be compared with those of the index.
    #[error("the vector has {}, and those of the index have {dimension}", counted(*.found as u64, "number"))]
    OtherDimension {
        /// Numbers in a vector of the index.
        dimension: usize,
        /// Numbers in the one that was given.
        found: usize,
    },
    /// The file was changed after it was opened.
    #[error(transparent)]
    Damaged(#[from] Damaged),
}
