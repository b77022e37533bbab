//! The first pass: what kind each field is.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use super::config::{ConfigError, HashingConfig};
use super::field::FieldStats;
use super::frequencies::FrequencyCounter;
use super::walk::{Place, Unreached, walk_and_tell};
use crate::file::FieldMetadata;
use crate::profile::path::holds;
use crate::profile::{Fields, Value};

/// A field of at most this many distinct values is a category.
pub const MAX_CATEGORIES: usize = 256;

/// Fields, nested ones included, that are vectorized: the first this many in the order of the source. It bounds the
/// memory where the names of a map's fields are data, as in `{"likes": {"<id>": true}}`: at most some 13 KiB for each
/// field that holds a million numbers, and less for others.
pub const MAX_FIELDS: usize = 16_384;

/// A field is one of numbers where at least this share of its values are numbers, in percent. What stands for a missing
/// number is no value.
pub const NUMBERS_NEEDED: u64 = 90;

/// Of those numbers at least this share have to be numbers in the source, in percent; the others may be text. Where fewer
/// are, they are numbers all the same unless they look like codes: without a fraction, and few distinct ones, or all of one
/// length of three digits or more, or some with zeros in front.
pub const UNQUOTED_NEEDED: u64 = 10;

/// What a field holds, decided over all values of the source that are not null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldKind {
    /// Numbers, but for a few values ([`NUMBERS_NEEDED`], [`UNQUOTED_NEEDED`]), however few distinct ones.
    Number {
        /// Their mean, without those that are far from all others.
        middle: f64,
        /// Their standard deviation, likewise.
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

/// Which features values have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rules {
    /// Those of states that begin with `KHV1`.
    First,
    /// Those of today.
    Second,
}

/// What the first pass found: the fields, ordered by name.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub rules: Rules,
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

/// What is not vectorized though it was asked for, and why. Names are shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Fields that came when there were [`MAX_FIELDS`] already; at least so many.
    pub fields_beyond: u64,
    /// Their values.
    pub values_beyond: u64,
    /// The first of them.
    pub field_beyond: Option<String>,
    /// Values whose path is longer than [`MAX_FIELD_NAME_BYTES`](super::MAX_FIELD_NAME_BYTES).
    pub long_paths: u64,
    /// The first of those paths.
    pub long_path: Option<String>,
    /// Values that are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    pub deep: u64,
    /// The path to the first of them.
    pub deep_path: Option<String>,
}

impl LeftOut {
    /// All values that are left out.
    pub fn values(&self) -> u64 {
        self.values_beyond + self.long_paths + self.deep
    }

    fn take_unreached(&mut self, more: LeftOut) {
        self.long_paths += more.long_paths;
        self.deep += more.deep;
        self.long_path = self.long_path.take().or(more.long_path);
        self.deep_path = self.deep_path.take().or(more.deep_path);
    }

    fn add(&mut self, why: Unreached, path: &str) {
        let (count, example) = match why {
            Unreached::LongPath => (&mut self.long_paths, &mut self.long_path),
            Unreached::Deep => (&mut self.deep, &mut self.deep_path),
        };
        *count += 1;
        example.get_or_insert_with(|| shortened(path));
    }
}

fn shortened(name: &str) -> String {
    const SHOWN: usize = 60;
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// What the first pass found besides the kinds.
#[derive(Debug)]
pub(super) struct Findings {
    pub unknown: Vec<String>,
    pub left_out: LeftOut,
    pub described: Vec<FieldMetadata>,
}

/// The first pass over a source. Memory is bounded by [`MAX_FIELDS`], whatever the source holds.
#[derive(Debug)]
pub struct Fitter {
    config: HashingConfig,
    stats: BTreeMap<String, FieldStats>,
    named: BTreeMap<String, bool>,
    left_out: LeftOut,
    /// Hashes of the names of fields beyond the last, as many as are counted.
    beyond: HashSet<u64>,
    profiles: u64,
}

impl Fitter {
    /// A fitter that has seen nothing.
    ///
    /// # Errors
    /// [`ConfigError`], where the configuration names what is not allowed.
    pub fn new(config: HashingConfig) -> Result<Fitter, ConfigError> {
        config.validate()?;
        let named = config.named_fields().map(|name| (name.to_owned(), false)).collect();
        Ok(Fitter {
            config,
            stats: BTreeMap::new(),
            named,
            left_out: LeftOut::default(),
            beyond: HashSet::new(),
            profiles: 0,
        })
    }

    /// Looks at one profile. The result depends on the order of the profiles: always that of the source.
    pub fn observe(&mut self, fields: &Fields) {
        for (name, seen) in self.named.iter_mut().filter(|(_, seen)| !**seen) {
            *seen = holds(fields, name);
        }
        self.profiles += 1;
        let Fitter { config, stats, left_out, beyond, profiles, .. } = self;
        let mut unreached = LeftOut::default();
        let mut visit = |place: Place<'_>, value: &Value| {
            let full = stats.len() >= MAX_FIELDS;
            match stats.get_mut(place.path) {
                Some(field) => field.observe(*profiles, place, value),
                None if full => {
                    left_out.values_beyond += 1;
                    left_out.field_beyond.get_or_insert_with(|| shortened(place.path));
                    if beyond.len() < MAX_COUNTED {
                        beyond.insert(XxHash3_64::oneshot(place.path.as_bytes()));
                    }
                }
                None => stats.entry(place.path.to_owned()).or_default().observe(*profiles, place, value),
            }
        };
        walk_and_tell(fields, config, &mut visit, &mut |why, path| unreached.add(why, path));
        self.left_out.take_unreached(unreached);
    }

    /// Decides the kinds, and starts the second pass.
    pub fn finish(self) -> FrequencyCounter {
        let described = self.stats.iter().map(|(name, stats)| stats.describe(name, self.profiles)).collect();
        let fields = self.stats.into_iter().map(|(name, stats)| Field { name, kind: stats.kind() }).collect();
        let unknown = self.named.into_iter().filter(|(_, seen)| !seen).map(|(name, _)| name).collect();
        let left_out = LeftOut { fields_beyond: self.beyond.len() as u64, ..self.left_out };
        let schema = Arc::new(Schema { rules: Rules::Second, config: self.config, fields });
        FrequencyCounter::new(schema, Arc::new(Findings { unknown, left_out, described }))
    }
}

/// Fields beyond the last that are told apart, to count them.
const MAX_COUNTED: usize = 1 << 16;
