//! Vectors as integers, with what rounding them has cost.

use rayon::prelude::*;

use super::kernels::{GROUP, ROWS};

/// The length that the longest code has, about. Squares of code distances, their halves and every sum on the way then
/// fit `i32` with room for limits.
const LONGEST: f64 = 16_000.0;

/// Unit vectors, moved by their mean and rounded to 16-bit integers of one common scale.
#[derive(Debug, Clone)]
pub struct PairCodes {
    count: usize,
    dimension: usize,
    stride: usize,
    rows: Vec<i16>,
    halves: Vec<i32>,
    /// Length of a unit of the codes.
    unit: f64,
    /// The most that a moved vector is from its code.
    error: f64,
    /// The most that half a vector's squared length is from 1/2.
    half_error: f64,
}

impl PairCodes {
    /// The codes of `vectors`, `dimension` numbers each, one after the other, of length about 1.
    ///
    /// The mean and the scale are computed in fixed pieces, so they do not depend on the number of threads.
    pub fn new(vectors: &[f32], dimension: usize) -> PairCodes {
        let dimension = dimension.max(1);
        let count = vectors.len() / dimension;
        let stride = dimension.next_multiple_of(2);
        let mean = mean(vectors, dimension);
        let longest = longest(vectors, &mean);
        let unit = if longest > 0.0 { longest / LONGEST } else { 1.0 };
        let mut rows = vec![0i16; count * stride];
        let pieces: Vec<Piece> = rows
            .par_chunks_mut(PIECE * stride)
            .zip(vectors.par_chunks(PIECE * dimension))
            .map(|(codes, vectors)| Piece::fill(codes, stride, vectors, &mean, unit))
            .collect();
        let most = |of: fn(&Piece) -> f64| pieces.iter().map(of).fold(0.0, f64::max);
        let (error, half_error) = (most(|piece| piece.error), most(|piece| piece.half_error));
        let halves = pieces.into_iter().flat_map(|piece| piece.halves).collect();
        PairCodes { count, dimension, stride, rows, halves, unit, error, half_error }
    }

    /// How many vectors there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Numbers per vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Numbers per code: the dimension, made even by a zero.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The codes of some of the vectors, in that order.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn subset(&self, vectors: &[u32]) -> PairCodes {
        let mut rows = vec![0; vectors.len() * self.stride];
        rows.par_chunks_exact_mut(self.stride).zip(vectors).for_each(|(row, &vector)| {
            row.copy_from_slice(self.row(vector));
        });
        let halves = vectors.iter().map(|&vector| self.half(vector)).collect();
        PairCodes { count: vectors.len(), rows, halves, ..*self }
    }

    /// A vector's code.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn row(&self, vector: u32) -> &[i16] {
        let start = vector as usize * self.stride;
        &self.rows[start..start + self.stride]
    }

    /// Half the square of a code's length.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn half(&self, vector: u32) -> i32 {
        self.halves[vector as usize]
    }

    /// Half the squared distance of two codes.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn half_square(&self, a: u32, b: u32) -> i32 {
        self.half(a) + self.half(b) - super::kernels::dot(self.row(a), self.row(b))
    }

    /// Half the squared distances of a code and four others.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn half_squares(&self, a: u32, others: [u32; 4]) -> [i32; 4] {
        let half = self.half(a);
        let dots = super::kernels::dot_four(self.row(a), others.map(|other| self.row(other)));
        std::array::from_fn(|i| half + self.half(others[i]) - dots[i])
    }

    /// Half the squared distance of a code of these and one of others with the same scale.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn half_square_to(&self, a: u32, others: &PairCodes, b: u32) -> i32 {
        self.half(a) + others.half(b) - super::kernels::dot(self.row(a), others.row(b))
    }

    /// A single code amid some of these: the rounded mean of theirs.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn centre(&self, vectors: std::ops::Range<u32>) -> PairCodes {
        let count = vectors.len().max(1) as i64;
        let mut sums = vec![0i64; self.stride];
        for vector in vectors {
            sums.iter_mut().zip(self.row(vector)).for_each(|(sum, &number)| *sum += i64::from(number));
        }
        let rows: Vec<i16> = sums.into_iter().map(|sum| (sum / count) as i16).collect();
        let square: i32 = rows.iter().map(|&number| i32::from(number).pow(2)).sum();
        PairCodes { count: 1, rows, halves: vec![square / 2], ..*self }
    }

    /// The limit that every pair is within whose [`distance`](kindred::distance::distance) is at most this.
    ///
    /// With vectors x and y moved by the mean, and their codes p and q: `|x - y| >= unit |p - q| - |e| - |f|`, where
    /// e and f are what rounding took away; and the distance is `|x - y|^2 / 2` but for the rounding of lengths.
    pub fn limit(&self, distance: f32) -> i32 {
        // The distance was rounded to single precision.
        let largest = f64::from(distance) * (1.0 + f64::from(f32::EPSILON)) + 2.0 * self.half_error;
        let reach = (2.0 * largest.max(0.0)).sqrt() + 2.0 * self.error;
        let codes = reach * (1.0 + 1e-12) / self.unit;
        // As casts of numbers do, this one stops at the ends of the type.
        ((codes * codes / 2.0).floor() + 1.0).min(f64::from(super::ALL)) as i32
    }
}

/// Vectors that are summed up one after the other.
const PIECE: usize = 4096;

