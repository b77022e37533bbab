//! Graph search: the HNSW paper's Algorithms 2 (SEARCH-LAYER) and 5 (K-NN-SEARCH).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::format::{MAX_LEVELS, NONE};
use super::graph::Graph;
use crate::distance::dot;

/// What a search did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Vectors compared with the query.
    pub distances: u64,
    /// Nodes whose neighbours were looked at.
    pub hops: u64,
    /// Whether every vector was compared.
    pub exact: bool,
    /// Whether the neighbour table gave the answer, or a part of it.
    pub table: bool,
}

/// A node and how like the query it is; ordered by that, the likest first, then by number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    similarity: f32,
    node: u32,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        other.similarity.total_cmp(&self.similarity).then(self.node.cmp(&other.node))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The memory of a search, kept from one to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The stamp of the search that visited a node last.
    visited: Vec<u32>,
    stamp: u32,
    /// The nearest first.
    to_visit: BinaryHeap<Reverse<Candidate>>,
    /// The farthest first.
    nearest: BinaryHeap<Candidate>,
}

impl Scratch {
    fn reset(&mut self, nodes: usize) {
        if self.visited.len() < nodes {
            self.visited.resize(nodes, 0);
        }
        self.stamp = self.stamp.checked_add(1).unwrap_or_else(|| {
            self.visited.fill(0);
            1
        });
        self.to_visit.clear();
        self.nearest.clear();
    }

    /// Whether this is the first visit. A number that is no node counts as visited.
    fn visit(&mut self, node: u32) -> bool {
        match self.visited.get_mut(node as usize) {
            Some(stamp) if *stamp != self.stamp => {
                *stamp = self.stamp;
                true
            }
            _ => false,
        }
    }
}

/// The nodes nearest to a query that a beam of width `ef` finds, in no particular order; at most `ef` of them (at least 1).
///
/// Similarities are those of [`dot`], for choosing only: whoever shows an order computes
/// [`distance`](crate::distance::distance) for what is found. Costs about `ef` times `2m` distances; never more than
/// one for each node and level.
pub fn search<G: Graph>(graph: &G, query: &[f32], ef: usize, scratch: &mut Scratch) -> (Vec<u32>, Work) {
    let mut work = Work::default();
    let Some(entry_point) = graph.entry_point() else { return (Vec::new(), work) };
    scratch.reset(graph.nodes());
    let first = Candidate { similarity: dot(query, graph.vector(entry_point)), node: entry_point };
    work.distances += 1;
    let start = descend(graph, query, first, &mut work);
    // The entry point is a start too: every node is proven to be reachable from there, so a search that is wide
    // enough finds every node.
    for candidate in [start, first] {
        if scratch.visit(candidate.node) {
            scratch.to_visit.push(Reverse(candidate));
            scratch.nearest.push(candidate);
        }
    }
    search_level0(graph, query, ef.max(1), scratch, &mut work);
    // With an ef of 1 there may be the two starts.
    while scratch.nearest.len() > ef.max(1) {
        scratch.nearest.pop();
    }
    (scratch.nearest.drain().map(|candidate| candidate.node).collect(), work)
}

/// Walks greedily down from the top to level 1, to the nearest node it finds.
fn descend<G: Graph>(graph: &G, query: &[f32], first: Candidate, work: &mut Work) -> Candidate {
    let similarity = |node| dot(query, graph.vector(node));
    let mut current = first;
    for level in (1..=graph.level_of(first.node).min(MAX_LEVELS as usize)).rev() {
        // Each step is to a strictly better candidate, so no node comes twice; the bound is for a file that
        // changes under the walk.
        for _ in 0..graph.nodes() {
            let mut best = current;
            work.hops += 1;
            for &node in graph.neighbours(current.node, level).iter().take_while(|&&node| node != NONE) {
                work.distances += 1;
                best = best.min(Candidate { similarity: similarity(node), node });
            }
            if best == current {
                break;
            }
            current = best;
        }
    }
    current
}

/// SEARCH-LAYER on level 0, from the nodes that the scratch has been given.
fn search_level0<G: Graph>(graph: &G, query: &[f32], ef: usize, scratch: &mut Scratch, work: &mut Work) {
    while let Some(Reverse(current)) = scratch.to_visit.pop() {
        if scratch.nearest.len() >= ef && scratch.nearest.peek().is_some_and(|farthest| current > *farthest) {
            break;
        }
        work.hops += 1;
        for &node in graph.neighbours(current.node, 0).iter().take_while(|&&node| node != NONE) {
            if !scratch.visit(node) {
                continue;
            }
            work.distances += 1;
            let candidate = Candidate { similarity: dot(query, graph.vector(node)), node };
            if scratch.nearest.len() < ef {
                scratch.nearest.push(candidate);
            } else if let Some(mut farthest) = scratch.nearest.peek_mut()
                && candidate < *farthest
            {
                *farthest = candidate;
            } else {
                continue;
            }
            scratch.to_visit.push(Reverse(candidate));
        }
    }
}
