//! The exact table: all pairs of nodes, screened by their codes and decided by the one distance.
//!
//! The nodes are cut into blocks, and a task compares two blocks. What a node has found so far gives its limit: a pair
//! whose codes are farther apart than the limits of both its nodes cannot be among their nearest
//! ([`PairCodes::limit`] says why), and never leaves the registers. What passes is compared by
//! [`distance`](kindred::distance::distance) and offered to both nodes.
//!
//! Near nodes have near numbers, so blocks are compared with themselves first, and then by how near their centres are:
//! limits are tight early. Where the distance of a node from another block's centre shows that nothing there can be near
//! enough, the node is left out of the comparison, by the triangle inequality between codes.
//!
//! The K nearest are the smallest of a total order and no limit ever excludes one of them, so the result depends
//! neither on the order of the tasks nor on the number of threads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use kindred::search::graph::Node;
use rayon::prelude::*;

use super::lists::{BlockLists, Neighbour};
use crate::ground::progress::Step;
use crate::link::pairs::{Block, Hit, NOTHING, PairCodes, Pairs, screen_part};
use crate::vectors::rows::Rows;

/// Nodes of a block: their codes stay in the second-level cache while they are compared.
pub const BLOCK: usize = 1024;
/// Groups of columns between two looks at what has been found.
const GROUPS: usize = 8;
/// Tiles of rows between two looks, where a block is compared with itself.
const TILES: usize = 8;

/// What the comparison did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Comparison {
    /// Pairs of nodes.
    pub pairs: u64,
    /// Pairs whose codes were compared.
    pub screened: u64,
    /// Pairs that passed the screen and were compared as vectors.
    pub scored: u64,
}

/// For each node its `k` nearest others by (distance, rank), in blocks of [`BLOCK`].
///
/// `ranks` decides between equal distances and is different for each node. `step` is told how many nodes' worth of
/// work is done. Costs n^2 / 2 times dimension multiply-adds at most, in integers.
pub fn nearest(
    codes: &PairCodes,
    vectors: Rows<'_>,
    ranks: &[u32],
    k: usize,
    step: &Step,
) -> (Vec<BlockLists>, Comparison) {
    let blocks = codes.count().div_ceil(BLOCK);
    let all = AllPairs {
        codes,
        vectors,
        ranks,
        lists: (0..blocks)
            .map(|block| Mutex::new(BlockLists::new(nodes_of(codes, block).len(), k)))
            .collect(),
        surroundings: (0..blocks).map(|block| Surroundings::new(codes, nodes_of(codes, block))).collect(),
        screened: AtomicU64::new(0),
        scored: AtomicU64::new(0),
    };
    let tasks = all.tasks();
    let total = tasks.len();
    // A parallel iterator would start in several places at once.
    let tasks = Mutex::new(tasks.into_iter().enumerate());
    rayon::broadcast(|_| {
        let mut memory = Memory::default();
        loop {
            let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, (_, a, b))) = task else { break };
            all.compare(a as usize, b as usize, &mut memory);
            step.reach(((number + 1) as u64 * codes.count() as u64) / total as u64);
        }
    });
    let count = codes.count() as u64;
    let comparison = Comparison {
        pairs: count * count.saturating_sub(1) / 2,
        screened: all.screened.into_inner(),
        scored: all.scored.into_inner(),
    };
    let lists = all.lists.into_iter().map(|lists| lists.into_inner().unwrap_or_else(PoisonError::into_inner));
    (lists.collect(), comparison)
}

fn nodes_of(codes: &PairCodes, block: usize) -> std::ops::Range<u32> {
    let start = block * BLOCK;
    start as u32..(start + BLOCK).min(codes.count()) as u32
}

/// A point that is amid the nodes of a block, and how far from it they reach, in units of the codes.
struct Surroundings {
    centre: PairCodes,
    radius: f64,
}

impl Surroundings {
    fn new(codes: &PairCodes, nodes: std::ops::Range<u32>) -> Surroundings {
        let centre = codes.centre(nodes.clone());
        let radius = nodes.map(|node| code_distance(codes, node, &centre)).fold(0.0, f64::max);
        Surroundings { centre, radius }
    }
}

/// The distance between a node's code and a centre, or up to 1.5 less.
fn code_distance(codes: &PairCodes, node: u32, centre: &PairCodes) -> f64 {
    // Halves of squares are rounded down, each by a half at most: two equal codes of odd square are -1 apart, which
    // has no root.
    (2.0 * f64::from(codes.half_square_to(node, centre, 0).max(0))).sqrt()
}

/// More than halved squares and roots can be off by, in units of the codes.
const SLACK: f64 = 4.0;

/// How far apart codes can be that are within a limit.
fn reach(limit: i32) -> f64 {
    if limit == NOTHING { f64::NEG_INFINITY } else { (2.0 * f64::from(limit)).sqrt() }
}

struct AllPairs<'a> {
    codes: &'a PairCodes,
    vectors: Rows<'a>,
    ranks: &'a [u32],
    lists: Vec<Mutex<BlockLists>>,
    surroundings: Vec<Surroundings>,
    screened: AtomicU64,
    scored: AtomicU64,
}

/// The memory of a thread.
#[derive(Default)]
struct Memory {
    rows: Side,
    columns: Side,
    hits: Vec<Hit>,
    /// What a pair is for its row and for its column: the place of the one, and the other with the distance.
    scored: Vec<[(u32, Neighbour); 2]>,
}

