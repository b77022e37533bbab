//! What documents hold: which fields are stored, and which of them look as if they were nobody else's business, by their
//! names (`names`) or by what their values look like (`shapes`).

mod names;
mod shapes;
mod warning;

use std::collections::HashSet;

use indexmap::IndexMap;
use kindred::profile::{Fields, Value};
use twox_hash::XxHash3_64;

use names::Named;
use shapes::Shape;

pub use warning::{Answers, warnings};

/// Fields that are remembered, by their paths.
const MOST_FIELDS: usize = 16_384;
/// The longest path that is remembered, in bytes.
const LONGEST_PATH: usize = 1_024;
/// How deep maps are looked into.
const MOST_DEPTH: usize = 16;
/// Elements of a list that are looked at.
const MOST_ELEMENTS: usize = 64;
/// Values of a field whose shape is looked at.
const MOST_VALUES: u64 = 10_000;
/// Values of a field that are told apart.
const MOST_DISTINCT: u64 = 1_000;
/// The longest text that may be degrees, in bytes.
const LONGEST_NUMBER: usize = 32;
/// Fewer distinct values than this of so many say nothing of whether all differ.
const FEWEST_DISTINCT: u64 = 20;

/// The fields of documents, in the order in which they came.
#[derive(Debug, Default)]
pub struct Documents {
    fields: IndexMap<String, Stored>,
    documents: u64,
}

/// Where a value lies: the names down to it, joined by dots, and where each of them ends. A name may have dots in it.
#[derive(Debug, Default)]
struct Path {
    text: String,
    ends: Vec<usize>,
}

/// What is known of a field that documents have.
#[derive(Debug, Default)]
pub struct Stored {
    /// Where the names of the path end.
    ends: Vec<usize>,
    /// Values that are not null, elements of lists each.
    pub values: u64,
    /// Those that are numbers.
    pub numbers: u64,
    /// Documents in which there is a value.
    pub documents: u64,
    last: u64,
    /// Values that have been looked at.
    looked: u64,
    shapes: [u64; Shape::ALL.len()],
    booleans: u64,
    /// Texts with a blank in them, and values with five digits or more.
    with_blank: u64,
    with_digits: u64,
    /// Values that may be degrees, or a pair of them.
    degrees: u64,
    /// Different values among the first [`MOST_DISTINCT`].
    different: u64,
    /// Their hashes, until so many have been looked at: there may be thousands of fields.
    distinct: HashSet<u64>,
}

/// Why a field looks personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Personal {
    /// So many of the values that were looked at have this shape.
    Looks {
        /// What they are called.
        what: String,
        /// How many.
        count: u64,
        /// Of how many.
        of: u64,
    },
    /// By the name, which nothing in the values contradicts.
    IsCalled(&'static str),
}

impl Documents {
    /// Looks at a document.
    pub fn observe(&mut self, fields: &Fields) {
        self.documents += 1;
        self.map(fields, &mut Path::default());
    }

    fn map(&mut self, fields: &Fields, path: &mut Path) {
        let parent = path.text.len();
        for (name, value) in fields {
            if !path.ends.is_empty() {
                path.text.push('.');
            }
            path.text.push_str(name);
            path.ends.push(path.text.len());
            self.value(value, path);
            path.ends.pop();
            path.text.truncate(parent);
        }
    }

    fn value(&mut self, value: &Value, path: &mut Path) {
        match value {
            Value::Map(below) if path.ends.len() <= MOST_DEPTH && !below.is_empty() => self.map(below, path),
            Value::List(elements)
                if elements.iter().any(|element| matches!(element, Value::Map(_) | Value::Text(_))) =>
            {
                elements.iter().take(MOST_ELEMENTS).for_each(|element| self.value(element, path));
            }
            leaf => self.leaf(leaf, path),
        }
    }

    fn leaf(&mut self, value: &Value, path: &Path) {
        if path.text.len() > LONGEST_PATH {
            return;
        }
        let document = self.documents;
        if let Some(stored) = self.fields.get_mut(&path.text) {
            // Where some have the field `a.b` and others `b` in the map `a`, what returns `a` returns one of them.
            if stored.ends.len() < path.ends.len() {
                stored.ends.clone_from(&path.ends);
            }
            stored.observe(value, document);
        } else if self.fields.len() < MOST_FIELDS {
            let mut stored = Stored { ends: path.ends.clone(), ..Stored::default() };
            stored.observe(value, document);
            self.fields.insert(path.text.clone(), stored);
        }
    }

    /// How many documents have been looked at.
    pub fn count(&self) -> u64 {
        self.documents
    }

    /// A field and all maps that it lies in, from the top: `a`, `a.b` and `a.b.c`. The dots of a field that documents have
    /// in its name do not count.
    pub fn around<'p>(&self, path: &'p str) -> Vec<&'p str> {
        let dots = || path.match_indices('.').map(|(place, _)| place).chain([path.len()]).collect();
        let ends = self.fields.get(path).map_or_else(dots, |stored| stored.ends.clone());
        ends.into_iter().filter_map(|end| path.get(..end)).collect()
    }

    /// The fields by their paths, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Stored)> {
        self.fields.iter().map(|(path, stored)| (path.as_str(), stored))
    }
}

