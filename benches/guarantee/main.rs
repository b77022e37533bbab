//! What a swap promises, tried at length: the real server under a fixed rate of requests, a tenth of what it can take,
//! while versions are swapped in. At that rate requests do not queue, so that latencies are those of the server. Every answer is compared with the one that its version must give.
//!
//! Three parts: versions of a small index, each built and published by the real builder; versions of a large one,
//! written beforehand and published by rename, so that the swap is measured and not a build beside it; and a real build
//! beside the load, without a swap. In each, rounds without and with these things alternate, so that what disturbs the
//! machine disturbs both. `make test-swap` builds both programs, runs it, and has `report.py` write docs/hot-swap.md.
//! Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `GUARANTEE_SMALL_VERSIONS` | 1000 | versions of the small index |
//! | `GUARANTEE_LARGE_VERSIONS` | 20 | versions of the large index; some 540 bytes of disk for a profile of each |
//! | `GUARANTEE_LARGE_PROFILES` | 1000000 | its profiles |
//! | `GUARANTEE_BUILD_PROFILES` | 100000 | profiles of the build beside the load, with 32 numbers each |
//! | `GUARANTEE_ROUNDS` | 5 | rounds that the versions of a part are spread over |
//! | `GUARANTEE_SECONDS` | 10 | length of each run without swaps |
//! | `GUARANTEE_SHARE` | 0.1 | the rate, as a share of what a closed loop reaches |
//! | `GUARANTEE_PAUSE_MS` | 2000 | between two versions of the large index |
//! | `GUARANTEE_CONNECTIONS` | 16 | connections kept open |
//! | `GUARANTEE_STRICT` | 0 | 1: also fails where p99 is beyond its limit, which a busy machine can cause |
//!
//! Fails if a request failed or was refused, an answer was not its version's, a version came after a newer one, memory
//! grew with the versions, or an old file stayed mapped. Figures: `target/bench-guarantee/guarantee.json`.

#[path = "../load/client.rs"]
mod client;
#[path = "../common/mod.rs"]
mod common;
#[path = "../load/index.rs"]
mod index;
#[path = "../../tests/server/inside.rs"]
mod inside;
#[path = "../serve/index.rs"]
mod large;
mod part;
#[path = "../scaling/profiles.rs"]
mod profiles;
mod publish;
#[path = "../load/server.rs"]
mod server;
#[path = "../../tests/server/versions.rs"]
mod versions;

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde_json::json;
use twox_hash::XxHash3_64;

use client::{Check, Load};
use common::environment::{self, variable};
use kindred::directory::versions::file_name;
use large::Shape;
use part::{Driver, Part};
use publish::{await_only, build};
use server::Server;
use versions::Version;

/// Long beyond any healthy answer or swap: what takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many others are asked for.
const N: usize = 10;
/// Profiles of the small index.
const SMALL_PROFILES: usize = 300;
/// Of the large index, so many profiles are asked for: the right answers to more would crowd the processor's caches.
const LARGE_QUESTIONS: u32 = 20_000;
/// Numbers in a vector of the build beside the load.
const BUILD_DIMENSION: usize = 32;
/// p99 during swaps, in multiples of p99 without: not more than this.
const LIMIT: f64 = 1.25;
/// A retired file is unmapped at the next look at the directory. Often, so that 1,000 versions do not wait for it.
const SERVER_OPTIONS: [&str; 2] = ["--poll-interval", "100ms"];

struct Settings {
    small_versions: u64,
    large_versions: u64,
    large_profiles: u32,
    build_profiles: usize,
    pause: Duration,
    strict: bool,
    driver: Driver,
}

fn main() -> Result<()> {
    // `cargo test --benches` starts every bench without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        println!("guarantee: nothing measured; `make test-swap` does");
        return Ok(());
    }
    let settings = Settings::from_environment()?;
    let mut parts = vec![small(&settings).context("the small index")?];
    parts.extend(large(&settings).context("the large index")?);
    parts.iter().for_each(Part::print);

    let figures = json!({
        "limit": LIMIT,
        "connections": settings.driver.connections,
        "n": N,
        "small_profiles": SMALL_PROFILES,
        "large_profiles": settings.large_profiles,
        "build_profiles": settings.build_profiles,
        "build_dimension": BUILD_DIMENSION,
        "parts": parts.iter().map(Part::json).collect::<Vec<_>>(),
    });
    let path = environment::results("bench-guarantee")?.join("guarantee.json");
    fs::write(&path, serde_json::to_string_pretty(&figures)? + "\n")?;
    println!("written to {}", path.display());
    let broken: Vec<String> = parts.iter().flat_map(|part| part.broken(settings.strict)).collect();
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

