//! Construction from partitions: candidates by bulk comparison, not by a search for each node.
//!
//! After PiPNN (arXiv 2602.21247). Some nodes are drawn as pivots, and every node finds the nearest of them ([`Cells`]):
//! that carves the nodes into overlapping leaves ([`leaves`]). All pairs of a leaf are compared in registers
//! ([`crate::link::pairs`]), and the nearest of all leaves are a node's candidates; neighbours of neighbours add what the
//! carving has cut off ([`nearest`]). The pivots are candidates too: they are what lies farther away, and without
//! them a dense group of nodes would have links among itself only. Links are selected by the HNSW paper's Algorithm
//! 4, with a second, more lenient pass, and led back ([`select`]). The levels above are built in the same way
//! from the nodes that live on them.
//!
//! Everything is computed in integers, so the graph is the same on every machine and any number of threads.

mod candidates;
mod cells;
mod leaves;
mod nearest;
mod select;

pub use cells::Cells;

use kindred::file::format::{MAX_LEVELS, NONE};

use super::{FlatGraph, GraphBuilder, GraphError, GraphParameters, check};
use crate::link::pairs::{ALL, PairCodes};
use crate::vectors::rows::Rows;
pub use candidates::NearLists;
use kindred::random::SplitMix64;
use kindred::search::graph::{Level, Node};
pub use nearest::refine;

/// The most nodes of a leaf. A set that is no larger is one leaf, and compared as a whole.
pub const LEAF: usize = 1_000;
/// Nodes for each pivot. Fewer make smaller leaves, which are cheaper and find less.
const PER_PIVOT: usize = 200;
/// To how many pivots' leaves a node goes when all nodes are carved, when a part is carved again, and after that.
const FANOUT: [usize; 3] = [4, 2, 1];
/// How many pivots are candidates.
const FAR: usize = 16;
/// Whose distance limits a node's search for near ones: that of its pivot of this rank. The nearest pivot may be the
/// node itself.
const REACH: usize = 1;
/// Neighbours whose neighbours are looked at.
const BREADTH: usize = 7;

/// A share of `ef_construction`, which counts the candidates of a search that starts from nothing. Of candidates by
/// bulk comparison a quarter gives a graph of the same recall: 50 for the 200 that are usual.
const NEAR_SHARE: usize = 4;
/// Likewise for those of one leaf: 8 for 200.
const LEAF_SHARE: usize = 25;
/// Fewer candidates of a leaf miss too many neighbours.
const FEWEST_OF_LEAF: usize = 4;

/// For how much of the progress that is shown comparing leaves counts; choosing links counts for the rest.
const COMPARING: f64 = 0.5;

/// Construction from overlapping partitions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Partitioned;

impl GraphBuilder for Partitioned {
    fn name(&self) -> &'static str {
        "partitions"
    }

    /// Costs a few thousand comparisons a node, most of them in registers.
    fn build(
        &self,
        vectors: Rows<'_>,
        parameters: &GraphParameters,
        progress: &mut dyn FnMut(usize),
    ) -> Result<FlatGraph, GraphError> {
        check(vectors, parameters)?;
        let codes = PairCodes::new(vectors.numbers(), vectors.dimension());
        let cells = Cells::of_all(&codes, parameters.seed);
        Partitioned.build_from(&codes, cells.as_ref(), parameters, progress)
    }
}

