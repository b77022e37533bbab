//! The nearest of some pivots for every node: what carves the set, and what lies far away from each node.

use rayon::prelude::*;

use super::candidates::Top;
use super::{FAR, LEAF, PER_PIVOT, REACH};
use crate::link::pairs::{ALL, Block, Hit, NOTHING, PairCodes, Pairs, screen_part};
use kindred::random::SplitMix64;

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
    nearest: Vec<u16>,
    /// For each node half the squared distance of its pivot of rank [`REACH`].
    reaches: Vec<i32>,
}

impl Cells {
    /// The cells of all nodes; none where they are so few that nothing need be carved.
    pub fn of_all(codes: &PairCodes, seed: u64) -> Option<Cells> {
        let all = || (0..codes.count() as u32).collect::<Vec<u32>>();
        (codes.count() > LEAF).then(|| Cells::find(codes, &all(), FAR, seed))
    }

    /// Draws pivots from the nodes, at least two where they differ, and finds the `depth` nearest of each node.
    pub(super) fn find(codes: &PairCodes, nodes: &[u32], depth: usize, seed: u64) -> Cells {
        let mut random = SplitMix64(seed);
        let count = (nodes.len() / PER_PIVOT).clamp(2, MOST_PIVOTS);
        let mut pivots: Vec<u32> =
            (0..count).map(|_| nodes[random.below(nodes.len() as u64) as usize]).collect();
        pivots.sort_unstable();
        pivots.dedup();
        let depth = depth.min(pivots.len());
        let mut columns = Block::default();
        columns.fill_columns(codes, pivots.iter().copied());
        let mut nearest = vec![0u16; nodes.len() * depth];
        let mut reaches = vec![ALL; nodes.len()];
        let places = nearest.par_chunks_mut(ROWS * depth).zip(reaches.par_chunks_mut(ROWS));
        places.zip(nodes.par_chunks(ROWS)).for_each_init(
            || (Block::default(), Nearest::default()),
            |(rows, found), ((nearest, reaches), nodes)| {
                rows.fill_rows(codes, nodes.iter().copied());
                found.find(rows, &columns, depth);
                for (pivots, top) in nearest.chunks_exact_mut(depth).zip(&found.tops) {
                    // There are fewer pivots than a u16 can count.
                    pivots.iter_mut().zip(top.sorted()).for_each(|(place, near)| *place = near.1 as u16);
                }
                for (reach, top) in reaches.iter_mut().zip(&found.tops) {
                    *reach = top.sorted().get(REACH).map_or(ALL, |near| near.0);
                }
            },
        );
        Cells { pivots, depth, nearest, reaches }
    }

    /// How many pivots there are.
    pub(super) fn count(&self) -> usize {
        self.pivots.len()
    }

    /// The pivots of each node in turn, by their place, the nearest first.
    pub(super) fn of_nodes(&self) -> std::slice::ChunksExact<'_, u16> {
        self.nearest.chunks_exact(self.depth)
    }

    /// For each node how far to look for near ones.
    pub(super) fn reaches(&self) -> &[i32] {
        &self.reaches
    }

    /// The pivots of the node at this place, the nearest first.
    pub(super) fn pivots_of(&self, node: u32) -> impl Iterator<Item = u32> {
        let nearest = &self.nearest[node as usize * self.depth..][..self.depth];
        nearest.iter().map(|&pivot| self.pivots[usize::from(pivot)])
    }

    /// The nodes in the order of their nearest pivot, and the pivots in a chain of nearest ones: nodes that are near
    /// to each other mostly stand near to each other. Gives old numbers in the new order.
    pub fn order(&self, codes: &PairCodes) -> Vec<u32> {
        let mut place = vec![0u32; self.pivots.len()];
        chain(codes, &self.pivots).into_iter().zip(0..).for_each(|(pivot, at)| place[pivot] = at);
        let mut keys: Vec<(u32, u32, i32, u32)> = (self.of_nodes().zip(0..))
            .map(|(pivots, node)| {
                let second = pivots.get(1).map_or(0, |&pivot| place[usize::from(pivot)]);
                let first = usize::from(pivots[0]);
                (place[first], second, codes.half_square(node, self.pivots[first]), node)
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
        let mut nearest = vec![0; self.nearest.len()];
        nearest.par_chunks_exact_mut(self.depth).zip(order).for_each(|(place, &old)| {
            place.copy_from_slice(&self.nearest[old as usize * self.depth..][..self.depth]);
        });
        let reaches = order.iter().map(|&old| self.reaches[old as usize]).collect();
        Cells { pivots, depth: self.depth, nearest, reaches }
    }
}

/// Starts with the first pivot and goes on to the nearest that is left. Gives places in `pivots`.
fn chain(codes: &PairCodes, pivots: &[u32]) -> Vec<usize> {
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

/// For each row of a block its nearest columns.
#[derive(Default)]
struct Nearest {
    tops: Vec<Top>,
    limits: Vec<i32>,
    none: Vec<i32>,
    hits: Vec<Hit>,
}

impl Nearest {
    /// Finds the `k` nearest; k is at most the number of columns.
    fn find(&mut self, rows: &Block, columns: &Block, k: usize) {
        self.tops.clear();
        self.tops.resize_with(rows.count(), || Top::new(k));
        self.limits.clear();
        self.limits.resize(rows.count(), ALL);
        self.none.clear();
        self.none.resize(columns.count(), NOTHING);
        let Nearest { tops, limits, none, hits } = self;
        for first in (0..columns.groups()).step_by(GROUPS) {
            let groups = first..(first + GROUPS).min(columns.groups());
            screen_part(rows, 0..rows.tile_rows(), limits, columns, groups, none, Pairs::All, hits);
            for hit in hits.drain(..) {
                tops[hit.row as usize].push((hit.half_square, hit.column));
            }
            limits.iter_mut().zip(&*tops).for_each(|(limit, top)| *limit = top.limit());
        }
    }
}
