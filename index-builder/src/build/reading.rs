//! The first step of a build: the source is read, and what was asked for is held against what there is.

use std::ops::ControlFlow;

use anyhow::anyhow;
use kindred::profile::Value;

use crate::build::request::{BuildRequest, RowIds, SourceRequest};
use crate::ground::failure::Failure;
use crate::ground::names::{listed, nearest, shown};
use crate::ground::progress::Step;
use crate::intake::fields::FieldsSeen;
use crate::intake::ingest::{DEFAULT_ID_FIELDS, Ingest, IngestOptions, Profiles, check_skipped};
use crate::intake::skipped::Skipped;
use crate::intake::source::{
    Cause, Input, Notes, ReadError, ReadOptions, Record, SourceError, VECTOR_FIELD, Visitor, WORD_FORMATS,
    Wanted,
};
use crate::intake::spool::{SpoolWriter, spool_in};
use crate::vectors::choice::{VectorOptions, VectorizerChoice};
use crate::vectors::resolve::{resolve, settle};

/// What is read, and for what.
pub struct Reading<'a> {
    /// What is asked for.
    pub request: &'a BuildRequest,
    /// How the vectors are to be made. What is decided by what there is, is decided here.
    pub vectors: &'a mut VectorOptions,
    /// What is shown to the operator.
    pub step: &'a Step,
    /// What a person should know.
    pub notes: Notes,
}

impl<'a> Reading<'a> {
    /// Reads the source to its end.
    ///
    /// # Errors
    /// [`Failure::Usage`] for names that no profile has; [`Failure::Failed`] for a source that cannot be read, that has
    /// no profile, too many that cannot be used, or several fields that may be the vector.
    pub fn read(&mut self, skipped: &mut Skipped) -> Result<Profiles, Failure> {
        let source = self.source();
        // Such files hold a word and its vector, and nothing else.
        let is_of_words = source.plan.format().split(", ").all(|format| WORD_FORMATS.contains(&format));
        if is_of_words && matches!(self.vectors.vectorizer, VectorizerChoice::Auto) {
            self.vectors.vectorizer = VectorizerChoice::Field(VECTOR_FIELD.to_owned());
        }
        let is_undecided =
            matches!(self.vectors.vectorizer, VectorizerChoice::Auto | VectorizerChoice::Columns { .. });
        let mut ingest = Ingest::new(self.ingest_options(is_undecided), self.spool()?);
        self.take_all(&mut ingest, skipped)?;
        let mut profiles = ingest.finish(source.on_duplicate_id, skipped)?;
        self.add_notes(std::mem::take(&mut profiles.notes));
        self.check_names(&profiles)?;
        let notes = resolve(self.vectors, &profiles)?;
        self.add_notes(notes);
        settle(self.vectors, is_undecided, &mut profiles, || self.spool(), skipped)?;
        check_skipped(skipped, profiles.read, self.request.limits.max_skipped)?;
        Ok(profiles)
    }

