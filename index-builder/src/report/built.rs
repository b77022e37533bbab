//! What a build tells of itself, gathered once. All its renderings read it and nothing else.

use kindred::file::{Header, Metadata};

use crate::ground::progress::{Progress, StepRecord, steps};
use crate::publish::Published;
use crate::report::findings::Findings;

/// A build whose file is written and verified.
#[derive(Debug, Clone)]
pub struct BuildReport {
    /// The header of the file.
    pub header: Header,
    /// Its metadata.
    pub metadata: Metadata,
    /// What the build took until now.
    pub run: Run,
    /// What it found.
    pub findings: Findings,
}

/// A build that has published its version.
#[derive(Debug, Clone)]
pub struct Built {
    /// What it tells of itself, with all that it took.
    pub report: BuildReport,
    /// The version.
    pub published: Published,
}

/// What a build took.
#[derive(Debug, Clone)]
pub struct Run {
    /// When it began, in seconds since 1970.
    pub began: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The most memory of the process; none where the system does not tell.
    pub peak_memory_bytes: Option<u64>,
    /// The threads of its parallel steps.
    pub threads: usize,
    /// What each step took.
    pub steps: Vec<StepRecord>,
    /// How much of the publish step was the check of the written file, in seconds.
    pub check_seconds: f64,
}

impl Run {
    /// What a build took until now. `running` is the step that is not done yet.
    pub fn so_far(
        progress: &Progress,
        threads: usize,
        running: Option<StepRecord>,
        check_seconds: f64,
    ) -> Run {
        let of_running = running.as_ref().and_then(|step| step.peak_memory_bytes);
        Run {
            began: progress.began(),
            seconds: progress.seconds(),
            peak_memory_bytes: progress.peak_memory_bytes().max(of_running),
            threads,
            steps: progress.steps().into_iter().chain(running).collect(),
            check_seconds,
        }
    }

    /// How long a step took, in seconds; 0 where there was none of that name.
    pub fn seconds_of(&self, step: &str) -> f64 {
        self.steps.iter().filter(|record| record.name == step).fold(0.0, |sum, record| sum + record.seconds)
    }

    /// How long was measured and checked, in seconds: the verify step, and the check of the written file.
    pub fn verify_seconds(&self) -> f64 {
        self.seconds_of(steps::VERIFY) + self.check_seconds
    }
}
