//! What a search needs of a graph. The frozen file and the graph under construction both give it.

use super::codes::NodeCodes;

/// Ends a list of neighbours, and stands where a profile has no node.
pub const NONE: u32 = u32::MAX;
/// The most levels a graph may have; with m = 2 level 31 holds one node of four billion.
pub const MAX_LEVELS: u32 = 64;

/// A navigable graph over unit vectors (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor
/// search using Hierarchical Navigable Small World graphs", 2016).
pub trait Graph {
    /// Nodes of the graph; they are numbered from 0.
    fn nodes(&self) -> usize;

    /// Where a search starts: a node of the top level. None without nodes.
    fn entry_point(&self) -> Option<u32>;

    /// The highest level that a node lives on.
    fn level_of(&self, node: u32) -> usize;

    /// A node's vector; empty for a number that is no node.
    fn vector(&self, node: u32) -> &[f32];

    /// The nodes' codes, where there are any: a search then walks by them and not by vectors.
    fn codes(&self) -> Option<NodeCodes<'_>> {
        None
    }

    /// A node's slots on a level: its neighbours, and [`NONE`] where there are fewer; empty above
    /// its own level. What comes after the first `NONE` counts for nothing.
    fn neighbours(&self, node: u32, level: usize) -> &[u32];
}
