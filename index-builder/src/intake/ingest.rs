//! From records to profiles: every id checked, every document and vector spooled, nothing held twice.

mod document;
mod duplicates;
mod ids;
mod nothing;
mod odd_numbers;
mod profiles;
mod reasons;
mod rewrite;

use std::io;
use std::ops::ControlFlow;

use anyhow::Context;
use kindred::profile::path::{find, for_each_mut, holds, take};
use kindred::profile::{Fields, IdError, ItemId, Value};
use kindred::vectorizer::unit::{as_numbers, numbers_of};

use crate::ground::failure::Failure;
use crate::intake::fields::{FieldsSeen, IdGuess, ListHints};
use crate::intake::personal::Documents;
use crate::intake::places::Places;
use crate::intake::separators::{ListSeparators, Splitter};
use crate::intake::skipped::Skipped;
use crate::intake::source::ROW_NUMBERS as ROW;
use crate::intake::source::{Record, VECTOR_FIELD};
use crate::intake::spool::{Span, SpoolWriter};

use ids::{id_at, number_record};
use odd_numbers::OddNumbers;
use profiles::id_of;
use reasons::id_reason;

pub use document::{Returned, document_fields};
pub use duplicates::OnDuplicateId;
pub use profiles::{Entry, Profiles};
pub(crate) use reasons::vector_reason;
pub use reasons::{check_skipped, check_skipped_because, describe};

/// The field that is the id unless it is said or missing everywhere.
const DEFAULT_ID_FIELD: &str = "_id";
/// The field that is the id where no record has the other one.
const SECOND_ID_FIELD: &str = "id";
/// Both of them.
pub const DEFAULT_ID_FIELDS: [&str; 2] = [DEFAULT_ID_FIELD, SECOND_ID_FIELD];

/// What to look for in the records.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// The field that holds the id, or `row`.
    pub id_field: Option<String>,
    /// The field that holds the vector.
    pub vector_field: Option<String>,
    /// The fields that are returned; none: all.
    pub expose: Option<Vec<String>>,
    /// Field names that are worth a warning where no record has them.
    pub asked_about: Vec<String>,
    /// Which texts are lists.
    pub lists: ListSeparators,
    /// Whether fields may leave documents when everything has been read, so that only then it is known how long they are.
    pub is_undecided: bool,
    /// Whether the vectors come by themselves, for each record one ([`Ingest::take_row`]).
    pub has_rows: bool,
}

/// Where an id came from while it is not yet known which field holds ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdRule {
    Named,
    Row,
    /// `_id`, else `id`; whether `_id` has been seen.
    Auto {
        default_seen: bool,
    },
}

/// Takes the records of a source in.
#[derive(Debug)]
pub struct Ingest {
    options: IngestOptions,
    rule: IdRule,
    spool: SpoolWriter,
    entries: Vec<Entry>,
    ids: String,
    /// Profiles that have an id in the second field and not in the first. They count only where no record has the
    /// first, which is known at the end.
    second_choice: Vec<Entry>,
    second_failures: Vec<(u64, IdError)>,
    /// Records that have neither field.
    without_id: Vec<u64>,
    read: u64,
    places: Places,
    /// Whether some record had a valid id, usable or not.
    valid_id_seen: bool,
    odd: OddNumbers,
    seen: Vec<bool>,
    fields: FieldsSeen,
    guess: IdGuess,
    hints: ListHints,
    documents: Documents,
    splitter: Splitter,
    returned: Returned,
    /// For each record its vector, where they come by themselves.
    rows: Vec<Option<Span>>,
    failure: Option<Failure>,
}

