//! The built-in vectorizer: fields to hashed features to a short dense vector, with no model to fetch.
//!
//! # Fitting
//! Three passes over a source, none of which holds a profile longer than it looks at it:
//!
//! 1. [`Fitter::observe`] each profile, in the order of the source and on one thread (running means and samples depend
//!    on the order), then [`Fitter::finish`]: every field has its [`FieldKind`], and
//!    [`FrequencyCounter::described_fields`] says why.
//! 2. [`FrequencyCounter::observe`] each profile, in any order and on as many threads as wanted
//!    ([`FrequencyCounter::fork`], [`FrequencyCounter::merge`]: only whole numbers are added), then
//!    [`FrequencyCounter::finish`].
//! 3. [`HashingVectorizer::vectorize`] each profile, anywhere.
//!
//! # From a profile to its vector
//! Nested maps are flattened (`a.b`), also maps in lists; the id field is left out. HTML entities are decoded. Then,
//! by the kind of the field, with `null` and empty text giving nothing:
//!
//! | kind | is a field | features | length of the field's block |
//! | --- | --- | --- | --- |
//! | number | of whose values [`NUMBERS_NEEDED`] % are numbers | 17 waves of (value - middle) / spread, see below; of a value that is none, as of a category | [`NUMBER_WEIGHT`] |
//! | category | of at most [`MAX_CATEGORIES`] distinct values | `field=value` | square root of the value's idf |
//! | list | with lists | `field=element`, one an element | as many categories as it has elements, at most [`MAX_LIST_ELEMENTS`] |
//! | text | of anything else | words, word pairs and grams, see `words` | [`TEXT_WEIGHT`] |
//!
//! Values and elements are compared in one form of all ways to write them: Unicode's compatibility form and case folding,
//! without invisible characters. What is served stays as it was.
//!
//! # What counts as a number
//! A number of the source, and a text that is written as JSON writes one (`"31"`, not `"007"`) in a field where at least
//! [`UNQUOTED_NEEDED`] % of the numbers are no text, or the texts do not look like codes: ages in quotation marks are
//! numbers, postal codes are not. Texts such as `NA`, `NULL`, `\N`, `NaN`, `?`, `-` and `unknown` say that there is
//! no number: they are no values, neither when the kind is decided nor later. In a field of any other kind they are
//! values like all others. A text, a boolean or a list's element in a field of numbers is compared as in a category.
//!
//! # Weights
//! The weight of a word is `(1 + ln tf) * idf`, with `idf = ln((N + 1) / (df + 1)) + 1`, that of a category's value or
//! a list's element the square root of it; each field's block is then brought to the length above, so that a long
//! text or a huge number counts about as much as one category and does not drown eighteen of them. With the square
//! root, two profiles that share a value gain its idf
//! in their dot product: a rare value counts more than a frequent one, by about what there is to learn from it. With
//! the idf itself they would gain its square, and one rare value would outweigh all the frequent ones: on 5,000
//! dating profiles of 19 fields the ten nearest then shared 1.56 times as many attributes as random ones, and 1.64
//! times with the square root (1.65 where they were projected to 8,192 numbers instead of 256).
//!
//! A number is not one feature whose size is the value: its sign and size would dominate a cosine. With
//! `z = (value - middle) / spread`, drawn in beyond 3 so that none is further than 4 and all keep their order, it becomes the waves `cos(k z pi / 8)` and `sin(k z pi / 8)`,
//! k = 0..=8, with such amplitudes that the dot product of two numbers is exactly `cos(d pi / 16)^16` of their
//! distance `d` in spreads: 1 at 0, 0.73 at 1, 0.28 at 2, 0.05 at 3, falling all the way to 0 at 8. The length is
//! the same for every number, so an outlier cannot swamp the rest. Where the spread is 0 there are no features.
//!
//! Middle and spread are mean and standard deviation, but of the numbers that are near: at most 8 times as far from the
//! median as half of those are that differ from it. So one 2147483647 among ages, or 9999 in each twentieth profile,
//! leaves 20 and 21 as far apart as they are. Where there are such numbers, a sample of bounded size stands for all.
//!
//! Features are hashed with xxh3 (64 bits) into 2^20 buckets with a sign (Weinberger et al. 2009, "Feature hashing
//! for large scale multitask learning"), and the buckets projected to `dimension` numbers by a random matrix of
//! -1, 0 and 1 (Li, Hastie and Church 2006, "Very sparse random projections"), whose rows are made from the seed
//! and the bucket's number when they are needed. One entry in s = 4 is not zero. The paper's s = sqrt(D), here
//! 1024, is for profiles of very many features: with 256 numbers it would give three of four features no entry at
//! all, and a profile has often fewer than twenty. The error of a dot product (their Lemma 3) grows with
//! `(s - 3)` times the sum of the squared products of shared features, which is next to nothing for s = 4.
//! Below 128 numbers every entry is 1 or -1, for the same reason.
//!
//! # The same bits everywhere
//! Sums have a fixed order (by field, hash and bucket, not by the order of the fields in the profile), and
//! logarithms and waves are computed here from `+ - * /` and `sqrt`, which IEEE 754 fixes, rather than by the
//! platform's mathematical library. Equal profiles get equal vectors on every machine and any number of threads.

mod config;
mod features;
mod field;
mod first;
mod fit;
mod frequencies;
mod math;
mod number;
mod projection;
mod state;
mod vectorizer;
mod walk;
mod words;

#[cfg(test)]
mod tests;

/// Whether a text is what programs and people write where a number is not known: "NA", "-", "unknown"... A field of
/// numbers knows nothing of it.
pub fn is_absent(text: &str) -> bool {
    number::is_absent(&words::fold(text, words::Spelling::Exact))
}

pub use config::{ConfigError, DEFAULT_DIMENSION, DEFAULT_SEED, HashingConfig, MAX_DIMENSION};
pub use features::{MAX_LIST_ELEMENTS, NUMBER_WEIGHT, TEXT_WEIGHT};
pub use fit::{FieldKind, Fitter, LeftOut, MAX_CATEGORIES, MAX_FIELDS, NUMBERS_NEEDED, UNQUOTED_NEEDED};
pub use frequencies::FrequencyCounter;
pub use state::StateError;
pub use vectorizer::{HASHING, HashingVectorizer};
pub use walk::{MAX_DEPTH, MAX_FIELD_NAME_BYTES};
pub(crate) use words::{Spelling, fold};