impl Stored {
    fn observe(&mut self, value: &Value, document: u64) {
        if matches!(value, Value::Null) {
            return;
        }
        self.values += 1;
        self.numbers += u64::from(value.as_number().is_some());
        if self.last != document {
            (self.documents, self.last) = (self.documents + 1, document);
        }
        if self.looked < MOST_VALUES {
            self.look_at(value);
        }
    }

    fn look_at(&mut self, value: &Value) {
        let text = match value {
            Value::Text(text) if text.trim().is_empty() => return,
            Value::Text(text) => text.trim().to_owned(),
            Value::Bool(_) => {
                self.booleans += 1;
                String::new()
            }
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::List(_) | Value::Floats(_) if may_be_degrees(value) => format!("{value:?}"),
            _ => String::new(),
        };
        self.degrees += u64::from(may_be_degrees(value));
        self.looked += 1;
        let shape = match value {
            Value::Text(text) => shapes::of(text),
            Value::Int(number) => u64::try_from(*number).ok().and_then(shapes::of_number),
            _ => None,
        };
        if let Some(count) = shape.and_then(|shape| self.shapes.get_mut(shape as usize)) {
            *count += 1;
        }
        self.with_blank += u64::from(text.contains(char::is_whitespace));
        self.with_digits += u64::from(text.bytes().filter(u8::is_ascii_digit).count() >= 5);
        if self.looked <= MOST_DISTINCT && !text.is_empty() {
            self.distinct.insert(XxHash3_64::oneshot(text.as_bytes()));
            self.different = self.distinct.len() as u64;
        }
        if self.looked == MOST_DISTINCT {
            self.distinct = HashSet::new();
        }
    }

    /// Why the field looks personal, if it does.
    fn personal(&self, path: &str) -> Option<Personal> {
        if self.looked == 0 {
            return None;
        }
        // A field may hold e-mail addresses and telephone numbers, as "contact" does.
        let together: u64 = self.shapes.iter().sum();
        if together * 2 >= self.looked {
            let frequent =
                Shape::ALL.into_iter().zip(self.shapes).filter(|(_, count)| count * 10 >= self.looked);
            let what: Vec<&str> = frequent.map(|(shape, _)| shape.plural()).collect();
            return Some(Personal::Looks { what: what.join(" and "), count: together, of: self.looked });
        }
        names::of(path).filter(|named| self.may_be(*named)).map(|named| Personal::IsCalled(named.plural()))
    }

    /// Whether values can be what a name says: a field "mobile" may hold "Android" and "iOS".
    fn may_be(&self, named: Named) -> bool {
        let half = |count: u64| count * 2 >= self.looked;
        let told_apart = self.looked.min(MOST_DISTINCT);
        let fewest = match named {
            // A year has few days, and a town few places.
            Named::Activity | Named::BirthDate => 2,
            Named::Place => FEWEST_DISTINCT.min(told_apart / 2),
            _ => told_apart.div_ceil(2),
        };
        if half(self.booleans) || told_apart >= FEWEST_DISTINCT && self.different < fewest {
            return false;
        }
        match named {
            Named::Email | Named::Password | Named::Secret => {
                !half(self.with_blank) && self.numbers * 2 < self.values
            }
            Named::Telephone | Named::NationalId | Named::Bank | Named::Device | Named::BirthDate => {
                half(self.with_digits)
            }
            Named::Activity => half(self.with_digits),
            Named::Address => half(self.with_blank) && self.numbers == 0,
            Named::Place => half(self.degrees),
        }
    }

    /// Whether (nearly) every value is one word that no other document has: that says nothing about likeness.
    fn tells_apart_only(&self) -> bool {
        let told_apart = self.looked.min(MOST_DISTINCT);
        told_apart >= FEWEST_DISTINCT
            && self.different * 100 >= told_apart * 99
            && self.with_blank * 20 <= self.looked
            && self.documents * 2 >= self.values
    }
}

/// Whether a value is a number with a fraction that may be degrees, also as text, or a pair of degrees with or without the
/// height.
fn may_be_degrees(value: &Value) -> bool {
    let is_in_range = |number: f64| number.abs() <= 180.0;
    let is_one = |number: f64| number.fract() != 0.0 && is_in_range(number);
    let is_pair = |numbers: &[f64]| {
        let pair = numbers.get(..2).unwrap_or_default();
        pair.iter().all(|&number| is_in_range(number)) && pair.iter().any(|&number| is_one(number))
    };
    match value {
        Value::Float(number) => is_one(*number),
        Value::Text(text) if text.len() <= LONGEST_NUMBER => {
            text.trim().replace(',', ".").parse().is_ok_and(is_one)
        }
        Value::List(parts) if (2..=3).contains(&parts.len()) => {
            let numbers: Option<Vec<f64>> = parts.iter().map(Value::as_number).collect();
            numbers.is_some_and(|numbers| is_pair(&numbers))
        }
        Value::Floats(parts) if (2..=3).contains(&parts.len()) => {
            is_pair(&parts.iter().map(|&part| f64::from(part)).collect::<Vec<_>>())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
