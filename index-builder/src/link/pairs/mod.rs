//! Distances of many pairs at once, in 16-bit integers: what chooses candidates when an index is built.
//!
//! [`PairCodes`] holds the vectors, moved by their mean and rounded to integers of one common scale. Half the squared
//! distance of two codes is an integer that is computed exactly, so it is the same on every machine and for every
//! kernel, whatever the order of the additions. How far it can be from the distance of the vectors is known
//! ([`PairCodes::limit`]), so a screen by codes loses nothing: what passes it is compared again by
//! [`distance`](kindred::distance::distance), which alone decides.
//!
//! [`Block`]s of codes are compared by [`screen`], sixteen columns by twelve rows in registers, and only pairs within
//! their limits leave the registers.
//!
//! Why 16 bits and not 8: without VNNI a processor multiplies as many 16-bit numbers in an instruction
//! (`vpmaddwd`: sixteen pairs) as it can multiply and widen 8-bit ones (`vpmaddubsw` and `vpmaddwd`: thirty-two in
//! two), and the screen is 200 times sharper. `docs/decisions.md` has the measurements.

mod codes;
mod kernels;

pub use codes::{Block, PairCodes};
pub use kernels::{GROUP, ROWS, peak};

use kernels::{Scores, Tile};

/// A pair within a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The row, counted within the first block.
    pub row: u32,
    /// The column: the row of the second block.
    pub column: u32,
    /// Half the squared distance of the two codes.
    pub half_square: i32,
}

/// A limit that every pair is within.
pub const ALL: i32 = 1 << 30;
/// A limit that no pair is within.
pub const NOTHING: i32 = -1;

/// Which pairs [`screen_part`] compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairs {
    /// Every row with every column.
    All,
    /// The two blocks are one: every pair once, and no row with itself.
    Once,
}

/// Compares rows of one block with rows of another (its columns), and adds to `hits` every pair whose half squared
/// distance is at most the row's limit or at most the column's. Limits are [`NOTHING`] to [`ALL`]; there is one for each
/// row. Only a range of tile rows (of [`Block::tile_rows`]) and of column groups (of [`Block::groups`]) is compared, so
/// that limits can be tightened in between.
///
/// Hits come in no particular order. Costs rows x columns x dimension multiplications.
///
/// # Panics
/// Where the number of limits is not the number of rows, or the blocks are of different dimensions.
#[allow(clippy::too_many_arguments, reason = "two blocks, a range and limits of each, and what comes out")]
pub fn screen_part(
    rows: &Block,
    tile_rows: std::ops::Range<usize>,
    row_limits: &[i32],
    columns: &Block,
    groups: std::ops::Range<usize>,
    column_limits: &[i32],
    pairs: Pairs,
    hits: &mut Vec<Hit>,
) {
    assert_eq!(row_limits.len(), rows.count(), "a limit for each row");
    assert_eq!(column_limits.len(), columns.count(), "a limit for each column");
    assert_eq!(rows.stride(), columns.stride(), "blocks of one dimension");
    let tile = kernels::chosen();
    let mut scores = Scores::default();
    for group in groups {
        let first_column = group * GROUP;
        let column = Side::<GROUP>::new(columns, column_limits, first_column);
        for tile_row in tile_rows.clone() {
            let first_row = tile_row * ROWS;
            if pairs == Pairs::Once && first_row >= first_column + GROUP {
                // All of these rows come after all of these columns: seen from the other side.
                break;
            }
            let row = Side::<ROWS>::new(rows, row_limits, first_row);
            let operands = Tile {
                rows: rows.tile_row(tile_row),
                group: columns.group(group),
                row_halves: &row.halves,
                row_limits: &row.limits,
                column_halves: &column.halves,
                column_limits: &column.limits,
            };
            tile(&operands, &mut scores);
            for (r, (&passing, dots)) in scores.passing.iter().zip(&scores.dots).enumerate().take(row.count) {
                let mut passing = passing & column.mask();
                while passing != 0 {
                    let c = passing.trailing_zeros() as usize;
                    passing &= passing - 1;
                    let half_square = row.halves[r] + column.halves[c] - dots[c];
                    let (row, column) = (first_row + r, first_column + c);
                    if pairs == Pairs::All || row < column {
                        hits.push(Hit { row: row as u32, column: column as u32, half_square });
                    }
                }
            }
        }
    }
}

/// What a tile needs to know of one of its sides besides the codes.
struct Side<const N: usize> {
    /// How many codes there are; what is beyond the end must not be looked at.
    count: usize,
    halves: [i32; N],
    limits: [i32; N],
}

impl<const N: usize> Side<N> {
    fn new(block: &Block, limits: &[i32], first: usize) -> Self {
        let count = block.count().saturating_sub(first).min(N);
        let mut side = Side { count, halves: [0; N], limits: [NOTHING; N] };
        side.halves[..count].copy_from_slice(&block.halves()[first..first + count]);
        side.limits[..count].copy_from_slice(&limits[first..first + count]);
        side
    }
}

impl Side<GROUP> {
    /// A bit for each column that there is.
    fn mask(&self) -> u16 {
        ((1u32 << self.count) - 1) as u16
    }
}

#[cfg(test)]
mod tests;