impl Partitioned {
    /// [`GraphBuilder::build`] where codes and [`Cells::of_all`] are there already.
    ///
    /// # Errors
    /// [`GraphError::TooLarge`].
    pub fn build_from(
        &self,
        codes: &PairCodes,
        cells: Option<&Cells>,
        parameters: &GraphParameters,
        progress: &mut dyn FnMut(usize),
    ) -> Result<FlatGraph, GraphError> {
        let (nodes, m) = (codes.count() as u32, parameters.m);
        let levels: Vec<u8> = (0..nodes).map(|node| levels_above(m, node, parameters.seed)).collect();
        let top = levels.iter().copied().max().unwrap_or(0);
        let members =
            |level: u8| -> Vec<u32> { (0..nodes).filter(|&node| levels[node as usize] >= level).collect() };
        // The one nearest to the mean, from which the codes are measured.
        let entry_point = members(top).into_iter().min_by_key(|&node| (codes.half(node), node));
        let mut graph = FlatGraph::unlinked(m, &levels, entry_point.map(Node))?;
        for level in (1..=top).rev() {
            let members = members(level);
            let codes = codes.subset(&members);
            let seed = parameters.seed.wrapping_add(u64::from(level) << 32);
            let cells = Cells::of_all(&codes, seed);
            let near = candidates(&codes, cells.as_ref(), parameters, seed, &mut |_| {});
            let mut links = vec![NONE; members.len() * m];
            select::link(&codes, cells.as_ref(), near, m, m, &mut links);
            for (&node, links) in members.iter().zip(links.chunks_exact(m)) {
                let slots = graph.slots_mut(Node(node), Level(level.into()));
                let links = links.iter().take_while(|&&to| to != NONE);
                slots.iter_mut().zip(links).for_each(|(slot, &to)| *slot = members[to as usize]);
            }
        }
        let mut compared = |share: f64| progress((f64::from(nodes) * COMPARING * share) as usize);
        let near = candidates(codes, cells, parameters, parameters.seed, &mut compared);
        select::link(codes, cells, near, m, 2 * m, &mut graph.level0);
        progress(nodes as usize);
        Ok(graph)
    }
}

/// For each node the nearest of its leaves, the nearest first: `of_leaf` of each leaf, `limit` in all.
pub fn near_lists(codes: &PairCodes, cells: Option<&Cells>, of_leaf: usize, limit: usize) -> NearLists {
    let mut lists = NearLists::new(codes.count(), limit);
    let (leaves, of_leaf) = match cells {
        Some(cells) => (leaves::leaves(codes, cells, 0), of_leaf),
        None => (vec![(0..codes.count() as u32).collect()], limit),
    };
    nearest::within_leaves(codes, &leaves, &vec![ALL; codes.count()], of_leaf, &mut lists, &mut |_| {});
    lists
}

/// For each node the near ones that may become links, the nearest first. `compared` is told which share of the leaves has
/// been compared.
fn candidates(
    codes: &PairCodes,
    cells: Option<&Cells>,
    parameters: &GraphParameters,
    seed: u64,
    compared: &mut dyn FnMut(f64),
) -> NearLists {
    let near = (parameters.ef_construction / NEAR_SHARE).max(parameters.m);
    let mut lists = NearLists::new(codes.count(), near);
    let Some(cells) = cells else {
        let all = (0..codes.count() as u32).collect();
        nearest::within_leaves(codes, &[all], &vec![ALL; codes.count()], near, &mut lists, &mut |_| {});
        return lists;
    };
    let leaves = leaves::leaves(codes, cells, seed);
    let of_leaf = (parameters.ef_construction / LEAF_SHARE).max(FEWEST_OF_LEAF);
    let mut done = |done| compared(done as f64 / leaves.len() as f64);
    nearest::within_leaves(codes, &leaves, cells.reaches(), of_leaf, &mut lists, &mut done);
    nearest::refine(codes, &mut lists, BREADTH);
    lists
}

/// How many levels above 0 a node lives on: l or more with probability `m^-l`, as in the HNSW paper.
fn levels_above(m: usize, node: u32, seed: u64) -> u8 {
    // In integers: logarithms may differ from one machine to another.
    let chance = SplitMix64(seed ^ (u64::from(node) << 20)).bits();
    let mut bound = u64::MAX / m as u64;
    let mut levels = 0;
    while chance < bound && u32::from(levels) + 1 < MAX_LEVELS {
        bound /= m as u64;
        levels += 1;
    }
    levels
}
