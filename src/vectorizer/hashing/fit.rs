//! The first pass: what kind each field is.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use super::config::{ConfigError, HashingConfig};
use super::frequencies::FrequencyCounter;
use super::number::Moments;
use super::walk::{Place, value_text, walk};
use crate::profile::path::holds;
use crate::profile::{Fields, Value};

/// A field of at most this many distinct values is a category.
pub const MAX_CATEGORIES: usize = 256;

/// Fields, nested ones included, that are vectorized: the first this many in the order of the source. It bounds the
/// memory where the names of a map's fields are data, as in `{"likes": {"<id>": true}}`.
pub const MAX_FIELDS: usize = 4096;

/// What a field holds, decided over all values of the source that are not null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldKind {
    /// Numbers and nothing else, however few distinct ones.
    Number {
        /// Their mean.
        mean: f64,
        /// Their standard deviation.
        spread: f64,
    },
    /// At most [`MAX_CATEGORIES`] distinct values; text, booleans or both with numbers.
    Category,
    /// Lists; a value that is none counts as a list of one.
    List,
    /// Everything else. Numbers and booleans in such a field are read as text; elements of lists are features each.
    Text,
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FieldKind::Number { .. } => "number",
            FieldKind::Category => "category",
            FieldKind::List => "list",
            FieldKind::Text => "text",
        })
    }
}

/// A field that is vectorized.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: String,
    pub kind: FieldKind,
}

/// What the first pass found: the fields, ordered by name.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub config: HashingConfig,
    pub fields: Vec<Field>,
}

impl Schema {
    /// The field at a path, and its place among the fields.
    pub fn find(&self, path: &str) -> Option<(u32, &Field)> {
        let place = self.fields.binary_search_by(|field| field.name.as_str().cmp(path)).ok()?;
        Some((u32::try_from(place).ok()?, &self.fields[place]))
    }
}

/// The first pass over a source. Memory is bounded by [`MAX_FIELDS`] fields of [`MAX_CATEGORIES`] hashes each,
/// whatever the source holds.
#[derive(Debug)]
pub struct Fitter {
    config: HashingConfig,
    stats: BTreeMap<String, FieldStats>,
    named: BTreeMap<String, bool>,
    left_out: u64,
}

impl Fitter {
    /// A fitter that has seen nothing.
    ///
    /// # Errors
    /// [`ConfigError`], where the configuration names what is not allowed.
    pub fn new(config: HashingConfig) -> Result<Fitter, ConfigError> {
        config.validate()?;
        let named = config.named_fields().map(|name| (name.to_owned(), false)).collect();
        Ok(Fitter { config, stats: BTreeMap::new(), named, left_out: 0 })
    }

    /// Looks at one profile. The result depends on the order of the profiles: always that of the source.
    pub fn observe(&mut self, fields: &Fields) {
        for (name, seen) in self.named.iter_mut().filter(|(_, seen)| !**seen) {
            *seen = holds(fields, name);
        }
        let Fitter { config, stats, left_out, .. } = self;
        let mut beyond = 0;
        *left_out += walk(fields, config, &mut |place, value| {
            let full = stats.len() >= MAX_FIELDS;
            match stats.get_mut(place.path) {
                Some(field) => field.observe(place, value),
                None if full => beyond += 1,
                None => stats.entry(place.path.to_owned()).or_default().observe(place, value),
            }
        });
        self.left_out += beyond;
    }

    /// Decides the kinds, and starts the second pass.
    pub fn finish(self) -> FrequencyCounter {
        let fields = self.stats.into_iter().map(|(name, stats)| Field { name, kind: stats.kind() }).collect();
        let unknown = self.named.into_iter().filter(|(_, seen)| !seen).map(|(name, _)| name).collect();
        let schema = Arc::new(Schema { config: self.config, fields });
        FrequencyCounter::new(schema, unknown, self.left_out)
    }
}

/// What is remembered of a field.
#[derive(Debug)]
struct FieldStats {
    moments: Moments,
    texts: u64,
    booleans: u64,
    elements: u64,
    /// Hashes of the distinct values; `None` once there are too many. Elements of lists are not counted.
    distinct: Option<HashSet<u64>>,
}

impl Default for FieldStats {
    fn default() -> FieldStats {
        FieldStats {
            moments: Moments::default(),
            texts: 0,
            booleans: 0,
            elements: 0,
            distinct: Some(HashSet::new()),
        }
    }
}

impl FieldStats {
    fn observe(&mut self, place: Place<'_>, value: &Value) {
        if place.in_list {
            self.elements += 1;
            return;
        }
        let Some(text) = value_text(value) else { return };
        if let Some(distinct) = &mut self.distinct {
            distinct.insert(XxHash3_64::oneshot(text.as_bytes()));
            if distinct.len() > MAX_CATEGORIES {
                self.distinct = None;
            }
        }
        match value.as_number() {
            Some(number) => self.moments.observe(number),
            None if matches!(value, Value::Bool(_)) => self.booleans += 1,
            None => self.texts += 1,
        }
    }

    fn kind(&self) -> FieldKind {
        let only_numbers = self.moments.count() > 0 && self.texts + self.booleans + self.elements == 0;
        match (&self.distinct, self.elements > 0) {
            _ if only_numbers => {
                FieldKind::Number { mean: self.moments.mean(), spread: self.moments.spread() }
            }
            (None, true) if self.texts > 0 => FieldKind::Text,
            (_, true) => FieldKind::List,
            (Some(_), false) => FieldKind::Category,
            (None, false) => FieldKind::Text,
        }
    }
}
