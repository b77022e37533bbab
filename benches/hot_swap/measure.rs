//! What is measured of an architecture: latencies at a fixed rate, alone and while versions are published; how long a
//! version takes to its first answer; and memory.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::architecture::Architecture;
use crate::client::{Load, Run};
use crate::memory::{peak, proportional_bytes};
use crate::prober::Prober;
use crate::process::Server;
use crate::shelf::{Shelf, publish};

/// Runs before each measurement, so that it starts with warm caches and open connections.
const WARM_UP: Duration = Duration::from_secs(1);
const CLOSED_LOOP: Duration = Duration::from_secs(2);
/// Swaps in which memory is looked at. They are apart from those that are timed, because looking takes time.
pub const MEMORY_SWAPS: u64 = 2;
/// More ids than this change nothing; it bounds the memory of requests prepared in advance.
const REQUESTS: usize = 100_000;
/// The shares of requests whose latencies are written down.
const SHARES: [f64; 7] = [0.5, 0.9, 0.99, 0.995, 0.999, 0.9999, 1.0];

pub struct Settings {
    pub profiles: u32,
    /// Swaps of a round that are timed.
    pub versions: u64,
    pub rate: Option<f64>,
    pub rounds: usize,
    pub connections: usize,
    pub n: usize,
    /// Between two publications.
    pub every: Duration,
}

/// A running architecture under test.
struct Subject<'a> {
    shelf: &'a Shelf,
    settings: &'a Settings,
    server: Server,
    load: Load,
    index_dir: TempDir,
    client: Runtime,
}

/// Requests a second in a closed loop without swaps.
pub fn closed_loop(architecture: Architecture, shelf: &Shelf, settings: &Settings) -> Result<f64> {
    let subject = Subject::start(architecture, shelf, settings)?;
    Ok(subject.client.block_on(subject.load.drive(CLOSED_LOOP))?.per_second())
}

/// One round of everything at a fixed rate.
pub fn round(architecture: Architecture, shelf: &Shelf, settings: &Settings, rate: f64) -> Result<Value> {
    let subject = Subject::start(architecture, shelf, settings)?;
    let last_timed = 1 + settings.versions;
    let alone = subject.client.block_on(subject.load.drive_at(rate, settings.length(settings.versions)))?;
    let between_bytes = proportional_bytes(subject.server.id())?;
    let (swapping, timed) = subject.drive_and_swap(rate, 2..=last_timed)?;
    let (peak_bytes, (watched, looked_at)) = peak(subject.server.id(), || {
        subject.drive_and_swap(rate, last_timed + 1..=last_timed + MEMORY_SWAPS)
    })?;
    let first_answers_ms: Vec<f64> =
        timed.swaps.iter().map(|swap| swap.first_answer.as_secs_f64() * 1000.0).collect();
    let probes_failed: u64 = timed.swaps.iter().chain(&looked_at.swaps).map(|swap| swap.failed).sum();
    Ok(json!({
        "alone": run_json(&alone),
        "swapping": run_json(&swapping),
        "watched": run_json(&watched),
        "probes_failed": probes_failed,
        "overran": timed.overran,
        "first_answers_ms": first_answers_ms,
        "between_bytes": between_bytes,
        "peak_bytes": peak_bytes,
    }))
}

/// What became of a publication.
struct Swap {
    first_answer: Duration,
    /// The prober's questions that failed meanwhile.
    failed: u64,
}

struct Swaps {
    swaps: Vec<Swap>,
    /// Whether they went on when requests had ended.
    overran: bool,
}

impl Settings {
    /// How long a run with so many swaps takes: the last one has as much time as two have otherwise.
    fn length(&self, swaps: u64) -> Duration {
        self.every.mul_f64((swaps + 2) as f64)
    }
}

impl<'a> Subject<'a> {
    fn start(architecture: Architecture, shelf: &'a Shelf, settings: &'a Settings) -> Result<Subject<'a>> {
        let index_dir = shelf.index_dir()?;
        let server = architecture.start(index_dir.path())?;
        let request = |id: &String| {
            let target = format!("/recommend/{id}/{}", settings.n);
            format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).into_bytes()
        };
        let requests: Arc<[Vec<u8>]> = shelf.sample.questions(REQUESTS).iter().map(request).collect();
        let load = Load { address: server.address, requests, connections: settings.connections, check: None };
        let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        client.block_on(load.drive(WARM_UP))?;
        Ok(Subject { shelf, settings, server, load, index_dir, client })
    }

    /// Publishes versions while requests are due.
    fn drive_and_swap(&self, rate: f64, versions: RangeInclusive<u64>) -> Result<(Run, Swaps)> {
        let length = self.settings.length(versions.clone().count() as u64);
        let prober =
            Prober::new(self.server.address, &self.shelf.sample.questions(1).concat(), self.settings.n);
        let (index_dir, every) = (self.index_dir.path(), self.settings.every);
        thread::scope(|scope| {
            let swapping = scope.spawn(move || swap_all(index_dir, &prober, versions, every));
            let run = self.client.block_on(self.load.drive_at(rate, length));
            let (swaps, took) = swapping.join().map_err(|_| anyhow!("the publishing thread panicked"))??;
            Ok((run?, Swaps { swaps, overran: took > length }))
        })
    }
}

/// Publishes each version at its time, or when the one before has answered, whichever is later.
fn swap_all(
    index_dir: &Path,
    prober: &Prober,
    versions: RangeInclusive<u64>,
    every: Duration,
) -> Result<(Vec<Swap>, Duration)> {
    let started = Instant::now();
    let mut swaps = Vec::new();
    for (number, version) in (1..).zip(versions) {
        thread::sleep((every * number).saturating_sub(started.elapsed()));
        let published = publish(index_dir, version)?;
        let (first_answer, failed) = prober.await_version(version, published)?;
        swaps.push(Swap { first_answer, failed });
    }
    Ok((swaps, started.elapsed()))
}

fn run_json(run: &Run) -> Value {
    let latencies: Vec<[f64; 2]> = SHARES.iter().map(|&share| [share, run.quantile_ms(share)]).collect();
    json!({
        "answered": run.answers(),
        "per_second": run.per_second(),
        "versions": run.versions,
        "failures": run.failures,
        "latencies_ms": latencies,
    })
}
