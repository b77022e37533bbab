//! The two principal components of vectors: the plane in which they differ most.
//!
//! Subspace iteration with Rayleigh and Ritz's step (Halko, Martinsson and Tropp 2011, "Finding structure with
//! randomness", algorithms 4.4 and 5.3): a few directions, drawn at random, are multiplied by the covariance matrix and
//! put at right angles, again and again. The matrix itself, dimension x dimension, is never there.

use kindred::search::graph::Node;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::{Point, eigen};
use crate::vectors::rows::Rows;
use kindred::random::SplitMix64;

/// The most vectors that the components are found from: more would change them by less than a pixel.
const SAMPLE_VECTORS: usize = 100_000;
/// The most numbers of those vectors, so that a pass over vectors of 65,536 numbers takes no longer.
const SAMPLE_NUMBERS: usize = 1 << 26;
/// Directions that are followed: two, and others that keep what is nearly as important from mixing with them.
const DIRECTIONS: usize = 12;
/// The most passes over the sample.
const PASSES: usize = 40;
/// It is enough when a pass adds less than this share to the variance in the plane.
const ENOUGH: f64 = 1e-7;
/// Columns that are added up together: a cache line of a row.
const COLUMNS: usize = 16;

/// A plane through the mean of some vectors.
#[derive(Debug, Clone)]
pub struct Plane {
    mean: Array1<f64>,
    /// dimension x 2, of length 1 and at right angles; zero where the vectors do not differ that way.
    directions: Array2<f64>,
    /// The share of the variance that is within the plane, 0 where the vectors do not differ at all.
    pub explained_variance: f64,
}

impl Plane {
    /// The plane of the two principal components. Of two opposite directions that are as good it takes the one whose
    /// largest component is positive.
    pub fn of(vectors: Rows<'_>, seed: u64) -> Plane {
        let sample = Sample::of(vectors);
        let dimension = vectors.dimension();
        let total = sample.variance();
        let mut random = SplitMix64(seed);
        let mut basis =
            Array2::from_shape_simple_fn((dimension, DIRECTIONS.min(dimension)), || random.signed());
        make_orthonormal(&mut basis);
        let mut directions = Array2::zeros((dimension, 2));
        let mut within = 0.0;
        // Where nothing differs there is nothing to find.
        for _ in 0..if total > 0.0 { PASSES } else { 0 } {
            let mut product = sample.covariance_times(&basis);
            let (values, turn) = eigen::symmetric(multiply(basis.t(), product.view()));
            let found: f64 = values.iter().take(2).sum();
            let planar = turn.ncols().min(2);
            directions
                .slice_mut(s![.., ..planar])
                .assign(&multiply(basis.view(), turn.slice(s![.., ..planar])));
            let is_enough = found - within <= ENOUGH * found;
            within = found;
            if is_enough {
                break;
            }
            make_orthonormal(&mut product);
            basis = product;
        }
        directions.columns_mut().into_iter().for_each(fix_sign);
        let explained_variance = if total > 0.0 { (within / total).clamp(0.0, 1.0) } else { 0.0 };
        Plane { mean: sample.mean, directions, explained_variance }
    }

    /// Where each vector lies in the plane, seen from the mean.
    pub fn project(&self, vectors: Rows<'_>) -> Vec<Point> {
        let origin = self.directions.t().dot(&self.mean);
        let place = |node: Node| {
            let [x, y] = times(vectors.of(node), &self.directions);
            [x - origin[0], y - origin[1]]
        };
        // Nodes are numbered by u32.
        (0..vectors.count() as u32).into_par_iter().map(Node).map(place).collect()
    }
}

/// A row times a matrix of `N` columns, added up in the order of the row.
fn times<const N: usize>(row: &[f32], matrix: &Array2<f64>) -> [f64; N] {
    let mut sums = [0.0; N];
    for (&number, factors) in row.iter().zip(matrix.outer_iter()) {
        let number = f64::from(number);
        sums.iter_mut().zip(factors).for_each(|(sum, factor)| *sum += number * factor);
    }
    sums
}

/// The product of two matrices. That of the crate rounds as the processor's instructions do, and would give another file
/// on another machine.
fn multiply(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut product = Array2::zeros((a.nrows(), b.ncols()));
    for (mut sums, row) in product.outer_iter_mut().zip(a.outer_iter()) {
        row.iter().zip(b.outer_iter()).for_each(|(&number, other)| sums.scaled_add(number, &other));
    }
    product
}

