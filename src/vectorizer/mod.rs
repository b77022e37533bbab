//! How a profile becomes a vector.

pub mod hashing;
pub mod text;
