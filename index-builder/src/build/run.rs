//! The steps of a build in their order, and the checks between them.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, anyhow};
use kindred::counted::counted;
use kindred::file::{
    FieldMetadata, Index, MappedFile, Metadata, Source as SourceMetadata, VectorizerMetadata,
};
use kindred::priority;

use super::reading::Reading;
use crate::build::assemble::Parts;
use crate::build::request::BuildRequest;
use crate::ground::failure::Failure;
use crate::ground::gate::{Gate, Refusal};
use crate::ground::names::listed;
use crate::ground::progress::{Progress, steps};
use crate::ground::signals::Cleanup;
use crate::intake::ingest::{Profiles, check_skipped_because, describe};
use crate::intake::personal::{self, Answers, Documents};
use crate::intake::source::{Notes, Plan};
use crate::intake::spool::spool_in;
use crate::link::{Linked, link};
use crate::publish::{PublishError, Publisher};
use crate::report::built::{BuildReport, Built, Run};
use crate::report::compare::Served;
use crate::report::findings::Findings;
use crate::report::record::BuildRecord;
use crate::vectors::choice::{VectorOptions, VectorizerChoice};
use crate::vectors::nodes::ProfileVectors;
use crate::vectors::taken_for::Taken;
use crate::vectors::vectorize::{Job, vectorize};

/// The program and its version, as index files name it.
const BUILDER: &str = concat!("index-builder ", env!("CARGO_PKG_VERSION"));

/// Builds an index and publishes it. What is found is in `findings`, whatever comes of it.
///
/// # Errors
/// See the exit codes in `docs/reference.md`: a source that cannot be used, a gate that is not passed, a directory
/// that cannot be written or is being built in.
pub fn build(
    request: &BuildRequest,
    progress: &Progress,
    cleanup: &Cleanup,
    findings: &mut Findings,
) -> Result<Built, Failure> {
    let created = kindred::time::creation_time().map_err(Failure::Usage)?;
    priority::lower(request.nice).with_context(|| format!("--nice {}", request.nice))?;
    let threads = set_threads(request.threads)?;
    let publisher = Publisher::lock(&request.out).map_err(publish_failure)?.with_cleanup(cleanup);
    let served =
        request.limits.against_served.served(publisher.directory(), &mut |text| progress.line(|| text))?;
    let mut build = Build {
        request,
        vectors: request.vectors.clone(),
        progress,
        cleanup,
        threads,
        created,
        served,
        findings,
    };
    let profiles = build.read()?;
    let (profiles, vectors) = build.vectorize(profiles)?;
    build.check_profiles(&profiles)?;
    let finished = build.link(vectors)?;
    build.write(&publisher, &profiles, finished)
}

/// What is the same for every step.
struct Build<'a> {
    request: &'a BuildRequest,
    /// How the vectors are made, decided when the source has been read.
    vectors: VectorOptions,
    progress: &'a Progress,
    cleanup: &'a Cleanup,
    threads: usize,
    created: u64,
    /// What the new version is compared with, where that is asked for.
    served: Option<Served>,
    findings: &'a mut Findings,
}

/// Linked vectors, with what made them.
struct Finished {
    linked: Linked,
    vectorizer_state: Option<Vec<u8>>,
    fingerprint: String,
    fields: Option<Vec<FieldMetadata>>,
}