impl Ingest {
    /// Starts, with a spool for documents.
    pub fn new(options: IngestOptions, spool: SpoolWriter) -> Ingest {
        let rule = match options.id_field.as_deref() {
            Some(ROW) => IdRule::Row,
            Some(_) => IdRule::Named,
            None => IdRule::Auto { default_seen: false },
        };
        let seen = vec![false; options.asked_about.len()];
        let id = options.id_field.as_deref().filter(|&name| name != ROW).unwrap_or(DEFAULT_ID_FIELD);
        let returned = Returned {
            expose: options.expose.clone(),
            ids: [id, SECOND_ID_FIELD].map(str::to_owned).to_vec(),
        };
        let splitter = Splitter::new(options.lists.clone());
        Ingest {
            options,
            rule,
            spool,
            entries: Vec::new(),
            ids: String::new(),
            second_choice: Vec::new(),
            second_failures: Vec::new(),
            without_id: Vec::new(),
            read: 0,
            places: Places::default(),
            valid_id_seen: false,
            odd: OddNumbers::default(),
            seen,
            fields: FieldsSeen::default(),
            guess: IdGuess::default(),
            hints: ListHints::default(),
            documents: Documents::default(),
            splitter,
            returned,
            rows: Vec::new(),
            failure: None,
        }
    }

    /// The records that follow are of another part of the source, of this name. Not called where there is one only.
    pub fn begin(&mut self, part: &str) {
        self.places.begin(self.read, part);
    }

