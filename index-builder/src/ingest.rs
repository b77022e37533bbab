//! From records to profiles: every id checked, every document and vector spooled, nothing held twice.

use std::io;
use std::ops::ControlFlow;

use anyhow::Context;
use kindred::profile::{Fields, IdError, ItemId, MAX_DOCUMENT_BYTES, Value};
use kindred::vectorizer::unit::{NoVector, numbers_of};

use crate::cli::OnDuplicateId;
use crate::failure::Failure;
use crate::gate::{Gate, Refusal};
use crate::places::Places;
use crate::skipped::{PLACES, Skipped};
use crate::source::ROW_NUMBERS as ROW;
use crate::source::{Notes, Record};
use crate::spool::{Span, Spool, SpoolWriter};

/// The field that is the id unless it is said or missing everywhere.
const DEFAULT_ID_FIELD: &str = "_id";
/// The field that is the id where no record has the other one.
const SECOND_ID_FIELD: &str = "id";
/// Both of them.
pub const DEFAULT_ID_FIELDS: [&str; 2] = [DEFAULT_ID_FIELD, SECOND_ID_FIELD];

/// A profile of the source: where its document and its vector lie.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    id_start: u64,
    id_length: u32,
    /// The record's number in the source.
    record: u64,
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
    ids: String,
    /// Documents and vectors.
    pub spool: Spool,
    /// The field that holds the id.
    pub id_field: String,
    /// Records that the source gave.
    pub read: u64,
    /// Records left out because another had the same id.
    pub duplicates: u64,
    /// Names of fields that some record had, of those that the caller asked about.
    pub seen: Vec<String>,
}

impl Profiles {
    /// A profile's id.
    pub fn id(&self, entry: &Entry) -> &str {
        id_of(&self.ids, entry)
    }
}

