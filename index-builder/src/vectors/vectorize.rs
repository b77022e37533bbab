//! A vector for every profile, however it is to be had.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, anyhow};
use kindred::profile::Value;
use kindred::profile::path::{Paths, retain};
use ndarray::Array2;

use crate::ground::failure::Failure;
use crate::ground::missing::cannot_open;
use crate::ground::progress::Step;
use crate::ground::signals::Cleanup;
use crate::intake::ingest::{Entry, Profiles, check_skipped, document_fields};
use crate::intake::skipped::Skipped;
use crate::intake::spool::{Span, SpoolWriter};
use crate::vectors::choice::{FieldSelection, VectorOptions, VectorizerChoice};
use crate::vectors::fitted;
use crate::vectors::nodes::{self, ProfileVectors, fingerprint};
use crate::vectors::python::{PythonConfig, PythonSpec, Worker};

/// What a vectorizer works with.
pub struct Job<'a> {
    /// How the vectors are made, decided.
    pub options: &'a VectorOptions,
    /// The largest share of records that may be skipped.
    pub max_skipped: f64,
    /// Threads to use.
    pub threads: usize,
    /// The step that is shown to the operator.
    pub step: &'a Step,
    /// What a signal has to stop.
    pub cleanup: &'a Cleanup,
}

/// Makes the vectors of all profiles. Those that get none are skipped and leave `profiles`.
///
/// # Errors
/// What reading the spool gives, a Python function that cannot be loaded, and a source without any vector.
pub fn vectorize(
    job: &Job<'_>,
    profiles: &mut Profiles,
    skipped: &mut Skipped,
    spool: SpoolWriter,
) -> Result<ProfileVectors, Failure> {
    match &job.options.vectorizer {
        VectorizerChoice::Fitted(fit) => {
            fitted::vectors(fit.as_ref(), job.options, profiles, skipped, job.step)
        }
        VectorizerChoice::Auto => {
            Err(anyhow!("the vectorizer was not chosen before the vectors were made").into())
        }
        VectorizerChoice::Field(name) => field(job, name, profiles, skipped),
        VectorizerChoice::Columns { names, .. } => columns(job, names, profiles, skipped),
        VectorizerChoice::Python(spec) => python(job, spec, profiles, skipped, spool),
    }
}

fn field(
    job: &Job<'_>,
    name: &str,
    profiles: &mut Profiles,
    skipped: &mut Skipped,
) -> Result<ProfileVectors, Failure> {
    let spans: Vec<Option<Span>> = profiles.entries.iter().map(|entry| entry.vector).collect();
    // Vectors lie in the profiles' own spool, which `load` reads while it shortens the list of profiles.
    let spool = profiles.spool.try_clone().context("the temporary file for vectors")?;
    let (rows, lengths) = load(job, profiles, &spans, &spool, skipped)?;
    let fingerprint = fingerprint(name.as_bytes());
    Ok(ProfileVectors { rows, state: None, fingerprint, lengths, fields: None, notes: Vec::new() })
}

/// As from one field; which fields they are is the state, so that a profile over HTTP can have them too.
fn columns(
    job: &Job<'_>,
    names: &[String],
    profiles: &mut Profiles,
    skipped: &mut Skipped,
) -> Result<ProfileVectors, Failure> {
    let state = serde_json::to_vec(names).map_err(anyhow::Error::from)?;
    let fingerprint = fingerprint(&state);
    Ok(ProfileVectors { state: Some(state), fingerprint, ..field(job, "", profiles, skipped)? })
}

fn load(
    job: &Job<'_>,
    profiles: &mut Profiles,
    spans: &[Option<Span>],
    spool: &crate::intake::spool::Spool,
    skipped: &mut Skipped,
) -> Result<(Array2<f32>, Option<String>), Failure> {
    let lengths = || spans.iter().flatten().map(|span| span.length as usize / size_of::<f32>());
    let dimension = nodes::dimension(job.options.dimension, lengths(), skipped)?;
    let described = nodes::describe_lengths(job.options.dimension, lengths(), dimension);
    Ok((nodes::load(profiles, spans, spool, dimension, skipped)?, described))
}

