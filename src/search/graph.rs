//! What a search needs of a graph. The frozen file and the graph under construction both give it.

use std::fmt;

use super::codes::NodeCodes;

/// Ends a list of neighbours, and stands where a profile has no node.
pub const NONE: u32 = u32::MAX;
/// The most levels a graph may have; with m = 2 level 31 holds one node of four billion.
pub const MAX_LEVELS: u32 = 64;

/// A node of a graph: a distinct vector. Nodes are numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Node(pub u32);

impl Node {
    /// Its place in what has an element for each node.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A level of a graph. Every node lives on level 0, and on all levels up to its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Level(pub u32);

impl Level {
    /// The level on which all nodes live.
    pub const BASE: Level = Level(0);

    /// Its number, to count with.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A navigable graph over unit vectors (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor
/// search using Hierarchical Navigable Small World graphs", 2016).
pub trait Graph {
    /// How many nodes the graph has.
    fn nodes(&self) -> usize;

    /// Where a search starts: a node of the top level. None without nodes.
    fn entry_point(&self) -> Option<Node>;

    /// The highest level that a node lives on.
    fn level_of(&self, node: Node) -> Level;

    /// A node's vector; empty for a number that is no node.
    fn vector(&self, node: Node) -> &[f32];

    /// The nodes' codes, where there are any: a search then walks by them and not by vectors.
    fn codes(&self) -> Option<NodeCodes<'_>> {
        None
    }

    /// A node's slots on a level, as the file has them: the numbers of its neighbours, and [`NONE`] where there are
    /// fewer; empty above its own level. What comes after the first `NONE` counts for nothing.
    fn neighbours(&self, node: Node, level: Level) -> &[u32];
}
