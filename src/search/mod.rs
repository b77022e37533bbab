//! Search in a [graph](graph::Graph) over unit vectors, which may come from a file or from a build: by walking it, or by
//! comparing with all of it.

pub mod codes;
pub mod exact;
pub mod graph;
pub mod recall;
pub mod scan;
pub mod walk;
