//! The built-in vectorizer, fitted.

use kindred::vectorizer::hashing::{DEFAULT_DIMENSION, Fitter, FrequencyCounter, HashingConfig};
use kindred::vectorizer::table::HASHING;
use rayon::prelude::*;

use crate::ground::failure::Failure;
use crate::intake::ingest::Profiles;
use crate::vectors::choice::{Fit, Fitted, VectorOptions};
use crate::vectors::fitted::{fields_of, fields_of_all};
use crate::vectors::taken_for;

/// Hashed features of all fields that are selected.
#[derive(Debug)]
pub struct Hashing;

impl Fit for Hashing {
    fn name(&self) -> String {
        HASHING.name.to_owned()
    }

    fn compares_fields(&self) -> bool {
        true
    }

    fn has_language(&self) -> bool {
        true
    }

    fn fit(&self, options: &VectorOptions, profiles: &Profiles) -> Result<Fitted, Failure> {
        let config = HashingConfig {
            dimension: options.dimension.map_or(DEFAULT_DIMENSION, |dimension| dimension as usize),
            seed: options.seed,
            fields: options.selection.only.clone(),
            ignore_fields: options.selection.ignored.clone(),
            ..HashingConfig::new(profiles.id_field.clone(), options.language)
        };
        let mut fitter = Fitter::new(config).map_err(|error| Failure::Usage(error.to_string()))?;
        for fields in fields_of_all(profiles) {
            fitter.observe(&fields?);
        }
        let mut counter = fitter.finish();
        count(&mut counter, profiles)?;
        let (fields, notes) = (counter.described_fields().to_vec(), taken_for::notes(counter.left_out()));
        let vectorizer = counter.finish();
        let state = vectorizer.to_bytes();
        Ok(Fitted { vectorizer: Box::new(vectorizer), state, fields, notes })
    }
}

/// The second pass: how frequent each feature is. Counts are whole numbers, so it does not matter who counts what.
fn count(counter: &mut FrequencyCounter, profiles: &Profiles) -> anyhow::Result<()> {
    let per_thread = profiles.entries.len().div_ceil(rayon::current_num_threads()).max(1);
    let counted = profiles
        .entries
        .par_chunks(per_thread)
        .map(|entries| {
            let mut fork = counter.fork();
            for entry in entries {
                fork.observe(&fields_of(profiles, entry)?);
            }
            Ok(fork)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    counted.iter().for_each(|fork| counter.merge(fork));
    Ok(())
}
