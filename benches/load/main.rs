//! A load test: the real server under requests over kept-alive connections, alone and while new versions of the index
//! are published and swapped in; each first in a closed loop and then at a fixed rate.
//!
//! `make bench-load` builds both programs and runs it. In the closed loop every connection sends its next request when
//! it has the whole answer to the last one, so the figures are those of a server that is always busy. At the fixed rate
//! requests are due at times of their own and a latency counts from then, so a stall shows in every request that it
//! held up. Client and server share the machine. Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `LOAD_PROFILES` | data/profiles.pickle | what is indexed: anything that `index-builder` reads |
//! | `LOAD_ID_FIELD` | `_id` | its id field |
//! | `LOAD_SECONDS` | 5 | length of each run |
//! | `LOAD_CONNECTIONS` | 16 | connections kept open |
//! | `LOAD_RATE` | half of what the closed loop reached | requests a second at the fixed rate |
//! | `LOAD_N` | 10 | how many profiles are asked for |
//! | `LOAD_SWAP_EVERY_MS` | 500 | pause between a swap and the next version |
//!
//! Prints percentiles, and writes them with the histograms to `target/bench-load/`. Exits with an error if any request
//! failed or no swap took place.

mod client;
#[path = "../common/environment.rs"]
mod environment;
mod index;
mod report;
mod server;

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;

use client::{Load, Run};
use environment::{optional, variable};
use index::{build_index, prepare_requests};
use report::Named;
use server::{Publisher, Server};

/// Long beyond any healthy answer or swap: what takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Runs before the measurement, so that it starts with warm caches and open connections.
const WARM_UP: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    // `cargo test --benches` starts every bench without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        println!("load: nothing measured; `make bench-load` does");
        return Ok(());
    }
    let settings = Settings::from_environment()?;
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
    let index_dir = scratch.path().join("index");
    let original = build_index(&settings.profiles, &settings.id_field, scratch.path(), &index_dir)?;
    let server = Server::start(&index_dir)?;
    let requests = prepare_requests(&original, settings.n, server.address)?;
    println!(
        "{} profiles asked for {} others each, {} connections, {} s a run",
        requests.len(),
        settings.n,
        settings.connections,
        settings.seconds.as_secs()
    );
    let load = Load { address: server.address, requests, connections: settings.connections, check: None };
    let runs = measure(&settings, &load, &original, &index_dir)?;

    report::print(&runs);
    report::write(&runs, &environment::results("bench-load")?)?;
    let failed: u64 = runs.iter().map(Named::failed).sum();
    if failed > 0 {
        eprintln!("the last lines of the server's log:\n{}", server.last_lines());
    }
    ensure!(failed == 0, "{failed} requests failed");
    let without = runs.iter().any(|run| run.file.ends_with("swaps") && run.swaps == 0);
    ensure!(!without, "no swap took place in a run; LOAD_SECONDS may be too short");
    Ok(())
}

/// Both loops alone, then both while versions are swapped.
fn measure(settings: &Settings, load: &Load, original: &Path, index_dir: &Path) -> Result<Vec<Named>> {
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    client.block_on(load.drive(WARM_UP))?;
    let mut runs = Vec::new();
    let mut rate = settings.rate;
    for (file, name, open, swapping) in [
        ("closed", "closed", false, false),
        ("rate", "fixed rate", true, false),
        ("closed-swaps", "closed, swapping", false, true),
        ("rate-swaps", "fixed rate, swapping", true, true),
    ] {
        let publisher = swapping.then(|| {
            Publisher::start(original.to_owned(), index_dir.to_owned(), load.address, settings.swap_every)
        });
        let run = drive(&client, load, rate.filter(|_| open), settings.seconds)?;
        let swaps = publisher.map_or(Ok(0), Publisher::stop)?;
        // A server that is half busy: queues are short, and a stall stands out.
        let rate = *rate.get_or_insert(run.per_second() / 2.0);
        runs.push(Named { name: name.to_owned(), file, rate: open.then_some(rate), swaps, run });
    }
    Ok(runs)
}

fn drive(client: &Runtime, load: &Load, rate: Option<f64>, seconds: Duration) -> Result<Run> {
    match rate {
        Some(rate) => client.block_on(load.drive_at(rate, seconds)),
        None => client.block_on(load.drive(seconds)),
    }
}

struct Settings {
    profiles: PathBuf,
    id_field: String,
    seconds: Duration,
    connections: usize,
    rate: Option<f64>,
    n: usize,
    swap_every: Duration,
}

impl Settings {
    fn from_environment() -> Result<Settings> {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/profiles.pickle");
        let connections = variable("LOAD_CONNECTIONS", 16)?;
        let rate = optional("LOAD_RATE")?;
        ensure!(
            rate.is_none_or(|rate: f64| rate.is_finite() && rate > 0.0),
            "LOAD_RATE is a number of requests a second above 0"
        );
        let n = variable("LOAD_N", 10)?;
        let seconds = variable("LOAD_SECONDS", 5)?;
        ensure!(
            connections > 0 && n > 0 && seconds > 0,
            "LOAD_CONNECTIONS, LOAD_N and LOAD_SECONDS start at 1"
        );
        Ok(Settings {
            profiles: variable("LOAD_PROFILES", PathBuf::from(sample))?,
            id_field: variable("LOAD_ID_FIELD", "_id".to_owned())?,
            seconds: Duration::from_secs(seconds),
            connections,
            rate,
            n,
            swap_every: Duration::from_millis(variable("LOAD_SWAP_EVERY_MS", 500)?),
        })
    }
}
