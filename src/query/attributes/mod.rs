//! What the documents of an index say, field by field: which profiles have a text that begins so, and which colour a
//! profile has on the map.
//!
//! The file holds documents whole, so this is read from them once, in order of the profiles, and kept in memory: each
//! distinct text once, folded as the vectorizer folds words, and the profiles that have it; of a field of numbers each
//! profile and its number. What has been read so far can be asked at any time, and says how far that is. Only fields that
//! documents hold are known here: what is not exposed is not in the file.
//!
//! ```
//! use kindred::file::{Index, MappedFile};
//! use kindred::query::Suppressed;
//! use kindred::query::attributes::{AttributeReader, found_body};
//!
//! let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
//! let index = Index::open(file)?;
//! let mut reader = AttributeReader::new(&index.metadata().id_field);
//! while reader.read(&index.view(), 1_000, 1 << 20)? {}
//! let attributes = reader.finish(index.view().profiles());
//!
//! let found = attributes.with_prefix(&Suppressed::NOBODY, Some("name"), "amb", 2);
//! let body = found_body(&index, &attributes, &found)?;
//! assert!(body.starts_with(br#"{"complete":true,"looked_at":37,"profiles":37,"found":[{"field":"name","#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod colours;
mod numbers;
mod reader;
mod texts;

pub use colours::{ANOTHER_VALUE, ColourField, ColourKind, ColourValue, MOST_COLOURS, NO_VALUE};
pub use reader::{AttributeReader, MOST_FIELDS};
pub use texts::MOST_TEXT_BYTES;

use self::numbers::Numbers;
use self::texts::Texts;
use super::AnswerError;
use crate::file::{Damaged, Index, Ordinal};
use crate::query::Suppressed;
use crate::vectorizer::hashing::{Spelling, fold};

/// Fields that are looked into first, because people look for names.
const NAMES: [&str; 14] = [
    "name",
    "first_name",
    "firstname",
    "firstName",
    "given_name",
    "surname",
    "last_name",
    "lastname",
    "lastName",
    "family_name",
    "title",
    "label",
    "username",
    "nickname",
];

/// Profiles that one search looks at, at most: more are there only where very many are suppressed.
const MOST_LOOKED_AT: usize = 100_000;

/// What documents say, as far as they have been read.
#[derive(Debug)]
pub struct Attributes {
    /// The first profiles of the index, which have been read.
    looked_at: u32,
    /// Profiles of the index.
    profiles: u32,
    fields: Vec<Attribute>,
}

/// What profiles have in one field.
#[derive(Debug)]
struct Attribute {
    /// Its name; those of maps are joined by dots.
    name: String,
    texts: Texts,
    numbers: Numbers,
}

/// Profiles that have a text which begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Each with the name of the field, at most as many as were asked for.
    pub profiles: Vec<(String, Ordinal)>,
    /// Whether there are no others, unless there are as many as were asked for.
    pub complete: bool,
}

impl Attributes {
    /// How many profiles have been read, from the first on.
    pub fn looked_at(&self) -> u32 {
        self.looked_at
    }

    /// Whether all profiles have been read.
    pub fn is_complete(&self) -> bool {
        self.looked_at == self.profiles
    }

    /// Profiles of the index.
    pub fn profiles(&self) -> u32 {
        self.profiles
    }

    /// The names of the fields with texts of profiles that may be seen, in the order in which they are looked into.
    pub fn searchable(&self, suppressed: &Suppressed) -> Vec<&str> {
        let fields = self.with_texts().into_iter().filter(|field| field.texts.can_be_seen(suppressed));
        fields.map(|field| field.name.as_str()).collect()
    }

    /// Whether a field is one of those.
    pub fn is_searchable(&self, suppressed: &Suppressed, field: &str) -> bool {
        let mut fields = self.fields.iter().filter(|it| it.name == field);
        fields.any(|it| it.texts.can_be_searched() && it.texts.can_be_seen(suppressed))
    }

