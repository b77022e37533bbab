//! What the caller decides about the vectors.

use super::fit::MAX_FIELDS;
use super::walk::MAX_FIELD_NAME_BYTES;
use crate::profile::path::Paths;
use crate::vectorizer::text::Language;

/// The length of a vector where nothing else is asked for: the error of a cosine is about 1/16, which the next ten
/// neighbours of profiles with tens of fields bear, at 1 KiB a profile.
pub const DEFAULT_DIMENSION: usize = 256;

/// The seed where nothing else is asked for.
pub const DEFAULT_SEED: u64 = 42;

/// The longest vector.
pub const MAX_DIMENSION: usize = 1 << 16;

/// How profiles are to be vectorized.
#[derive(Debug, Clone)]
pub struct HashingConfig {
    /// Numbers in a vector: 1 to [`MAX_DIMENSION`].
    pub dimension: usize,
    /// The language that text fields are normalised in.
    pub language: Language,
    /// What the random projection is made from.
    pub seed: u64,
    /// The fields that are vectorized, by their names or paths ([`crate::profile::path`]); every one if `None`.
    pub fields: Option<Vec<String>>,
    /// Fields that are not vectorized, whatever `fields` says, by their names or paths.
    pub ignore_fields: Vec<String>,
    /// The field that holds the id; never vectorized.
    pub id_field: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The dimension is out of range.
    #[error("a vector of {0} numbers was asked for; 1 to {MAX_DIMENSION} are allowed")]
    Dimension(usize),
    /// The list of fields to vectorize is empty.
    #[error("the list of fields to vectorize is empty; name at least one, or give no list for every field")]
    NoFields,
    /// Too many fields are named.
    #[error("{0} fields are named; at most {MAX_FIELDS} are allowed")]
    TooManyFields(usize),
    /// The name of a field is too long.
    #[error("a field's name has {0} bytes; at most {MAX_FIELD_NAME_BYTES} are allowed")]
    NameTooLong(usize),
}

impl HashingConfig {
    /// The default configuration: every field but the id.
    pub fn new(id_field: impl Into<String>, language: Language) -> HashingConfig {
        HashingConfig {
            dimension: DEFAULT_DIMENSION,
            language,
            seed: DEFAULT_SEED,
            fields: None,
            ignore_fields: Vec::new(),
            id_field: id_field.into(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=MAX_DIMENSION).contains(&self.dimension) {
            return Err(ConfigError::Dimension(self.dimension));
        }
        if self.fields.as_ref().is_some_and(Vec::is_empty) {
            return Err(ConfigError::NoFields);
        }
        let named = self.named_fields().count();
        if named > MAX_FIELDS {
            return Err(ConfigError::TooManyFields(named));
        }
        let longest = self.named_fields().chain([self.id_field.as_str()]).map(str::len).max().unwrap_or(0);
        if longest > MAX_FIELD_NAME_BYTES {
            return Err(ConfigError::NameTooLong(longest));
        }
        Ok(())
    }

    /// The fields that the caller named, to be vectorized or ignored.
    pub(super) fn named_fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().flatten().chain(&self.ignore_fields).map(String::as_str)
    }

    /// The fields that are vectorized, where not every one is.
    pub(super) fn only(&self) -> Option<Paths<'_>> {
        self.fields.as_ref().map(|fields| Paths::new(fields.iter().map(String::as_str)))
    }

    /// The fields that are not vectorized, the id among them.
    pub(super) fn ignored(&self) -> Paths<'_> {
        Paths::new([self.id_field.as_str()].into_iter().chain(self.ignore_fields.iter().map(String::as_str)))
    }
}
