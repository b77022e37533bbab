//! Graph search: the HNSW paper's Algorithms 2 (SEARCH-LAYER) and 5 (K-NN-SEARCH).
//!
//! The two heaps of Algorithm 2 are one sorted list here, with a mark on what has been expanded: a beam. It gives the
//! same result, because what has fallen out of the list of the nearest is never expanded either way, and it is faster
//! for the widths that are usual. The walk compares codes ([`NodeCodes`]) where the graph has them, else vectors, and asks
//! for all that it will compare in a hop before it compares the first.

use super::codes::{NodeCodes, ROUNDING, encode_query};
use super::graph::{Graph, Level, MAX_LEVELS, NONE, Node};
use crate::distance::{dot, prefetch};

/// What a search did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Nodes compared with the query, by their vectors or their codes.
    pub distances: u64,
    /// Nodes whose neighbours were looked at.
    pub hops: u64,
    /// Whether every node was compared, so that none is missing.
    pub exact: bool,
    /// Whether the neighbour table gave the answer, or a part of it.
    pub table: bool,
}

/// How far a node is, nearer is smaller, and in the low half its number: candidates are in order as numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate(u64);

impl Candidate {
    fn new(far: u32, node: Node) -> Candidate {
        Candidate(u64::from(far) << 32 | u64::from(node.0))
    }

    fn node(self) -> Node {
        // The low half.
        Node(self.0 as u32)
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
    /// Where the search of level 0 starts.
    starts: Vec<Candidate>,
    /// Neighbours to be compared in this hop, and how far they are.
    batch: Vec<u32>,
    fars: Vec<u32>,
    /// The query in integers, and its dot products.
    query: Vec<i16>,
    dots: Vec<i32>,
}

/// Stamps of the search of one level.
const STAMPS: u8 = 2;

/// The width of the beam on level 1, all of which are starts on level 0. A greedy walk (a width of 1) is caught in front
/// of small dense groups, and then none of a group is found.
const STARTS: usize = 4;

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
    fn visit(&mut self, node: Node) -> bool {
        match self.visited.get_mut(node.index()) {
            Some(stamp) if stamp.wrapping_sub(self.stamp) >= STAMPS => {
                *stamp = self.stamp;
                true
            }
            _ => false,
        }
    }

    /// Those of some numbers of nodes that are visited for the first time.
    fn visit_all(&mut self, nodes: &[u32], first_visits: &mut Vec<u32>) {
        // Whether a node has been visited is as good as random, so nothing jumps by it: each node is written, and
        // stays if it counts.
        first_visits.clear();
        first_visits.resize(nodes.len(), 0);
        let mut count = 0;
        for &node in nodes {
            let Some(stamp) = self.visited.get_mut(node as usize) else { continue };
            let is_first = stamp.wrapping_sub(self.stamp) >= STAMPS;
            *stamp = if is_first { self.stamp } else { *stamp };
            if let Some(place) = first_visits.get_mut(count) {
                *place = node;
            }
            count += usize::from(is_first);
        }
        first_visits.truncate(count);
    }

    /// Whether a visited node is expanded for the first time.
    fn expand(&mut self, node: Node) -> bool {
        match self.visited.get_mut(node.index()) {
            Some(stamp) if *stamp == self.stamp => {
                *stamp += 1;
                true
            }
            _ => false,
        }
    }

    /// Makes a candidate one of those that a search starts from.
    fn start(&mut self, candidate: Candidate, width: Width) {
        if self.visit(candidate.node()) {
            self.insert(candidate, width);
        }
    }

    /// Takes a candidate into the beam. Gives its place if it is near enough.
    fn insert(&mut self, candidate: Candidate, width: Width) -> Option<usize> {
        if let Some(&farthest) = self.beam.get(width.ef - 1) {
            let reach = width.reach(&self.beam);
            if candidate > farthest && candidate.far() > reach {
                return None;
            }
            while self.beam.len() >= width.ef && self.beam.last().is_some_and(|last| last.far() > reach) {
                self.beam.pop();
            }
            if self.beam.len() >= width.most() {
                if self.beam.last().is_none_or(|last| candidate > *last) {
                    return None;
                }
                self.beam.pop();
            }
        }
        let place = self.beam.partition_point(|other| *other < candidate);
        self.beam.insert(place, candidate);
        Some(place)
    }
}

