//! Vectors of a vectorizer that is fitted on all profiles.

use anyhow::Context;
use kindred::file::format::MAX_DIMENSION;
use kindred::profile::Fields;
use kindred::vectorizer::{Vectorize, VectorizeError, check_vector};
use ndarray::{Array2, ArrayViewMut1, s};
use rayon::prelude::*;

use crate::ground::failure::Failure;
use crate::ground::progress::Step;
use crate::intake::ingest::{Entry, Profiles, document_fields, vector_reason};
use crate::intake::skipped::Skipped;
use crate::vectors::choice::{Fit, Fitted, VectorOptions};
use crate::vectors::nodes::{ProfileVectors, fingerprint, normalise};

/// The fields of all profiles, in their order.
pub fn fields_of_all(profiles: &Profiles) -> impl Iterator<Item = anyhow::Result<Fields>> + '_ {
    profiles.entries.iter().map(|entry| fields_of(profiles, entry))
}

/// A profile's fields, read back from its document.
pub fn fields_of(profiles: &Profiles, entry: &Entry) -> anyhow::Result<Fields> {
    let document = profiles.spool.get(entry.document).context("the temporary file for profiles")?;
    document_fields(&document)
}

/// Fits a vectorizer and makes the vectors of all profiles. Those that get none are skipped and leave `profiles`.
///
/// # Errors
/// What fitting gives, a vectorizer whose vectors have a length that no file has, and what reading the spool gives.
pub fn vectors(
    fit: &dyn Fit,
    options: &VectorOptions,
    profiles: &mut Profiles,
    skipped: &mut Skipped,
    step: &Step,
) -> Result<ProfileVectors, Failure> {
    let Fitted { vectorizer, state, fields, notes } = fit.fit(options, profiles)?;
    let dimension = vectorizer.dimension();
    if !(1..=MAX_DIMENSION as usize).contains(&dimension) {
        return Err(Failure::Failed(anyhow::anyhow!(
            "--vectorizer {}: vectors of {dimension} numbers were to be made; 1 to {MAX_DIMENSION} are allowed",
            fit.name()
        )));
    }
    let mut rows = Array2::zeros((profiles.entries.len(), dimension));
    let vectorize = |(number, (row, entry)): (usize, (ArrayViewMut1<'_, f32>, &Entry))| {
        let made = fields_of(profiles, entry).map(|fields| fill(row, vectorizer.as_ref(), fields));
        step.advance(1);
        made.map(|made| made.err().map(|error| (number, reason(&error)))).transpose()
    };
    let entries = &profiles.entries;
    let failures: Vec<(usize, &'static str)> = rows
        .outer_iter_mut()
        .into_par_iter()
        .zip(entries)
        .enumerate()
        .filter_map(vectorize)
        .collect::<anyhow::Result<_>>()?;
    let rows = without(rows, profiles, &failures, skipped);
    Ok(ProfileVectors {
        rows,
        fingerprint: fingerprint(&state),
        state: Some(state),
        lengths: None,
        fields: Some(fields),
        notes,
    })
}

fn fill(
    mut row: ArrayViewMut1<'_, f32>,
    vectorizer: &dyn Vectorize,
    fields: Fields,
) -> Result<(), VectorizeError> {
    let vector = vectorizer.vectorize(fields)?;
    check_vector(&vector, row.len())?;
    row.iter_mut().zip(vector).for_each(|(place, number)| *place = number);
    Ok(())
}

/// The rows of the profiles that have a vector, normalised; the other profiles are skipped.
fn without(
    mut rows: Array2<f32>,
    profiles: &mut Profiles,
    failures: &[(usize, &'static str)],
    skipped: &mut Skipped,
) -> Array2<f32> {
    let mut failures = failures.iter().peekable();
    let mut kept = Vec::with_capacity(profiles.entries.len());
    for (number, entry) in profiles.entries.iter().enumerate() {
        if let Some((_, reason)) = failures.next_if(|(failed, _)| *failed == number) {
            skipped.add(reason, || profiles.id(entry).to_owned());
            continue;
        }
        if kept.len() < number {
            let (mut target, source) = rows.multi_slice_mut((s![kept.len(), ..], s![number, ..]));
            target.assign(&source);
        }
        kept.push(*entry);
    }
    let count = kept.len();
    profiles.entries = kept;
    let mut rows = rows.slice_move(s![..count, ..]);
    profiles.vector_lengths = Some(normalise(&mut rows));
    rows
}

/// The reasons of a summary, as few words as will do.
fn reason(error: &VectorizeError) -> &'static str {
    match error {
        VectorizeError::NoVector { reason, .. } => vector_reason(*reason),
        VectorizeError::Length { .. } => "vector of another length",
        VectorizeError::NotFinite { .. } => "vector not finite",
        // These are of files, and no file is there yet.
        VectorizeError::Unknown { .. }
        | VectorizeError::State(_)
        | VectorizeError::OtherDimension { .. }
        | VectorizeError::NoColumns { .. } => "vector not made",
    }
}
