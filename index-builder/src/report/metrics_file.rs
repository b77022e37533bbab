//! What came of a build, for the textfile collector of Prometheus's node_exporter.
//!
//! The file is written when a build ends, well or not, and replaced as a whole: the collector may read at any moment. A
//! build that finds another one running (exit code 75) leaves it to that one. Where the file cannot be written, the
//! build says so and ends as it would have ended: what was published is published.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use kindred::directory::small_file::replace_file;
use prometheus::{Encoder, GaugeVec, Opts, Registry, TextEncoder};

use crate::ground::failure::Failure;
use crate::ground::gate::{Gate, Refusal};
use crate::ground::progress::{Progress, StepRecord};
use crate::ground::signals::Cleanup;
use crate::intake::source::{InputError, PlanError, ReadError};
use crate::publish::PublishError;
use crate::report::built::{BuildReport, Built};
use crate::report::findings::Findings;

/// Everybody may read it: the collector runs as another user.
const MODE: u32 = 0o644;

/// A metric's name, and what it says.
type Described = (&'static str, &'static str);

const LAST_SUCCESS: Described = (
    "kindred_build_last_success_timestamp_seconds",
    "Unix time at which a build last published a version; 0 if this file knows of none.",
);

/// Of the version that was published last. They stay when a build fails.
const OF_VERSION: [Described; 8] = [
    ("kindred_build_version", "The version that was published last."),
    ("kindred_build_profiles", "Its profiles."),
    ("kindred_build_nodes", "Its distinct vectors."),
    ("kindred_build_zero_vectors", "Its profiles with a zero vector."),
    ("kindred_build_index_bytes", "The size of its file."),
    ("kindred_build_recall", "recall@10 of its graph at its default ef, on a sample, 0 to 1."),
    ("kindred_build_table_recall", "Recall of its neighbour table, on a sample, 0 to 1; 1: exact."),
    ("kindred_build_duration_of_last_success_seconds", "The duration of its build."),
];

/// How a build can end, as the label `reason`.
mod reason {
    pub const USAGE: &str = "usage";
    pub const SOURCE: &str = "source";
    pub const PUBLISH: &str = "publish";
    pub const INTERRUPTED: &str = "interrupted";
    pub const OTHER: &str = "other";
    pub const BESIDES_GATES: [&str; 5] = [USAGE, SOURCE, PUBLISH, INTERRUPTED, OTHER];
}

/// Does a build and writes the file, also when a signal ends it.
///
/// # Errors
/// Those of the build, and no others.
pub fn written_after(
    path: &Path,
    progress: &Progress,
    cleanup: &Cleanup,
    build: impl FnOnce(&mut Findings) -> Result<Built, Failure>,
) -> Result<Built, Failure> {
    let interrupted = {
        let (path, progress) = (path.to_owned(), progress.clone());
        cleanup.register(move || {
            let (findings, ending) = (Findings::default(), Ending::Failed(reason::INTERRUPTED));
            write(&path, &Outcome { ending, findings: &findings, progress: &progress });
        })
    };
    let mut findings = Findings::default();
    let result = build(&mut findings);
    // The failure may be nothing but a consequence of the signal, of which the file says more.
    cleanup.wait_if_ending();
    drop(interrupted);
    let ending = match &result {
        Ok(built) => Ending::Published(built),
        Err(Failure::TryLater(_)) => return result,
        Err(failure) => Ending::Failed(reason_of(failure)),
    };
    write(path, &Outcome { ending, findings: &findings, progress });
    result
}

/// How a build ended.
enum Ending<'a> {
    Published(&'a Built),
    Failed(&'static str),
}

struct Outcome<'a> {
    ending: Ending<'a>,
    findings: &'a Findings,
    progress: &'a Progress,
}

fn reason_of(failure: &Failure) -> &'static str {
    let error = match failure {
        Failure::Usage(_) => return reason::USAGE,
        Failure::TryLater(_) => return reason::PUBLISH,
        Failure::Failed(error) => error,
    };
    if let Some(Refusal { gate, .. }) = error.downcast_ref() {
        gate.name()
    } else if error.is::<PlanError>() || error.is::<InputError>() || error.is::<ReadError>() {
        reason::SOURCE
    } else if error.is::<PublishError>() {
        reason::PUBLISH
    } else {
        reason::OTHER
    }
}

fn write(path: &Path, outcome: &Outcome<'_>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
    // What cannot be read is not there: the file is replaced by one that can.
    let before = kept(&fs::read_to_string(path).unwrap_or_default());
    let written = text(outcome, &before, now)
        .context("the metrics")
        .and_then(|text| Ok(replace_file(path, text.as_bytes(), MODE)?));
    if let Err(error) = written {
        tracing::warn!("--metrics-file: {error:#}; the build is what it is without it");
    }
}

/// The values of the last success in an earlier file.
fn kept(text: &str) -> BTreeMap<&'static str, f64> {
    let names = OF_VERSION.iter().chain([&LAST_SUCCESS]).map(|&(name, _)| name);
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.trim().parse::<f64>().ok().filter(|value| value.is_finite())
    };
    names.filter_map(|name| Some((name, value(name)?))).collect()
}

