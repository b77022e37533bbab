//! From a profile to its hashed features and their weights.

use twox_hash::XxHash3_64;

use super::first;
use super::fit::{Field, FieldKind, Rules, Schema};
use super::math::ln;
use super::number::{Tail, is_absent, number_of, waves};
use super::walk::{folded_value, walk};
use super::words::{Found, words};
use crate::profile::{Fields, Value};

/// The length of a number's block. Two equal numbers gain its square in their dot product, 2.25: as much as a
/// category's value that one profile in 3.5 has.
pub const NUMBER_WEIGHT: f64 = 1.5;

/// The length of a text's block, however long the text is: that of a number.
pub const TEXT_WEIGHT: f64 = NUMBER_WEIGHT;

/// The elements that a list counts as at most. A list of thousands would leave nothing of the other fields.
pub const MAX_LIST_ELEMENTS: f64 = 10.0;

/// Buckets of the sparse space, as a power of two. The frequencies of 2^20 take 4 MiB and as much again for the
/// weights made of them; where more features than that share buckets, a rare one is taken for more frequent than it
/// is, and the signs keep the error of a dot product around 0.
pub(super) const BUCKET_BITS: u32 = 20;

/// Buckets of the sparse space.
pub(super) const BUCKETS: usize = 1 << BUCKET_BITS;

/// What a feature is, hashed along with its field so that a word is not taken for a value.
#[derive(Clone, Copy)]
pub(super) enum FeatureKind {
    Value = 1,
    Word = 2,
    Pair = 3,
    Wave = 4,
    Gram = 5,
}

/// A field's name and the feature's kind, as the seed of the feature's hash.
pub(super) fn feature_seed(field: &Field, kind: FeatureKind) -> u64 {
    XxHash3_64::oneshot_with_seed(kind as u64, field.name.as_bytes())
}

/// The bucket of a feature's hash, and its sign.
pub(super) fn bucket(hash: u64) -> (u32, f64) {
    let low = (hash & (BUCKETS as u64 - 1)) as u32;
    (low, if hash >> 63 == 1 { -1.0 } else { 1.0 })
}

/// The features of one profile, each by its field's place in the schema; sorted, so that the order of the fields in
/// the profile does not matter.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// The hash of a value, word or pair, as often as it occurs.
    pub hashes: Vec<(u32, u64)>,
    /// The numbers of number fields.
    pub numbers: Vec<(u32, f64)>,
}

impl Features {
    /// Replaces what is there by the features of a profile.
    pub fn read(&mut self, schema: &Schema, fields: &Fields) {
        self.hashes.clear();
        self.numbers.clear();
        walk(fields, &schema.config, &mut |place, value| {
            if let Some((index, field)) = schema.find(place.path) {
                self.read_value(schema, index, field, place.in_list, value);
            }
        });
        self.hashes.sort_unstable();
        self.numbers.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    }

    fn read_value(&mut self, schema: &Schema, index: u32, field: &Field, in_list: bool, value: &Value) {
        if schema.rules == Rules::First {
            return first::read_value(self, schema, index, field, in_list, value);
        }
        match (field.kind, value) {
            (FieldKind::Text, Value::Text(text)) if !in_list => {
                self.read_text(&htmlize::unescape(text.as_str()), schema, index, field);
            }
            (FieldKind::Text, _) if !in_list => {
                let Some(text) = folded_value(value) else { return };
                self.read_text(&text, schema, index, field);
            }
            (FieldKind::Number { .. }, _) if !in_list => self.read_number(index, field, value),
            _ => {
                let Some(text) = folded_value(value) else { return };
                self.read_name(&text, index, field);
            }
        }
    }

    /// A number, also as text. What stands for none gives nothing; what is something else is a value as of a category.
    fn read_number(&mut self, index: u32, field: &Field, value: &Value) {
        if let Some(number) = value.as_number() {
            return self.numbers.push((index, number));
        }
        let Some(text) = folded_value(value) else { return };
        match number_of(&text) {
            Some(number) => self.numbers.push((index, number)),
            None if is_absent(&text) => {}
            None => self.read_name(&text, index, field),
        }
    }

