//! Kindred: recommendation by nearest neighbours, from an immutable index file that is replaced while it is served.

pub mod distance;
pub mod profile;
pub mod vectorizer;
