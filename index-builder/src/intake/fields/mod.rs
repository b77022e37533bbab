//! The fields of a source: which there are, which of them hold vectors, which look like ids or like lists. It is what
//! messages name, and what is decided once everything has been read.

mod guess;
mod hint;
mod vectors;

use indexmap::IndexMap;
use kindred::profile::{Fields, Value};

use crate::ground::names::{listed, shown};

pub use guess::IdGuess;
pub use hint::ListHints;
pub use vectors::{Lengths, MIN_NUMBERS};

/// Names at the top that are remembered: more than any table has columns, and than a vector has numbers.
const MOST_NAMES: usize = 1 << 17;
/// Paths below the top that are remembered: the names of a map's fields may be data.
const MOST_PATHS: usize = 1_000;
/// Bytes of all names together.
const MOST_BYTES: usize = 16 << 20;
/// How deep maps are looked into.
const MOST_DEPTH: usize = 6;

/// The fields that records had, in the order in which they came: scalars and lists, with the paths of those in maps.
#[derive(Debug, Default)]
pub struct FieldsSeen {
    fields: IndexMap<String, Field>,
    paths: usize,
    bytes: usize,
    /// Whether there were more than are remembered.
    pub more: bool,
    /// Records that were looked at.
    pub records: u64,
    /// The names of the first one, at the top.
    first: Option<Vec<String>>,
}

/// What is known of a field.
#[derive(Debug, Default)]
pub struct Field {
    /// Whether it lies in a map of the record.
    pub is_below: bool,
    /// Records in which it is not null, empty text or an empty list.
    pub values: u64,
    /// The lists of numbers in it.
    pub lengths: Lengths,
}

impl FieldsSeen {
    /// Looks at a record.
    pub fn observe(&mut self, fields: &Fields) {
        self.records += 1;
        if self.first.is_none() {
            self.first = Some(fields.iter().map(|(name, _)| name.clone()).take(MOST_PATHS).collect());
        }
        let mut path = String::new();
        self.map(fields, &mut path, 0);
    }

    fn map(&mut self, fields: &Fields, path: &mut String, depth: usize) {
        let parent = path.len();
        for (name, value) in fields {
            if depth > 0 {
                path.push('.');
                path.push_str(name);
            }
            match value {
                Value::Map(below) if depth < MOST_DEPTH && !below.is_empty() => {
                    if depth == 0 {
                        path.push_str(name);
                    }
                    self.map(below, path, depth + 1);
                }
                _ => {
                    let name = if depth == 0 { name } else { path.as_str() };
                    if let Some(field) = self.field(name, depth > 0) {
                        field.observe(value);
                    }
                }
            }
            path.truncate(parent);
        }
    }

    fn field(&mut self, name: &str, is_path: bool) -> Option<&mut Field> {
        if !self.fields.contains_key(name) {
            let is_full = self.fields.len() >= MOST_NAMES || is_path && self.paths >= MOST_PATHS;
            if is_full || self.bytes + name.len() > MOST_BYTES {
                self.more = true;
                return None;
            }
            self.paths += usize::from(is_path);
            self.bytes += name.len();
            self.fields.insert(name.to_owned(), Field { is_below: is_path, ..Field::default() });
        }
        self.fields.get_mut(name)
    }

    /// What is known of the field of a name or path.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// The names and paths, in the order in which they came.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// The names of the first record, at the top; none where no record had fields.
    pub fn first(&self) -> &[String] {
        self.first.as_deref().unwrap_or_default()
    }

    /// The fields that are columns of vectors, with the lengths of their lists. See [`Lengths::are_vectors`].
    pub fn vectors(&self) -> impl Iterator<Item = (&str, &Field)> {
        let are_vectors = |(_, field): &(&String, &Field)| field.lengths.are_vectors(field.values);
        self.fields.iter().filter(are_vectors).map(|(name, field)| (name.as_str(), field))
    }

    /// All fields in a few words, those with lists of numbers first: for a message about a vector that is not there.
    pub fn vectors_first(&self) -> String {
        let with_lists = self.fields.iter().filter(|(_, field)| !field.lengths.is_empty());
        let with_lists: Vec<String> =
            with_lists.take(20).map(|(name, field)| format!("{} ({})", shown(name), field.lengths)).collect();
        let others = listed(
            self.fields.iter().filter(|(_, field)| field.lengths.is_empty()).map(|(name, _)| name.as_str()),
        );
        match (with_lists.is_empty(), others.is_empty()) {
            (true, true) => "No record has any field".to_owned(),
            (true, false) => format!("No field holds lists of numbers; the fields are: {others}"),
            (false, true) => format!("Fields with lists of numbers: {}", with_lists.join(", ")),
            (false, false) => {
                format!("Fields with lists of numbers: {}; others: {others}", with_lists.join(", "))
            }
        }
    }
}

impl Field {
    fn observe(&mut self, value: &Value) {
        let is_empty = match value {
            Value::Null => true,
            Value::Text(text) => text.is_empty(),
            Value::List(values) => values.is_empty(),
            Value::Floats(numbers) => numbers.is_empty(),
            _ => false,
        };
        if !is_empty {
            self.values += 1;
            self.lengths.observe(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(records: &[&str]) -> FieldsSeen {
        let mut seen = FieldsSeen::default();
        for record in records {
            match kindred::profile::json::parse(record.as_bytes()) {
                Ok(Value::Map(fields)) => seen.observe(&fields),
                other => panic!("{other:?}"),
            }
        }
        seen
    }

    #[test]
    fn fields_are_known_with_their_paths() {
        let seen = seen(&[r#"{"_id":1,"s":{"age":2,"e":[1,2]},"m":{}}"#, r#"{"_id":2,"x":null}"#]);
        assert_eq!(seen.names().collect::<Vec<_>>(), ["_id", "s.age", "s.e", "m", "x"]);
        assert_eq!(seen.first(), ["_id", "s", "m"]);
        assert_eq!((seen.get("_id").unwrap().values, seen.get("x").unwrap().values), (2, 0));
        assert_eq!(
            seen.vectors_first(),
            "Fields with lists of numbers: s.e (lists of 2 numbers); others: _id, s.age, m, x"
        );
    }

    #[test]
    fn names_that_are_data_do_not_displace_names_at_the_top() {
        let below: Vec<String> = (0..5_000).map(|n| format!("\"k{n}\":1")).collect();
        let seen = seen(&[&format!("{{\"m\":{{{}}},\"last\":1}}", below.join(","))]);
        assert!(seen.more && seen.get("last").is_some());
        assert_eq!(seen.names().count(), MOST_PATHS + 1);
    }
}