    fn read_name(&mut self, text: &str, index: u32, field: &Field) {
        let seed = feature_seed(field, FeatureKind::Value);
        self.hashes.push((index, XxHash3_64::oneshot_with_seed(seed, text.as_bytes())));
    }

    /// The words of a text, each with the word after it, and the grams of scripts that need them.
    fn read_text(&mut self, text: &str, schema: &Schema, index: u32, field: &Field) {
        let seeds = [FeatureKind::Word, FeatureKind::Pair, FeatureKind::Gram];
        let [word_seed, pair_seed, gram_seed] = seeds.map(|kind| feature_seed(field, kind));
        let mut before: Option<u64> = None;
        words(text, schema.config.language, &mut |found| {
            let hash = match found {
                Found::Word(word) | Found::Ideograph(word) => {
                    XxHash3_64::oneshot_with_seed(word_seed, word.as_bytes())
                }
                Found::Gram(gram) => XxHash3_64::oneshot_with_seed(gram_seed, gram.as_bytes()),
            };
            self.hashes.push((index, hash));
            let is_paired = matches!(found, Found::Word(_));
            if let Some(before) = before.filter(|_| is_paired) {
                let pair = u128::from(before) << 64 | u128::from(hash);
                self.hashes.push((index, XxHash3_64::oneshot_with_seed(pair_seed, &pair.to_le_bytes())));
            }
            before = is_paired.then_some(hash);
        });
    }

    /// The features as buckets with signed weights, in the order of the buckets, each bucket once.
    pub fn weigh(&self, schema: &Schema, idf: impl Fn(u32) -> f64) -> Vec<(u32, f64)> {
        let mut weighted = Vec::with_capacity(self.hashes.len());
        for block in self.hashes.chunk_by(|a, b| a.0 == b.0) {
            weigh_block(block, schema, &idf, &mut weighted);
        }
        let tail = if schema.rules == Rules::First { Tail::Cut } else { Tail::Drawn };
        for &(index, number) in &self.numbers {
            weigh_number(number, &schema.fields[index as usize], tail, &mut weighted);
        }
        weighted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        weighted.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 += later.1;
            }
            same
        });
        weighted
    }
}

/// The features of one field, sorted: the square root of tf-idf, then brought to the length that the field's kind has.
fn weigh_block(block: &[(u32, u64)], schema: &Schema, idf: &impl Fn(u32) -> f64, into: &mut Vec<(u32, f64)>) {
    let first = into.len();
    let kind = schema.fields[block[0].0 as usize].kind;
    let mut squares = 0.0;
    for same in block.chunk_by(|a, b| a == b) {
        let (bucket, sign) = bucket(same[0].1);
        let tf_idf = (1.0 + ln(same.len() as f64)) * idf(bucket);
        let weight = if kind == FieldKind::Text { tf_idf } else { tf_idf.sqrt() };
        squares += weight * weight;
        into.push((bucket, sign * weight));
    }
    let features = &mut into[first..];
    let scale = match kind {
        FieldKind::Text => TEXT_WEIGHT / squares.sqrt(),
        _ => (MAX_LIST_ELEMENTS / features.len() as f64).sqrt().min(1.0),
    };
    features.iter_mut().for_each(|(_, weight)| *weight *= scale);
}

fn weigh_number(number: f64, field: &Field, tail: Tail, into: &mut Vec<(u32, f64)>) {
    let FieldKind::Number { middle, spread } = field.kind else { return };
    let seed = feature_seed(field, FeatureKind::Wave);
    for (wave, k) in waves(number, middle, spread, tail).into_iter().flatten().zip(0u64..) {
        let (bucket, sign) = bucket(XxHash3_64::oneshot_with_seed(seed, &k.to_le_bytes()));
        into.push((bucket, sign * NUMBER_WEIGHT * wave));
    }
}
