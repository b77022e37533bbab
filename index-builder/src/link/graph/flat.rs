//! The graph in the arrays that the file holds.

use std::ops::Range;

use kindred::file::format::NONE;
use kindred::search::graph::{Level, Node};

use super::GraphError;

/// The graph in the arrays that the file holds. Lists name the nearest neighbour first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatGraph {
    /// Slots of a node on a level above 0; a node has twice as many on level 0.
    pub m: usize,
    /// Where a search starts: a node of the top level. None without nodes.
    pub entry_point: Option<Node>,
    /// Number of levels, 0 without nodes.
    pub levels: u32,
    /// nodes x 2m node numbers; a list that is shorter than its slots is followed by `u32::MAX`.
    pub level0: Vec<u32>,
    /// nodes + 1 ascending counts of level lists: `upper[upper_offsets[i] * m .. upper_offsets[i + 1] * m]` is what
    /// node i has, m slots for each of its levels 1, 2...
    pub upper_offsets: Vec<u32>,
    /// The lists above level 0.
    pub upper: Vec<u32>,
}

impl FlatGraph {
    /// A graph without links, of nodes that live on level 0 and as many levels above it as `levels_above` says.
    pub(super) fn unlinked(
        m: usize,
        levels_above: &[u8],
        entry_point: Option<Node>,
    ) -> Result<Self, GraphError> {
        let nodes = levels_above.len();
        let too_large = GraphError::TooLarge { nodes, m };
        let mut upper_offsets = Vec::with_capacity(nodes + 1);
        let mut lists = 0u32;
        upper_offsets.push(lists);
        for &above in levels_above {
            lists = lists.checked_add(u32::from(above)).ok_or(too_large.clone())?;
            upper_offsets.push(lists);
        }
        let slots = nodes.checked_mul(2 * m).ok_or(too_large.clone())?;
        let upper_slots = (lists as usize).checked_mul(m).ok_or(too_large)?;
        let top = levels_above.iter().max().map_or(0, |&above| u32::from(above) + 1);
        Ok(FlatGraph {
            m,
            entry_point,
            levels: top,
            level0: vec![NONE; slots],
            upper_offsets,
            upper: vec![NONE; upper_slots],
        })
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.upper_offsets.len().saturating_sub(1)
    }

    /// The slots of a node on level 0: the paper's Mmax0.
    pub fn m0(&self) -> usize {
        2 * self.m
    }

    /// The highest level that a node lives on; 0 for a number that is no node.
    pub fn level_of(&self, node: Node) -> Level {
        let offset = |i: usize| self.upper_offsets.get(i).copied().unwrap_or(0);
        Level(offset(node.index() + 1).saturating_sub(offset(node.index())))
    }

    /// Whether this number is a node that lives on the level.
    pub fn lives_on(&self, node: Node, level: Level) -> bool {
        node.index() < self.nodes() && level <= self.level_of(node)
    }

    /// The neighbours of a node on a level; empty where the node does not live.
    pub fn neighbours(&self, node: Node, level: Level) -> &[u32] {
        let slots = self.slots(node, level);
        let end = slots.iter().position(|&slot| slot == NONE).unwrap_or(slots.len());
        &slots[..end]
    }

    /// All slots of a node on a level, used or not; none where the node does not live.
    pub fn slots(&self, node: Node, level: Level) -> &[u32] {
        let array = if level == Level::BASE { &self.level0 } else { &self.upper };
        array.get(self.slots_range(node, level)).unwrap_or(&[])
    }

    /// As [`FlatGraph::slots`], to be written to.
    pub(super) fn slots_mut(&mut self, node: Node, level: Level) -> &mut [u32] {
        let range = self.slots_range(node, level);
        let array = if level == Level::BASE { &mut self.level0 } else { &mut self.upper };
        array.get_mut(range).unwrap_or(&mut [])
    }

    fn slots_range(&self, node: Node, level: Level) -> Range<usize> {
        if !self.lives_on(node, level) {
            return 0..0;
        }
        let node = node.index();
        if level == Level::BASE {
            return node * self.m0()..(node + 1) * self.m0();
        }
        let list = self.upper_offsets[node] as usize + level.index() - 1;
        list * self.m..(list + 1) * self.m
    }

    /// Checks that the arrays belong together and that there is one vector for each node.
    pub(super) fn check_shape(&self, vectors: usize) -> Result<(), GraphError> {
        let wrong = |problem| Err(GraphError::Inconsistent(problem));
        if self.nodes() != vectors || self.upper_offsets.first() != Some(&0) {
            return wrong("nodes and vectors differ in number");
        }
        if self.m == 0 || self.nodes().checked_mul(self.m0()) != Some(self.level0.len()) {
            return wrong("level 0 has not 2m slots for each node");
        }
        let lists = self.upper_offsets.last().map_or(0, |&last| last as usize);
        if !self.upper_offsets.is_sorted() || lists.checked_mul(self.m) != Some(self.upper.len()) {
            return wrong("the offsets of the upper levels do not fit their slots");
        }
        match self.entry_point {
            None if vectors == 0 && self.levels == 0 => Ok(()),
            Some(entry) if entry.index() < vectors => {
                let top = (0..vectors as u32).map(|node| self.level_of(Node(node))).max();
                let is_top = Some(self.level_of(entry)) == top && self.levels == self.level_of(entry).0 + 1;
                if is_top { Ok(()) } else { wrong("the entry point is not on the top level") }
            }
            _ => wrong("the entry point is no node"),
        }
    }
}