    fn source(&self) -> &'a SourceRequest {
        &self.request.source
    }

    fn add_notes(&self, notes: Vec<String>) {
        notes.into_iter().for_each(|note| self.notes.add(note));
    }

    fn spool(&self) -> anyhow::Result<SpoolWriter> {
        spool_in(&self.request.out)
    }

    fn ingest_options(&self, is_undecided: bool) -> IngestOptions {
        let source = self.source();
        IngestOptions {
            id_field: source.id_field.clone(),
            vector_field: match &self.vectors.vectorizer {
                VectorizerChoice::Field(name) if source.rows.is_none() => Some(name.clone()),
                _ => None,
            },
            expose: source.expose.clone(),
            asked_about: self.asked_about().into_iter().map(|(_, name)| name.to_owned()).collect(),
            lists: source.lists.clone(),
            is_undecided,
            has_rows: source.rows.is_some(),
        }
    }

    /// Gives all records to `ingest`, and the vectors that belong to them.
    fn take_all(&self, ingest: &mut Ingest, skipped: &mut Skipped) -> Result<(), Failure> {
        let (source, spool_dir) = (self.source(), &self.request.out);
        let mut taking = Taking { ingest, skipped, step: self.step };
        let ids = match &source.ids {
            Some(RowIds::Numbers) => {
                let mut number = 0;
                let read = source.plan.read_rows(spool_dir, None, &self.notes, &mut |record| {
                    number += 1;
                    taking.take(numbered(record, number - 1))
                });
                return read.map_err(|error| Failure::Failed(error.into()));
            }
            Some(RowIds::File(path)) => Some(Input::open(path, spool_dir).map_err(anyhow::Error::from)?),
            None => None,
        };
        let read_options = ReadOptions {
            id_field: source.id_field.clone(),
            ids,
            query: source.query.clone(),
            notes: self.notes.clone(),
            separator: source.separator,
            records: source.records.clone(),
            wanted: wanted(source, self.vectors),
        };
        source.plan.read(spool_dir, &read_options, &mut taking).map_err(anyhow::Error::from)?;
        let (Some(rows), Some(records)) = (&source.rows, ingest.read()) else { return Ok(()) };
        let read = rows.read_rows(spool_dir, Some(records), &self.notes, &mut |row| ingest.take_row(row));
        read.map_err(|error| match error {
            ReadError::Source(SourceError { input, cause: Cause::IdsAndRows { rows, .. }, .. }) => {
                Failure::Failed(anyhow!(
                    "{input} has {rows} rows, and {} has {records} records: each record needs the row at its place",
                    source.plan.name()
                ))
            }
            other => Failure::Failed(other.into()),
        })
    }

    /// The fields that are named, with the flag that names them.
    fn asked_about(&self) -> Vec<(&'static str, &str)> {
        fn of<'n>(
            flag: &'static str,
            names: impl IntoIterator<Item = &'n String>,
        ) -> impl Iterator<Item = (&'static str, &'n str)> {
            names.into_iter().map(move |name| (flag, name.as_str()))
        }
        let (source, selection) = (self.source(), &self.vectors.selection);
        let lists = source.lists.fields.iter().map(|list| &list.field);
        of("--fields", selection.only.iter().flatten())
            .chain(of("--ignore-fields", &selection.ignored))
            .chain(of("--expose", source.expose.iter().flatten()))
            .chain(of("--list-separator", lists))
            .collect()
    }

    /// A name that no profile has is a mistake. It stops the build where what comes of it would be useless: nothing but
    /// that field compared, or nothing returned.
    fn check_names(&self, profiles: &Profiles) -> Result<(), Failure> {
        let asked = self.asked_about();
        let is_unknown = |name: &str| profiles.seen.iter().all(|seen| seen != name);
        let all_exposed_are_unknown =
            asked.iter().filter(|(flag, _)| *flag == "--expose").all(|(_, name)| is_unknown(name));
        for (flag, name) in asked.iter().filter(|(_, name)| is_unknown(name)) {
            let stops = match *flag {
                "--ignore-fields" => false,
                "--expose" => all_exposed_are_unknown,
                _ => true,
            };
            let message = format!("{flag}: {}", unknown_field(name, &profiles.fields));
            if stops {
                return Err(Failure::Usage(message));
            }
            self.notes.add(format!("warning: {message}"));
        }
        Ok(())
    }
}

/// The fields that a build uses: the id, what is vectorized and what is served.
fn wanted(source: &SourceRequest, vectors: &VectorOptions) -> Wanted {
    let ids = match source.id_field.as_deref() {
        Some(name) => vec![name.to_owned()],
        None => DEFAULT_ID_FIELDS.map(str::to_owned).to_vec(),
    };
    let vector = match &vectors.vectorizer {
        VectorizerChoice::Field(name) => Some(name.clone()),
        _ => None,
    };
    let vectorized = vectors.selection.only.iter().flatten().cloned();
    let served = source.expose.iter().flatten().cloned();
    let others_but = match (&source.expose, &vector, &vectors.selection.only) {
        (None, ..) => Some(Vec::new()),
        (Some(_), None, None) => Some(vectors.selection.ignored.clone()),
        _ => None,
    };
    let named = ids.into_iter().chain(vector).chain(vectorized).chain(served).collect();
    Wanted { named, others_but }
}

/// What to say of a name that no profile has.
fn unknown_field(name: &str, fields: &FieldsSeen) -> String {
    let meant = nearest(name, fields.names()).map(|name| format!("; did you mean {}?", shown(name)));
    let end = if meant.is_some() { "" } else { "." };
    format!(
        "no profile has a field {name:?}{}{end} The fields are: {}",
        meant.unwrap_or_default(),
        listed(fields.names())
    )
}

/// A row's record, with its number as the id.
fn numbered(record: Record, number: i64) -> Record {
    match record {
        Record::Fields(mut fields) => {
            if let Some((_, id)) = fields.iter_mut().find(|(name, _)| name == "_id") {
                *id = Value::Int(number);
            }
            Record::Fields(fields)
        }
        unusable => unusable,
    }
}

/// Takes the records of the source in.
struct Taking<'a> {
    ingest: &'a mut Ingest,
    skipped: &'a mut Skipped,
    step: &'a Step,
}

impl Visitor for Taking<'_> {
    fn begin(&mut self, part: &str) {
        self.ingest.begin(part);
    }

    fn take(&mut self, record: Record) -> ControlFlow<()> {
        self.step.advance(1);
        self.ingest.take(record, self.skipped)
    }
}
