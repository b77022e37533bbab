//! Carries out what was decided: opens files, swaps generations, unmaps what is no longer used.

use std::sync::Arc;
use std::time::Instant;

use super::super::generation::{Generation, LoadFailure};
use super::super::live_index::LiveIndex;
use super::super::metrics::IndexMetrics;
use super::decide::{Host, Served};
use super::retired::Retired;
use crate::counted::counted;
use crate::directory::SuppressedIds;
use crate::directory::served::Pin;
use crate::directory::versions::{self, VersionSeen};
use crate::file::Residency;
use crate::server::observe::traces::{Opened, Traces};

/// The hands of the watcher.
pub struct Swapper {
    live: Arc<LiveIndex>,
    metrics: Arc<IndexMetrics>,
    traces: Traces,
    residency: Residency,
    suppressed: SuppressedIds,
    /// Generations that requests may still be using.
    retired: Retired<Arc<Generation>>,
}

impl Swapper {
    pub fn new(
        live: Arc<LiveIndex>,
        metrics: Arc<IndexMetrics>,
        traces: Traces,
        residency: Residency,
    ) -> Self {
        Swapper {
            live,
            metrics,
            traces,
            residency,
            suppressed: SuppressedIds::default(),
            retired: Retired::default(),
        }
    }

    /// Takes these profiles out of every answer as well. Gives whether they are others than before.
    pub fn suppress_more(&mut self, mut ids: SuppressedIds) -> bool {
        ids.0.extend(self.suppressed.0.iter().cloned());
        self.suppress(ids)
    }

    /// Takes these profiles out of every answer, from now on and of every version to come. Gives whether they are others
    /// than before.
    pub fn suppress(&mut self, ids: SuppressedIds) -> bool {
        if ids == self.suppressed {
            return false;
        }
        let now = counted(ids.0.len() as u64, "id");
        tracing::info!("{now} {} suppressed, {} before", now.is_or_are(), self.suppressed.0.len());
        self.suppressed = ids;
        if let Some(generation) = self.live.current().and_then(|it| it.suppressing(&self.suppressed)) {
            let previous = self.live.replace_same_file(generation);
            self.retire(previous);
        }
        true
    }

    /// Whether an index is served and its file is still what was verified.
    pub fn serves_intact(&self) -> bool {
        self.live.current().is_some_and(|generation| generation.is_intact())
    }

    pub fn note_pin(&self, pin: Pin) {
        self.live.note_pin(pin.version());
    }

    pub fn note_degraded(&self, degraded: bool) {
        if !self.live.note_degraded(degraded) {
            return;
        }
        match (degraded, self.live.current()) {
            (true, Some(current)) => {
                let file = current.file_name();
                let version = current.version;
                tracing::warn!(version, file, "degraded: serving {file}, which is not what is asked for");
            }
            (true, None) => tracing::warn!("degraded: what is asked for cannot be served"),
            (false, _) => tracing::info!("no longer degraded"),
        }
    }

    /// Unmaps the generations that nobody uses any more. Never waits for one: it has its turn at the next tick.
    pub fn unmap_retired(&mut self) {
        let live = &self.live;
        self.retired.sweep(|generation| unmap(generation, live));
        self.metrics.note_retired(self.retired.len());
    }

    fn retire(&mut self, generation: Option<Arc<Generation>>) {
        // Only a generation that is not served any more, and each of them once.
        if let Some(changed) = generation.as_ref().filter(|generation| generation.is_condemned()) {
            self.metrics.observe_changed_file();
            self.live.note_changed(changed.version);
        }
        self.retired.add(generation);
        self.metrics.note_retired(self.retired.len());
    }
}

impl Host for Swapper {
    fn served(&self) -> Option<Served> {
        let current = self.live.current()?;
        Some(Served { version: current.version, identity: current.identity(), intact: current.is_intact() })
    }

    fn open(&mut self, file: &VersionSeen) -> Result<(), LoadFailure> {
        let started = Instant::now();
        tracing::info!(
            version = file.version,
            "opening {} ({} bytes)",
            file.path.display(),
            file.identity.size
        );
        let generation = Generation::load(file, self.residency, &self.suppressed).inspect_err(|failure| {
            let (took, reason) = (started.elapsed(), failure.to_string());
            let version = file.version;
            self.traces.observe_swap(&Opened { version, took, outcome: Err(&reason) });
        })?;
        let header = generation.index().header();
        let (name, profiles, nodes) = (generation.file_name(), header.profiles, header.nodes);
        let phases = generation.phases;
        let took = started.elapsed();
        let previous = self.live.replace(Some((generation, took)));
        self.metrics.observe_swap(took, previous.is_some());
        let hand_over = started.elapsed() - took;
        let [open, verify, warm] = phases.named();
        let phases = [open, verify, warm, ("hand_over", hand_over)];
        self.metrics.observe_phases(&phases);
        let (version, outcome) = (file.version, Ok(&phases[..]));
        self.traces.observe_swap(&Opened { version, took: took + hand_over, outcome });
        let seconds = took.as_secs_f64();
        tracing::info!(
            version = file.version,
            file = name,
            seconds,
            "serving {name}: {}, {}, ready in {seconds:.3} s",
            counted(profiles.into(), "profile"),
            counted(nodes.into(), "node"),
        );
        self.retire(previous);
        Ok(())
    }

    fn serve_nothing(&mut self) {
        let previous = self.live.replace(None);
        if let Some(previous) = &previous {
            let file = previous.file_name();
            tracing::error!(
                version = previous.version,
                file,
                "serving nothing: {file} was changed, and no other is readable"
            );
        }
        self.retire(previous);
    }

    fn went_back(&mut self, from: u64, to: u64) {
        let (former, file) = (versions::file_name(from), versions::file_name(to));
        tracing::warn!(
            version = to,
            file,
            "gone back from {former} to {file}: the index directory is without the former, or is another one"
        );
        self.metrics.observe_went_back();
        self.live.note_went_back(from, to);
    }

    fn refuse(&mut self, file: &VersionSeen, reason: &str) {
        let name = versions::file_name(file.version);
        tracing::error!(version = file.version, file = name, reason, "refused {name}: {reason}");
        self.metrics.observe_refusal();
        self.live.note_refusal(file.version, reason.to_owned());
    }
}

/// Unmaps a generation that nobody uses. Its pages stay where the same file is served again.
fn unmap(generation: Generation, live: &LiveIndex) {
    let (file, identity) = (generation.file_name(), generation.identity());
    let place = |generation: &Generation| (generation.identity().device, generation.identity().inode);
    let served_again = live.current().is_some_and(|current| place(&current) == place(&generation));
    // Another generation may have the same file, with other profiles suppressed.
    let Some(mapped) = generation.into_file() else { return };
    if served_again {
        drop(mapped);
    } else {
        mapped.evict();
    }
    tracing::debug!(file, "unmapped {file} ({} bytes)", identity.size);
}
