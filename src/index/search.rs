//! Graph search: the HNSW paper's Algorithms 2 (SEARCH-LAYER) and 5 (K-NN-SEARCH).
//!
//! The two heaps of Algorithm 2 are one sorted list here, with a mark on what has been expanded: a beam. It gives the
//! same result, because what has fallen out of the list of the nearest is never expanded either way, and it is faster
//! for the widths that are usual. The walk compares codes ([`NodeCodes`]) where the graph has them, else vectors, and asks
//! for all that it will compare in a hop before it compares the first.

use super::codes::{NodeCodes, ROUNDING, encode_query};
use super::format::{MAX_LEVELS, NONE};
use super::graph::Graph;
use crate::distance::{dot, prefetch};

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

/// How far a node is, nearer is smaller, and in the low half its number: candidates are in order as numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate(u64);

impl Candidate {
    fn new(far: u32, node: u32) -> Candidate {
        Candidate(u64::from(far) << 32 | u64::from(node))
    }

    fn node(self) -> u32 {
        self.0 as u32
    }

    fn far(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The memory of a search, kept from one to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each node the stamp of the search that visited it last, or the number behind it, where it was expanded.
    visited: Vec<u8>,
    stamp: u8,
    /// The nearest so far, the nearest first.
    beam: Vec<Candidate>,
    /// Neighbours to be compared in this hop, and how far they are.
    batch: Vec<u32>,
    fars: Vec<u32>,
    /// The query in integers, and its dot products.
    query: Vec<i16>,
    dots: Vec<i32>,
}

/// Stamps of one search.
const STAMPS: u8 = 2;

impl Scratch {
    fn reset(&mut self, nodes: usize) {
        if self.visited.len() < nodes {
            self.visited.resize(nodes, 0);
        }
        // The last stamp has one behind it. 0 is no search's.
        self.stamp = self.stamp.checked_add(STAMPS).filter(|stamp| *stamp < u8::MAX).unwrap_or_else(|| {
            self.visited.fill(0);
            STAMPS
        });
        self.beam.clear();
    }

    /// Whether this is the first visit. A number that is no node counts as visited.
    fn visit(&mut self, node: u32) -> bool {
        match self.visited.get_mut(node as usize) {
            Some(stamp) if stamp.wrapping_sub(self.stamp) >= STAMPS => {
                *stamp = self.stamp;
                true
            }
            _ => false,
        }
    }

    /// Whether a visited node is expanded for the first time.
    fn expand(&mut self, node: u32) -> bool {
        match self.visited.get_mut(node as usize) {
            Some(stamp) if *stamp == self.stamp => {
                *stamp += 1;
                true
            }
            _ => false,
        }
    }

    /// Takes a candidate into a beam of width `ef`. Gives its place if it is near enough.
    fn insert(&mut self, candidate: Candidate, ef: usize) -> Option<usize> {
        if self.beam.len() >= ef {
            if self.beam.last().is_none_or(|farthest| candidate > *farthest) {
                return None;
            }
            self.beam.pop();
        }
        let place = self.beam.partition_point(|other| *other < candidate);
        self.beam.insert(place, candidate);
        Some(place)
    }
}

/// What candidates are compared by.
trait Measure {
    /// How far each node is from the query; nearer is smaller.
    fn compare(&mut self, nodes: &[u32], fars: &mut Vec<u32>);
}

struct ByVectors<'a, G> {
    graph: &'a G,
    query: &'a [f32],
}

impl<G: Graph> Measure for ByVectors<'_, G> {
    fn compare(&mut self, nodes: &[u32], fars: &mut Vec<u32>) {
        nodes.iter().for_each(|&node| prefetch(bytemuck::cast_slice(self.graph.vector(node))));
        let vectors = nodes.iter().map(|&node| self.graph.vector(node));
        fars.clear();
        fars.extend(vectors.map(|vector| !in_order(dot(self.query, vector))));
    }
}

/// Integers in the order of [`f32::total_cmp`].
fn in_order(number: f32) -> u32 {
    let bits = number.to_bits();
    if number.is_sign_negative() { !bits } else { bits | SIGN }
}

const SIGN: u32 = 1 << 31;

struct ByCodes<'a> {
    codes: NodeCodes<'a>,
    query: &'a [i16],
    dots: Vec<i32>,
}

impl Measure for ByCodes<'_> {
    fn compare(&mut self, nodes: &[u32], fars: &mut Vec<u32>) {
        self.codes.dots(self.query, nodes, &mut self.dots);
        fars.clear();
        fars.extend(self.dots.iter().map(|&dot| !(dot as u32 ^ SIGN)));
    }
}

