//! The approximate table, for more nodes than all pairs can be compared of.
//!
//! Starts from what the leaves of overlapping partitions give, and looks at neighbours' neighbours
//! (NN-Descent, Dong, Moses and Li 2011) until a sample shows that enough is found.

use kindred::search::graph::Node;
use rayon::prelude::*;

use super::exact::BLOCK;
use super::lists::BlockLists;
use crate::ground::progress::Step;
use crate::link::graph::{Cells, NearLists, near_lists, refine};
use crate::link::pairs::PairCodes;
use crate::vectors::rows::Rows;

/// The recall that ends the rounds.
pub const TARGET_RECALL: f64 = 0.995;
/// The most rounds.
const ROUNDS: usize = 12;
/// Neighbours whose neighbours are looked at in a round.
const BREADTH: usize = 24;
/// Nodes whose neighbours are compared with the true ones.
const SAMPLE: usize = 1_000;
/// Blocks that are put in order at once.
const AT_ONCE: usize = 64;

/// For each node about its `k` nearest others, by codes, and the share of the true ones that are found, tie-aware, on a
/// sample.
pub fn nearest(
    codes: &PairCodes,
    vectors: Rows<'_>,
    cells: Option<&Cells>,
    k: usize,
    step: &Step,
) -> (NearLists, f64) {
    let truth = Truth::new(vectors, codes.count(), k);
    // As many from each of the leaves that a node is in would be too many to start with.
    let of_leaf = (k / 2).max(1);
    let mut lists = near_lists(codes, cells, of_leaf, k);
    let mut recall = truth.recall(vectors, &lists);
    for round in 0..ROUNDS {
        if recall >= TARGET_RECALL {
            break;
        }
        step.reach((codes.count() * round / ROUNDS) as u64);
        refine(codes, &mut lists, BREADTH);
        recall = truth.recall(vectors, &lists);
    }
    step.reach(codes.count() as u64);
    (lists, recall)
}

/// The lists in the order of (distance, rank), in blocks of [`BLOCK`] nodes.
pub fn in_order<'a>(
    lists: &'a NearLists,
    vectors: Rows<'a>,
    ranks: &'a [u32],
    k: usize,
) -> impl Iterator<Item = BlockLists> {
    let score = move |block: usize| {
        let nodes = block * BLOCK..(block * BLOCK + BLOCK).min(lists.count());
        let mut scored = BlockLists::new(nodes.len(), k);
        for (place, node) in nodes.enumerate() {
            for &(_, other) in lists.of(node) {
                scored.push(place, (vectors.distance(Node(node as u32), Node(other)), other), ranks);
            }
        }
        scored
    };
    let blocks = lists.count().div_ceil(BLOCK);
    // Some at a time: all of them would take as much memory again as the lists.
    (0..blocks).step_by(AT_ONCE).flat_map(move |first| {
        let some = first..(first + AT_ONCE).min(blocks);
        some.into_par_iter().map(score).collect::<Vec<BlockLists>>()
    })
}

/// For the nodes of a sample the distance of the k-th nearest other.
struct Truth {
    farthest: Vec<(Node, f32)>,
    k: usize,
}

impl Truth {
    fn new(vectors: Rows<'_>, nodes: usize, k: usize) -> Truth {
        let k = k.min(nodes.saturating_sub(1));
        let sample = SAMPLE.min(nodes);
        let farthest = (0..sample).into_par_iter().filter(|_| k > 0).map(|place| {
            let node = Node((place * nodes / sample) as u32);
            let others = (0..nodes as u32).map(Node).filter(|&other| other != node);
            let mut distances: Vec<f32> = others.map(|other| vectors.distance(node, other)).collect();
            let (_, kth, _) = distances.select_nth_unstable_by(k - 1, f32::total_cmp);
            (node, *kth)
        });
        Truth { farthest: farthest.collect(), k }
    }

    fn recall(&self, vectors: Rows<'_>, lists: &NearLists) -> f64 {
        let all = self.farthest.len() * self.k;
        let is_found = |&(node, farthest): &(Node, f32)| {
            let list = lists.of(node.index());
            list.iter()
                .filter(|&&(_, other)| vectors.distance(node, Node(other)) <= farthest)
                .count()
                .min(self.k)
        };
        let found: usize = self.farthest.par_iter().map(is_found).sum();
        if all == 0 { 1.0 } else { found as f64 / all as f64 }
    }
}