impl Settings {
    fn from_environment() -> Result<Settings> {
        let settings = Settings {
            small_versions: variable("GUARANTEE_SMALL_VERSIONS", 1000)?,
            large_versions: variable("GUARANTEE_LARGE_VERSIONS", 20)?,
            large_profiles: variable("GUARANTEE_LARGE_PROFILES", 1_000_000)?,
            build_profiles: variable("GUARANTEE_BUILD_PROFILES", 100_000)?,
            pause: Duration::from_millis(variable("GUARANTEE_PAUSE_MS", 2000)?),
            strict: variable("GUARANTEE_STRICT", 0)? == 1,
            driver: Driver {
                share: variable("GUARANTEE_SHARE", 0.1)?,
                rounds: variable("GUARANTEE_ROUNDS", 5)?,
                quiet: Duration::from_secs(variable("GUARANTEE_SECONDS", 10)?),
                connections: variable("GUARANTEE_CONNECTIONS", 16)?,
            },
        };
        let Settings { small_versions, large_versions, driver, .. } = &settings;
        ensure!(
            *small_versions.min(large_versions) >= part::LEAST_VERSIONS,
            "GUARANTEE_SMALL_VERSIONS and GUARANTEE_LARGE_VERSIONS start at {}: memory is compared after {}",
            part::LEAST_VERSIONS,
            part::SETTLING
        );
        ensure!(
            settings.large_profiles > 100 && settings.build_profiles > 100,
            "GUARANTEE_LARGE_PROFILES and GUARANTEE_BUILD_PROFILES start at 101"
        );
        ensure!(
            driver.rounds > 0 && driver.connections > 0 && !driver.quiet.is_zero(),
            "GUARANTEE_ROUNDS, GUARANTEE_SECONDS and GUARANTEE_CONNECTIONS start at 1"
        );
        Ok(settings)
    }
}

/// A check against the hashes of the right bodies, a row for each version from 1.
fn check(rows: Vec<Vec<u64>>) -> Arc<Check> {
    Check::new(move |request, version, body| {
        let row = version.checked_sub(1).and_then(|row| rows.get(usize::try_from(row).ok()?));
        row.and_then(|row| row.get(request)) == Some(&XxHash3_64::oneshot(body))
    })
}

/// Versions of a small index, built one by one beside the load. Version 1 is there before it.
fn small(settings: &Settings) -> Result<Part> {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
    let (source, index_dir) = (scratch.path().join("profiles.jsonl"), scratch.path().join("index"));
    let last = settings.small_versions + 1;
    let version = |number| Version::new(number, SMALL_PROFILES, N);
    let hashes = |number| {
        let version = version(number);
        let body = |profile| version.recommend(profile, N, false);
        (0..SMALL_PROFILES).map(|profile| XxHash3_64::oneshot(body(profile).as_bytes())).collect()
    };
    let publish = |number| -> Result<()> {
        fs::write(&source, version(number).source())?;
        build(&source, "v", &index_dir)
    };
    publish(1)?;
    let rows: Vec<Vec<u64>> = (1..=last).into_par_iter().map(hashes).collect();
    let server = Server::start_with(&index_dir, &SERVER_OPTIONS)?;
    let ask = |profile| index::request(versions::id(profile).as_bytes(), N, server.address);
    let load = Load {
        address: server.address,
        requests: (0..SMALL_PROFILES).map(ask).collect(),
        connections: settings.driver.connections,
        check: Some(check(rows)),
    };
    settings.driver.alternate("small", &load, 2..=last, |number| {
        publish(number)?;
        await_only(server.id(), number).map(Some)
    })
}

/// Versions of a large index, published by rename; then a build beside the load on the last of them.
fn large(settings: &Settings) -> Result<[Part; 2]> {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
    let (staged, index_dir) = (scratch.path().join("staged"), scratch.path().join("index"));
    [&staged, &index_dir].into_iter().try_for_each(fs::create_dir)?;
    let profiles = settings.large_profiles;
    let shape = |version| Shape { profiles, slots: 50, sentences: (0, 1), version };
    let last = settings.large_versions + 1;
    for version in 1..=last {
        let directory = if version == 1 { &index_dir } else { &staged };
        let path = directory.join(file_name(version));
        large::write_file(&path, shape(version))?;
        // As a builder does; and writing it out is not measured.
        fs::File::open(&path)?.sync_all()?;
    }
    let asked: Vec<u32> = (0..profiles).step_by(profiles.div_ceil(LARGE_QUESTIONS) as usize).collect();
    let hash = |version, &own: &u32| XxHash3_64::oneshot(shape(version).body(own, N).as_bytes());
    let hashes = |version| asked.iter().map(|own| hash(version, own)).collect();
    let rows: Vec<Vec<u64>> = (1..=last).into_par_iter().map(hashes).collect();
    let server = Server::start_with(&index_dir, &SERVER_OPTIONS)?;
    let load = Load {
        address: server.address,
        requests: asked
            .iter()
            .map(|&own| index::request(large::id(own).as_bytes(), N, server.address))
            .collect(),
        connections: settings.driver.connections,
        check: Some(check(rows)),
    };
    let swaps = settings.driver.alternate("large", &load, 2..=last, |version| {
        fs::rename(staged.join(file_name(version)), index_dir.join(file_name(version)))?;
        let settled = await_only(server.id(), version)?;
        fs::remove_file(index_dir.join(file_name(version - 1)))?;
        thread::sleep(settings.pause);
        Ok(Some(settled))
    })?;
    Ok([swaps, beside_a_build(settings, &load, scratch.path())?])
}

fn beside_a_build(settings: &Settings, load: &Load, scratch: &Path) -> Result<Part> {
    let source = scratch.join("profiles.jsonl");
    profiles::write(&source, settings.build_profiles, BUILD_DIMENSION)?;
    settings.driver.alternate("build", load, 1..=1, |_| {
        build(&source, profiles::VECTOR_FIELD, &scratch.join("beside"))?;
        Ok(None)
    })
}
