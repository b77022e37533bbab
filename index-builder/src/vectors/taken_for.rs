//! What fields were taken for, in words.

use std::collections::HashSet;

use kindred::file::FieldMetadata;
use kindred::vectorizer::hashing::{LeftOut, MAX_DEPTH, MAX_FIELD_NAME_BYTES, MAX_FIELDS};

use crate::ground::names::{listed, shown};
use crate::intake::ingest::Profiles;
use crate::intake::personal::Stored;
use crate::vectors::choice::{FieldSelection, VectorOptions, VectorizerChoice};

/// Fields that a summary names; `inspect` and the report have all.
const NAMED: usize = 20;

/// What a build makes of the fields of its documents.
pub struct Taken<'a> {
    /// The profiles.
    profiles: &'a Profiles,
    /// What makes the vectors, decided.
    vectorizer: &'a VectorizerChoice,
    /// Which fields it looks at, decided.
    selection: &'a FieldSelection,
    /// What hashing took its fields for, by name.
    hashed: &'a [FieldMetadata],
    /// The fields that hold the vector.
    of_vector: HashSet<&'a str>,
}

impl<'a> Taken<'a> {
    /// What it makes of these.
    pub fn new(profiles: &'a Profiles, options: &'a VectorOptions, hashed: &'a [FieldMetadata]) -> Taken<'a> {
        let VectorOptions { vectorizer, selection, .. } = options;
        let of_vector = match vectorizer {
            VectorizerChoice::Field(name) => HashSet::from([name.as_str()]),
            VectorizerChoice::Columns { names, .. } => names.iter().map(String::as_str).collect(),
            _ => HashSet::new(),
        };
        Taken { profiles, vectorizer, selection, hashed, of_vector }
    }

    fn hashed(&self, path: &str) -> Option<&FieldMetadata> {
        let place = self.hashed.binary_search_by(|field| field.name.as_str().cmp(path)).ok()?;
        self.hashed.get(place)
    }

    /// Whether a field is compared word by word.
    pub fn is_text(&self, path: &str) -> bool {
        self.hashed(path).is_some_and(|field| field.kind == "text")
    }

    /// All fields that are compared or stored, by name, with the reasons and whether answers have them.
    pub fn fields(&self) -> Vec<FieldMetadata> {
        let id = std::iter::once(self.id());
        let hashed = self.hashed.iter().filter(|field| field.name != self.profiles.id_field).cloned();
        let others = self.profiles.documents.iter().filter(|(path, _)| {
            self.hashed(path).is_none()
                && *path != self.profiles.id_field
                && (self.is_exposed(path) || self.is_given(path))
        });
        let others = others.map(|(path, stored)| self.stored(path, stored));
        let mut fields: Vec<FieldMetadata> = id.chain(self.vector()).chain(hashed).chain(others).collect();
        for field in &mut fields {
            field.exposed = Some(self.is_exposed(&field.name));
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields.dedup_by(|a, b| a.name == b.name);
        fields
    }

    /// Whether answers have a field.
    pub fn is_exposed(&self, path: &str) -> bool {
        let Profiles { returned, id_field, documents, .. } = self.profiles;
        let around = documents.around(path);
        if around.contains(&id_field.as_str()) {
            return true;
        }
        if self.of_vector.contains(path) {
            return returned.names(path);
        }
        returned.expose.as_ref().is_none_or(|names| names.iter().any(|name| around.contains(&name.as_str())))
    }

    /// Whether a Python function is given the field.
    fn is_given(&self, path: &str) -> bool {
        matches!(self.vectorizer, VectorizerChoice::Python(_)) && self.takes(path)
    }

    /// Whether a field is vectorized: it, or a map that it lies in, is named.
    fn takes(&self, path: &str) -> bool {
        let around = self.profiles.documents.around(path);
        let is_named = |names: &[String]| names.iter().any(|name| around.contains(&name.as_str()));
        self.selection.only.as_deref().is_none_or(is_named) && !is_named(&self.selection.ignored)
    }

    fn id(&self) -> FieldMetadata {
        let profiles = self.profiles.entries.len() as u64;
        FieldMetadata {
            values: profiles,
            ..new(&self.profiles.id_field, "id", "every profile has its own".to_owned())
        }
    }

    fn vector(&self) -> Option<FieldMetadata> {
        let VectorizerChoice::Field(name) = self.vectorizer else { return None };
        let field = self.profiles.fields.get(name)?;
        let reason = format!("the vector: {}", field.lengths);
        // Profiles without a usable vector are left out.
        let profiles = self.profiles.entries.len() as u64;
        Some(FieldMetadata { values: profiles, ..new(name, "vector", reason) })
    }

    fn stored(&self, path: &str, stored: &Stored) -> FieldMetadata {
        let (kind, reason) = if self.of_vector.contains(path) {
            ("vector", "a number of the vector".to_owned())
        } else if self.is_given(path) {
            ("python", "the Python function is given it".to_owned())
        } else {
            ("stored", format!("not compared: {}", self.why_not_compared(path, stored)))
        };
        let (values, numbers) = (stored.values, stored.numbers);
        let profiles = self.profiles.entries.len() as u64;
        FieldMetadata {
            values,
            numbers,
            share: (numbers * 10_000).checked_div(values).unwrap_or_default() as f64 / 10_000.0,
            missing: profiles.saturating_sub(stored.documents),
            ..new(path, kind, reason)
        }
    }

    fn why_not_compared(&self, path: &str, stored: &Stored) -> &'static str {
        match self.vectorizer {
            choice if choice.is_given() => "the vector is made of other fields",
            _ if !self.takes(path) => match self.selection.only {
                Some(_) => "--fields does not name it",
                None => "it is left out",
            },
            _ if stored.values == 0 => "no profile has a value",
            _ => "the vectorizer does not reach it",
        }
    }
}

fn new(name: &str, kind: &str, reason: String) -> FieldMetadata {
    FieldMetadata {
        name: name.to_owned(),
        kind: kind.to_owned(),
        reason,
        values: 0,
        numbers: 0,
        share: 0.0,
        missing: 0,
        distinct: None,
        exposed: None,
    }
}

/// The fields but the id and their kinds on one line, and which of them answers have; `is_asked` is whether `--expose`
/// was given, so that there may be others.
pub fn on_one_line(fields: &[FieldMetadata], is_asked: bool) -> String {
    let fields: Vec<&FieldMetadata> = fields.iter().filter(|field| field.kind != "id").collect();
    let mut named: Vec<String> =
        fields.iter().take(NAMED).map(|field| format!("{} {}", shown(&field.name), field.kind)).collect();
    match fields.len().saturating_sub(NAMED) {
        0 if fields.is_empty() => named.push("none but the id".to_owned()),
        0 => {}
        more => named.push(format!("and {more} more")),
    }
    format!("{}; exposed: {}", named.join(", "), exposed(&fields, is_asked))
}

fn exposed(fields: &[&FieldMetadata], is_asked: bool) -> String {
    let (yes, no): (Vec<&FieldMetadata>, Vec<_>) =
        fields.iter().copied().partition(|field| field.exposed.unwrap_or(true));
    let names = |fields: &[&FieldMetadata]| listed(fields.iter().map(|field| field.name.as_str()));
    match (yes.len(), no.len()) {
        (_, 0) if !is_asked => "all".to_owned(),
        (0, _) => "none but the id".to_owned(),
        (_, few) if !is_asked && few <= 3 && few < yes.len() => format!("all but {}", names(&no)),
        _ => names(&yes),
    }
}

/// What a person should know of values that are not vectorized.
pub fn notes(left_out: &LeftOut) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(field) = &left_out.field_beyond {
        notes.push(format!(
            "fields that are not vectorized because there are {MAX_FIELDS} before them: {}, such as {field:?}; --fields \
             names those that matter, --ignore-fields those that do not",
            left_out.fields_beyond
        ));
    }
    if let Some(path) = &left_out.long_path {
        notes.push(format!(
            "values that are not vectorized because the names of their fields have more than {MAX_FIELD_NAME_BYTES} \
             bytes: {}, such as {path:?}",
            left_out.long_paths
        ));
    }
    if let Some(path) = &left_out.deep_path {
        notes.push(format!(
            "values that are not vectorized because they are nested more than {MAX_DEPTH} deep: {}, such as in {path:?}",
            left_out.deep
        ));
    }
    notes
}
