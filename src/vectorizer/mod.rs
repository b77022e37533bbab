//! How a profile becomes a vector.

pub mod text;
