//! The features of states that begin with `KHV1`: what an index file of their time has is compared with what they give.
//!
//! Their words are those of [`normalize`], which knows the letters a to z; a number is only what the source calls one;
//! and values are told apart by every byte.

use std::ops::Range;

use twox_hash::XxHash3_64;

use super::features::{FeatureKind, Features, feature_seed};
use super::fit::{Field, FieldKind, Schema};
use super::walk::value_text;
use crate::profile::Value;
use crate::vectorizer::text::normalize;

pub(super) fn read_value(
    features: &mut Features,
    schema: &Schema,
    index: u32,
    field: &Field,
    in_list: bool,
    value: &Value,
) {
    match field.kind {
        FieldKind::Number { .. } => {
            let number = value.as_number().filter(|_| !in_list);
            features.numbers.extend(number.map(|number| (index, number)));
        }
        FieldKind::Text if !in_list => {
            let Some(text) = value_text(value) else { return };
            read_text(features, &normalize(&text, schema.config.language), index, field);
        }
        FieldKind::Category | FieldKind::List | FieldKind::Text => {
            let Some(text) = value_text(value) else { return };
            let seed = feature_seed(field, FeatureKind::Value);
            features.hashes.push((index, XxHash3_64::oneshot_with_seed(seed, text.as_bytes())));
        }
    }
}

/// The words of a normalised text, and each with the word after it.
fn read_text(features: &mut Features, text: &str, index: u32, field: &Field) {
    let word_seed = feature_seed(field, FeatureKind::Word);
    let pair_seed = feature_seed(field, FeatureKind::Pair);
    let mut before: Option<Range<usize>> = None;
    for word in words(text) {
        let hash = |seed, range: Range<usize>| {
            XxHash3_64::oneshot_with_seed(seed, text.get(range).unwrap_or_default().as_bytes())
        };
        features.hashes.push((index, hash(word_seed, word.clone())));
        if let Some(before) = before {
            features.hashes.push((index, hash(pair_seed, before.start..word.end)));
        }
        before = Some(word);
    }
}

/// Where the words of a normalised text are: between the blanks.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    text.split(' ').filter_map(move |word| {
        let start = end;
        end = start + word.len() + 1;
        (!word.is_empty()).then_some(start..start + word.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_is_between_blanks() {
        let text = " two  words";
        let found: Vec<&str> = words(text).map(|range| &text[range]).collect();
        assert_eq!(found, ["two", "words"]);
        assert_eq!(words("").count(), 0);
    }
}
