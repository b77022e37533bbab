//! Numbers that programs write in other ways than a person would: what became of them is told.

use kindred::counted::counted;
use kindred::profile::{Fields, Value};

use crate::intake::places::Places;

/// How many there were.
#[derive(Debug, Default)]
pub(super) struct OddNumbers {
    /// Ids that were whole floats.
    pub whole_floats: u64,
    /// Ids of text that look like one.
    float_texts: u64,
    /// Infinite numbers in documents.
    infinite: u64,
    /// The field and the record of the first of them.
    first_infinite: Option<(String, u64)>,
}

impl OddNumbers {
    /// Looks at an id.
    pub(super) fn observe_id(&mut self, id: &str) {
        self.float_texts += u64::from(looks_like_a_float(id));
    }

    /// Looks at a document of a record.
    pub(super) fn observe(&mut self, fields: &Fields, record: u64) {
        for (name, value) in fields {
            let infinite = infinite_in(value);
            if infinite > 0 {
                self.infinite += infinite;
                self.first_infinite.get_or_insert_with(|| (name.clone(), record));
            }
        }
    }

    /// What a person should know, where the source has so many ids.
    pub(super) fn notes(&self, ids: u64, places: &Places) -> Vec<String> {
        let mut notes = Vec::new();
        if self.whole_floats > 0 {
            notes.push(format!(
                "{} written as floats and read as integers (1.0 as 1): programs write them so where an id is missing",
                counted(self.whole_floats, "whole id"),
            ));
        }
        if let Some((field, record)) = &self.first_infinite {
            let infinite = counted(self.infinite, "number");
            notes.push(format!(
                "{infinite} {} infinite; JSON has no such number, so null is served instead, and does not count (the first: {}, \
                 field {field:?})",
                infinite.is_or_are(),
                places.of(*record)
            ));
        }
        if self.float_texts > 0 && self.float_texts == ids {
            notes.push(
                "all ids are texts that end in .0, as programs write whole numbers where an id is missing; they are \
                 served so: write them as integers if 1 is meant by 1.0"
                    .to_owned(),
            );
        }
        notes
    }
}

/// Whether a text is a whole number with `.0` behind it.
fn looks_like_a_float(id: &str) -> bool {
    let digits = id.strip_suffix(".0").map(|whole| whole.strip_prefix('-').unwrap_or(whole));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// How many infinite numbers a value has in it.
fn infinite_in(value: &Value) -> u64 {
    match value {
        Value::Float(number) => u64::from(number.is_infinite()),
        Value::Floats(numbers) => numbers.iter().filter(|number| number.is_infinite()).count() as u64,
        Value::List(values) => values.iter().map(infinite_in).sum(),
        Value::Map(fields) => fields.iter().map(|(_, value)| infinite_in(value)).sum(),
        _ => 0,
    }
}