    /// The fields with texts, in the order in which they are looked into.
    fn with_texts(&self) -> Vec<&Attribute> {
        let mut fields: Vec<&Attribute> =
            self.fields.iter().filter(|field| field.texts.can_be_searched()).collect();
        let name =
            |field: &Attribute| NAMES.iter().position(|name| *name == field.name).unwrap_or(NAMES.len());
        // Sorting is stable: other fields stay in the order of the documents, those of long texts at the end.
        fields.sort_by_key(|field| (field.texts.is_prose(), name(field)));
        fields
    }

    /// The profiles that may be seen and have a text which begins with `prefix`, or whose later word does; without the
    /// name of a field in all fields but those of long texts. Those whose text itself begins so come first, in each group by
    /// field, text and id; each profile comes once. Costs a binary search in each field and a look at each profile found.
    pub fn with_prefix(
        &self,
        suppressed: &Suppressed,
        field: Option<&str>,
        prefix: &str,
        limit: usize,
    ) -> Found {
        let prefix = fold(prefix, Spelling::Loose);
        // Of texts no more is kept, so whether one begins so is not known.
        let is_known = prefix.len() <= MOST_TEXT_BYTES;
        let mut search = Search { suppressed, limit, looked_at: 0, found: Vec::new() };
        let mut fields = self.with_texts();
        fields.retain(|it| field.map_or(!it.texts.is_prose(), |name| name == it.name));
        if !prefix.is_empty() && is_known {
            for field in &fields {
                search.take(&field.name, field.texts.beginning_with(&prefix));
            }
            for field in &fields {
                search.take(&field.name, field.texts.with_word_beginning_with(&prefix));
            }
        }
        let complete = is_known && self.is_complete() && search.looked_at < MOST_LOOKED_AT;
        Found { complete, profiles: search.found }
    }
}

/// A search as far as it has come.
struct Search<'a> {
    suppressed: &'a Suppressed,
    limit: usize,
    looked_at: usize,
    found: Vec<(String, Ordinal)>,
}

impl Search<'_> {
    fn take(&mut self, field: &str, profiles: impl Iterator<Item = Ordinal>) {
        let mut profiles = profiles;
        while self.found.len() < self.limit && self.looked_at < MOST_LOOKED_AT {
            let Some(ordinal) = profiles.next() else { return };
            self.looked_at += 1;
            let is_new = self.found.iter().all(|(_, other)| *other != ordinal);
            if is_new && !self.suppressed.contains(ordinal) {
                self.found.push((field.to_owned(), ordinal));
            }
        }
    }
}

/// The body of a search: how far profiles were looked at, and who was found with their documents.
///
/// # Errors
/// [`AnswerError::Damaged`].
pub fn found_body<B: AsRef<[u8]>>(
    index: &Index<B>,
    attributes: &Attributes,
    found: &Found,
) -> Result<Vec<u8>, AnswerError> {
    let mut body = format!(
        r#"{{"complete":{},"looked_at":{},"profiles":{},"found":["#,
        found.complete, attributes.looked_at, attributes.profiles
    )
    .into_bytes();
    for (number, (field, ordinal)) in found.profiles.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        // Text always has a JSON form.
        let name = serde_json::to_string(field).map_err(|_| Damaged("the name of a field"))?;
        body.extend_from_slice(format!(r#"{comma}{{"field":{name},"profile":"#).as_bytes());
        body.extend_from_slice(index.document(*ordinal)?);
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    Ok(body)
}

/// The text of a field in a document as it is written there, of which the folded form is known; the names of maps are
/// joined by dots.
fn found_text(document: &[u8], field: &str, folded: &str) -> Option<String> {
    let text = written(&serde_json::from_slice(document).ok()?, field, folded)?;
    Some(text.chars().filter(|c| !c.is_control()).take(MOST_TEXT_BYTES).collect())
}

/// The text at a path. A name may have dots of its own: every way to cut it is tried, the whole name first, because a
/// document may have something else at another.
fn written(value: &serde_json::Value, path: &str, folded: &str) -> Option<String> {
    let whole = match value.get(path) {
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(serde_json::Value::Bool(switch)) => Some(switch.to_string()),
        _ => None,
    };
    whole.filter(|text| texts::folded(text) == folded).or_else(|| {
        let mut dots = path.match_indices('.');
        dots.find_map(|(dot, _)| written(value.get(&path[..dot])?, &path[dot + 1..], folded))
    })
}
