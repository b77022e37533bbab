//! What can be decided only when the source has been read: which field is the vector, and which are no features.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use anyhow::anyhow;
use glob::Pattern;
use kindred::file::format::MAX_DIMENSION;
use kindred::profile::Fields;
use kindred::profile::path::{find, take};
use kindred::vectorizer::unit::{number_of, numbers_of};

use crate::ground::failure::Failure;
use crate::ground::names::{listed, shown};
use crate::intake::fields::{Field, FieldsSeen, MIN_NUMBERS};
use crate::intake::ingest::{Profiles, Returned, vector_reason};
use crate::intake::skipped::Skipped;
use crate::intake::spool::SpoolWriter;
use crate::vectors::choice::{FieldSelection, VectorOptions, VectorizerChoice};
use crate::vectors::hashing::Hashing;

/// Decides what the vectorizer is and leaves fields out of the features that are vectors. Gives what a person should know.
///
/// # Errors
/// [`Failure::Failed`] where several fields may be the vector, [`Failure::Usage`] where no field has a name that was
/// asked for.
pub fn resolve(options: &mut VectorOptions, profiles: &Profiles) -> Result<Vec<String>, Failure> {
    let mut notes = Vec::new();
    match &mut options.vectorizer {
        VectorizerChoice::Columns { patterns, names } => {
            *names = columns(patterns, &profiles.fields, &profiles.id_field)?;
            notes.push(format!("the vector is in {} fields: {}", names.len(), ends(names)));
        }
        VectorizerChoice::Auto => {
            options.vectorizer = automatic(&options.selection, profiles, &mut notes)?;
        }
        _ => {}
    }
    if options.vectorizer.compares_fields() {
        leave_out_vectors(&mut options.selection, profiles, &mut notes);
        notes.extend(wide(&options.selection, profiles));
        notes.extend(profiles.hints.hints(|name| {
            let is_list = profiles.lists.fields.iter().any(|list| list.field == name);
            !is_list && name != profiles.id_field && options.selection.takes(name)
        }));
    }
    Ok(notes)
}

/// The fields that may be the vector: columns of vectors that are neither the id nor left out by name.
fn candidates<'p>(
    selection: &FieldSelection,
    profiles: &'p Profiles,
) -> impl Iterator<Item = (&'p str, &'p Field)> {
    profiles.fields.vectors().filter(move |(name, _)| *name != profiles.id_field && selection.takes(name))
}

fn automatic(
    selection: &FieldSelection,
    profiles: &Profiles,
    notes: &mut Vec<String>,
) -> Result<VectorizerChoice, Failure> {
    // A vector that most profiles lack is none to compare them by.
    let is_frequent = |(_, field): &(&str, &Field)| field.values * 2 >= profiles.fields.records;
    let found: Vec<(&str, &Field)> = candidates(selection, profiles).filter(is_frequent).collect();
    let is_asked = |name: &str| match &selection.only {
        Some(only) => only.len() == 1 && only[0] == name,
        None => true,
    };
    match found[..] {
        [(name, field)] if is_asked(name) => {
            let length = field.lengths.most_frequent().map_or(0, |(length, _)| length);
            let (values, records) = (field.values, profiles.fields.records);
            notes.push(format!(
                "the field {name:?} holds a list of {length} numbers in {values} of {records} records and is taken for the vector, as by \
                 --vectorizer field:{name}; the other fields are stored and shown, and do not count. --vectorizer hashing \
                 compares those instead",
            ));
            Ok(VectorizerChoice::Field(name.to_owned()))
        }
        [] | [_] => Ok(VectorizerChoice::Fitted(Arc::new(Hashing))),
        _ if selection.only.is_some() => Ok(VectorizerChoice::Fitted(Arc::new(Hashing))),
        _ => {
            let found: Vec<String> =
                found.iter().map(|(name, field)| format!("{} ({})", shown(name), field.lengths)).collect();
            Err(Failure::Failed(anyhow!(
                "{} fields may be the vector: {}. Say which: --vectorizer field:NAME, or --vectorizer hashing to compare \
                 the other fields; --ignore-fields NAME leaves one out",
                found.len(),
                found.join(", ")
            )))
        }
    }
}

/// Columns of vectors are no features: their numbers would count as tags.
fn leave_out_vectors(selection: &mut FieldSelection, profiles: &Profiles, notes: &mut Vec<String>) {
    let is_named = |name: &str| selection.only.iter().flatten().any(|only| only == name);
    let found: Vec<(&str, &Field)> =
        candidates(selection, profiles).filter(|(name, _)| !is_named(name)).collect();
    for (name, field) in found {
        notes.push(format!(
            "the field {name:?} holds {} in {} of {} records: a vector, and no feature, so it does not count. \
             --vectorizer field:{name} compares by it; --fields {name} makes each number a feature",
            field.lengths, field.values, profiles.fields.records
        ));
        selection.ignored.push(name.to_owned());
    }
}

