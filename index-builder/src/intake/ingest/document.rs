//! What of a record becomes a profile's document.

use anyhow::anyhow;
use kindred::profile::path::{Paths, retain};
use kindred::profile::{Fields, MAX_DOCUMENT_BYTES, Value};

/// Why a profile is skipped whose document is longer than [`MAX_DOCUMENT_BYTES`].
pub(super) const TOO_LONG: &str = "document over 1 MiB";

/// The fields that are returned.
#[derive(Debug, Clone, Default)]
pub struct Returned {
    /// Besides the id; all where it is `None`.
    pub expose: Option<Vec<String>>,
    /// The fields that may be the id.
    pub ids: Vec<String>,
}

impl Returned {
    /// Whether a field is named, so that it is returned also where it holds the vector.
    pub fn names(&self, field: &str) -> bool {
        self.expose.as_ref().is_some_and(|expose| expose.iter().any(|name| name == field))
    }

    /// Whether a document, or what is returned of it, is short enough.
    pub fn fits(&self, document: &[u8], value: &Value) -> serde_json::Result<bool> {
        if document.len() <= MAX_DOCUMENT_BYTES {
            return Ok(true);
        }
        let (Value::Map(fields), Some(expose)) = (value, &self.expose) else { return Ok(false) };
        let mut fields = fields.clone();
        let only = Paths::new(expose.iter().chain(&self.ids).map(String::as_str));
        retain(&mut fields, Some(&only), &Paths::default());
        Ok(serde_json::to_vec(&Value::Map(fields))?.len() <= MAX_DOCUMENT_BYTES)
    }
}

/// The fields of a document that this program wrote.
///
/// # Errors
/// Where it is none, which would be a damaged spool.
pub fn document_fields(document: &[u8]) -> anyhow::Result<Fields> {
    match kindred::profile::json::parse(document) {
        Ok(Value::Map(fields)) => Ok(fields),
        _ => Err(anyhow!("the temporary file for profiles does not hold what was written to it")),
    }
}
