//! Graph search: the HNSW paper's Algorithms 2 (SEARCH-LAYER) and 5 (K-NN-SEARCH).
//!
//! The two heaps of Algorithm 2 are one sorted list here, with a mark on what has been expanded: a beam. It gives the
//! same result, because what has fallen out of the list of the nearest is never expanded either way, and it is faster
//! for the widths that are usual. The walk compares codes ([`NodeCodes`]) where the graph has them, else vectors, and asks
//! for all that it will compare in a hop before it compares the first.

use super::codes::{NodeCodes, encode_query};
use super::format::{MAX_LEVELS, NONE};
use super::graph::Graph;
use crate::distance::{dot, dot_codes, prefetch};

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

/// A node and how like the query it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    similarity: f32,
    node: u32,
    expanded: bool,
}

impl Candidate {
    /// The likest first, then by number.
    fn is_before(&self, other: &Candidate) -> bool {
        match other.similarity.total_cmp(&self.similarity) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => self.node < other.node,
            std::cmp::Ordering::Greater => false,
        }
    }
}

/// The memory of a search, kept from one to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The stamp of the search that visited a node last.
    visited: Vec<u8>,
    stamp: u8,
    /// The nearest so far, the nearest first.
    beam: Vec<Candidate>,
    /// Neighbours to be compared in this hop.
    batch: Vec<u32>,
    /// The query in integers.
    query: Vec<i16>,
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
        self.beam.clear();
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

    /// Takes a candidate into a beam of width `ef`. Gives its place if it is near enough.
    fn insert(&mut self, candidate: Candidate, ef: usize) -> Option<usize> {
        if self.beam.len() >= ef {
            if self.beam.last().is_none_or(|farthest| !candidate.is_before(farthest)) {
                return None;
            }
            self.beam.pop();
        }
        let place = self.beam.partition_point(|other| other.is_before(&candidate));
        self.beam.insert(place, candidate);
        Some(place)
    }
}

/// What candidates are compared by.
trait Measure {
    /// How like the query a node is; larger is likelier.
    fn similarity(&self, node: u32) -> f32;

    /// Asks for what [`Measure::similarity`] will read.
    fn prefetch(&self, node: u32);
}

struct ByVectors<'a, G> {
    graph: &'a G,
    query: &'a [f32],
}

impl<G: Graph> Measure for ByVectors<'_, G> {
    fn similarity(&self, node: u32) -> f32 {
        dot(self.query, self.graph.vector(node))
    }

    fn prefetch(&self, node: u32) {
        prefetch(bytemuck::cast_slice(self.graph.vector(node)));
    }
}

struct ByCodes<'a> {
    codes: NodeCodes<'a>,
    query: &'a [i16],
}

impl Measure for ByCodes<'_> {
    fn similarity(&self, node: u32) -> f32 {
        dot_codes(self.query, self.codes.of(node)) as f32
    }

    fn prefetch(&self, node: u32) {
        prefetch(self.codes.of(node));
    }
}

/// Of a beam by codes, as many of its nearest as are compared as vectors for `wanted` results: rounding moves a node by
/// some places.
fn worth_comparing(wanted: usize) -> usize {
    wanted.saturating_mul(2).saturating_add(24)
}

/// The nodes nearest to a query that a beam of width `ef` (at least 1) finds: at most `ef`, and where the graph has codes,
/// no more than are worth comparing for `wanted` results. The likest first, by codes or by [`dot`].
///
/// That is for choosing only: whoever shows an order computes [`distance`](crate::distance::distance) for what is found.
/// Costs about `ef` times `2m` comparisons; never more than one for each node and level.
pub fn search<G: Graph>(
    graph: &G,
    query: &[f32],
    ef: usize,
    wanted: usize,
    scratch: &mut Scratch,
) -> (Vec<u32>, Work) {
    match graph.codes() {
        Some(codes) => {
            let mut integers = std::mem::take(&mut scratch.query);
            encode_query(query, &mut integers);
            let measure = ByCodes { codes, query: &integers };
            let work = walk(graph, &measure, ef.max(1), scratch);
            scratch.query = integers;
            (found(scratch, worth_comparing(wanted)), work)
        }
        None => {
            let work = walk(graph, &ByVectors { graph, query }, ef.max(1), scratch);
            (found(scratch, usize::MAX), work)
        }
    }
}

fn found(scratch: &Scratch, most: usize) -> Vec<u32> {
    scratch.beam.iter().take(most).map(|candidate| candidate.node).collect()
}

/// K-NN-SEARCH. The result is the beam.
fn walk<G: Graph>(graph: &G, measure: &impl Measure, ef: usize, scratch: &mut Scratch) -> Work {
    let mut work = Work::default();
    scratch.reset(graph.nodes());
    let Some(entry_point) = graph.entry_point() else { return work };
    let candidate = |node| Candidate { similarity: measure.similarity(node), node, expanded: false };
    let first = candidate(entry_point);
    work.distances += 1;
    let start = descend(graph, measure, first, &mut work);
    // The entry point is a start too: every node is proven to be reachable from there, so a search that is wide
    // enough finds every node.
    for candidate in [start, first] {
        if scratch.visit(candidate.node) {
            scratch.insert(candidate, ef);
        }
    }
    search_level0(graph, measure, ef, scratch, &mut work);
    work
}

/// Walks greedily down from the top to level 1, to the nearest node it finds.
fn descend<G: Graph>(graph: &G, measure: &impl Measure, first: Candidate, work: &mut Work) -> Candidate {
    let mut current = first;
    for level in (1..=graph.level_of(first.node).min(MAX_LEVELS as usize)).rev() {
        // Each step is to a strictly better candidate, so no node comes twice; the bound is for a file that
        // changes under the walk.
        for _ in 0..graph.nodes() {
            let mut best = current;
            work.hops += 1;
            let neighbours =
                || graph.neighbours(current.node, level).iter().take_while(|&&node| node != NONE);
            neighbours().for_each(|&node| measure.prefetch(node));
            for &node in neighbours() {
                work.distances += 1;
                let candidate = Candidate { similarity: measure.similarity(node), node, expanded: false };
                if candidate.is_before(&best) {
                    best = candidate;
                }
            }
            if best == current {
                break;
            }
            current = best;
        }
    }
    current
}

/// SEARCH-LAYER on level 0, from the nodes that the beam holds.
fn search_level0<G: Graph>(
    graph: &G,
    measure: &impl Measure,
    ef: usize,
    scratch: &mut Scratch,
    work: &mut Work,
) {
    let mut batch = std::mem::take(&mut scratch.batch);
    // Everything before this place has been expanded.
    let mut next = 0;
    while let Some(current) = scratch.beam.get_mut(next) {
        if std::mem::replace(&mut current.expanded, true) {
            next += 1;
            continue;
        }
        work.hops += 1;
        batch.clear();
        for &node in graph.neighbours(current.node, 0).iter().take_while(|&&node| node != NONE) {
            if scratch.visit(node) {
                measure.prefetch(node);
                batch.push(node);
            }
        }
        work.distances += batch.len() as u64;
        next += 1;
        for &node in &batch {
            let candidate = Candidate { similarity: measure.similarity(node), node, expanded: false };
            if let Some(place) = scratch.insert(candidate, ef) {
                next = next.min(place);
            }
        }
    }
    scratch.batch = batch;
}