/// What a beam keeps: the nearest `ef`, which alone are expanded, and all that rounding may have put behind the last of
/// those wanted. In a dense group the codes of many nodes are as good as equal, and which of them are in the beam would
/// be left to chance.
#[derive(Debug, Clone, Copy)]
struct Width {
    ef: usize,
    /// At least 1 and at most `ef`.
    wanted: usize,
    /// How much farther than the last of those wanted one may seem and still be nearer.
    rounding: u32,
}

impl Width {
    /// For comparisons without rounding.
    const fn exact(ef: usize) -> Width {
        Width { ef, wanted: 1, rounding: 0 }
    }

    /// How far one may seem and still be among those wanted; no limit where the beam has fewer.
    fn reach(self, beam: &[Candidate]) -> u32 {
        beam.get(self.wanted - 1).map_or(u32::MAX, |last| last.far().saturating_add(self.rounding))
    }

    /// How long a beam may get. Among many copies of nearly one vector there would be no end; without rounding, nothing
    /// beyond `ef` is kept.
    fn most(self) -> usize {
        if self.rounding == 0 { self.ef } else { self.ef.saturating_mul(2) }
    }

    /// How many of a beam are worth comparing as vectors.
    fn worth_comparing(self, beam: &[Candidate]) -> usize {
        let reach = self.reach(beam);
        beam.partition_point(|candidate| candidate.far() <= reach)
    }
}

/// What candidates are compared by.
trait Measure {
    /// How far each node is from the query, by their numbers; nearer is smaller.
    fn compare(&mut self, nodes: &[u32], fars: &mut Vec<u32>);
}

struct ByVectors<'a, G> {
    graph: &'a G,
    query: &'a [f32],
}

impl<G: Graph> Measure for ByVectors<'_, G> {
    fn compare(&mut self, nodes: &[u32], fars: &mut Vec<u32>) {
        nodes.iter().for_each(|&node| prefetch(bytemuck::cast_slice(self.graph.vector(Node(node)))));
        let vectors = nodes.iter().map(|&node| self.graph.vector(Node(node)));
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

/// The nodes nearest to a query that a beam of width `ef` (at least 1) finds, the likest first, by codes or by [`dot`].
/// Where the graph has codes, they are those that may be among the `wanted` nearest, up to twice `ef` where so many codes
/// are nearly equal; else they are at most `ef`. Where `ef` is at least the number of nodes, they are all nodes.
///
/// That is for choosing only: whoever shows an order computes [`distance`](crate::distance::distance) for what is found.
/// Costs about `ef` times `2m` comparisons; never more than one for each node and level.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::search::graph::{Graph as _, Node};
/// use kindred::search::walk::{Scratch, search};
///
/// # let index = Index::open(MappedFile::open("tests/golden/index/format-1.knd".as_ref())?)?;
/// let graph = index.view();
/// let (found, work) = search(&graph, graph.vector(Node(3)), 16, 1, &mut Scratch::default());
/// assert_eq!(found.first(), Some(&Node(3)));
/// assert!(work.distances <= graph.nodes() as u64 * 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn search<G: Graph>(
    graph: &G,
    query: &[f32],
    ef: usize,
    wanted: usize,
    scratch: &mut Scratch,
) -> (Vec<Node>, Work) {
    let ef = ef.max(1);
    match graph.codes() {
        Some(codes) => {
            let mut integers = std::mem::take(&mut scratch.query);
            encode_query(query, &mut integers);
            let mut measure = ByCodes { codes, query: &integers, dots: std::mem::take(&mut scratch.dots) };
            let width = Width { ef, wanted: wanted.clamp(1, ef), rounding: ROUNDING.unsigned_abs() };
            let work = walk(graph, &mut measure, width, scratch);
            (scratch.dots, scratch.query) = (measure.dots, integers);
            // Who asks for as much as there is does not want it left to codes.
            let everything = ef >= graph.nodes();
            let worth = if everything { scratch.beam.len() } else { width.worth_comparing(&scratch.beam) };
            (found(scratch, worth), work)
        }
        None => {
            let work = walk(graph, &mut ByVectors { graph, query }, Width::exact(ef), scratch);
            (found(scratch, scratch.beam.len()), work)
        }
    }
}

