//! Construction from partitions: candidates by bulk comparison, not by a search for each node.
//!
//! After PiPNN (arXiv 2602.21247): the nodes are carved into overlapping leaves ([`leaves`]), all pairs of each leaf are
//! compared in registers ([`crate::pairs`]), and the nearest of all leaves are a node's candidates. Neighbours of
//! neighbours add what the carving has cut off ([`nearest`]). Links are selected by the HNSW paper's Algorithm 4 and
//! led back ([`select`]). The levels above are built in the same way from the nodes that live on them.
//!
//! Everything is computed in integers, so the graph is the same on every machine and any number of threads.

mod candidates;
mod leaves;
mod nearest;
mod select;

use kindred::index::format::{MAX_LEVELS, NONE};
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::shuffle::SplitMix64;
use super::{FlatGraph, GraphBuilder, GraphError, GraphParameters, check};
use crate::pairs::Codes;
use candidates::{Candidates, Near};
use leaves::{Carving, leaves};

/// What can be tuned.
#[derive(Debug, Clone, Copy)]
pub struct Partitioned {
    pub carving: Carving,
    pub per_leaf: usize,
    pub limit: usize,
    pub breadth: usize,
    pub rounds: usize,
    pub forward: usize,
    pub extra: usize,
}
pub use leaves::Carving as C2;

impl Partitioned {
    fn near(&self, codes: &Codes, seed: u64) -> Vec<Vec<Near>> {
        let t = std::time::Instant::now();
        let far = Candidates::new(codes.count(), 2 * self.extra + self.carving.far);
        let leaves = leaves(codes, &self.carving, seed, &far);
        let t1 = t.elapsed();
        let candidates = Candidates::new(codes.count(), self.limit);
        nearest::within_leaves(codes, &leaves, self.per_leaf, &candidates);
        let t2 = t.elapsed();
        if self.extra > 0 {
            let chance = |n: u32| SplitMix64(seed ^ (u64::from(n) << 20)).next();
            nearest::sampled(codes, &leaves, &|n| chance(n) % 16 == 0, self.extra, &far);
        }
        let mut lists = candidates.into_lists();
        for _ in 0..self.rounds {
            nearest::refine(codes, &mut lists, self.breadth, self.limit);
        }
        if std::env::var("VERBOSE").is_ok() {
            let sizes: usize = leaves.iter().map(Vec::len).sum();
            let sq: usize = leaves.iter().map(|l| l.len() * l.len()).sum();
            eprintln!(
                "n {} leaves {} rep {:.1} mean-sq {:.0} carve {:?} leaf {:?} refine {:?}",
                codes.count(),
                leaves.len(),
                sizes as f64 / codes.count() as f64,
                sq as f64 / sizes as f64,
                t1,
                t2 - t1,
                t.elapsed() - t2
            );
        }
        let far = far.into_lists();
        let mut spare = Vec::new();
        for (list, far) in lists.iter_mut().zip(far) {
            candidates::merge(list, &far, 1000, &mut spare);
        }
        lists
    }
}

/// How many levels above 0 a node lives on: l or more with probability m^-l.
fn levels_above(m: usize, node: u32, seed: u64) -> u8 {
    let chance = SplitMix64(seed ^ (u64::from(node) << 20)).next();
    let mut bound = u64::MAX;
    let mut levels = 0;
    loop {
        bound /= m as u64;
        if chance >= bound || u32::from(levels) + 2 >= MAX_LEVELS {
            return levels;
        }
        levels += 1;
    }
}

impl GraphBuilder for Partitioned {
    fn name(&self) -> &'static str {
        "partitions"
    }

    fn build(
        &self,
        vectors: ArrayView2<'_, f32>,
        parameters: &GraphParameters,
        progress: &mut dyn FnMut(usize),
    ) -> Result<FlatGraph, GraphError> {
        check(vectors, parameters)?;
        let rows = vectors.as_standard_layout();
        let t = std::time::Instant::now();
        let codes = Codes::new(rows.as_slice().unwrap_or_default(), vectors.ncols());
        let tc = t.elapsed();
        let nodes = vectors.nrows();
        let m = parameters.m;
        let levels: Vec<u8> = (0..nodes as u32).map(|node| levels_above(m, node, parameters.seed)).collect();
        let top = levels.iter().copied().max().unwrap_or(0);
        let members = |level: u8| -> Vec<u32> {
            (0..nodes as u32).filter(|&node| levels[node as usize] >= level).collect()
        };
        let entry_point = members(top).into_iter().min_by_key(|&node| (codes.half(node), node));
        let mut graph = FlatGraph::unlinked(m, &levels, entry_point)?;
        for level in 0..=top {
            let members = members(level);
            let subset;
            let codes = if level == 0 {
                &codes
            } else {
                subset = codes.subset(&members);
                &subset
            };
            let near = self.near(codes, parameters.seed.wrapping_add(u64::from(level) << 32));
            let slots = if level == 0 { 2 * m } else { m };
            let t = std::time::Instant::now();
            let links = select::links(codes, &near, if level == 0 { self.forward } else { m }, slots);
            if std::env::var("VERBOSE").is_ok() {
                eprintln!(
                    "select {:?} degree {:.1} forward cand {:.1}",
                    t.elapsed(),
                    links.iter().map(Vec::len).sum::<usize>() as f64 / links.len() as f64,
                    near.iter().map(Vec::len).sum::<usize>() as f64 / links.len() as f64
                );
            }
            for (&node, links) in members.iter().zip(links) {
                let slots = graph.slots_mut(node, usize::from(level));
                slots.iter_mut().zip(links).for_each(|(slot, (_, to))| *slot = members[to as usize]);
            }
        }
        if std::env::var("VERBOSE").is_ok() {
            eprintln!("codes {tc:?} total {:?}", t.elapsed());
        }
        progress(nodes);
        Ok(graph)
    }
}
