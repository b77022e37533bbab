//! recall@k of a graph: the share of the true k nearest that a search returns.

use super::exact::{Distance, nearest_nodes};
use super::graph::{Graph, Node};
use super::walk::{Scratch, Work, search};
use crate::distance::distance;

/// The k of the recall that a file states.
pub const K: usize = 10;

/// The distance of the true k-th nearest to a node, itself left out: whatever is as close counts as found. `None`
/// where there is no other node.
pub fn kth_distance<G: Graph>(graph: &G, node: Node, k: usize) -> Option<(usize, Distance)> {
    let (nearest, _) = nearest_nodes(graph, node, k);
    nearest.last().map(|&(distance, _)| (nearest.len(), distance))
}

/// recall@k of one node's search: how many of the `true_count` nearest were found, ties counting.
///
/// `kth` is what [`kth_distance`] gave for the node.
pub fn found_within<G: Graph>(
    graph: &G,
    node: Node,
    ef: usize,
    truth: (usize, Distance),
    scratch: &mut Scratch,
) -> usize {
    found_with_work(graph, node, ef, truth, scratch).0
}

/// What [`found_within`] gives, and what the search took.
pub fn found_with_work<G: Graph>(
    graph: &G,
    node: Node,
    ef: usize,
    (true_count, kth): (usize, Distance),
    scratch: &mut Scratch,
) -> (usize, Work) {
    let query = graph.vector(node);
    // The node finds itself, so one more is asked for.
    let (nodes, work) = search(graph, query, ef.max(true_count + 1), true_count + 1, scratch);
    let within = nodes
        .into_iter()
        .filter(|&other| other != node && Distance(distance(query, graph.vector(other))) <= kth)
        .count();
    (within.min(true_count), work)
}