    /// Takes one record; `Break` when there is no point in going on. Then [`Ingest::finish`] says why.
    pub fn take(&mut self, record: Record, skipped: &mut Skipped) -> ControlFlow<()> {
        let number = self.read;
        self.read += 1;
        let taken = match record {
            Record::Unusable { reason, place } => {
                skipped.add(reason, || self.places.within(place));
                Ok(())
            }
            Record::Fields(fields) => self.take_fields(number, fields, skipped),
        };
        match taken {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                self.failure = Some(failure);
                ControlFlow::Break(())
            }
        }
    }

    /// Takes the vector of the record with the next number; to be called when all records have been taken.
    pub fn take_row(&mut self, row: Record) -> ControlFlow<()> {
        let Record::Fields(mut fields) = row else {
            self.rows.push(None);
            return ControlFlow::Continue(());
        };
        let numbers = numbers_of(take(&mut fields, VECTOR_FIELD)).ok();
        let span = numbers.map(|numbers| self.spool.push(bytemuck::cast_slice(&numbers))).transpose();
        match span.context("the temporary file for profiles") {
            Ok(span) => {
                self.rows.push(span);
                ControlFlow::Continue(())
            }
            Err(error) => {
                self.failure = Some(error.into());
                ControlFlow::Break(())
            }
        }
    }

    /// Records taken so far; none where something has ended the reading.
    pub fn read(&self) -> Option<u64> {
        self.failure.is_none().then_some(self.read)
    }

    /// Looks at a record before anything is done with it.
    fn look_at(&mut self, fields: &mut Fields) {
        if !self.options.lists.is_empty() {
            let (ids, vector) = (&self.returned.ids, self.options.vector_field.as_deref());
            self.splitter.apply(fields, |name| ids.iter().any(|id| id == name) || vector == Some(name));
        }
        for (seen, name) in self.seen.iter_mut().zip(&self.options.asked_about) {
            *seen = *seen || holds(fields, name);
        }
        self.fields.observe(fields);
        self.hints.observe(fields);
        if !self.valid_id_seen {
            self.guess.observe(fields);
        }
    }

    fn take_fields(&mut self, number: u64, mut fields: Fields, skipped: &mut Skipped) -> Result<(), Failure> {
        self.look_at(&mut fields);
        if self.rule == IdRule::Row {
            number_record(number, &mut fields, &self.places)?;
        }
        self.make_id_whole(&mut fields);
        let (id, second) = match self.identify(&fields) {
            Identified::Id { id, second } => (id, second),
            Identified::Neither => {
                self.without_id.push(number);
                return Ok(());
            }
            Identified::Unusable { error, second: true } => {
                self.second_failures.push((number, error));
                return Ok(());
            }
            Identified::Unusable { error, second: false } => {
                self.skip_id(number, error, &fields, skipped);
                return Ok(());
            }
        };
        self.valid_id_seen = true;
        self.odd.observe_id(id.as_str());
        let vector = match self.options.vector_field.as_deref() {
            Some(name) => numbers_of(self.take_vector(&mut fields, name)).map(Some),
            None => Ok(None),
        };
        let vector = match vector {
            Ok(vector) => vector,
            Err(reason) => {
                skipped.add(vector_reason(reason), || id.to_string());
                return Ok(());
            }
        };
        self.odd.observe(&fields, number);
        let value = Value::Map(fields);
        // A document of plain values is always written.
        let document = serde_json::to_vec(&value).map_err(anyhow::Error::from)?;
        if !self.options.is_undecided
            && !self.returned.fits(&document, &value).map_err(anyhow::Error::from)?
        {
            skipped.add(document::TOO_LONG, || id.to_string());
            return Ok(());
        }
        if let Value::Map(fields) = &value {
            self.documents.observe(fields);
        }
        self.keep(number, &id, second, &document, vector.as_deref())
            .context("the temporary file for profiles")
            .map_err(Failure::from)
    }

    /// Skips a record for its id, which is shown where it is text that nobody would see.
    fn skip_id(&mut self, number: u64, error: IdError, fields: &Fields, skipped: &mut Skipped) {
        let value =
            self.options.id_field.as_deref().or(Some(DEFAULT_ID_FIELD)).and_then(|name| id_at(fields, name));
        let place = || match (error, value) {
            (IdError::Control(_), Some(Value::Text(text))) => {
                format!("{} ({})", self.places.of(number), text.escape_debug())
            }
            _ => self.places.of(number),
        };
        skipped.add(id_reason(error), place);
    }

    /// The value of the vector's field, which stays in the document only where it is to be returned.
    fn take_vector(&self, fields: &mut Fields, name: &str) -> Option<Value> {
        let value = match self.returned.names(name) {
            true => find(fields, name).cloned(),
            false => take(fields, name),
        };
        match value {
            Some(Value::List(parts)) if self.options.lists.name(name) => Some(as_numbers(parts)),
            value => value,
        }
    }

    /// An id that is a whole float becomes the integer.
    fn make_id_whole(&mut self, fields: &mut Fields) {
        let has = |name: &str| fields.iter().any(|(field, _)| field == name);
        let name = match (self.rule, self.options.id_field.as_deref()) {
            (IdRule::Named, Some(name)) => name,
            (IdRule::Auto { .. }, _) if !has(DEFAULT_ID_FIELD) => SECOND_ID_FIELD,
            _ => DEFAULT_ID_FIELD,
        };
        for_each_mut(fields, name, &mut |value| {
            if let Some(number) = ItemId::whole_float(value) {
                *value = Value::Int(number);
                self.odd.whole_floats += 1;
            }
        });
    }

    fn identify(&mut self, fields: &Fields) -> Identified {
        let named = |name: &str| id_at(fields, name);
        let (value, second) = match (&mut self.rule, self.options.id_field.as_deref()) {
            (IdRule::Row, _) => (named(DEFAULT_ID_FIELD), false),
            (IdRule::Auto { default_seen }, None) => {
                match (named(DEFAULT_ID_FIELD), named(SECOND_ID_FIELD)) {
                    (Some(value), _) => {
                        *default_seen = true;
                        (Some(value), false)
                    }
                    (None, Some(value)) => (Some(value), true),
                    (None, None) => return Identified::Neither,
                }
            }
            (_, name) => (named(name.unwrap_or(DEFAULT_ID_FIELD)), false),
        };
        match ItemId::from_value(value) {
            Ok(id) => Identified::Id { id, second },
            Err(error) => Identified::Unusable { error, second },
        }
    }

    fn keep(
        &mut self,
        record: u64,
        id: &ItemId,
        second: bool,
        document: &[u8],
        vector: Option<&[f32]>,
    ) -> io::Result<()> {
        let document = self.spool.push(document)?;
        let vector = vector.map(|numbers| self.spool.push(bytemuck::cast_slice(numbers))).transpose()?;
        let entry = Entry {
            id_start: self.ids.len() as u64,
            id_length: id.as_str().len() as u32,
            record,
            document,
            vector,
        };
        self.ids.push_str(id.as_str());
        if second {
            self.second_choice.push(entry)
        } else {
            self.entries.push(entry)
        }
        Ok(())
    }

    /// Ends reading: decides which field holds the id, sorts, and treats ids that came twice.
    ///
    /// # Errors
    /// [`Failure::Usage`] for `row` where a field has that name; [`Failure::Failed`] for ids that came twice, where
    /// they are not allowed, and for a source without one valid id.
    pub fn finish(mut self, on_duplicate: OnDuplicateId, skipped: &mut Skipped) -> Result<Profiles, Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let ids = self.entries.len() + self.second_choice.len();
        let notes = self.odd.notes(ids as u64, &self.places);
        let id_field = self.decide_id_field(skipped);
        let spool = self.spool.finish().context("the temporary file for profiles")?;
        let ids = self.ids;
        let mut entries = self.entries;
        if self.options.has_rows {
            for entry in &mut entries {
                entry.vector = self.rows.get(entry.record as usize).copied().flatten();
            }
        }
        entries.sort_unstable_by(|a, b| (id_of(&ids, a), a.record).cmp(&(id_of(&ids, b), b.record)));
        let removed = duplicates::remove(&mut entries, &ids, on_duplicate, &self.places)?;
        if entries.is_empty() {
            let nothing = nothing::Nothing {
                id_field: &id_field,
                is_named: matches!(self.rule, IdRule::Named),
                valid_id_seen: self.valid_id_seen,
                vector_field: self.options.vector_field.as_deref(),
                read: self.read,
                fields: &self.fields,
                guess: &self.guess,
                skipped,
            };
            return Err(Failure::Failed(anyhow::anyhow!(nothing.message())));
        }
        let asked_about = self.options.asked_about.into_iter().zip(self.seen);
        let (lists, note) = self.splitter.finish();
        Ok(Profiles {
            entries,
            ids,
            vector_lengths: None,
            spool,
            id_field,
            read: self.read,
            duplicates: removed.count,
            duplicate: removed.example,
            seen: asked_about.filter_map(|(name, seen)| seen.then_some(name)).collect(),
            fields: self.fields,
            hints: self.hints,
            documents: self.documents,
            lists,
            returned: self.returned,
            notes: note.into_iter().chain(notes).collect(),
        })
    }

    /// The field of the id that was named, as documents have it: see [`id_at`].
    fn named_id_field(&self, name: String) -> String {
        match name.rsplit_once('.') {
            Some((outer, inner))
                if inner.starts_with('$')
                    && self.fields.get(&name).is_none()
                    && self.fields.get(outer).is_some() =>
            {
                outer.to_owned()
            }
            _ => name,
        }
    }

    fn decide_id_field(&mut self, skipped: &mut Skipped) -> String {
        let default_seen = match (self.rule, self.options.id_field.clone()) {
            (IdRule::Named, Some(name)) => return self.named_id_field(name),
            (IdRule::Auto { default_seen }, _) => default_seen,
            _ => true,
        };
        let second = std::mem::take(&mut self.second_choice);
        let second_seen = !second.is_empty() || !self.second_failures.is_empty();
        let missing = id_reason(IdError::Missing);
        for &number in &self.without_id {
            skipped.add(missing, || self.places.of(number));
        }
        if !default_seen && second_seen {
            self.entries = second;
            for &(number, error) in &self.second_failures {
                skipped.add(id_reason(error), || self.places.of(number));
            }
            return SECOND_ID_FIELD.to_owned();
        }
        let without = second.iter().map(|entry| entry.record);
        for number in without.chain(self.second_failures.iter().map(|&(number, _)| number)) {
            skipped.add(missing, || self.places.of(number));
        }
        DEFAULT_ID_FIELD.to_owned()
    }
}

enum Identified {
    Id { id: ItemId, second: bool },
    Unusable { error: IdError, second: bool },
    Neither,
}
