//! How building and serving grow with the number of profiles.
//!
//! For each size: profiles with vectors are written as JSON lines, the real builder indexes them in a process of its
//! own, and the real server answers over kept-alive connections. `make bench-scaling` runs it and `report.py`, which fits
//! exponents and writes docs/performance.md. Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `SIZES` | 10000,100000,1000000 | numbers of profiles |
//! | `DIMENSION` | 128 | numbers in a vector |
//! | `THREADS` | 2 | threads of the builder |
//! | `BUILD_OPTIONS` | | more options of `index-builder build`, separated by blanks |
//! | `ROUNDS` | 3 | how often the server is asked |
//! | `LOAD_SECONDS`, `LOAD_CONNECTIONS` | 5, 16 | length and connections of each round |
//!
//! Results: `target/bench-scaling/scaling.json`. Exits with an error if any request failed.

#[path = "../load/client.rs"]
mod client;
#[path = "../common/mod.rs"]
mod common;
#[path = "../load/index.rs"]
mod index;
mod profiles;
#[path = "../load/server.rs"]
mod server;

use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use client::Load;
use common::environment::{self, memory, variable};
use server::Server;

/// Long beyond any healthy answer or start: what takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(120);
/// Runs before the measurement, so that it starts with warm caches and open connections.
const WARM_UP: Duration = Duration::from_secs(1);
/// How often a process is asked for its greatest memory. That only grows, so only the last moment can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How many others are asked for.
const N: usize = 10;

struct Settings {
    sizes: Vec<usize>,
    dimension: usize,
    threads: usize,
    options: String,
    rounds: usize,
    seconds: Duration,
    connections: usize,
}

fn main() -> Result<()> {
    // `cargo test --benches` starts every bench without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        println!("scaling: nothing measured; `make bench-scaling` does");
        return Ok(());
    }
    let settings = Settings::from_environment()?;
    let mut steps = Vec::new();
    for &size in &settings.sizes {
        let step = measure(size, &settings).with_context(|| format!("{size} profiles"))?;
        println!("{step}");
        steps.push(step);
    }
    let results = json!({
        "dimension": settings.dimension,
        "threads": settings.threads,
        "options": settings.options,
        "connections": settings.connections,
        "n": N,
        "sizes": steps,
    });
    let path = environment::results("bench-scaling")?.join("scaling.json");
    fs::write(&path, serde_json::to_string_pretty(&results)? + "\n")?;
    println!("written to {}", path.display());
    Ok(())
}

impl Settings {
    fn from_environment() -> Result<Settings> {
        let sizes: String = variable("SIZES", "10000,100000,1000000".to_owned())?;
        let parsed: Result<Vec<usize>, _> = sizes.split(',').map(|size| size.trim().parse()).collect();
        let sizes =
            parsed.with_context(|| format!("SIZES is {sizes:?}; numbers with commas between are allowed"))?;
        let settings = Settings {
            sizes,
            dimension: variable("DIMENSION", 128)?,
            threads: variable("THREADS", 2)?,
            options: variable("BUILD_OPTIONS", String::new())?,
            rounds: variable("ROUNDS", 3)?,
            seconds: Duration::from_secs(variable("LOAD_SECONDS", 5)?),
            connections: variable("LOAD_CONNECTIONS", 16)?,
        };
        let Settings { dimension, rounds, seconds, connections, .. } = &settings;
        ensure!(
            *dimension > 0 && *rounds > 0 && *connections > 0 && !seconds.is_zero(),
            "DIMENSION, ROUNDS, LOAD_SECONDS and LOAD_CONNECTIONS start at 1"
        );
        ensure!(settings.sizes.iter().all(|&size| size > 0), "SIZES are numbers from 1");
        Ok(settings)
    }
}

/// Everything about one size.
fn measure(size: usize, settings: &Settings) -> Result<Value> {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
    let source = scratch.path().join("profiles.jsonl");
    profiles::write(&source, size, settings.dimension)?;
    let index_dir = scratch.path().join("index");
    let (summary, peak) = build(&source, &index_dir, settings)?;
    let source_bytes = fs::metadata(&source)?.len();
    fs::remove_file(&source)?;
    let served = serve(&index_dir, settings)?;
    Ok(json!({
        "profiles": size,
        "source_bytes": source_bytes,
        "build": summary,
        "build_peak_bytes": peak,
        "server": served,
    }))
}

/// The builder's own summary, and the most memory that it had.
fn build(source: &Path, index_dir: &Path, settings: &Settings) -> Result<(Value, Option<u64>)> {
    let mut process = Command::new(index::builder()?)
        .arg("build")
        .args([Path::new("--profiles"), source, Path::new("--out"), index_dir])
        .args(["--vectorizer", &format!("field:{}", profiles::VECTOR_FIELD), "--json"])
        .args(["--threads", &settings.threads.to_string(), "--nice", "0"])
        .args(settings.options.split_whitespace())
        .stdout(Stdio::piped())
        .spawn()
        .context("index-builder does not start")?;
    let mut out = process.stdout.take().context("index-builder has no standard output")?;
    let id = process.id().to_string();
    let mut peak = None;
    let status = loop {
        peak = memory(&id, "VmHWM").max(peak);
        if let Some(status) = process.try_wait()? {
            break status;
        }
        thread::sleep(LOOK_EVERY);
    };
    ensure!(status.success(), "index-builder failed: {status}");
    // A summary is far smaller than a pipe, so it has waited there.
    let mut summary = String::new();
    out.read_to_string(&mut summary)?;
    let summary = serde_json::from_str(&summary).context("the summary of index-builder is no JSON")?;
    Ok((summary, peak))
}

/// Requests a second and latencies of the real server, and the memory that is its own and not the file's.
fn serve(index_dir: &Path, settings: &Settings) -> Result<Value> {
    let version: PathBuf = index::newest(index_dir)?;
    let server = Server::start(index_dir)?;
    let requests = index::prepare_requests(&version, N, server.address)?;
    let load = Load { address: server.address, requests, connections: settings.connections, check: None };
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    client.block_on(load.drive(WARM_UP))?;
    let mut rounds = Vec::new();
    for _ in 0..settings.rounds {
        let run = client.block_on(load.drive(settings.seconds))?;
        ensure!(run.failures.is_empty(), "requests failed: {:?}\n{}", run.failures, server.last_lines());
        rounds.push(json!({
            "per_second": run.per_second(),
            "p50_ms": run.quantile_ms(0.5),
            "p99_ms": run.quantile_ms(0.99),
        }));
    }
    Ok(json!({ "rounds": rounds, "own_bytes": memory(&server.id().to_string(), "RssAnon") }))
}
