//! Overlapping partitions: randomised ball carving (PiPNN, arXiv 2602.21247).

use kindred::random::SplitMix64;
use rayon::prelude::*;

use super::cells::Cells;
use super::{FANOUT, LEAF};
use crate::link::pairs::PairCodes;

/// Splits the nodes into leaves, so that neighbours are likely to share one. Every node is in one leaf at least.
///
/// `cells` are those of all nodes. The result depends on codes and seed, not on the number of threads.
pub fn leaves(codes: &PairCodes, cells: &Cells, seed: u64) -> Vec<Vec<u32>> {
    let all: Vec<u32> = (0..codes.count() as u32).collect();
    split(codes, parts_of(&all, cells, FANOUT[0]), all.len(), 1, seed)
}

/// Each pivot's nodes: those that have it among their `fanout` nearest.
fn parts_of(nodes: &[u32], cells: &Cells, fanout: usize) -> Vec<Vec<u32>> {
    let mut parts = vec![Vec::new(); cells.count()];
    for (&node, nearest) in nodes.iter().zip(cells.of_nodes()) {
        nearest.iter().take(fanout).for_each(|&pivot| parts[usize::from(pivot)].push(node));
    }
    parts
}

/// Carves what is too large again.
fn split(codes: &PairCodes, parts: Vec<Vec<u32>>, whole: usize, depth: usize, seed: u64) -> Vec<Vec<u32>> {
    let carve = |(number, part): (usize, Vec<u32>)| {
        if part.len() <= LEAF {
            return vec![part];
        }
        if part.len() >= whole {
            // Pivots that do not tell the nodes apart: near copies. Any split is as good as another.
            return part.chunks(LEAF).map(<[u32]>::to_vec).collect();
        }
        let fanout = FANOUT[depth.min(FANOUT.len() - 1)];
        let seed = seed.wrapping_mul(SplitMix64::GAMMA).wrapping_add(number as u64 + 1);
        let cells = Cells::find(codes, &part, fanout, seed);
        split(codes, parts_of(&part, &cells, fanout), part.len(), depth + 1, seed)
    };
    parts.into_par_iter().enumerate().flat_map(carve).filter(|leaf| !leaf.is_empty()).collect()
}