/// The file.
fn text(
    outcome: &Outcome<'_>,
    before: &BTreeMap<&'static str, f64>,
    now: f64,
) -> Result<String, prometheus::Error> {
    let metrics = Metrics(Registry::new());
    let seconds = outcome.progress.seconds();
    let (success, failed) = match outcome.ending {
        Ending::Published(_) => (1.0, None),
        Ending::Failed(reason) => (0.0, Some(reason)),
    };
    metrics.set("kindred_build_success", "1 if the last build published a version, else 0.", success)?;
    metrics.set("kindred_build_timestamp_seconds", "Unix time at which the last build ended.", now)?;
    metrics.set("kindred_build_duration_seconds", "The duration of the last build.", seconds)?;
    if let Some(bytes) = outcome.progress.peak_memory_bytes() {
        metrics.set(
            "kindred_build_peak_memory_bytes",
            "Peak resident memory of the last build, including mapped files.",
            bytes as f64,
        )?;
    }
    let reasons = Gate::ALL.iter().map(|gate| gate.name()).chain(reason::BESIDES_GATES);
    metrics.set_each(
        "kindred_build_failure",
        "1 for the reason why the last build published nothing, else 0.",
        "reason",
        reasons.map(|reason| (reason, f64::from(u8::from(failed == Some(reason))))),
    )?;
    let skipped = outcome.findings.skipped.iter().map(|(name, reason)| (name, reason.count as f64));
    metrics.set_each(
        "kindred_build_skipped_records",
        "Records that the last build skipped, by reason.",
        "reason",
        skipped,
    )?;
    metrics.set_steps(&outcome.progress.steps())?;
    if let Some(compared) = &outcome.findings.compared {
        metrics.set(
            "kindred_build_profiles_ratio",
            "Profiles of the last build, divided by those of the served version.",
            compared.profiles_ratio,
        )?;
        if let Some(drift) = compared.drift {
            metrics.set(
                "kindred_build_drift",
                "Mean share of the first ten recommendations that the last build changed, 0 to 1.",
                drift,
            )?;
        }
    }
    let values = match outcome.ending {
        Ending::Published(built) => of_version(built, seconds, now),
        Ending::Failed(_) => before.clone(),
    };
    let (name, help) = LAST_SUCCESS;
    metrics.set(name, help, values.get(name).copied().unwrap_or(0.0))?;
    for (name, help) in OF_VERSION {
        if let Some(&value) = values.get(name) {
            metrics.set(name, help, value)?;
        }
    }
    metrics.encode()
}

pub(super) fn of_version(built: &Built, seconds: f64, now: f64) -> BTreeMap<&'static str, f64> {
    let Built { report: BuildReport { header, metadata, .. }, published } = built;
    let values = [
        Some(published.version as f64),
        Some(f64::from(header.profiles)),
        Some(f64::from(header.nodes)),
        Some(metadata.zero_vectors as f64),
        Some(published.bytes as f64),
        Some(metadata.recall_at_10),
        metadata.table.map(|table| table.recall),
        Some(seconds),
    ];
    let of_version = OF_VERSION.iter().zip(values).filter_map(|(&(name, _), value)| Some((name, value?)));
    of_version.chain([(LAST_SUCCESS.0, now)]).collect()
}

struct Metrics(Registry);

impl Metrics {
    fn set(&self, name: &str, help: &str, value: f64) -> Result<(), prometheus::Error> {
        let gauge = prometheus::Gauge::new(name, help)?;
        gauge.set(value);
        self.0.register(Box::new(gauge))
    }

    fn set_each<'a>(
        &self,
        name: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (&'a str, f64)>,
    ) -> Result<(), prometheus::Error> {
        let gauges = GaugeVec::new(Opts::new(name, help), &[label])?;
        values.for_each(|(of, value)| gauges.with_label_values(&[of]).set(value));
        self.0.register(Box::new(gauges))
    }

    fn set_steps(&self, steps: &[StepRecord]) -> Result<(), prometheus::Error> {
        let of_each = |value: fn(&StepRecord) -> Option<f64>| {
            steps.iter().filter_map(move |step| Some((step.name.as_ref(), value(step)?)))
        };
        self.set_each(
            "kindred_build_step_duration_seconds",
            "Duration of each step of the last build.",
            "step",
            of_each(|step| Some(step.seconds)),
        )?;
        self.set_each(
            "kindred_build_step_peak_memory_bytes",
            "Peak resident memory of each step of the last build.",
            "step",
            of_each(|step| step.peak_memory_bytes.map(|bytes| bytes as f64)),
        )?;
        self.set_each(
            "kindred_build_step_read_bytes",
            "Bytes that each step of the last build read.",
            "step",
            of_each(|step| step.bytes_read.map(|bytes| bytes as f64)),
        )
    }

    fn encode(&self) -> Result<String, prometheus::Error> {
        let mut bytes = Vec::new();
        // Without a value there is nothing to say, and the encoder refuses to.
        let families: Vec<_> =
            self.0.gather().into_iter().filter(|family| !family.get_metric().is_empty()).collect();
        TextEncoder::new().encode(&families, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