fn found(scratch: &Scratch, most: usize) -> Vec<Node> {
    scratch.beam.iter().take(most).map(|candidate| candidate.node()).collect()
}

/// K-NN-SEARCH. The result is the beam.
fn walk<G: Graph>(graph: &G, measure: &mut impl Measure, width: Width, scratch: &mut Scratch) -> Work {
    let mut work = Work::default();
    scratch.reset(graph.nodes());
    let Some(entry_point) = graph.entry_point() else { return work };
    let mut fars = std::mem::take(&mut scratch.fars);
    measure.compare(&[entry_point.0], &mut fars);
    work.distances += 1;
    if let Some(&far) = fars.first() {
        let first = Candidate::new(far, entry_point);
        let start = descend(graph, measure, first, &mut fars, &mut work);
        scratch.start(start, Width::exact(STARTS));
        if graph.level_of(entry_point) > Level::BASE {
            search_level(graph, measure, Level(1), Width::exact(STARTS), scratch, &mut fars, &mut work);
        }
        let mut starts = std::mem::take(&mut scratch.starts);
        std::mem::swap(&mut starts, &mut scratch.beam);
        scratch.reset(graph.nodes());
        starts.iter().for_each(|&start| scratch.start(start, width));
        // The entry point is a start too: every node is proven to be reachable from there, so a search that is wide
        // enough finds every node.
        scratch.start(first, width);
        scratch.starts = starts;
        search_level(graph, measure, Level::BASE, width, scratch, &mut fars, &mut work);
    }
    scratch.fars = fars;
    work
}

