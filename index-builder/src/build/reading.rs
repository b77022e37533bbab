//! The first step of a build: the source is read, and what was asked for is held against what there is.

use std::ops::ControlFlow;

use anyhow::anyhow;
use kindred::profile::Value;

use crate::command::cli::BuildArgs;
use crate::command::options::{BuildOptions, numbers_rows};
use crate::ground::failure::Failure;
use crate::ground::names::{listed, nearest, shown};
use crate::ground::progress::Step;
use crate::intake::fields::FieldsSeen;
use crate::intake::ingest::{Ingest, IngestOptions, Profiles, check_skipped};
use crate::intake::skipped::Skipped;
use crate::intake::source::{
    Cause, Input, Notes, Plan, ReadError, ReadOptions, Record, SourceError, VECTOR_FIELD, Visitor,
    WORD_FORMATS,
};
use crate::intake::spool::{SpoolWriter, spool_in};
use crate::vectors::choice::VectorizerChoice;
use crate::vectors::resolve::{resolve, settle};

/// What is read, and for what.
pub struct Reading<'a> {
    /// The command line.
    pub args: &'a BuildArgs,
    /// The same, checked. What is decided by what there is, is decided here.
    pub options: &'a mut BuildOptions,
    /// The profiles, or vectors with ids.
    pub plan: &'a Plan,
    /// The vectors of the profiles, where they are in a file of their own.
    pub rows: Option<&'a Plan>,
    /// What is shown to the operator.
    pub step: &'a Step,
    /// What a person should know.
    pub notes: Notes,
}

impl Reading<'_> {
    /// Reads the source to its end.
    ///
    /// # Errors
    /// [`Failure::Usage`] for names that no profile has; [`Failure::Failed`] for a source that cannot be read, that has
    /// no profile, too many that cannot be used, or several fields that may be the vector.
    pub fn read(&mut self, skipped: &mut Skipped) -> Result<Profiles, Failure> {
        // Such files hold a word and its vector, and nothing else.
        let is_of_words = self.plan.format().split(", ").all(|format| WORD_FORMATS.contains(&format));
        if is_of_words && matches!(self.options.vectorizer, VectorizerChoice::Auto) {
            self.options.vectorizer = VectorizerChoice::Field(VECTOR_FIELD.to_owned());
        }
        let is_undecided =
            matches!(self.options.vectorizer, VectorizerChoice::Auto | VectorizerChoice::Columns { .. });
        let mut ingest = Ingest::new(self.ingest_options(is_undecided), self.spool()?);
        self.take_all(&mut ingest, skipped)?;
        let mut profiles = ingest.finish(self.args.on_duplicate_id, skipped)?;
        self.add_notes(std::mem::take(&mut profiles.notes));
        self.check_names(&profiles)?;
        let notes = resolve(self.options, &profiles)?;
        self.add_notes(notes);
        settle(self.options, is_undecided, &mut profiles, || self.spool(), skipped)?;
        check_skipped(skipped, profiles.read, self.args.max_skipped)?;
        Ok(profiles)
    }

    fn add_notes(&self, notes: Vec<String>) {
        notes.into_iter().for_each(|note| self.notes.add(note));
    }

    fn spool(&self) -> anyhow::Result<SpoolWriter> {
        spool_in(&self.args.out)
    }

    fn ingest_options(&self, is_undecided: bool) -> IngestOptions {
        IngestOptions {
            id_field: self.args.id_field.clone(),
            vector_field: match &self.options.vectorizer {
                VectorizerChoice::Field(name) if self.rows.is_none() => Some(name.clone()),
                _ => None,
            },
            expose: self.args.expose.clone(),
            asked_about: self.asked_about().into_iter().map(|(_, name)| name).collect(),
            lists: self.options.lists.clone(),
            is_undecided,
            has_rows: self.rows.is_some(),
        }
    }

    /// Gives all records to `ingest`, and the vectors that belong to them.
    fn take_all(&self, ingest: &mut Ingest, skipped: &mut Skipped) -> Result<(), Failure> {
        let mut taking = Taking { ingest, skipped, step: self.step };
        if numbers_rows(self.args) {
            let mut number = 0;
            let read = self.plan.read_rows(&self.args.out, None, &self.notes, &mut |record| {
                number += 1;
                taking.take(numbered(record, number - 1))
            });
            return read.map_err(|error| Failure::Failed(error.into()));
        }
        let ids = self.args.ids.as_deref().map(|path| Input::open(path, &self.args.out));
        let read_options = ReadOptions {
            id_field: self.args.id_field.clone(),
            ids: ids.transpose().map_err(anyhow::Error::from)?,
            query: self.args.query.clone(),
            notes: self.notes.clone(),
            separator: self.args.separator,
            records: self.args.records.clone(),
            wanted: self.options.wanted(self.args),
        };
        self.plan.read(&self.args.out, &read_options, &mut taking).map_err(anyhow::Error::from)?;
        let (Some(rows), Some(records)) = (self.rows, ingest.read()) else { return Ok(()) };
        let read =
            rows.read_rows(&self.args.out, Some(records), &self.notes, &mut |row| ingest.take_row(row));
        read.map_err(|error| match error {
            ReadError::Source(SourceError { input, cause: Cause::IdsAndRows { rows, .. }, .. }) => {
                Failure::Failed(anyhow!(
                    "{input} has {rows} rows, and {} has {records} records: each record needs the row at its place",
                    self.plan.name()
                ))
            }
            other => Failure::Failed(other.into()),
        })
    }

    /// The fields that the command line names, with the flag that does.
    fn asked_about(&self) -> Vec<(&'static str, String)> {
        let lists = [
            ("--fields", self.args.fields.clone()),
            ("--ignore-fields", self.args.ignore_fields.clone()),
            ("--expose", self.args.expose.clone()),
            (
                "--list-separator",
                Some(self.options.lists.fields.iter().map(|list| list.field.clone()).collect()),
            ),
        ];
        let named = lists.into_iter().flat_map(|(flag, names)| {
            names.into_iter().flatten().map(move |name| (flag, name)).filter(|(_, name)| !name.is_empty())
        });
        named.collect()
    }

    /// A name that no profile has is a mistake. It stops the build where what comes of it would be useless: nothing but
    /// that field compared, or nothing returned.
    fn check_names(&self, profiles: &Profiles) -> Result<(), Failure> {
        let asked = self.asked_about();
        let unknown: Vec<_> = asked.iter().filter(|(_, name)| !profiles.seen.contains(name)).collect();
        let all_exposed_are_unknown = asked
            .iter()
            .filter(|(flag, _)| *flag == "--expose")
            .all(|(_, name)| !profiles.seen.contains(name));
        for (flag, name) in &unknown {
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
