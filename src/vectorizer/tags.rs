//! `tags:FIELD`: a number for each tag that profiles have in a list.

use std::collections::BTreeSet;

use kindred::profile::path::find;
use kindred::profile::{Fields, Value};
use kindred::vectorizer::{Kind, Stored, Vectorize, VectorizeError};

/// The row of the table.
pub const TAGS: Kind = Kind { name: "tags", argument: Some("FIELD"), restore: Some(restore) };

/// The tags of a field. A vector has a number for each: 1 if the profile has the tag, else 0.
#[derive(Debug)]
pub struct Tags {
    field: String,
    /// In the same order on every machine, unlike those of a `HashSet`.
    known: BTreeSet<String>,
}

impl Tags {
    /// No tags yet.
    pub fn new(field: &str) -> Tags {
        Tags { field: field.to_owned(), known: BTreeSet::new() }
    }

    /// Adds the tags of a profile.
    pub fn observe(&mut self, fields: &Fields) {
        self.known.extend(tags_in(fields, &self.field).map(str::to_owned));
    }

    /// The state: all that [`Vectorize`] needs.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.known)
    }
}

impl Vectorize for Tags {
    fn dimension(&self) -> usize {
        self.known.len()
    }

    fn vectorize(&self, fields: Fields) -> Result<Vec<f32>, VectorizeError> {
        let tags: BTreeSet<&str> = tags_in(&fields, &self.field).collect();
        Ok(self.known.iter().map(|tag| f32::from(tags.contains(tag.as_str()))).collect())
    }
}

/// The reverse of [`Tags::to_bytes`]. Any bytes may come: a file is not trusted.
fn restore(stored: &Stored<'_>) -> Result<Box<dyn Vectorize>, VectorizeError> {
    let tags: Vec<String> =
        serde_json::from_slice(stored.state).map_err(|error| VectorizeError::State(error.to_string()))?;
    if !tags.is_sorted_by(|a, b| a < b) {
        return Err(VectorizeError::State("the tags are not in order".to_owned()));
    }
    Ok(Box::new(Tags { field: stored.argument.to_owned(), known: tags.into_iter().collect() }))
}

fn tags_in<'a>(fields: &'a Fields, field: &str) -> impl Iterator<Item = &'a str> {
    let values = match find(fields, field) {
        Some(Value::List(values)) => values.as_slice(),
        _ => &[],
    };
    values.iter().filter_map(|value| match value {
        Value::Text(tag) => Some(tag.as_str()),
        _ => None,
    })
}
