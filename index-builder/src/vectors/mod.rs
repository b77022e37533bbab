//! From profiles to the nodes of a graph: a vector for each profile, a node for each distinct vector.

pub mod choice;
pub mod dedupe;
pub mod fitted;
pub mod hashing;
pub mod nodes;
pub mod python;
pub mod resolve;
pub mod rows;
pub mod table;
pub mod taken_for;
pub mod vectorize;
