//! How a profile becomes a vector.

pub mod hashing;
mod stored;
pub mod text;
pub mod unit;

pub use stored::{StoredVectorizer, VectorizeError, unit_vector};