/// How one profile fared.
struct Made {
    span: Option<Span>,
    failure: Option<(&'static str, String)>,
}

fn python(
    job: &Job<'_>,
    spec: &PythonSpec,
    profiles: &mut Profiles,
    skipped: &mut Skipped,
    spool: SpoolWriter,
) -> Result<ProfileVectors, Failure> {
    let config = PythonConfig {
        interpreter: job.options.python.clone(),
        batch_timeout: job.options.python_timeout,
        ..PythonConfig::new(spec.clone())
    };
    let stop = config.stop.clone();
    let _stopped_by_signals = job.cleanup.register(move || stop.store(true, Ordering::Relaxed));
    let source = std::fs::read(&spec.path).map_err(|error| {
        anyhow!("--vectorizer python:{}: {}", spec.path.display(), cannot_open(&spec.path, &error))
    })?;
    let fingerprint = fingerprint(&source);
    let batches: Vec<&[Entry]> = profiles.entries.chunks(config.batch_size.max(1)).collect();
    let made: Vec<Mutex<Vec<Made>>> = batches.iter().map(|_| Mutex::default()).collect();
    let (next, failed, spool) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(spool));
    // What is skipped already counts too; beyond this the build is refused, so there is no point in going on.
    let allowed = job.max_skipped * profiles.read as f64 - skipped.total() as f64;
    let work = || -> anyhow::Result<()> {
        let mut worker = Worker::start(&config)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (Some(batch), Some(place)) = (batches.get(number), made.get(number)) else { return Ok(()) };
            let result = run_batch(&mut worker, job, profiles, batch, &spool)?;
            let failures = result.iter().filter(|made| made.failure.is_some()).count();
            if (failed.fetch_add(failures, Ordering::Relaxed) + failures) as f64 > allowed {
                next.store(batches.len(), Ordering::Relaxed);
            }
            *place.lock().map_err(|_| anyhow!("a thread of the Python vectorizer panicked"))? = result;
            job.step.advance(batch.len() as u64);
        }
    };
    run_on_threads(job.threads.min(batches.len()).max(1), &work, &next, batches.len())?;
    let spool = spool.into_inner().map_err(|_| anyhow!("a thread of the Python vectorizer panicked"))?;
    let spool = spool.finish().context("the temporary file for vectors")?;
    let made: Result<Vec<Vec<Made>>, _> = made.into_iter().map(Mutex::into_inner).collect();
    let made = made.map_err(|_| anyhow!("a thread of the Python vectorizer panicked"))?;
    let made: Vec<Made> = made.into_iter().flatten().collect();
    let complete = made.len() == profiles.entries.len();
    let spans = keep_made(profiles, made, skipped);
    if !complete {
        check_skipped(skipped, profiles.read, job.max_skipped)?;
        return Err(anyhow!("not all profiles were given to the Python function").into());
    }
    let (rows, lengths) = load(job, profiles, &spans, &spool, skipped)?;
    Ok(ProfileVectors { rows, state: None, fingerprint, lengths, fields: None, notes: Vec::new() })
}

/// Runs `work` on some threads; where one fails, the others end after their batch.
fn run_on_threads(
    threads: usize,
    work: &(impl Fn() -> anyhow::Result<()> + Sync),
    next: &AtomicUsize,
    end: usize,
) -> anyhow::Result<()> {
    let stop_on_failure = || work().inspect_err(|_| next.store(end, Ordering::Relaxed));
    std::thread::scope(|scope| {
        let spawned = (0..threads)
            .map(|number| {
                let name = format!("python-{number}");
                std::thread::Builder::new().name(name).spawn_scoped(scope, stop_on_failure)
            })
            .collect::<io::Result<Vec<_>>>()?;
        let panicked = |_| Err(anyhow!("a thread of the Python vectorizer panicked"));
        spawned.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(panicked))
    })
}

fn run_batch(
    worker: &mut Worker,
    job: &Job<'_>,
    profiles: &Profiles,
    batch: &[Entry],
    spool: &Mutex<SpoolWriter>,
) -> anyhow::Result<Vec<Made>> {
    let documents = batch
        .iter()
        .map(|entry| {
            let document = profiles.spool.get(entry.document).context("the temporary file for profiles")?;
            selected(document, &job.options.selection, &profiles.id_field)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let documents: Vec<&[u8]> = documents.iter().map(Vec::as_slice).collect();
    let outcomes = worker.vectorize(&documents)?;
    let mut spool = spool.lock().map_err(|_| anyhow!("a thread of the Python vectorizer panicked"))?;
    outcomes
        .into_iter()
        .map(|outcome| match outcome {
            Ok(vector) => {
                let span =
                    spool.push(bytemuck::cast_slice(&vector)).context("the temporary file for vectors")?;
                Ok(Made { span: Some(span), failure: None })
            }
            Err(failure) => Ok(Made { span: None, failure: Some((failure.reason.phrase(), failure.detail)) }),
        })
        .collect()
}

/// A document with the fields that are vectorized, and the id.
fn selected(document: Vec<u8>, selection: &FieldSelection, id_field: &str) -> anyhow::Result<Vec<u8>> {
    if selection.is_everything() {
        return Ok(document);
    }
    let mut fields = document_fields(&document)?;
    let only = selection.only().map(|only| only.and(id_field));
    let ignored = selection.ignored.iter().map(String::as_str).filter(|&name| name != id_field);
    retain(&mut fields, only.as_ref(), &Paths::new(ignored));
    Ok(serde_json::to_vec(&Value::Map(fields))?)
}

/// Leaves the profiles that got something, and counts the others.
fn keep_made(profiles: &mut Profiles, made: Vec<Made>, skipped: &mut Skipped) -> Vec<Option<Span>> {
    let mut spans = Vec::with_capacity(made.len());
    let mut kept = Vec::with_capacity(made.len());
    for (entry, made) in profiles.entries.iter().zip(made) {
        match made.failure {
            Some((reason, detail)) => skipped.add(reason, || format!("{} ({detail})", profiles.id(entry))),
            None => {
                spans.push(made.span);
                kept.push(*entry);
            }
        }
    }
    profiles.entries = kept;
    spans
}
