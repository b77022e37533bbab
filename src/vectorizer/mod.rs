//! How a profile becomes a vector.
//!
//! [`table`] has a row for each kind of vectorizer, [`StoredVectorizer`] is the one of an index file, and [`mod@unit`] is what
//! is the same for all.

mod field;
pub mod hashing;
mod kind;
mod stored;
pub mod table;
/// The example of the developer guide, which is compiled as it stands there.
#[cfg(test)]
pub(crate) mod tags;
pub mod text;
pub mod unit;

pub use kind::{Kind, Restore, Stored, Vectorize, VectorizeError};
pub use stored::{StoredVectorizer, check_vector, unit_vector};
