//! The nearest of some pivots for every node: what carves the set, and what lies far away from each node.

use rayon::prelude::*;

use super::candidates::{Near, Top};
use super::{FAR, LEAF, PER_PIVOT};
use crate::graph::shuffle::SplitMix64;
use crate::pairs::{ALL, Block, Codes, Hit, NOTHING, Pairs, screen_part};

/// The most pivots of one carving: more cells are found by carving twice.
const MOST_PIVOTS: usize = 1_000;
/// Rows that are compared with the pivots at once.
const ROWS: usize = 480;
/// Groups of columns between two looks at the limits.
const GROUPS: usize = 4;

/// For some nodes their nearest pivots.
#[derive(Debug, Clone)]
pub struct Cells {
    /// Some of the nodes.
    pivots: Vec<u32>,
    /// Pivots of a node.
    depth: usize,
    /// For each node in turn `depth` pivots, the nearest first, by their place in `pivots`.
    nearest: Vec<Near>,
}

impl Cells {
    /// The cells of all nodes; none where they are so few that nothing need be carved.
    pub fn of_all(codes: &Codes, seed: u64) -> Option<Cells> {
        let all = || (0..codes.count() as u32).collect::<Vec<u32>>();
        (codes.count() > LEAF).then(|| Cells::find(codes, &all(), FAR, seed))
    }

    /// Draws pivots from the nodes, at least two where they differ, and finds the `depth` nearest of each node.
    pub(super) fn find(codes: &Codes, nodes: &[u32], depth: usize, seed: u64) -> Cells {
        let mut random = SplitMix64(seed);
        let count = (nodes.len() / PER_PIVOT).clamp(2, MOST_PIVOTS);
        let mut pivots: Vec<u32> =
            (0..count).map(|_| nodes[random.below(nodes.len() as u64) as usize]).collect();
        pivots.sort_unstable();
        pivots.dedup();
        let depth = depth.min(pivots.len());
        let mut columns = Block::default();
        columns.fill(codes, pivots.iter().copied());
        let nearest = nodes.par_chunks(ROWS).map_init(Block::default, |rows, nodes| {
            rows.fill(codes, nodes.iter().copied());
            nearest_columns(rows, &columns, depth)
        });
        let nearest = nearest.flatten_iter().collect();
        Cells { pivots, depth, nearest }
    }

    /// How many pivots there are.
    pub(super) fn count(&self) -> usize {
        self.pivots.len()
    }

    /// The pivots of each node in turn, by their place, the nearest first.
    pub(super) fn of_nodes(&self) -> std::slice::ChunksExact<'_, Near> {
        self.nearest.chunks_exact(self.depth)
    }

    /// The pivots of the node at this place, by their own numbers, the nearest first.
    pub(super) fn pivots_of(&self, node: u32) -> impl Iterator<Item = Near> {
        let nearest = &self.nearest[node as usize * self.depth..][..self.depth];
        nearest.iter().map(|&(half_square, pivot)| (half_square, self.pivots[pivot as usize]))
    }

    /// The nodes in the order of their nearest pivot, and the pivots in a chain of nearest ones: nodes that are near
    /// to each other mostly stand near to each other. Gives old numbers in the new order.
    pub fn order(&self, codes: &Codes) -> Vec<u32> {
        let mut place = vec![0u32; self.pivots.len()];
        chain(codes, &self.pivots).into_iter().zip(0..).for_each(|(pivot, at)| place[pivot] = at);
        let mut keys: Vec<(u32, u32, i32, u32)> = (self.of_nodes().zip(0..))
            .map(|(pivots, node)| {
                let second = pivots.get(1).map_or(0, |&(_, pivot)| place[pivot as usize]);
                let (half_square, first) = pivots[0];
                (place[first as usize], second, half_square, node)
            })
            .collect();
        keys.par_sort_unstable();
        keys.into_iter().map(|(.., node)| node).collect()
    }

    /// The same cells after the nodes have been put into a new order.
    pub fn reordered(self, order: &[u32]) -> Cells {
        let mut new_number = vec![0u32; order.len()];
        order.iter().zip(0..).for_each(|(&old, new)| new_number[old as usize] = new);
        let pivots = self.pivots.iter().map(|&old| new_number[old as usize]).collect();
        let mut nearest = vec![(0, 0); self.nearest.len()];
        nearest.par_chunks_exact_mut(self.depth).zip(order).for_each(|(place, &old)| {
            place.copy_from_slice(&self.nearest[old as usize * self.depth..][..self.depth]);
        });
        Cells { pivots, depth: self.depth, nearest }
    }
}

/// Starts with the first pivot and goes on to the nearest that is left. Gives places in `pivots`.
fn chain(codes: &Codes, pivots: &[u32]) -> Vec<usize> {
    let mut left: Vec<usize> = (1..pivots.len()).collect();
    let mut chain = vec![0];
    let mut last = 0;
    while !left.is_empty() {
        let key = |&place: &usize| (codes.half_square(pivots[last], pivots[place]), place);
        let next = (0..left.len()).min_by_key(|&i| key(&left[i])).unwrap_or(0);
        last = left.swap_remove(next);
        chain.push(last);
    }
    chain
}

/// For each row its `k` nearest columns, the nearest first; k is at most the number of columns.
fn nearest_columns(rows: &Block, columns: &Block, k: usize) -> Vec<Near> {
    let mut tops: Vec<Top> = (0..rows.count()).map(|_| Top::new(k)).collect();
    let mut limits = vec![ALL; rows.count()];
    let none = vec![NOTHING; columns.count()];
    let mut hits: Vec<Hit> = Vec::new();
    for first in (0..columns.groups()).step_by(GROUPS) {
        let groups = first..(first + GROUPS).min(columns.groups());
        screen_part(rows, 0..rows.tile_rows(), &limits, columns, groups, &none, Pairs::All, &mut hits);
        for hit in hits.drain(..) {
            tops[hit.row as usize].push((hit.half_square, hit.column));
        }
        limits.iter_mut().zip(&tops).for_each(|(limit, top)| *limit = top.limit());
    }
    tops.iter().flat_map(|top| top.sorted().iter().copied()).collect()
}