fn id_of<'a>(ids: &'a str, entry: &Entry) -> &'a str {
    let start = entry.id_start as usize;
    ids.get(start..start + entry.id_length as usize).unwrap_or_default()
}

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
    /// Where is said what a person should know of the ids.
    pub notes: Notes,
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
    /// Ids that were whole floats, and ids of text that look like one.
    whole_floats: u64,
    float_texts: u64,
    seen: Vec<bool>,
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
            whole_floats: 0,
            float_texts: 0,
            seen,
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

    fn take_fields(&mut self, number: u64, mut fields: Fields, skipped: &mut Skipped) -> Result<(), Failure> {
        for (seen, name) in self.seen.iter_mut().zip(&self.options.asked_about) {
            *seen = *seen || fields.iter().any(|(field, _)| field == name);
        }
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
                skipped.add(id_reason(error), || self.places.of(number));
                return Ok(());
            }
        };
        self.valid_id_seen = true;
        self.float_texts += u64::from(looks_like_a_float(id.as_str()));
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
        let value = Value::Map(fields);
        // A document of plain values is always written.
        let document = serde_json::to_vec(&value).map_err(anyhow::Error::from)?;
        if document.len() > MAX_DOCUMENT_BYTES && self.exposed_length(&value)? > MAX_DOCUMENT_BYTES {
            skipped.add("document over 1 MiB", || id.to_string());
            return Ok(());
        }
        self.keep(number, &id, second, &document, vector.as_deref())
            .context("the temporary file for profiles")
            .map_err(Failure::from)
    }

    /// The value of the vector's field, which stays in the document only where it is to be returned.
    fn take_vector(&self, fields: &mut Fields, name: &str) -> Option<Value> {
        let place = fields.iter().position(|(field, _)| field == name)?;
        if self.options.expose.as_ref().is_some_and(|expose| expose.iter().any(|exposed| exposed == name)) {
            return fields.get(place).map(|(_, value)| value.clone());
        }
        Some(fields.remove(place).1)
    }

    /// An id that is a whole float becomes the integer.
    fn make_id_whole(&mut self, fields: &mut Fields) {
        let has = |name: &str| fields.iter().any(|(field, _)| field == name);
        let name = match (self.rule, self.options.id_field.as_deref()) {
            (IdRule::Named, Some(name)) => name,
            (IdRule::Auto { .. }, _) if !has(DEFAULT_ID_FIELD) => SECOND_ID_FIELD,
            _ => DEFAULT_ID_FIELD,
        };
        if let Some((_, value)) = fields.iter_mut().find(|(field, _)| field == name)
            && let Some(number) = ItemId::whole_float(value)
        {
            *value = Value::Int(number);
            self.whole_floats += 1;
        }
    }

    fn note_floats(&self) {
        if self.whole_floats > 0 {
            let ids = self.whole_floats;
            self.options.notes.add(format!(
                "{ids} ids are whole numbers written as floats, and were read as integers (1.0 as 1): programs write \
                 them so where an id is missing"
            ));
        }
        let ids = (self.entries.len() + self.second_choice.len()) as u64;
        if self.float_texts > 0 && self.float_texts == ids {
            self.options.notes.add(
                "all ids are texts that end in .0, as programs write whole numbers where an id is missing; they are \
                 served so: write them as integers if 1 is meant by 1.0",
            );
        }
    }

    fn identify(&mut self, fields: &Fields) -> Identified {
        let named = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
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

    /// The length of what would be returned of a document that is long as a whole.
    fn exposed_length(&self, document: &Value) -> anyhow::Result<usize> {
        let (Value::Map(fields), Some(expose)) = (document, &self.options.expose) else {
            return Ok(usize::MAX);
        };
        let id_fields = [self.options.id_field.as_deref().unwrap_or(DEFAULT_ID_FIELD), SECOND_ID_FIELD];
        let kept = fields
            .iter()
            .filter(|(name, _)| expose.contains(name) || id_fields.contains(&name.as_str()))
            .cloned()
            .collect();
        Ok(serde_json::to_vec(&Value::Map(kept))?.len())
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
        self.note_floats();
        let id_field = self.decide_id_field(skipped);
        let spool = self.spool.finish().context("the temporary file for profiles")?;
        let ids = self.ids;
        let mut entries = self.entries;
        entries.sort_unstable_by(|a, b| (id_of(&ids, a), a.record).cmp(&(id_of(&ids, b), b.record)));
        let duplicates = remove_duplicates(&mut entries, &ids, on_duplicate, &self.places)?;
        if entries.is_empty() {
            let what = match self.valid_id_seen {
                true => "no record can be used".to_owned(),
                false => format!("no record has a valid id in the field {id_field:?}"),
            };
            return Err(Failure::Failed(anyhow::anyhow!(
                "{what}: {} records read, {} skipped{}",
                self.read,
                skipped.total(),
                describe(skipped),
            )));
        }
        let asked_about = self.options.asked_about.into_iter().zip(self.seen);
        Ok(Profiles {
            entries,
            ids,
            spool,
            id_field,
            read: self.read,
            duplicates,
            seen: asked_about.filter_map(|(name, seen)| seen.then_some(name)).collect(),
        })
    }

    fn decide_id_field(&mut self, skipped: &mut Skipped) -> String {
        let default_seen = match (self.rule, self.options.id_field.take()) {
            (IdRule::Named, Some(name)) => return name,
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

/// Whether a text is a whole number with `.0` behind it.
fn looks_like_a_float(id: &str) -> bool {
    let digits = id.strip_suffix(".0").map(|whole| whole.strip_prefix('-').unwrap_or(whole));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

enum Identified {
    Id { id: ItemId, second: bool },
    Unusable { error: IdError, second: bool },
    Neither,
}

/// The reasons of a summary, as few words as will do.
fn id_reason(error: IdError) -> &'static str {
    match error {
        IdError::Missing => "id missing",
        IdError::Null => "id null",
        IdError::Boolean => "id boolean",
        IdError::Float => "id float",
        IdError::Compound(_) => "id neither text nor integer",
        IdError::Empty => "id empty",
        IdError::TooLong(_) => "id over 512 bytes",
    }
}

fn vector_reason(error: NoVector) -> &'static str {
    match error {
        NoVector::Missing => "vector missing",
        NoVector::NotNumbers => "vector not a list of numbers",
    }
}

/// Puts the record's number in front, as the field `_id`.
fn number_record(number: u64, fields: &mut Fields, places: &Places) -> Result<(), Failure> {
    for name in [ROW, DEFAULT_ID_FIELD] {
        if fields.iter().any(|(field, _)| field == name) {
            return Err(Failure::Usage(format!(
                "--id-field {ROW} numbers the records in the field {DEFAULT_ID_FIELD:?}, but the source has a field \
                 {name:?} ({}); name the field that holds the id",
                places.of(number)
            )));
        }
    }
    fields.insert(0, (DEFAULT_ID_FIELD.to_owned(), Value::integer(i128::from(number))));
    Ok(())
}

/// Entries are sorted by (id, record); leaves each id once and counts what went.
fn remove_duplicates(
    entries: &mut Vec<Entry>,
    ids: &str,
    on_duplicate: OnDuplicateId,
    places: &Places,
) -> Result<u64, Failure> {
    let before = entries.len();
    if on_duplicate == OnDuplicateId::Error {
        let mut twice: Vec<&[Entry]> =
            entries.windows(2).filter(|pair| id_of(ids, &pair[0]) == id_of(ids, &pair[1])).collect();
        twice.dedup_by_key(|pair| id_of(ids, &pair[0]));
        if !twice.is_empty() {
            let named = |pair: &&[Entry]| {
                let id = id_of(ids, &pair[0]);
                let [first, second] = [&pair[0], &pair[1]].map(|entry| places.of(entry.record));
                if places.are_several() { format!("{id:?} ({first}; {second})") } else { format!("{id:?}") }
            };
            let first: Vec<String> = twice.iter().take(PLACES).map(named).collect();
            return Err(Failure::Failed(anyhow::anyhow!(
                "{} ids come more than once, among them {}; --on-duplicate-id first or last keeps one record of each",
                twice.len(),
                first.join(", "),
            )));
        }
        return Ok(0);
    }
    entries.dedup_by(|later, kept| {
        let same = id_of(ids, later) == id_of(ids, kept);
        if same && on_duplicate == OnDuplicateId::Last {
            *kept = *later;
        }
        same
    });
    Ok((before - entries.len()) as u64)
}

/// Refuses a source of which too much was unusable.
///
/// # Errors
/// Where more than the share `max_skipped` of the records read was skipped; the figures.
pub fn check_skipped(skipped: &Skipped, read: u64, max_skipped: f64) -> anyhow::Result<()> {
    let share = skipped.total() as f64 / read.max(1) as f64;
    if share > max_skipped {
        let message = format!(
            "{} of {read} records were skipped, a share of {share:.4}; --max-skipped allows {max_skipped}{}",
            skipped.total(),
            describe(skipped),
        );
        return Err(Refusal { gate: Gate::Skipped, message }.into());
    }
    Ok(())
}

/// The reasons and the first places, a line each.
pub fn describe(skipped: &Skipped) -> String {
    skipped.iter().fold(String::new(), |text, (name, reason)| {
        let more = if reason.count > reason.first.len() as u64 { ", ..." } else { "" };
        format!("{text}\n  {} x {name}: {}{more}", reason.count, reason.first.join(", "))
    })
}
