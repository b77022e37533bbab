//! The random projection: rows of -1, 0 and 1 made from a seed when they are needed.

use twox_hash::XxHash3_64;

use crate::random::SplitMix64;

/// Below this many numbers no entry of the matrix is zero, lest a feature have none.
const DENSE_BELOW: usize = 128;

/// One entry in this many is not zero, from [`DENSE_BELOW`] numbers on; the row's two random words fix it.
const SPARSITY: f64 = 4.0;

/// Adds up features into a vector of `dimension` numbers.
pub(super) struct Projection {
    seed: u64,
    sums: Vec<f64>,
}

impl Projection {
    pub fn new(seed: u64, dimension: usize) -> Projection {
        Projection { seed, sums: vec![0.0; dimension] }
    }

    /// Adds a feature's row, times its weight.
    pub fn add(&mut self, bucket: u32, weight: f64) {
        let mut random =
            SplitMix64(XxHash3_64::oneshot_with_seed(self.seed, &u64::from(bucket).to_le_bytes()));
        let dense = self.sums.len() < DENSE_BELOW;
        for sums in self.sums.chunks_mut(64) {
            let used = u64::MAX >> (64 - sums.len());
            let mut entries = used & if dense { u64::MAX } else { random.bits() & random.bits() };
            let signs = random.bits();
            while entries != 0 {
                let place = entries.trailing_zeros() as usize;
                sums[place] += if signs >> place & 1 == 1 { -weight } else { weight };
                entries &= entries - 1;
            }
        }
    }

    /// The vector, scaled so that lengths are kept on average.
    pub fn finish(self) -> Vec<f32> {
        let dimension = self.sums.len();
        let sparsity = if dimension < DENSE_BELOW { 1.0 } else { SPARSITY };
        let scale = (sparsity / dimension as f64).sqrt();
        self.sums.into_iter().map(|sum| (sum * scale) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seed: u64, dimension: usize, bucket: u32) -> Vec<f32> {
        let mut projection = Projection::new(seed, dimension);
        projection.add(bucket, 1.0);
        projection.finish()
    }

    #[test]
    fn lengths_are_kept_and_unrelated_features_are_nearly_orthogonal() {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let rows: Vec<_> = (0..100).map(|bucket| row(1, 256, bucket)).collect();
        let mean = rows.iter().map(|row| dot(row, row)).sum::<f64>() / 100.0;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
        for pair in rows.windows(2) {
            assert!(dot(&pair[0], &pair[1]).abs() < 0.3);
        }
    }

    #[test]
    fn no_feature_is_lost_in_any_dimension() {
        for dimension in [1, 2, 63, 64, 65, 100, 128] {
            for bucket in 0..500 {
                let row = row(7, dimension, bucket);
                assert!(row.len() == dimension && row.iter().any(|x| *x != 0.0), "{dimension} {bucket}");
            }
        }
    }

    #[test]
    fn another_seed_is_another_matrix() {
        assert_eq!(row(1, 128, 5), row(1, 128, 5));
        assert_ne!(row(1, 128, 5), row(2, 128, 5));
        assert_ne!(row(1, 128, 5), row(1, 128, 6));
    }
}
