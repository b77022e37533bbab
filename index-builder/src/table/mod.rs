//! The neighbour table: for each profile its nearest profiles, computed when the index is built.

use kindred::index::{TableKind, TableMetadata};

/// For each profile the ordinals of its nearest profiles, in the order (distance, id).
#[derive(Debug, Clone, PartialEq)]
pub struct NeighbourTable {
    /// Slots of a row (K).
    pub neighbours: usize,
    /// profiles x K ordinals; a row that has fewer ends in `u32::MAX`. The row of a zero vector is empty.
    pub rows: Vec<u32>,
    /// Whether every row is proven to be right.
    pub kind: TableKind,
    /// Share of the true K nearest that are in the table, tie-aware, on a sample; 1 where it is exact.
    pub recall: f64,
}

impl NeighbourTable {
    /// What the file says about it.
    pub fn metadata(&self) -> TableMetadata {
        TableMetadata {
            // The command line allows far less.
            neighbours: u32::try_from(self.neighbours).unwrap_or(u32::MAX),
            kind: self.kind,
            recall: self.recall,
        }
    }
}
