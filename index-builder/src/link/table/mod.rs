//! The neighbour table: for each profile its nearest profiles, computed when the index is built.
//!
//! `exact` compares all pairs; `approximate` is for sets that are too large for that. Which one is taken does not
//! depend on the machine, so the file does not either.

mod approximate;
mod exact;
mod lists;
mod rows;

pub use exact::Comparison;

use clap::ValueEnum;
use kindred::file::{TableKind, TableMetadata};

use crate::ground::progress::{Progress, Step, steps};
use crate::link::graph::Cells;
use crate::link::pairs::PairCodes;
use crate::vectors::nodes::Nodes;
use lists::BlockLists;

/// The neighbours of a profile unless `--neighbours` says otherwise: more than nearly every request asks for.
pub const DEFAULT_NEIGHBOURS: u32 = 100;
/// The most multiply-adds that an exact table may take unless `--table-limit` says otherwise: twenty minutes or so on
/// two cores with AVX2, and 1,250,000 profiles of 128 numbers.
pub const DEFAULT_LIMIT: f64 = 1e14;
/// Multiply-adds a second of two cores with AVX2, for the estimate that is shown: 68 to 113 G were measured. Nothing
/// depends on it.
const USUAL_RATE: f64 = 8e10;

/// How the table is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TableChoice {
    /// Exact where --table-limit allows it
    #[default]
    Auto,
    /// All pairs are compared
    Exact,
    /// Most neighbours are found
    Approximate,
}

/// What kind of table is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableOptions {
    /// Slots of a row (K); 0: no table.
    pub neighbours: usize,
    /// How it is made.
    pub choice: TableChoice,
    /// The most multiply-adds (half of nodes x nodes x dimension) for which `Auto` is exact.
    pub limit: f64,
}

impl TableOptions {
    /// No table.
    pub const NONE: TableOptions =
        TableOptions { neighbours: 0, choice: TableChoice::Auto, limit: DEFAULT_LIMIT };

    fn is_exact(&self, codes: &PairCodes) -> bool {
        match self.choice {
            TableChoice::Auto => multiply_adds(codes) <= self.limit,
            TableChoice::Exact => true,
            TableChoice::Approximate => false,
        }
    }
}

/// What comparing all pairs takes.
fn multiply_adds(codes: &PairCodes) -> f64 {
    let nodes = codes.count() as f64;
    nodes * nodes / 2.0 * codes.dimension() as f64
}

/// For each profile the ordinals of its nearest profiles, in the order (distance, id).
#[derive(Debug, Clone, PartialEq)]
pub struct NeighbourTable {
    /// Slots of a row (K).
    pub neighbours: usize,
    /// Whether every row is proven to be right.
    pub kind: TableKind,
    /// Share of the true K nearest that are in the table, tie-aware, on a sample; 1 where it is exact.
    pub recall: f64,
    /// Rows in the order of the nodes, in blocks.
    blocks: Vec<Vec<u32>>,
    /// For each profile the number of its row.
    row_of_profile: Vec<u32>,
    /// The number of each block's first row, and the number of rows.
    starts: Vec<u32>,
}

impl NeighbourTable {
    /// The row of each profile in turn: `neighbours` ordinals, the rest `u32::MAX` where there are fewer. The row of
    /// a zero vector is empty.
    pub fn rows(&self) -> impl Iterator<Item = Option<&[u32]>> {
        self.row_of_profile.iter().map(|&row| {
            let block = self.starts.partition_point(|&start| start <= row).checked_sub(1)?;
            let within = (row - self.starts[block]) as usize;
            self.blocks.get(block)?.get(within * self.neighbours..(within + 1) * self.neighbours)
        })
    }

    /// What the file says about it.
    pub fn metadata(&self) -> TableMetadata {
        TableMetadata {
            // The command line allows far less.
            neighbours: u32::try_from(self.neighbours).unwrap_or(u32::MAX),
            kind: self.kind,
            recall: self.recall,
        }
    }

    /// Makes rows of lists, block by block, so that lists and rows are never there in full at the same time.
    fn new(
        nodes: &Nodes,
        k: usize,
        kind: TableKind,
        recall: f64,
        lists: impl IntoIterator<Item = BlockLists>,
    ) -> NeighbourTable {
        let mut row_of_profile = vec![u32::MAX; nodes.node_of_profile.len()];
        (0..).zip(&nodes.profiles).for_each(|(row, &profile)| row_of_profile[profile as usize] = row);
        let (mut blocks, mut starts) = (Vec::new(), vec![0]);
        let mut first = 0;
        for lists in lists {
            let end = first + lists.count();
            let profiles = nodes.starts[end] - nodes.starts[first];
            let mut rows = Vec::with_capacity(profiles as usize * k);
            rows::append(nodes, first, &lists, k, &mut rows);
            first = end;
            starts.push(nodes.starts[end]);
            blocks.push(rows);
        }
        NeighbourTable { neighbours: k, kind, recall, blocks, row_of_profile, starts }
    }
}

/// Makes the table; none where none is wanted.
///
/// `codes` and `cells` are those of the nodes, in their order. The result does not depend on that order.
pub fn build(
    codes: &PairCodes,
    cells: Option<&Cells>,
    nodes: &Nodes,
    options: &TableOptions,
    progress: &Progress,
) -> Option<NeighbourTable> {
    let k = options.neighbours;
    if k == 0 {
        return None;
    }
    let exact = options.is_exact(codes);
    progress.line(|| {
        let minutes = multiply_adds(codes) / USUAL_RATE / 60.0;
        let chosen = if exact { "exact" } else { "approximate" };
        format!("table: {chosen}; comparing all pairs takes about {minutes:.1} minutes on two cores")
    });
    let step = progress.step(steps::TABLE, nodes.count() as u64);
    if exact {
        let (table, Comparison { pairs, screened, scored }) = build_exact(codes, nodes, k, &step);
        step.done(|| {
            let share = |part: u64| 100.0 * part as f64 / pairs.max(1) as f64;
            format!(
                "{k} neighbours, exact; {:.1} % of the pairs screened, {:.2} % compared as vectors",
                share(screened),
                share(scored)
            )
        });
        return Some(table);
    }
    let slots = slots(nodes, k);
    let vectors = nodes.vectors();
    let (lists, recall) = approximate::nearest(codes, vectors, cells, slots, &step);
    let ranks = ranks(nodes);
    let lists = approximate::in_order(&lists, vectors, &ranks, slots);
    let table = NeighbourTable::new(nodes, k, TableKind::Approximate, recall, lists);
    step.done(|| format!("{k} neighbours, approximate, recall {recall:.4}"));
    Some(table)
}

/// Makes the exact table, and says what the comparison of all pairs came to.
///
/// `codes` are those of the nodes, in their order. `k` is at least 1.
pub fn build_exact(codes: &PairCodes, nodes: &Nodes, k: usize, step: &Step) -> (NeighbourTable, Comparison) {
    let (lists, comparison) = exact::nearest(codes, nodes.vectors(), &ranks(nodes), slots(nodes, k), step);
    (NeighbourTable::new(nodes, k, TableKind::Exact, 1.0, lists), comparison)
}

/// A node comes by its first profile.
fn ranks(nodes: &Nodes) -> Vec<u32> {
    (0..nodes.count()).map(|node| rows::profiles(nodes, node)[0]).collect()
}

/// Neighbours that a node can have: no memory is taken for more.
fn slots(nodes: &Nodes, k: usize) -> usize {
    k.min(nodes.count().saturating_sub(1)).max(1)
}

#[cfg(test)]
mod tests;
