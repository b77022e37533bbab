//! What documents hold: which fields are stored, and which of them look as if they were nobody else's business, by their
//! names ([`names`]) or by what their values look like ([`shapes`]).

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
/// Fewer distinct values than this of so many say nothing of whether all differ.
const FEWEST_DISTINCT: u64 = 20;

/// The fields of documents, in the order in which they came.
#[derive(Debug, Default)]
pub struct Documents {
    fields: IndexMap<String, Stored>,
    documents: u64,
}

/// What is known of a field that documents have.
#[derive(Debug, Default)]
pub struct Stored {
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
    /// Numbers with a fraction that may be degrees.
    degrees: u64,
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
        self.map(fields, &mut String::new(), 0);
    }

    fn map(&mut self, fields: &Fields, path: &mut String, depth: usize) {
        let parent = path.len();
        for (name, value) in fields {
            if depth > 0 {
                path.push('.');
            }
            path.push_str(name);
            self.value(value, path, depth);
            path.truncate(parent);
        }
    }

    fn value(&mut self, value: &Value, path: &mut String, depth: usize) {
        match value {
            Value::Map(below) if depth < MOST_DEPTH && !below.is_empty() => self.map(below, path, depth + 1),
            Value::List(elements)
                if elements.iter().any(|element| matches!(element, Value::Map(_) | Value::Text(_))) =>
            {
                elements.iter().take(MOST_ELEMENTS).for_each(|element| self.value(element, path, depth));
            }
            leaf => self.leaf(leaf, path),
        }
    }

    fn leaf(&mut self, value: &Value, path: &str) {
        if path.len() > LONGEST_PATH {
            return;
        }
        let document = self.documents;
        if let Some(stored) = self.fields.get_mut(path) {
            stored.observe(value, document);
        } else if self.fields.len() < MOST_FIELDS {
            let mut stored = Stored::default();
            stored.observe(value, document);
            self.fields.insert(path.to_owned(), stored);
        }
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
            Value::Float(number) => {
                self.degrees += u64::from(number.fract() != 0.0 && number.abs() <= 180.0);
                number.to_string()
            }
            _ => String::new(),
        };
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
        let differ = told_apart < FEWEST_DISTINCT || self.distinct.len() as u64 * 2 >= told_apart;
        if half(self.booleans) || !differ {
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
            && self.distinct.len() as u64 * 100 >= told_apart * 99
            && self.with_blank * 20 <= self.looked
            && self.documents * 2 >= self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kindred::profile::json::parse;

    /// The fields that look personal, of documents that `make` makes.
    fn personal(make: impl Fn(usize) -> String) -> Vec<(String, Personal)> {
        let mut documents = Documents::default();
        for n in 0..100 {
            match parse(make(n).as_bytes()) {
                Ok(Value::Map(fields)) => documents.observe(&fields),
                other => panic!("{other:?}"),
            }
        }
        let found =
            documents.iter().filter_map(|(path, stored)| Some((path.to_owned(), stored.personal(path)?)));
        found.collect()
    }

    #[test]
    fn fields_are_personal_by_what_their_values_look_like() {
        let found = personal(|n| {
            let bio = if n == 7 { "+41 44 123 45 67" } else { "I like tea" };
            format!(
                r#"{{"c":{{"x":[{{"v":"a{n}@x.org"}},{{"v":"+41 44 123 45 {:02}"}}]}},"bio":"{bio}","n":null}}"#,
                n % 100
            )
        });
        let looks = |what: &str, count: u64, of: u64| Personal::Looks { what: what.to_owned(), count, of };
        assert_eq!(found, [("c.x.v".to_owned(), looks("e-mail addresses and telephone numbers", 200, 200))]);
        let found = personal(|n| {
            format!(
                r#"{{"card":{},"maybe":"{}"}}"#,
                4_111_111_111_111_111_u64,
                if n % 2 == 0 { "-" } else { "a@b.org" }
            )
        });
        let expected =
            [("card", looks("card numbers", 100, 100)), ("maybe", looks("e-mail addresses", 50, 100))];
        assert_eq!(found, expected.map(|(name, personal)| (name.to_owned(), personal)));
    }

    #[test]
    fn a_name_says_so_unless_the_values_contradict_it() {
        let found = personal(|n| {
            format!(
                r#"{{"last_login":"2026-01-02T10:{:02}:{:02}Z","mobile":"{}","email":{},"phone":{},"lat":{},"address":"Berlin",
                "email_verified":true,"token":"word {n}","secret":"s3cr{n}","birth_date":"19{:02}-05-17","birth_year":1990,"dob":1990}}"#,
                n / 60,
                n % 60,
                ["ios", "android"][n % 2],
                n % 2 == 0,
                41_441_234_500 + n,
                47.5 + n as f64 / 1e4,
                n
            )
        });
        let names: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["last_login", "phone", "lat", "secret", "birth_date"]);
        assert_eq!(found[0].1, Personal::IsCalled("times of the last visit"));
    }
}