/// Whether many fields are called alike but for a number at the end, as the columns of a wide table of vectors are.
fn wide(selection: &FieldSelection, profiles: &Profiles) -> Option<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in profiles.fields.names().filter(|name| selection.takes(name)) {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_at_the_top = profiles.fields.get(name).is_some_and(|field| !field.is_below);
        if is_at_the_top && stem.len() < name.len() {
            *counts.entry(stem).or_default() += 1;
        }
    }
    let (stem, count) = counts.into_iter().max_by_key(|&(stem, count)| (count, stem))?;
    (count >= MIN_NUMBERS).then(|| {
        format!(
            "{count} fields are called {:?} and a number: are they one vector? --vectorizer 'columns:{stem}[0-9]*'",
            stem
        )
    })
}

/// The fields that patterns name, in the order of the patterns; those of one pattern in the order of the numbers in
/// their names, so that `dim_2` comes before `dim_10`.
fn columns(patterns: &[Pattern], fields: &FieldsSeen, id_field: &str) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = Vec::new();
    let at_the_top: Vec<&str> = fields
        .names()
        .filter(|name| *name != id_field && fields.get(name).is_some_and(|field| !field.is_below))
        .collect();
    let mut taken = std::collections::HashSet::new();
    for pattern in patterns {
        let mut found: Vec<&str> = at_the_top
            .iter()
            .copied()
            .filter(|name| pattern.matches(name) && !taken.contains(name))
            .collect();
        if found.is_empty() && !at_the_top.iter().any(|name| pattern.matches(name)) {
            return Err(Failure::Usage(format!(
                "--vectorizer columns: no field is called {:?}. The fields are: {}",
                pattern.as_str(),
                listed(fields.names())
            )));
        }
        found.sort_by(|a, b| natural(a, b));
        taken.extend(found.iter().copied());
        names.extend(found.into_iter().map(str::to_owned));
    }
    if names.len() > MAX_DIMENSION as usize {
        return Err(Failure::Usage(format!(
            "--vectorizer columns: {} fields are meant; a vector has at most {MAX_DIMENSION} numbers",
            names.len()
        )));
    }
    Ok(names)
}

/// Orders names as people do: numbers in them by their value.
fn natural(a: &str, b: &str) -> Ordering {
    fn run(text: &str) -> (&str, &str) {
        let is_digit = text.starts_with(|c: char| c.is_ascii_digit());
        let end = text.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(text.len());
        text.split_at(end)
    }
    let (mut left, mut right) = (a, b);
    while !left.is_empty() && !right.is_empty() {
        let ((first, left_rest), (second, right_rest)) = (run(left), run(right));
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let order = if is_number(first) && is_number(second) {
            let plain = |text: &str| text.trim_start_matches('0').len();
            let (x, y) = (first.trim_start_matches('0'), second.trim_start_matches('0'));
            plain(first).cmp(&plain(second)).then_with(|| x.cmp(y))
        } else {
            first.cmp(second)
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The first, the second and the last of some names.
fn ends(names: &[String]) -> String {
    match names {
        [first, second, .., last] if names.len() > 3 => {
            format!("{}, {}, ... {}", shown(first), shown(second), shown(last))
        }
        few => listed(few.iter().map(String::as_str)),
    }
}

/// Takes vectors out of the documents that have been read, where it is decided only now which they are, and makes lists
/// of texts that turned out to be some.
///
/// # Errors
/// What reading and writing the spools give.
pub fn settle(
    options: &VectorOptions,
    is_undecided: bool,
    profiles: &mut Profiles,
    spool: impl FnOnce() -> anyhow::Result<SpoolWriter>,
    skipped: &mut Skipped,
) -> anyhow::Result<()> {
    let (returned, wrapped) = (profiles.returned.clone(), std::mem::take(&mut profiles.lists.wrapped));
    let wrap = |fields: &mut Fields| wrapped.iter().for_each(|list| list.apply(fields));
    match &options.vectorizer {
        VectorizerChoice::Field(name) if is_undecided => profiles.rewrite(spool()?, skipped, |fields| {
            wrap(fields);
            let value = if returned.names(name) { find(fields, name).cloned() } else { take(fields, name) };
            numbers_of(value).map(Some).map_err(vector_reason)
        }),
        VectorizerChoice::Columns { names, .. } => {
            let places: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
            profiles.rewrite(spool()?, skipped, |fields| {
                wrap(fields);
                take_columns(fields, &places, &returned).map(Some)
            })
        }
        _ if !wrapped.is_empty() => profiles.rewrite(spool()?, skipped, |fields| {
            wrap(fields);
            Ok(None)
        }),
        _ if is_undecided => profiles.skip_too_long(skipped),
        _ => Ok(()),
    }
}

fn take_columns(
    fields: &mut Fields,
    places: &HashMap<&str, usize>,
    returned: &Returned,
) -> Result<Vec<f32>, &'static str> {
    let mut vector = vec![None; places.len()];
    for (name, value) in fields.iter() {
        if let Some(number) = places.get(name.as_str()).and_then(|&place| vector.get_mut(place)) {
            *number = Some(number_of(Some(value)).map_err(vector_reason)?);
        }
    }
    fields.retain(|(name, _)| !places.contains_key(name.as_str()) || returned.names(name));
    let missing = || number_of(None).map_err(vector_reason);
    vector.into_iter().map(|number| number.map_or_else(missing, Ok)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_by_the_numbers_in_them() {
        let mut names = ["d10", "d2", "d1", "d01", "d", "e1", "d2b", "d2a", "10", "9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["9", "10", "d", "d01", "d1", "d2", "d2a", "d2b", "d10", "e1"]);
    }
}
