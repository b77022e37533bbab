//! Overlapping partitions: randomised ball carving (PiPNN, arXiv 2602.21247, section 4.1).

use rayon::prelude::*;

use super::candidates::Top;
use crate::graph::shuffle::SplitMix64;
use crate::pairs::{Block, Codes, Hit, Pairs, screen_part};

/// How the set is carved.
#[derive(Debug, Clone, Copy)]
pub struct Carving {
    /// The most that a leaf holds.
    pub largest: usize,
    /// Nodes per pivot, about.
    pub per_pivot: usize,
    /// To how many pivots a node goes, the first time and each time after.
    pub fanout: [usize; 2],
    pub far: usize,
}

/// The most pivots of one carving: more are found by carving twice.
const MOST_PIVOTS: usize = 1_000;

/// Splits the nodes into leaves, so that neighbours are likely to share one. Every node is in one leaf at least.
///
/// The result depends on codes, carving and seed, and not on the number of threads.
pub fn leaves(
    codes: &Codes,
    carving: &Carving,
    seed: u64,
    far: &super::candidates::Candidates,
) -> Vec<Vec<u32>> {
    let all: Vec<u32> = (0..codes.count() as u32).collect();
    carve(codes, carving, all, 0, seed, far)
}

fn carve(
    codes: &Codes,
    carving: &Carving,
    nodes: Vec<u32>,
    depth: usize,
    seed: u64,
    far: &super::candidates::Candidates,
) -> Vec<Vec<u32>> {
    if nodes.len() <= carving.largest {
        return vec![nodes];
    }
    let mut random = SplitMix64(seed);
    let count = (nodes.len() / carving.per_pivot).clamp(2, MOST_PIVOTS);
    let mut pivots: Vec<u32> = (0..count).map(|_| nodes[random.below(nodes.len() as u64) as usize]).collect();
    pivots.sort_unstable();
    pivots.dedup();
    let fanout = carving.fanout[depth.min(1)].min(pivots.len());
    let parts =
        assign(codes, &nodes, &pivots, fanout, if depth == 0 { Some((far, carving.far)) } else { None });
    let seed = random.next();
    parts
        .into_par_iter()
        .enumerate()
        .flat_map(|(number, part)| {
            if part.len() >= nodes.len() {
                // Pivots that do not tell the nodes apart: near copies. Any split is as good as another.
                return part.chunks(carving.largest).map(<[u32]>::to_vec).collect();
            }
            carve(codes, carving, part, depth + 1, seed.wrapping_add(number as u64), far)
        })
        .filter(|leaf| !leaf.is_empty())
        .collect()
}

/// Rows that are compared with the pivots at once.
const ROWS: usize = 480;
/// Groups of columns between two looks at the limits.
pub const GROUPS: usize = 4;

/// Gives each node to its nearest pivots.
fn assign(
    codes: &Codes,
    nodes: &[u32],
    pivots: &[u32],
    fanout: usize,
    far: Option<(&super::candidates::Candidates, usize)>,
) -> Vec<Vec<u32>> {
    let mut columns = Block::default();
    columns.fill(codes, pivots.iter().copied());
    let chosen: Vec<Vec<u32>> = nodes
        .par_chunks(ROWS)
        .map_init(Block::default, |rows, nodes| {
            rows.fill(codes, nodes.iter().copied());
            let k = far.map_or(fanout, |(_, k)| k.max(fanout)).min(pivots.len());
            let tops = nearest(rows, &columns, k);
            let mut out = Vec::new();
            for (&node, top) in nodes.iter().zip(&tops) {
                out.extend(top.sorted().iter().take(fanout).map(|&(_, c)| c));
                if let Some((far, k)) = far {
                    let list: Vec<_> = top
                        .sorted()
                        .iter()
                        .take(k)
                        .map(|&(h, c)| (h, pivots[c as usize]))
                        .filter(|x| x.1 != node)
                        .collect();
                    far.add(node, &list);
                }
            }
            out
        })
        .collect();
    let mut parts = vec![Vec::new(); pivots.len()];
    let chosen = chosen.iter().flat_map(|chosen| chosen.chunks_exact(fanout));
    for (&node, pivots) in nodes.iter().zip(chosen) {
        pivots.iter().for_each(|&pivot| parts[pivot as usize].push(node));
    }
    parts
}

/// For each row its `k` nearest columns; k is at most the number of columns.
pub fn nearest(rows: &Block, columns: &Block, k: usize) -> Vec<Top> {
    let mut tops: Vec<Top> = (0..rows.count()).map(|_| Top::new(k)).collect();
    let mut limits = vec![crate::pairs::ALL; rows.count()];
    let none = vec![crate::pairs::NOTHING; columns.count()];
    let mut hits: Vec<Hit> = Vec::new();
    for first in (0..columns.groups()).step_by(GROUPS) {
        let groups = first..(first + GROUPS).min(columns.groups());
        screen_part(rows, 0..rows.tile_rows(), &limits, columns, groups, &none, Pairs::All, &mut hits);
        for hit in hits.drain(..) {
            tops[hit.row as usize].push((hit.half_square, hit.column));
        }
        limits.iter_mut().zip(&tops).for_each(|(limit, top)| *limit = top.limit());
    }
    tops
}