impl Build<'_> {
    fn read(&mut self) -> Result<Profiles, Failure> {
        let (step, notes) = (self.progress.step(steps::READ, 0), Notes::default());
        let mut reading =
            Reading { request: self.request, vectors: &mut self.vectors, step: &step, notes: notes.clone() };
        let profiles = reading.read(&mut self.findings.skipped);
        // They may say why it could not be read.
        self.note(notes.take());
        let profiles = profiles?;
        self.findings.duplicate = profiles.duplicate.clone();
        step.done(|| {
            format!(
                "{}, {}",
                counted(profiles.read, "record"),
                counted(profiles.entries.len() as u64, "profile")
            )
        });
        Ok(profiles)
    }

    /// Shows notes and keeps them for the summary.
    fn note(&mut self, notes: Vec<String>) {
        for note in notes {
            match note.starts_with("warning: ") {
                true => self.progress.line(|| note.clone()),
                false => self.progress.line(|| format!("note: {note}")),
            }
            self.findings.notes.push(note);
        }
    }

    fn vectorize(&mut self, mut profiles: Profiles) -> Result<(Profiles, ProfileVectors), Failure> {
        let step = self.progress.step(steps::VECTORIZE, profiles.entries.len() as u64);
        let job = Job {
            options: &self.vectors,
            max_skipped: self.request.limits.max_skipped,
            threads: self.threads,
            step: &step,
            cleanup: self.cleanup,
        };
        let spool = spool_in(&self.request.out)?;
        let mut vectors = vectorize(&job, &mut profiles, &mut self.findings.skipped, spool)?;
        self.note(std::mem::take(&mut vectors.notes));
        self.note(vectors.lengths.iter().cloned().collect());
        let lengths = vectors.lengths.as_ref().map(|lengths| format!("\n{lengths}")).unwrap_or_default();
        if profiles.entries.is_empty() {
            let skipped = describe(&self.findings.skipped);
            return Err(anyhow!("no profile has a vector that can be used{skipped}{lengths}").into());
        }
        check_skipped_because(
            &self.findings.skipped,
            profiles.read,
            self.request.limits.max_skipped,
            &lengths,
        )?;
        self.check_zero(&profiles, &vectors)?;
        let personal = self.describe_fields(&mut profiles, &mut vectors)?;
        self.note(personal);
        let (count, dimension) = vectors.rows.dim();
        step.done(|| {
            format!("{} of {}", counted(count as u64, "vector"), counted(dimension as u64, "number"))
        });
        Ok((profiles, vectors))
    }

    /// Says what became of each field, and gives what a person should know of those that are personal.
    fn describe_fields(
        &self,
        profiles: &mut Profiles,
        vectors: &mut ProfileVectors,
    ) -> anyhow::Result<Vec<String>> {
        profiles.observe_kept()?;
        let hashed = vectors.fields.take().unwrap_or_default();
        let taken = Taken::new(profiles, &self.vectors, &hashed);
        let warnings = personal::warnings(
            &profiles.documents,
            &Answers {
                id_field: &profiles.id_field,
                exposed: self.request.source.expose.as_deref(),
                has_fields: self.request.vectors.selection.only.is_some(),
                ignored: &self.request.vectors.selection.ignored,
                is_exposed: &|path| taken.is_exposed(path),
                is_compared: &|path| taken.is_text(path),
            },
        );
        vectors.fields = Some(taken.fields());
        // Nothing else needs them, and those of a wide table are large.
        profiles.documents = Documents::default();
        Ok(warnings)
    }

    /// Before the long steps: an index of which nobody can be recommended anything must not replace one that works.
    fn check_zero(&mut self, profiles: &Profiles, vectors: &ProfileVectors) -> anyhow::Result<()> {
        let is_zero = |row: &usize| vectors.rows.row(*row).iter().all(|&number| number == 0.0);
        let zero: Vec<usize> = (0..vectors.rows.nrows()).filter(is_zero).collect();
        let first = zero.first().and_then(|&row| profiles.entries.get(row));
        self.findings.zero = first.map(|entry| profiles.id(entry).to_owned());
        let (zero, count) = (zero.len(), vectors.rows.nrows());
        let share = zero as f64 / count.max(1) as f64;
        let what = if zero == count {
            match count {
                1 => "the only vector is zero, so nobody could be recommended".to_owned(),
                count => format!("all {count} vectors are zero, so nobody could be recommended"),
            }
        } else if share > self.request.limits.max_zero {
            format!(
                "{zero} of {count} vectors {} zero, a share of {share:.4}: these profiles have nothing to compare; \
                 --max-zero allows {}",
                counted(zero as u64, "vector").is_or_are(),
                self.request.limits.max_zero
            )
        } else {
            return Ok(());
        };
        let fields = profiles.fields.names().filter(|name| *name != profiles.id_field);
        let message = format!("{what}; nothing is published. Fields of the source: {}", listed(fields));
        Err(Refusal { gate: Gate::Zero, message }.into())
    }

    /// Before the long steps: what is too little now stays too little.
    fn check_profiles(&mut self, profiles: &Profiles) -> anyhow::Result<()> {
        let Some(served) = &self.served else { return Ok(()) };
        served.check_profiles(profiles.entries.len(), &mut self.findings.compared)
    }

    fn link(&mut self, vectors: ProfileVectors) -> Result<Finished, Failure> {
        let linked = link(vectors.rows, &self.request.link, self.progress)?;
        linked.check(self.request.limits.min_recall)?;
        let ProfileVectors { state, fingerprint, fields, .. } = vectors;
        Ok(Finished { linked, vectorizer_state: state, fingerprint, fields })
    }

    fn write(
        &mut self,
        publisher: &Publisher,
        profiles: &Profiles,
        finished: Finished,
    ) -> Result<Built, Failure> {
        let metadata = self.metadata(profiles, &finished);
        let parts = Parts {
            profiles,
            linked: &finished.linked,
            vectorizer_state: finished.vectorizer_state.as_deref(),
            metadata: &metadata,
            created: self.created,
        };
        let step = self.progress.step_of_bytes(steps::PUBLISH, parts.estimated_bytes());
        step.say("written");
        let temporary = publisher.create().map_err(publish_failure)?;
        let (header, counted) = parts.write(step.counting(temporary)).context("writing the index file")?;
        let mut temporary = counted.into_inner();
        // The check maps the whole file: vectors, graph and table need not be there twice.
        drop(finished);
        step.say("written, being verified");
        let verifying = Instant::now();
        let index = open(temporary.path()).context("the file that was just written is refused")?;
        if index.header().checksum != header.checksum {
            return Err(
                anyhow!("the file that was just written has another checksum than was computed").into()
            );
        }
        let check_seconds = verifying.elapsed().as_secs_f64();
        step.say("written, being compared");
        self.check_drift(index)?;
        step.say("written, being made durable");
        temporary.sync().map_err(publish_failure)?;
        let mut report = BuildReport {
            header,
            metadata,
            run: Run::so_far(self.progress, self.threads, Some(step.so_far()), check_seconds),
            findings: self.findings.clone(),
        };
        temporary.set_record(BuildRecord::of(&report).to_bytes().map_err(anyhow::Error::from)?);
        let published =
            temporary.commit(self.request.keep, |path| open(path).is_ok()).map_err(publish_failure)?;
        step.done(|| format!("version {}, {} bytes", published.version, published.bytes));
        report.run = Run::so_far(self.progress, self.threads, None, check_seconds);
        Ok(Built { report, published })
    }

    fn check_drift(&mut self, new: Index<MappedFile>) -> anyhow::Result<()> {
        let Some(served) = self.served.as_ref().filter(|served| served.measures_drift()) else {
            return Ok(());
        };
        let what = served.check_drift(new, &mut self.findings.compared)?;
        self.progress.line(|| format!("compare: {what}"));
        Ok(())
    }

    fn metadata(&self, profiles: &Profiles, finished: &Finished) -> Metadata {
        let linked = &finished.linked;
        let has_language =
            matches!(&self.vectors.vectorizer, VectorizerChoice::Fitted(fit) if fit.has_language());
        let vectorizer = VectorizerMetadata {
            name: self.vectors.vectorizer.name(),
            fingerprint: finished.fingerprint.clone(),
            language: has_language.then(|| self.vectors.language.to_string()),
        };
        Metadata {
            exposed: self.request.source.expose.clone(),
            list_separators: profiles.lists.fields.clone(),
            read: profiles.read,
            skipped: self.findings.skipped.counts(),
            duplicates: profiles.duplicates,
            zero_vectors: (profiles.entries.len() - linked.nodes.profiles.len()) as u64,
            fields: finished.fields.clone(),
            ..linked.metadata(BUILDER, self.source(), &profiles.id_field, vectorizer)
        }
    }

    fn source(&self) -> SourceMetadata {
        let source = &self.request.source;
        let plans = || [Some(&source.plan), source.rows.as_ref()].into_iter().flatten();
        SourceMetadata {
            name: plans().map(Plan::name).collect::<Vec<_>>().join(", "),
            format: plans().map(Plan::format).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Opens a file as the server does.
fn open(path: &Path) -> anyhow::Result<Index<MappedFile>> {
    Ok(Index::open(MappedFile::open(path)?)?)
}

fn publish_failure(error: PublishError) -> Failure {
    match error {
        PublishError::Busy { .. } => Failure::TryLater(error.to_string()),
        other => Failure::Failed(other.into()),
    }
}

/// The threads of all parallel steps; 0 is as many as there are cores.
fn set_threads(asked: u16) -> anyhow::Result<usize> {
    let threads = match asked {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        asked => usize::from(asked),
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|number| format!("build-{number}"))
        .build_global()
        .context("starting threads")?;
    Ok(threads)
}
