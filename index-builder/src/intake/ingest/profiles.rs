//! What a source becomes.

use super::Returned;
use crate::intake::fields::{FieldsSeen, ListHints};
use crate::intake::personal::Documents;
use crate::intake::separators::Lists;
use crate::intake::spool::{Span, Spool};

/// A profile of the source: where its document and its vector lie.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub(super) id_start: u64,
    pub(super) id_length: u32,
    /// The record's number in the source.
    pub(super) record: u64,
    /// The JSON of all fields, of the vector's only where it is returned.
    pub document: Span,
    /// The vector's numbers, where a field holds it.
    pub vector: Option<Span>,
}

/// The profiles of a source, sorted by id, every id once.
#[derive(Debug)]
pub struct Profiles {
    /// One for each profile; a profile's place here is its ordinal.
    pub entries: Vec<Entry>,
    pub(super) ids: String,
    /// How long each profile's vector was before it was normalised, once vectors have been made.
    pub vector_lengths: Option<Vec<f32>>,
    /// Documents and vectors.
    pub spool: Spool,
    /// The field that holds the id.
    pub id_field: String,
    /// Records that the source gave.
    pub read: u64,
    /// Records left out because another had the same id.
    pub duplicates: u64,
    /// One of those ids.
    pub duplicate: Option<String>,
    /// Names of fields that some record had, of those that the caller asked about.
    pub seen: Vec<String>,
    /// All fields that records had.
    pub fields: FieldsSeen,
    /// Fields whose texts look like lists.
    pub hints: ListHints,
    /// The fields that documents have; also of some that have been left out, until [`Profiles::observe_kept`].
    pub documents: Documents,
    /// Fields whose texts are lists.
    pub lists: Lists,
    /// What is returned of documents.
    pub returned: Returned,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl Profiles {
    /// A profile's id.
    pub fn id(&self, entry: &Entry) -> &str {
        id_of(&self.ids, entry)
    }
}

pub(super) fn id_of<'a>(ids: &'a str, entry: &Entry) -> &'a str {
    let start = entry.id_start as usize;
    ids.get(start..start + entry.id_length as usize).unwrap_or_default()
}
