//! The nearest nodes found so far, for the nodes of a block.

use crate::link::pairs::{ALL, PairCodes};

/// A node and its distance.
pub type Neighbour = (f32, u32);

/// For some nodes at most `k` neighbours each, by (distance, rank), in one piece of memory.
#[derive(Debug, Clone)]
pub struct BlockLists {
    k: usize,
    lengths: Vec<u32>,
    /// k places for each node.
    neighbours: Vec<Neighbour>,
}

impl BlockLists {
    /// Empty lists for so many nodes.
    pub fn new(nodes: usize, k: usize) -> BlockLists {
        BlockLists { k, lengths: vec![0; nodes], neighbours: vec![(0.0, 0); nodes * k] }
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.lengths.len()
    }

    /// What was found for the node at a place, the nearest first.
    pub fn of(&self, place: usize) -> &[Neighbour] {
        &self.neighbours[place * self.k..][..self.lengths[place] as usize]
    }

    /// The limit for the codes of what can still come in.
    pub fn limit(&self, codes: &PairCodes, place: usize) -> i32 {
        match self.of(place).last() {
            Some(&(distance, _)) if self.lengths[place] as usize == self.k => codes.limit(distance),
            _ => ALL,
        }
    }

    /// Takes a neighbour in if it is among the k nearest; whether it was. A neighbour must not be offered twice.
    pub fn push(&mut self, place: usize, (distance, node): Neighbour, ranks: &[u32]) -> bool {
        let length = self.lengths[place] as usize;
        let list = &mut self.neighbours[place * self.k..][..self.k];
        let is_before = |&(other_distance, other): &Neighbour| {
            other_distance < distance
                || (other_distance == distance && ranks[other as usize] < ranks[node as usize])
        };
        if length == self.k && list.last().is_none_or(is_before) {
            return false;
        }
        let at = list[..length].partition_point(is_before);
        let end = length.min(self.k - 1);
        list.copy_within(at..end, at + 1);
        list[at] = (distance, node);
        self.lengths[place] = (end + 1) as u32;
        true
    }
}
