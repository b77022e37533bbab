//! Exact search: the query is compared with every node, by codes where they can [prove](super::scan) who is too far.

use std::collections::BinaryHeap;

use super::graph::{Graph, Node};
use super::scan::{self, Scan};
use super::walk::Work;
use crate::distance::distance;

/// A distance that can be ordered. Distances are never NaN; if the bytes under a map have changed, they sort last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance(pub f32);

impl Eq for Distance {}

impl Ord for Distance {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The `n` smallest of what it is given, in ascending order.
#[derive(Debug)]
pub struct Smallest<T> {
    n: usize,
    heap: BinaryHeap<T>,
}

impl<T: Ord> Smallest<T> {
    /// Keeps at most `n`.
    pub fn new(n: usize) -> Smallest<T> {
        Smallest { n, heap: BinaryHeap::new() }
    }

    /// Takes one in; whether it is among the smallest so far.
    pub fn push(&mut self, item: T) -> bool {
        if self.heap.len() < self.n {
            self.heap.push(item);
            return true;
        }
        match self.heap.peek_mut() {
            Some(mut largest) if item < *largest => {
                *largest = item;
                true
            }
            _ => false,
        }
    }

    /// The smallest, ascending.
    pub fn into_sorted(self) -> Vec<T> {
        self.heap.into_sorted_vec()
    }
}

/// The `n` nodes nearest to a node, without the node itself, by (distance, number). Costs a comparison per node: of its
/// code, where the graph has codes and knows enough of them, else of its vector.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::search::exact::nearest_nodes;
/// use kindred::search::graph::Node;
///
/// # let index = Index::open(MappedFile::open("tests/golden/index/format-1.knd".as_ref())?)?;
/// let (nearest, work) = nearest_nodes(&index.view(), Node(3), 5);
/// assert!(nearest.is_sorted() && nearest.len() == 5 && work.exact);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn nearest_nodes<G: Graph>(graph: &G, node: Node, n: usize) -> (Vec<(Distance, Node)>, Work) {
    let query = graph.vector(node);
    let mut smallest = Smallest::new(n);
    let mut compare = |other| {
        if other != node {
            smallest.push((Distance(distance(query, graph.vector(other))), other));
        }
    };
    match scan::candidates(graph, &Scan { query, wanted: n, zero_below: 0.0 }, |other| other != node) {
        Some(candidates) => candidates.into_iter().for_each(&mut compare),
        None => (0..graph.nodes() as u32).map(Node).for_each(&mut compare),
    }
    let work = Work { distances: graph.nodes() as u64, exact: true, ..Work::default() };
    (smallest.into_sorted(), work)
}
