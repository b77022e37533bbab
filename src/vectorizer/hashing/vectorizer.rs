//! The fitted vectorizer.

use super::config::HashingConfig;
use super::features::Features;
use super::fit::{FieldKind, Schema};
use super::math::ln;
use super::projection::Projection;
use crate::profile::Fields;
use crate::vectorizer::kind::{Kind, Stored, Vectorize, VectorizeError};

/// `hashing`: the built-in vectorizer. Its state is that of [`HashingVectorizer::to_bytes`].
pub const HASHING: Kind = Kind { name: "hashing", argument: None, restore: Some(restore) };

fn restore(stored: &Stored<'_>) -> Result<Box<dyn Vectorize>, VectorizeError> {
    match HashingVectorizer::from_bytes(stored.state) {
        Ok(vectorizer) => Ok(Box::new(vectorizer)),
        Err(error) => Err(VectorizeError::State(error.to_string())),
    }
}

/// A fitted vectorizer: immutable, usable by many threads, and the same as any other of the same state.
#[derive(Debug)]
pub struct HashingVectorizer {
    pub(super) schema: Schema,
    pub(super) profiles: u64,
    pub(super) frequencies: Vec<u32>,
    idf: Vec<f32>,
}

impl HashingVectorizer {
    pub(super) fn new(schema: Schema, profiles: u64, frequencies: Vec<u32>) -> HashingVectorizer {
        let mut known = (0, idf(profiles, 0));
        let idf = frequencies
            .iter()
            .map(|&frequency| {
                if frequency != known.0 {
                    known = (frequency, idf(profiles, frequency));
                }
                known.1
            })
            .collect();
        HashingVectorizer { schema, profiles, frequencies, idf }
    }

    /// The vector of a profile, whether it was there when this was fitted or not: finite numbers, not normalised.
    /// All are zero if the profile has no feature. The order of its fields makes no difference.
    ///
    /// Cost: the profile's features times a quarter of the dimension.
    pub fn vectorize(&self, fields: &Fields) -> Vec<f32> {
        let mut features = Features::default();
        features.read(&self.schema, fields);
        let config = &self.schema.config;
        let mut projection = Projection::new(config.seed, config.dimension);
        for (bucket, weight) in features.weigh(&self.schema, |bucket| self.idf[bucket as usize].into()) {
            projection.add(bucket, weight);
        }
        projection.finish()
    }

    /// What this was configured with.
    pub fn config(&self) -> &HashingConfig {
        &self.schema.config
    }

    /// The profiles that this was fitted on.
    pub fn profiles(&self) -> u64 {
        self.profiles
    }

    /// The fields that are vectorized, nested ones included, by name.
    pub fn field_kinds(&self) -> impl Iterator<Item = (&str, FieldKind)> {
        self.schema.fields.iter().map(|field| (field.name.as_str(), field.kind))
    }
}

impl Vectorize for HashingVectorizer {
    fn dimension(&self) -> usize {
        self.config().dimension
    }

    fn vectorize(&self, fields: Fields) -> Result<Vec<f32>, VectorizeError> {
        Ok(HashingVectorizer::vectorize(self, &fields))
    }
}

/// The smoothed inverse document frequency: at least 1, and finite for no profiles at all.
fn idf(profiles: u64, frequency: u32) -> f32 {
    let ratio = (profiles as f64 + 1.0) / (f64::from(frequency) + 1.0);
    (ln(ratio) + 1.0) as f32
}
