//! Generated sets of any size, hard in the ways that real ones are: clusters of unequal size, in a subspace of fewer
//! dimensions than the vectors have, some noise in all of them, and some vectors that are there twice.
//!
//! Every row has random numbers of its own, so a set is the same on any number of threads, and queries come from the
//! distribution of the rows without being any of them.

use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

use super::{Random, SEED};

/// Dimensions of the subspace, where the vectors have more.
const SUBSPACE: usize = 24;
/// Rows of a cluster, on average.
const CLUSTER_ROWS: usize = 500;
/// More clusters than this would be so near each other that they are none.
const MOST_CLUSTERS: usize = 4_000;
/// The cluster of rank r has a share of the rows in proportion to 1 / r^ZIPF.
const ZIPF: f64 = 0.8;
/// How far the rows of a cluster lie around its centre, in the units in which centres lie around the origin; the
/// tightest and the widest cluster.
const WIDTHS: (f32, f32) = (0.3, 0.9);
/// The same for the noise in every dimension.
const NOISE: f32 = 0.1;
/// One row of this many repeats another.
const ONE_DUPLICATE_IN: usize = 100;

/// Which random numbers something gets, so that no two kinds of thing have the same.
#[derive(Clone, Copy)]
enum Stream {
    Subspace = 1,
    Clusters,
    Rows,
    Queries,
}

/// What rows and queries are drawn from.
pub struct Distribution {
    /// subspace x dimension; the rows are orthogonal and of length 1.
    basis: Array2<f32>,
    /// clusters x subspace.
    centres: Array2<f32>,
    widths: Vec<f32>,
    /// For each cluster the share of the rows that are in it or in one before it.
    shares: Vec<f64>,
    rows: usize,
}

impl Distribution {
    /// The distribution of a set of that size.
    pub fn new(rows: usize, dimension: usize) -> Distribution {
        let clusters = rows.div_ceil(CLUSTER_ROWS).clamp(1, MOST_CLUSTERS);
        let subspace = SUBSPACE.min(dimension);
        let mut random = random(Stream::Clusters, 0);
        let centres = Array2::from_shape_simple_fn((clusters, subspace), || random.normal());
        let widths = (0..clusters).map(|_| WIDTHS.0 + (WIDTHS.1 - WIDTHS.0) * random.share() as f32);
        let widths = widths.collect();
        Distribution { basis: basis(subspace, dimension), centres, widths, shares: shares(clusters), rows }
    }

    /// The set: rows of length 1.
    pub fn rows(&self) -> Array2<f32> {
        self.draw(Stream::Rows, self.rows)
    }

    /// Queries of length 1 that are none of the rows.
    pub fn queries(&self, count: usize) -> Array2<f32> {
        self.draw(Stream::Queries, count)
    }

    fn draw(&self, stream: Stream, count: usize) -> Array2<f32> {
        let mut drawn = Array2::zeros((count, self.basis.ncols()));
        drawn.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(number, mut row)| {
            let mut chance = random(stream, number);
            let repeats = matches!(stream, Stream::Rows) && chance.below(ONE_DUPLICATE_IN) == 0;
            // What is repeated may be a repetition itself: then both are of what it would have been.
            let number = if repeats { chance.below(count) } else { number };
            row.assign(&self.vector(stream, number));
        });
        drawn
    }

    fn vector(&self, stream: Stream, number: usize) -> Array1<f32> {
        let mut random = random(stream, number);
        // The number that decided whether the row repeats another.
        random.below(ONE_DUPLICATE_IN);
        let share = random.share();
        let cluster = self.shares.partition_point(|&end| end < share).min(self.widths.len() - 1);
        let width = self.widths[cluster];
        let mut vector = Array1::from_shape_simple_fn(self.basis.ncols(), || NOISE * random.normal());
        for (&centre, direction) in self.centres.row(cluster).iter().zip(self.basis.rows()) {
            vector.scaled_add(centre + width * random.normal(), &direction);
        }
        let length = vector.iter().map(|&number| f64::from(number).powi(2)).sum::<f64>().sqrt();
        vector.mapv(|number| (f64::from(number) / length) as f32)
    }
}

fn random(stream: Stream, number: usize) -> Random {
    // Seeds one apart would give sequences that are the same, one number later; mixing puts them far apart.
    let mut seeds = Random::new(SEED ^ ((stream as u64) << 56) ^ number as u64);
    Random::new(seeds.next())
}

/// Directions at right angles, by the method of Gram and Schmidt; applied twice, because once leaves an error.
fn basis(subspace: usize, dimension: usize) -> Array2<f32> {
    let mut random = random(Stream::Subspace, 0);
    let mut basis = Array2::<f32>::from_shape_simple_fn((subspace, dimension), || random.normal());
    for index in 0..subspace {
        let (earlier, mut rest) = basis.view_mut().split_at(Axis(0), index);
        let mut row = rest.row_mut(0);
        for _ in 0..2 {
            for other in earlier.rows() {
                let along = row.dot(&other);
                row.scaled_add(-along, &other);
            }
        }
        let length = row.dot(&row).sqrt();
        row.mapv_inplace(|number| number / length);
    }
    basis
}

fn shares(clusters: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let mut ends: Vec<f64> = (1..=clusters)
        .map(|rank| {
            sum += (rank as f64).powf(-ZIPF);
            sum
        })
        .collect();
    ends.iter_mut().for_each(|end| *end /= sum);
    ends
}