fn mean(vectors: &[f32], dimension: usize) -> Vec<f64> {
    let sums: Vec<Vec<f64>> = vectors
        .par_chunks(PIECE * dimension)
        .map(|piece| {
            let mut sum = vec![0.0; dimension];
            for vector in piece.chunks_exact(dimension) {
                sum.iter_mut().zip(vector).for_each(|(sum, &number)| *sum += f64::from(number));
            }
            sum
        })
        .collect();
    let count = (vectors.len() / dimension).max(1) as f64;
    let mut mean = vec![0.0; dimension];
    for sum in sums {
        mean.iter_mut().zip(sum).for_each(|(mean, sum)| *mean += sum);
    }
    // To single precision: what is subtracted is then the same number everywhere.
    mean.iter().map(|sum| f64::from((sum / count) as f32)).collect()
}

fn longest(vectors: &[f32], mean: &[f64]) -> f64 {
    let square = |vector: &[f32]| -> f64 {
        vector.iter().zip(mean).map(|(&number, mean)| (f64::from(number) - mean).powi(2)).sum()
    };
    let squares = vectors.par_chunks_exact(mean.len()).map(square);
    squares.reduce(|| 0.0, f64::max).sqrt()
}

/// What is known of some codes.
struct Piece {
    halves: Vec<i32>,
    error: f64,
    half_error: f64,
}

impl Piece {
    fn fill(codes: &mut [i16], stride: usize, vectors: &[f32], mean: &[f64], unit: f64) -> Piece {
        let mut piece = Piece { halves: Vec::with_capacity(PIECE), error: 0.0, half_error: 0.0 };
        for (code, vector) in codes.chunks_exact_mut(stride).zip(vectors.chunks_exact(mean.len())) {
            let (mut error, mut length, mut square) = (0.0, 0.0, 0i32);
            for ((code, &number), mean) in code.iter_mut().zip(vector).zip(mean) {
                let moved = (f64::from(number) - mean) / unit;
                let rounded = moved.round();
                *code = rounded as i16;
                error += (moved - rounded).powi(2);
                length += f64::from(number).powi(2);
                square += i32::from(*code).pow(2);
            }
            piece.error = piece.error.max(error.sqrt() * unit);
            piece.half_error = piece.half_error.max((length - 1.0).abs() / 2.0);
            piece.halves.push(square / 2);
        }
        // An odd square is halved downwards, which makes the half squared distance too small by at most 1 for a
        // pair; see `limit`. Sums in double precision are off by far less than this.
        piece.error += 1e-12;
        piece.half_error += 1e-12;
        piece
    }
}

/// Some codes, laid out to be compared with others.
#[derive(Debug, Clone, Default)]
pub struct Block {
    count: usize,
    stride: usize,
    /// Row after row, filled up with zeros to whole tiles.
    rows: Vec<i16>,
    /// Groups of sixteen codes: the first two numbers of each, then the next two...
    groups: Vec<i16>,
    halves: Vec<i32>,
}

impl Block {
    /// Lays out the codes of some vectors in the memory of a block.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn fill(&mut self, codes: &PairCodes, vectors: impl ExactSizeIterator<Item = u32> + Clone) {
        self.begin(codes, vectors.clone());
        self.lay_out_rows(codes, vectors.clone());
        self.lay_out_columns(codes, vectors);
    }

    /// As [`Block::fill`], for a block that will be compared by its rows only.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn fill_rows(&mut self, codes: &PairCodes, vectors: impl ExactSizeIterator<Item = u32> + Clone) {
        self.begin(codes, vectors.clone());
        self.lay_out_rows(codes, vectors);
    }

    /// As [`Block::fill`], for a block that will be compared by its columns only.
    ///
    /// # Panics
    /// For a number that is no vector's.
    pub fn fill_columns(&mut self, codes: &PairCodes, vectors: impl ExactSizeIterator<Item = u32> + Clone) {
        self.begin(codes, vectors.clone());
        self.lay_out_columns(codes, vectors);
    }

    fn begin(&mut self, codes: &PairCodes, vectors: impl ExactSizeIterator<Item = u32>) {
        self.count = vectors.len();
        self.stride = codes.stride();
        self.rows.clear();
        self.groups.clear();
        self.halves.clear();
        self.halves.extend(vectors.map(|vector| codes.half(vector)));
    }

    fn lay_out_rows(&mut self, codes: &PairCodes, vectors: impl Iterator<Item = u32>) {
        let numbers = self.count.next_multiple_of(ROWS) * self.stride;
        self.rows.reserve(numbers);
        vectors.for_each(|vector| self.rows.extend_from_slice(codes.row(vector)));
        self.rows.resize(numbers, 0);
    }

    fn lay_out_columns(&mut self, codes: &PairCodes, vectors: impl Iterator<Item = u32>) {
        self.groups.resize(self.count.next_multiple_of(GROUP) * self.stride, 0);
        for (row, vector) in vectors.enumerate() {
            let group = &mut self.groups[row / GROUP * GROUP * self.stride..][..GROUP * self.stride];
            let (pairs, _) = codes.row(vector).as_chunks::<2>();
            for (place, pair) in group.chunks_exact_mut(2).skip(row % GROUP).step_by(GROUP).zip(pairs) {
                place.copy_from_slice(pair);
            }
        }
    }

    /// How many codes there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Groups of columns.
    pub fn groups(&self) -> usize {
        self.count.div_ceil(GROUP)
    }

    /// Tiles of rows.
    pub fn tile_rows(&self) -> usize {
        self.count.div_ceil(ROWS)
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn halves(&self) -> &[i32] {
        &self.halves
    }

    pub(super) fn tile_row(&self, tile_row: usize) -> &[i16] {
        &self.rows[tile_row * ROWS * self.stride..][..ROWS * self.stride]
    }

    pub(super) fn group(&self, group: usize) -> &[i16] {
        &self.groups[group * GROUP * self.stride..][..GROUP * self.stride]
    }
}
