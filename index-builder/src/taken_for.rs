//! What the hashing vectorizer took fields for, in words.

use kindred::index::FieldMetadata;
use kindred::vectorizer::hashing::{LeftOut, MAX_DEPTH, MAX_FIELD_NAME_BYTES, MAX_FIELDS};

/// Fields that a summary names; `inspect` and the report have all.
const NAMED: usize = 20;

/// The fields and their kinds on one line.
pub fn on_one_line(fields: &[FieldMetadata]) -> String {
    let mut named: Vec<String> =
        fields.iter().take(NAMED).map(|field| format!("{} {}", field.name, field.kind)).collect();
    match fields.len().saturating_sub(NAMED) {
        0 if fields.is_empty() => "none".to_owned(),
        0 => named.join(", "),
        more => {
            named.push(format!("and {more} more"));
            named.join(", ")
        }
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
