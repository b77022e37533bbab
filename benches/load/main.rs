//! A load test: the real server under requests over kept-alive connections, first alone, then while new versions of
//! the index are published and swapped in.
//!
//! `make bench-load` builds both programs and runs it. Every connection sends its next request when it has the whole
//! answer to the last one (a closed loop), so the figures are those of a server that is always busy. Client and server
//! share the machine. Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `LOAD_PROFILES` | data/profiles.pickle | what is indexed: anything that `index-builder` reads |
//! | `LOAD_ID_FIELD` | `_id` | its id field |
//! | `LOAD_SECONDS` | 5 | length of each run |
//! | `LOAD_CONNECTIONS` | 16 | connections kept open |
//! | `LOAD_N` | 10 | how many profiles are asked for |
//! | `LOAD_SWAP_EVERY_MS` | 500 | pause between a swap and the next version |
//!
//! Exits with an error if any request failed or no swap took place.

mod client;
mod process;
mod server;

use std::env;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use kindred::index::mmap::MappedFile;
use kindred::index::{Index, Ordinal};

use client::{Load, Run};
use process::Server;
use server::{Publisher, build_index};

/// More ids than this change nothing; it bounds the memory of requests prepared in advance.
const MAX_REQUESTS: u32 = 100_000;
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
    let original = build_index(&settings, scratch.path(), &index_dir)?;
    let server = Server::start(
        Command::new(env!("CARGO_BIN_EXE_kindred"))
            .args([Path::new("--index-dir"), &index_dir])
            .args(["--bind", "127.0.0.1:0"]),
    )?;
    let requests = prepare_requests(&settings, &original, server.address)?;
    println!(
        "{} profiles asked for {} others each, {} connections, {} s a run",
        requests.len(),
        settings.n,
        settings.connections,
        settings.seconds.as_secs()
    );

    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let load = Load { address: server.address, requests, connections: settings.connections };
    client.block_on(load.drive(WARM_UP))?;
    let steady = client.block_on(load.drive(settings.seconds))?;
    let publisher = Publisher::start(original, index_dir, server.address, settings.swap_every);
    let swapping = client.block_on(load.drive(settings.seconds))?;
    let swaps = publisher.stop()?;

    report(&steady, &swapping, swaps);
    let failed = steady.failures.values().sum::<u64>() + swapping.failures.values().sum::<u64>();
    if failed > 0 {
        eprintln!("the last lines of the server's log:\n{}", server.last_lines());
    }
    ensure!(failed == 0, "{failed} requests failed");
    ensure!(swaps > 0, "no swap took place; LOAD_SECONDS may be too short");
    Ok(())
}

struct Settings {
    profiles: PathBuf,
    id_field: String,
    seconds: Duration,
    connections: usize,
    n: usize,
    swap_every: Duration,
}

impl Settings {
    fn from_environment() -> Result<Settings> {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/profiles.pickle");
        let connections = variable("LOAD_CONNECTIONS", 16)?;
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
            n,
            swap_every: Duration::from_millis(variable("LOAD_SWAP_EVERY_MS", 500)?),
        })
    }
}

fn variable<T>(name: &str, default: T) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    match env::var(name) {
        Ok(text) => text.parse().map_err(|error| anyhow!("{name} is {text:?}: {error}")),
        Err(env::VarError::NotPresent) => Ok(default),
        Err(error) => Err(anyhow!("{name}: {error}")),
    }
}

/// One request for each profile of the index, or for [`MAX_REQUESTS`] of them spread evenly.
fn prepare_requests(settings: &Settings, index: &Path, address: SocketAddr) -> Result<Arc<[Vec<u8>]>> {
    let index = Index::open(MappedFile::open(index)?)?;
    let profiles = index.header().profiles;
    let step = profiles.div_ceil(MAX_REQUESTS).max(1) as usize;
    let mut requests = Vec::new();
    for ordinal in (0..profiles).step_by(step) {
        let document: serde_json::Value = serde_json::from_slice(index.document(Ordinal(ordinal))?)?;
        let id = match &document[&settings.id_field] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let target = format!("/recommend/{}/{}", percent_encoded(&id), settings.n);
        requests.push(format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes());
    }
    ensure!(!requests.is_empty(), "the index holds no profiles");
    Ok(requests.into())
}

fn percent_encoded(id: &str) -> String {
    let encode = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    id.bytes().map(encode).collect()
}

fn report(steady: &Run, swapping: &Run, swaps: u64) {
    println!(
        "{:<16}{:>12}{:>11}{:>11}{:>11}{:>11}{:>11}",
        "", "requests/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"
    );
    let with_swaps = format!("with {swaps} swaps");
    for (name, run) in [("steady", steady), (with_swaps.as_str(), swapping)] {
        print!("{name:<16}{:>12.0}", run.per_second());
        for quantile in [0.5, 0.9, 0.99, 0.999, 1.0] {
            print!("{:>11.3}", run.quantile_ms(quantile));
        }
        println!();
    }
    println!("p99 with swaps / p99 steady: {:.2}", swapping.quantile_ms(0.99) / steady.quantile_ms(0.99));
    println!("versions that answered during the swaps: {}", swapping.versions.len());
    for (name, run) in [("steady", steady), (with_swaps.as_str(), swapping)] {
        if run.failures.is_empty() {
            println!("failed requests, {name}: 0");
        }
        for (reason, count) in &run.failures {
            println!("failed requests, {name}: {count} x {reason}");
        }
    }
}
