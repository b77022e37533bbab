//! Near neighbours of every node: all pairs within each leaf, then neighbours of neighbours.

use kindred::file::format::NONE;
use rayon::prelude::*;

use super::candidates::{Candidates, Near, NearLists, Top};
use crate::link::pairs::{ALL, Block, GROUP, Hit, PairCodes, Pairs, ROWS, screen_part};

/// Tiles of rows between two looks at the limits.
const TILE_ROWS: usize = 4;
/// Groups of columns between two looks at the limits.
const GROUPS: usize = 3;
/// How often progress is told.
const PARTS: usize = 20;
/// Nodes of either.
const SQUARE: usize = TILE_ROWS * ROWS;
const _: () = assert!(SQUARE == GROUPS * GROUP);

/// Compares all pairs of each leaf and adds the `k` nearest of each node to its list. What is farther from a node than
/// its limit is not looked for.
///
/// `progress` is told how many leaves are done, now and then.
pub fn within_leaves(
    codes: &PairCodes,
    leaves: &[Vec<u32>],
    limits: &[i32],
    k: usize,
    lists: &mut NearLists,
    progress: &mut dyn FnMut(usize),
) {
    let candidates = Candidates::new(lists);
    let mut done = 0;
    // So few parts that waiting for the last of each does not count.
    for part in leaves.chunks(leaves.len().div_ceil(PARTS).max(1)) {
        part.par_iter().for_each_init(Leaf::default, |leaf, nodes| {
            leaf.compare(codes, nodes, limits, k, &candidates);
        });
        done += part.len();
        progress(done);
    }
}

/// The memory of a comparison.
#[derive(Default)]
struct Leaf {
    block: Block,
    hits: Vec<Hit>,
    limits: Vec<i32>,
    spare: Vec<Near>,
}

impl Leaf {
    fn compare(
        &mut self,
        codes: &PairCodes,
        nodes: &[u32],
        first_limits: &[i32],
        k: usize,
        candidates: &Candidates<'_>,
    ) {
        let Leaf { block, hits, limits, spare } = self;
        block.fill(codes, nodes.iter().copied());
        let mut tops: Vec<Top> = nodes.iter().map(|_| Top::new(k)).collect();
        limits.clear();
        limits.extend(nodes.iter().map(|&node| first_limits[node as usize]));
        // Neighbours in number are mostly near: along the diagonal first, so that limits are low for all others.
        let squares = block.count().div_ceil(SQUARE);
        for apart in 0..squares {
            for square in apart..squares {
                let first = (square - apart) * TILE_ROWS;
                let rows = first..(first + TILE_ROWS).min(block.tile_rows());
                let groups = square * GROUPS..((square + 1) * GROUPS).min(block.groups());
                screen_part(block, rows, limits, block, groups, limits, Pairs::Once, hits);
                for Hit { row, column, half_square } in hits.drain(..) {
                    for (one, other) in [(row as usize, column as usize), (column as usize, row as usize)] {
                        if half_square <= limits[one] {
                            tops[one].push((half_square, nodes[other]));
                            limits[one] = limits[one].min(tops[one].limit());
                        }
                    }
                }
            }
        }
        for (&node, top) in nodes.iter().zip(&tops) {
            candidates.add(node, top.sorted(), spare);
        }
    }
}

/// Looks at the neighbours of each node's neighbours, `breadth` of each, and takes in those that are nearer than what
/// the node has (NN-Descent, Dong, Moses and Li 2011, without its sampling).
pub fn refine(codes: &PairCodes, lists: &mut NearLists, breadth: usize) {
    let mut firsts = vec![NONE; lists.count() * breadth];
    for (firsts, list) in firsts.chunks_exact_mut(breadth).zip(lists.iter()) {
        firsts.iter_mut().zip(list).for_each(|(first, &(_, node))| *first = node);
    }
    let of = |node: u32| firsts[node as usize * breadth..][..breadth].iter().copied().filter(|&n| n != NONE);
    lists.par_iter_mut().enumerate().for_each_init(
        || (Vec::new(), Vec::new(), Vec::new()),
        |(met, added, spare), (node, mut list)| {
            let node = node as u32;
            met.clear();
            met.extend(of(node).flat_map(of));
            met.sort_unstable();
            met.dedup();
            added.clear();
            let worst = list.last_of_full().map_or(ALL, |last| last.0);
            for &other in met.iter().filter(|&&other| other != node) {
                let half_square = codes.half_square(node, other);
                if half_square <= worst {
                    added.push((half_square, other));
                }
            }
            added.sort_unstable();
            list.merge(added, spare);
        },
    );
}
