//! What a search needs of a graph. The frozen file and the graph under construction both give it.

use super::codes::NodeCodes;

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

    /// A node's neighbours on a level, up to the first [`NONE`](super::format::NONE); empty above its own level.
    fn neighbours(&self, node: u32, level: usize) -> &[u32];
}
