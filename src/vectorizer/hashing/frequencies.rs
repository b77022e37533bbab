//! The second pass: in how many profiles each bucket occurs.

use std::sync::Arc;

use super::features::{BUCKETS, Features, bucket};
use super::fit::{FieldKind, Findings, LeftOut, Schema};
use super::vectorizer::HashingVectorizer;
use crate::file::FieldMetadata;
use crate::profile::Fields;

/// The second pass over a source. It only counts, so profiles may come in any order and be shared out to several
/// counters: each takes 4 MiB.
#[derive(Debug)]
pub struct FrequencyCounter {
    schema: Arc<Schema>,
    findings: Arc<Findings>,
    profiles: u64,
    frequencies: Vec<u32>,
    features: Features,
    buckets: Vec<u32>,
}

impl FrequencyCounter {
    pub(super) fn new(schema: Arc<Schema>, findings: Arc<Findings>) -> FrequencyCounter {
        FrequencyCounter {
            schema,
            findings,
            profiles: 0,
            frequencies: vec![0; BUCKETS],
            features: Features::default(),
            buckets: Vec::new(),
        }
    }

    /// The fields that the configuration names, to vectorize or to ignore, and that no profile has, by name.
    pub fn unknown_fields(&self) -> &[String] {
        &self.findings.unknown
    }

    /// What is not vectorized because its field's path is too long or too deep, or because there are too many fields.
    pub fn left_out(&self) -> &LeftOut {
        &self.findings.left_out
    }

    /// What each field was taken for, and why, by name.
    pub fn described_fields(&self) -> &[FieldMetadata] {
        &self.findings.described
    }

    /// The fields that are vectorized, nested ones included, by name. A field that is always null is not one.
    pub fn field_kinds(&self) -> impl Iterator<Item = (&str, FieldKind)> {
        self.schema.fields.iter().map(|field| (field.name.as_str(), field.kind))
    }

    /// A counter for another thread, that has counted nothing yet.
    pub fn fork(&self) -> FrequencyCounter {
        FrequencyCounter::new(Arc::clone(&self.schema), Arc::clone(&self.findings))
    }

    /// Counts one profile.
    pub fn observe(&mut self, fields: &Fields) {
        self.profiles += 1;
        self.features.read(&self.schema, fields);
        self.buckets.clear();
        self.buckets.extend(self.features.hashes.iter().map(|&(_, hash)| bucket(hash).0));
        self.buckets.sort_unstable();
        self.buckets.dedup();
        for &bucket in &self.buckets {
            let frequency = &mut self.frequencies[bucket as usize];
            *frequency = frequency.saturating_add(1);
        }
    }

    /// Adds what a fork of this counter has counted.
    pub fn merge(&mut self, fork: &FrequencyCounter) {
        self.profiles += fork.profiles;
        for (frequency, more) in self.frequencies.iter_mut().zip(&fork.frequencies) {
            *frequency = frequency.saturating_add(*more);
        }
    }

    /// Ends the fitting.
    pub fn finish(self) -> HashingVectorizer {
        HashingVectorizer::new(Arc::unwrap_or_clone(self.schema), self.profiles, self.frequencies)
    }
}