/// How many of a beam by codes are compared as vectors for `wanted` results: all that rounding may have put behind the
/// last of them.
fn worth_comparing(beam: &[Candidate], wanted: usize) -> usize {
    let Some(last) = wanted.checked_sub(1).and_then(|last| beam.get(last)) else { return beam.len() };
    beam.partition_point(|candidate| candidate.far() <= last.far().saturating_add(ROUNDING as u32))
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
            let mut measure = ByCodes { codes, query: &integers, dots: std::mem::take(&mut scratch.dots) };
            let work = walk(graph, &mut measure, ef.max(1), scratch);
            (scratch.dots, scratch.query) = (measure.dots, integers);
            (found(scratch, worth_comparing(&scratch.beam, wanted)), work)
        }
        None => {
            let work = walk(graph, &mut ByVectors { graph, query }, ef.max(1), scratch);
            (found(scratch, usize::MAX), work)
        }
    }
}

fn found(scratch: &Scratch, most: usize) -> Vec<u32> {
    scratch.beam.iter().take(most).map(|candidate| candidate.node()).collect()
}

/// K-NN-SEARCH. The result is the beam.
fn walk<G: Graph>(graph: &G, measure: &mut impl Measure, ef: usize, scratch: &mut Scratch) -> Work {
    let mut work = Work::default();
    scratch.reset(graph.nodes());
    let Some(entry_point) = graph.entry_point() else { return work };
    let mut fars = std::mem::take(&mut scratch.fars);
    measure.compare(&[entry_point], &mut fars);
    work.distances += 1;
    if let Some(&far) = fars.first() {
        let first = Candidate::new(far, entry_point);
        let start = descend(graph, measure, first, &mut fars, &mut work);
        // The entry point is a start too: every node is proven to be reachable from there, so a search that is wide
        // enough finds every node.
        for candidate in [start, first] {
            if scratch.visit(candidate.node()) {
                scratch.insert(candidate, ef);
            }
        }
    }
    search_level0(graph, measure, ef, scratch, &mut fars, &mut work);
    scratch.fars = fars;
    work
}

/// Walks greedily down from the top to level 1, to the nearest node it finds.
fn descend<G: Graph>(
    graph: &G,
    measure: &mut impl Measure,
    first: Candidate,
    fars: &mut Vec<u32>,
    work: &mut Work,
) -> Candidate {
    let mut current = first;
    for level in (1..=graph.level_of(first.node()).min(MAX_LEVELS as usize)).rev() {
        // Each step is to a strictly better candidate, so no node comes twice; the bound is for a file that
        // changes under the walk.
        for _ in 0..graph.nodes() {
            work.hops += 1;
            let neighbours = before_end(graph.neighbours(current.node(), level));
            measure.compare(neighbours, fars);
            work.distances += neighbours.len() as u64;
            let candidates = neighbours.iter().zip(&*fars).map(|(&node, &far)| Candidate::new(far, node));
            match candidates.min() {
                Some(best) if best < current => current = best,
                _ => break,
            }
        }
    }
    current
}

/// The neighbours in front of the first empty slot.
fn before_end(slots: &[u32]) -> &[u32] {
    slots.split(|&node| node == NONE).next().unwrap_or_default()
}

/// SEARCH-LAYER on level 0, from the nodes that the beam holds.
fn search_level0<G: Graph>(
    graph: &G,
    measure: &mut impl Measure,
    ef: usize,
    scratch: &mut Scratch,
    fars: &mut Vec<u32>,
    work: &mut Work,
) {
    let mut batch = std::mem::take(&mut scratch.batch);
    // Everything before this place has been expanded.
    let mut next = 0;
    while let Some(&current) = scratch.beam.get(next) {
        if !scratch.expand(current.node()) {
            next += 1;
            continue;
        }
        work.hops += 1;
        next += 1;
        // What is likely to be expanded next: the rest is known when it has arrived.
        if let Some(after) = scratch.beam.get(next) {
            prefetch(bytemuck::cast_slice(graph.neighbours(after.node(), 0)));
        }
        let neighbours = graph.neighbours(current.node(), 0).iter().take_while(|&&node| node != NONE);
        batch.clear();
        batch.extend(neighbours.filter(|&&node| scratch.visit(node)));
        measure.compare(&batch, fars);
        work.distances += batch.len() as u64;
        for (&node, &far) in batch.iter().zip(&*fars) {
            if let Some(place) = scratch.insert(Candidate::new(far, node), ef)
                && place <= next
            {
                next = place;
                prefetch(bytemuck::cast_slice(graph.neighbours(node, 0)));
            }
        }
    }
    scratch.batch = batch;
}