/// The vectors that the components are found from.
struct Sample<'a> {
    vectors: Rows<'a>,
    /// Every so many rows one is taken. Rows that are near each other are nodes that are, so that is fair to all.
    rows: Vec<Node>,
    mean: Array1<f64>,
}

impl<'a> Sample<'a> {
    fn of(vectors: Rows<'a>) -> Sample<'a> {
        let (all, dimension) = (vectors.count(), vectors.dimension());
        let count = all.min(SAMPLE_VECTORS).min(SAMPLE_NUMBERS / dimension.max(1));
        let rows: Vec<Node> =
            (0..count).map(|place| Node((place as u128 * all as u128 / count as u128) as u32)).collect();
        let mut sample = Sample { vectors, rows, mean: Array1::zeros(dimension) };
        let sums = sample.by_columns(&Array2::ones((count, 1)), |number, _| number);
        sample.mean = sums.column(0).mapv(|sum| sum / count.max(1) as f64);
        sample
    }

    /// The sum of the squared distances from the mean.
    fn variance(&self) -> f64 {
        self.by_columns(&Array2::ones((self.rows.len(), 1)), |number, mean| (number - mean).powi(2)).sum()
    }

    /// The covariance matrix (times the number of vectors) multiplied by a matrix of dimension x few.
    fn covariance_times(&self, basis: &Array2<f64>) -> Array2<f64> {
        let origin = basis.t().dot(&self.mean);
        let mut along = Array2::zeros((self.rows.len(), basis.ncols()));
        let places = along.axis_iter_mut(Axis(0)).into_par_iter().zip(&self.rows);
        places.for_each(|(mut place, &row)| {
            let sums: [f64; DIRECTIONS] = times(self.vectors.of(row), basis);
            place.iter_mut().zip(&sums).zip(&origin).for_each(|((place, sum), origin)| *place = sum - origin);
        });
        self.by_columns(&along, |number, mean| number - mean)
    }

    /// For each column of the vectors the sum of `of(number, mean)` times each of the row's `factors`. One task has
    /// some columns to itself and goes through all rows in order: the sums do not depend on the number of threads.
    fn by_columns(&self, factors: &Array2<f64>, of: impl Fn(f64, f64) -> f64 + Sync) -> Array2<f64> {
        let mut sums = Array2::<f64>::zeros((self.vectors.dimension(), factors.ncols()));
        let tasks = sums.axis_chunks_iter_mut(Axis(0), COLUMNS).into_par_iter().enumerate();
        tasks.for_each(|(task, mut sums)| {
            let columns = task * COLUMNS..task * COLUMNS + sums.nrows();
            let mean = self.mean.slice(s![columns.clone()]);
            for (&row, factors) in self.rows.iter().zip(factors.outer_iter()) {
                let numbers = &self.vectors.of(row)[columns.clone()];
                for ((mut sums, &number), &mean) in sums.outer_iter_mut().zip(numbers).zip(mean) {
                    let number = of(f64::from(number), mean);
                    sums.iter_mut().zip(factors).for_each(|(sum, factor)| *sum += number * factor);
                }
            }
        });
        sums
    }
}

/// Gram and Schmidt's method, twice, because once leaves an error. A column that the others give already becomes zero.
fn make_orthonormal(columns: &mut Array2<f64>) {
    for index in 0..columns.ncols() {
        let (earlier, mut rest) = columns.view_mut().split_at(Axis(1), index);
        let mut column = rest.column_mut(0);
        let before = column.dot(&column).sqrt();
        for _ in 0..2 {
            for other in earlier.columns() {
                let along = column.dot(&other);
                column.scaled_add(-along, &other);
            }
        }
        let length = column.dot(&column).sqrt();
        // What is left of rounding is no direction.
        let factor = if length > before * 1e-12 { 1.0 / length } else { 0.0 };
        column.mapv_inplace(|number| number * factor);
    }
}

/// Turns a direction round where its largest component is negative.
fn fix_sign(mut direction: ndarray::ArrayViewMut1<'_, f64>) {
    let larger = |largest: f64, &number: &f64| if number.abs() > largest.abs() { number } else { largest };
    if direction.iter().fold(0.0, larger) < 0.0 {
        direction.mapv_inplace(|number| -number);
    }
}
