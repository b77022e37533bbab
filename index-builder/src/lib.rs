//! What the builder is made of: it reads profiles, vectorizes them and publishes an index file for kindred.

pub mod python;