/// The nodes of a block that take part in a comparison.
#[derive(Default)]
struct Side {
    nodes: Vec<u32>,
    limits: Vec<i32>,
    block: Block,
}

impl AllPairs<'_> {
    /// Every pair of blocks, those with near centres first.
    fn tasks(&self) -> Vec<(i32, u32, u32)> {
        let blocks = self.lists.len();
        let centre = |block: usize| &self.surroundings[block].centre;
        let pairs = (0..blocks).into_par_iter().flat_map_iter(|b| (0..=b).map(move |a| (a, b)));
        let mut tasks: Vec<(i32, u32, u32)> = pairs
            .map(|(a, b)| {
                let apart = if a == b { -1 } else { centre(a).half_square_to(0, centre(b), 0) };
                (apart, a as u32, b as u32)
            })
            .collect();
        tasks.par_sort_unstable();
        tasks
    }

    fn compare(&self, a: usize, b: usize, memory: &mut Memory) {
        let Memory { rows, columns, .. } = memory;
        self.take_all(a, rows);
        if a == b {
            rows.block.fill(self.codes, rows.nodes.iter().copied());
            self.compare_sides(a, b, memory);
            return;
        }
        self.take_all(b, columns);
        self.leave_out(rows, b, columns);
        self.leave_out(columns, a, rows);
        if rows.nodes.is_empty() || columns.nodes.is_empty() {
            return;
        }
        rows.block.fill_rows(self.codes, rows.nodes.iter().copied());
        columns.block.fill_columns(self.codes, columns.nodes.iter().copied());
        self.compare_sides(a, b, memory);
    }

    fn take_all(&self, block: usize, side: &mut Side) {
        side.nodes.clear();
        side.nodes.extend(nodes_of(self.codes, block));
        side.limits.clear();
        let lists = self.lists[block].lock().unwrap_or_else(PoisonError::into_inner);
        side.limits.extend((0..side.nodes.len()).map(|place| lists.limit(self.codes, place)));
    }

    /// Leaves out the nodes that no node of the other side can be near enough to: neither for themselves nor for the
    /// other.
    fn leave_out(&self, side: &mut Side, other_block: usize, other: &Side) {
        let Surroundings { centre, radius } = &self.surroundings[other_block];
        let farthest = other.limits.iter().map(|&limit| reach(limit)).fold(f64::NEG_INFINITY, f64::max);
        let mut kept = 0;
        for place in 0..side.nodes.len() {
            let (node, limit) = (side.nodes[place], side.limits[place]);
            let least = code_distance(self.codes, node, centre) - radius - SLACK;
            if least <= reach(limit).max(farthest) {
                (side.nodes[kept], side.limits[kept]) = (node, limit);
                kept += 1;
            }
        }
        side.nodes.truncate(kept);
        side.limits.truncate(kept);
    }

    fn compare_sides(&self, a: usize, b: usize, memory: &mut Memory) {
        let Memory { rows, columns: others, hits, scored } = memory;
        let once = a == b;
        let groups = if once { rows.block.groups() } else { others.block.groups() };
        let tiles = rows.block.tile_rows();
        // Within a block every limit starts open.
        let tiles_at_once = if once { TILES } else { tiles };
        for first in (0..groups).step_by(GROUPS) {
            let part = first..(first + GROUPS).min(groups);
            for first_tile in (0..tiles).step_by(tiles_at_once) {
                let tiles = first_tile..(first_tile + tiles_at_once).min(tiles);
                let (columns, pairs) = if once { (&*rows, Pairs::Once) } else { (&*others, Pairs::All) };
                let (limits, block) = (&columns.limits, &columns.block);
                hits.clear();
                screen_part(&rows.block, tiles, &rows.limits, block, part.clone(), limits, pairs, hits);
                self.score(rows, columns, hits, scored);
                self.offer(a, rows, scored.iter().map(|&[to_row, _]| to_row));
                let columns = if once { &mut *rows } else { &mut *others };
                self.offer(b, columns, scored.iter().map(|&[_, to_column]| to_column));
            }
        }
        let (rows, columns) = (rows.nodes.len() as u64, others.nodes.len() as u64);
        let screened = if once { rows * rows.saturating_sub(1) / 2 } else { rows * columns };
        self.screened.fetch_add(screened, Ordering::Relaxed);
    }

    /// Compares the vectors of what has passed.
    fn score(&self, rows: &Side, columns: &Side, hits: &[Hit], scored: &mut Vec<[(u32, Neighbour); 2]>) {
        scored.clear();
        scored.extend(hits.iter().map(|&Hit { row, column, .. }| {
            let (row_node, column_node) = (rows.nodes[row as usize], columns.nodes[column as usize]);
            let distance = self.vectors.distance(Node(row_node), Node(column_node));
            [(row, (distance, column_node)), (column, (distance, row_node))]
        }));
        self.scored.fetch_add(scored.len() as u64, Ordering::Relaxed);
    }

    /// Offers neighbours to nodes of a side, and tightens their limits.
    fn offer(&self, block: usize, side: &mut Side, found: impl Iterator<Item = (u32, Neighbour)>) {
        let start = (block * BLOCK) as u32;
        let mut lists = self.lists[block].lock().unwrap_or_else(PoisonError::into_inner);
        for (place, neighbour) in found {
            let of_block = (side.nodes[place as usize] - start) as usize;
            if lists.push(of_block, neighbour, self.ranks) {
                side.limits[place as usize] = lists.limit(self.codes, of_block);
            }
        }
    }
}