/// Walks greedily down from the top to level 2, to the nearest node it finds.
fn descend<G: Graph>(
    graph: &G,
    measure: &mut impl Measure,
    first: Candidate,
    fars: &mut Vec<u32>,
    work: &mut Work,
) -> Candidate {
    let mut current = first;
    for level in (2..=graph.level_of(first.node()).0.min(MAX_LEVELS)).rev().map(Level) {
        // Each step is to a strictly better candidate, so no node comes twice; the bound is for a file that
        // changes under the walk.
        for _ in 0..graph.nodes() {
            work.hops += 1;
            let neighbours = before_end(graph.neighbours(current.node(), level));
            measure.compare(neighbours, fars);
            work.distances += neighbours.len() as u64;
            let candidates =
                neighbours.iter().zip(&*fars).map(|(&node, &far)| Candidate::new(far, Node(node)));
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

/// SEARCH-LAYER, from the nodes that the beam holds.
fn search_level<G: Graph>(
    graph: &G,
    measure: &mut impl Measure,
    level: Level,
    width: Width,
    scratch: &mut Scratch,
    fars: &mut Vec<u32>,
    work: &mut Work,
) {
    let mut batch = std::mem::take(&mut scratch.batch);
    // Everything before this place has been expanded.
    let mut next = 0;
    while next < width.ef
        && let Some(&current) = scratch.beam.get(next)
    {
        if !scratch.expand(current.node()) {
            next += 1;
            continue;
        }
        work.hops += 1;
        next += 1;
        // What is likely to be expanded next: the rest is known when it has arrived.
        if let Some(after) = scratch.beam.get(next) {
            prefetch(bytemuck::cast_slice(graph.neighbours(after.node(), level)));
        }
        scratch.visit_all(before_end(graph.neighbours(current.node(), level)), &mut batch);
        measure.compare(&batch, fars);
        work.distances += batch.len() as u64;
        for (&node, &far) in batch.iter().zip(&*fars) {
            if let Some(place) = scratch.insert(Candidate::new(far, Node(node)), width)
                && place <= next
            {
                next = place;
                prefetch(bytemuck::cast_slice(graph.neighbours(Node(node), level)));
            }
        }
    }
    scratch.batch = batch;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_beam_keeps_the_nearest_and_what_rounding_may_have_put_behind_them() {
        let beam = |width: Width, fars: &[u32]| {
            let mut scratch = Scratch::default();
            for (node, &far) in (0..).zip(fars) {
                scratch.insert(Candidate::new(far, Node(node)), width);
            }
            let fars: Vec<u32> = scratch.beam.iter().map(|candidate| candidate.far()).collect();
            (fars, width.worth_comparing(&scratch.beam))
        };
        let fars = [50, 31, 30, 40, 10, 29, 35, 60];
        assert_eq!(beam(Width::exact(3), &fars).0, [10, 29, 30]);
        // The second is 29, so what seems as far as 34 may be nearer than that.
        assert_eq!(beam(Width { ef: 3, wanted: 2, rounding: 5 }, &fars), (vec![10, 29, 30, 31], 4));
        assert_eq!(beam(Width { ef: 6, wanted: 1, rounding: 5 }, &fars), (vec![10, 29, 30, 31, 35, 40], 1));
        // Fewer than are wanted.
        assert_eq!(beam(Width { ef: 9, wanted: 9, rounding: 0 }, &fars).1, 8);
    }

    proptest! {
        #[test]
        fn visiting_together_is_visiting_one_by_one(
            hops in prop::collection::vec(prop::collection::vec(0u32..40, 0..20), 1..20),
        ) {
            let (mut together, mut single) = (Scratch::default(), Scratch::default());
            together.reset(30);
            single.reset(30);
            let mut first_visits = Vec::new();
            for nodes in hops {
                let expected: Vec<u32> = nodes.iter().copied().filter(|&node| single.visit(Node(node))).collect();
                together.visit_all(&nodes, &mut first_visits);
                prop_assert_eq!(&first_visits, &expected);
            }
            prop_assert_eq!(together.visited, single.visited);
        }
    }

    #[test]
    fn a_beam_among_copies_stays_short() {
        let beam = |width: Width| -> Vec<u32> {
            let mut scratch = Scratch::default();
            for node in (0..100).rev() {
                scratch.insert(Candidate::new(7, Node(node)), width);
            }
            scratch.beam.iter().map(|candidate| candidate.node().0).collect()
        };
        assert_eq!(beam(Width { ef: 4, wanted: 2, rounding: 5 }), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(beam(Width::exact(4)), [0, 1, 2, 3]);
    }

    /// Nodes on a line, at distance 1 - position from the query; all of them on levels 0 and 1.
    struct Line {
        vectors: Vec<[f32; 1]>,
        upper: Vec<Vec<u32>>,
        lower: Vec<Vec<u32>>,
    }

    impl Graph for Line {
        fn nodes(&self) -> usize {
            self.vectors.len()
        }

        fn entry_point(&self) -> Option<Node> {
            Some(Node(0))
        }

        fn level_of(&self, _node: Node) -> Level {
            Level(1)
        }

        fn vector(&self, node: Node) -> &[f32] {
            &self.vectors[node.index()]
        }

        fn neighbours(&self, node: Node, level: Level) -> &[u32] {
            let lists = if level == Level::BASE { &self.lower } else { &self.upper };
            &lists[node.index()]
        }
    }

    #[test]
    fn a_search_is_not_caught_in_front_of_a_dense_group() {
        // 1 is nearer than the entry point and leads nowhere; only 2, which is farther, leads to the group of 3 and 4.
        let line = Line {
            vectors: vec![[0.1], [0.5], [0.05], [0.9], [0.95]],
            upper: vec![vec![1, 2], vec![0], vec![0, 3], vec![2], vec![]],
            lower: vec![vec![1], vec![0], vec![0, 3], vec![2, 4], vec![3]],
        };
        let (found, work) = search(&line, &[1.0], 2, 2, &mut Scratch::default());
        assert_eq!(found, [Node(4), Node(3)]);
        assert!(work.hops < 10, "{work:?}");
    }
}
