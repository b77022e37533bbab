//! Mixed load for a long time, with swaps: table answers, searches, profiles, errors, conditional requests, connections
//! that come and go, clients that are slow; every few seconds a version by the real builder, and now and then a file that
//! is none and must be refused. Every answer from an index is compared with the one that its version must give.
//!
//! `make soak` builds both programs and runs it. Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `SOAK_MINUTES` | 30 | how long |
//! | `SOAK_SWAP_SECONDS` | 3 | between two versions |
//!
//! Fails if any status, body or version was another than it had to be, a connection broke, or the server's own memory
//! grew: a line is fitted to it over the second half by least squares. Figures: `target/bench-soak/soak.json`.

mod ask;
#[path = "../common/environment.rs"]
mod environment;
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "of the tests, which fail by panicking"
)]
#[path = "../../tests/server/http.rs"]
mod http;
#[path = "../load/index.rs"]
mod index;
#[path = "../../tests/server/inside.rs"]
mod inside;
#[path = "../guarantee/publish.rs"]
mod publish;
#[path = "../load/server.rs"]
mod server;
#[path = "../../tests/server/versions.rs"]
mod versions;

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use kindred::directory::versions::file_name;
use serde_json::{Value, json};

use ask::{Tally, World};
use environment::variable;
use inside::own_bytes;
use publish::{await_only, build};
use server::{Server, await_condition};
use versions::Version;

/// Long beyond any healthy answer or swap: what takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections that stay.
const REGULARS: u64 = 3;
/// Every so many versions, a file that is none comes first.
const BAD_FILE_EVERY: u64 = 5;
/// What the fitted line may rise by over the second half. A file that stayed in memory would take half of it at each
/// swap; the ups and downs of the allocator are within it.
const ROOM_BYTES: f64 = (1 << 20) as f64;
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// A thread for every exact search there can be at a time: none has to be refused.
const SERVER_OPTIONS: [&str; 4] = ["--poll-interval", "100ms", "--max-exact", "16"];

fn main() -> Result<()> {
    // `cargo test --benches` starts every bench without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        println!("soak: nothing tried; `make soak` does");
        return Ok(());
    }
    let minutes: f64 = variable("SOAK_MINUTES", 30.0)?;
    ensure!(minutes > 0.0 && minutes.is_finite(), "SOAK_MINUTES is a number above 0");
    let length = Duration::from_secs_f64(minutes * 60.0);
    let swap_every = Duration::from_secs(variable("SOAK_SWAP_SECONDS", 3)?);
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
    let index_dir = scratch.path().join("index");
    let first = Arc::new(ask::version(1));
    publish(&first, scratch.path(), &index_dir)?;
    let server = Server::start_with(&index_dir, &SERVER_OPTIONS)?;
    let world = World::new(server.address, first);

    let (samples, tally, published) = thread::scope(|scope| {
        let world = &world;
        let clients: Vec<_> = (0..REGULARS)
            .map(|client| scope.spawn(move || world.repeat(|tally| ask::stay(world, client, tally))))
            .chain([
                scope.spawn(|| world.repeat(|tally| ask::come_and_go(world, tally))),
                scope.spawn(|| world.repeat(|tally| ask::dawdle(world, tally))),
            ])
            .collect();
        let publisher = scope.spawn(|| {
            let published = publish_all(world, &server, scratch.path(), &index_dir, swap_every);
            // Without versions there is nothing to try.
            world.going.store(false, Ordering::Relaxed);
            published
        });
        let samples = sample(world, server.id(), length);
        world.going.store(false, Ordering::Relaxed);
        let mut tally = Tally::default();
        for client in clients {
            tally.add(client.join().map_err(|_| anyhow!("a client panicked"))?);
        }
        let published = publisher.join().map_err(|_| anyhow!("the publisher panicked"))?;
        Ok::<_, anyhow::Error>((samples?, tally, published?))
    })
    .with_context(|| format!("the last lines of the server's log:\n{}", server.last_lines()))?;
    judge(minutes, &samples, &tally, published)
}

fn publish(version: &Version, scratch: &Path, index_dir: &Path) -> Result<()> {
    let source = scratch.join("profiles.jsonl");
    fs::write(&source, version.source())?;
    build(&source, "v", index_dir)
}

/// What was published, and what was refused.
#[derive(Clone, Copy)]
struct Published {
    swaps: u64,
    refused: u64,
}

/// One version after the other, for as long as it goes on.
fn publish_all(
    world: &World,
    server: &Server,
    scratch: &Path,
    index_dir: &Path,
    every: Duration,
) -> Result<Published> {
    let mut published = Published { swaps: 0, refused: 0 };
    for number in 2.. {
        thread::sleep(every);
        if !world.going.load(Ordering::Relaxed) {
            break;
        }
        if number % BAD_FILE_EVERY == 0 {
            published.refused += 1;
            // A copy whose last byte is another, by the name that the builder will use next.
            let mut bytes = fs::read(index_dir.join(file_name(number - 1)))?;
            bytes.last_mut().into_iter().for_each(|byte| *byte ^= 1);
            let (aside, bad) = (scratch.join("bad"), index_dir.join(file_name(number)));
            fs::write(&aside, bytes)?;
            fs::rename(&aside, &bad)?;
            await_condition("the bad file is refused", || {
                Ok(description(server)?["refused"] == published.refused)
            })?;
            fs::remove_file(&bad)?;
        }
        let version = Arc::new(ask::version(number));
        world.expect(Arc::clone(&version));
        publish(&version, scratch, index_dir)?;
        await_only(server.id(), number)?;
        published.swaps += 1;
    }
    let index = description(server)?;
    let told = (index["swaps"].as_u64(), index["refused"].as_u64(), index["degraded"].as_bool());
    let expected = (Some(published.swaps), Some(published.refused), Some(false));
    ensure!(told == expected, "the server counts other swaps and refusals: {index}");
    Ok(published)
}

fn description(server: &Server) -> Result<Value> {
    let text = ureq::get(format!("http://{}/index", server.address)).call()?.body_mut().read_to_string()?;
    Ok(serde_json::from_str(&text)?)
}

/// Seconds since the start, and the server's own memory then.
fn sample(world: &World, process: u32, length: Duration) -> Result<Vec<(f64, f64)>> {
    let started = Instant::now();
    let mut samples = Vec::new();
    while started.elapsed() < length && world.going.load(Ordering::Relaxed) {
        thread::sleep(SAMPLE_EVERY);
        samples.push((started.elapsed().as_secs_f64(), own_bytes(process)? as f64));
    }
    Ok(samples)
}

/// The slope of the line through points that has the least squares; 0 where there is none.
fn slope(points: &[(f64, f64)]) -> f64 {
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let along: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let square: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if square > 0.0 { along / square } else { 0.0 }
}

fn judge(minutes: f64, samples: &[(f64, f64)], tally: &Tally, published: Published) -> Result<()> {
    let half = &samples[samples.len() / 2..];
    let per_second = slope(half);
    let seconds = half.last().map_or(0.0, |last| last.0 - half[0].0);
    let (rise, Published { swaps, refused }) = (per_second * seconds, published);
    let figures = json!({
        "minutes": minutes,
        "swaps": swaps,
        "refused": refused,
        "answers": tally.answers,
        "failures": tally.failures,
        "own_bytes_per_hour": per_second * 3600.0,
        "second_half_seconds": seconds,
        "second_half_rise_bytes": rise,
        "second_half_rise_limit_bytes": ROOM_BYTES,
        "own_bytes": samples,
    });
    let path = environment::results("bench-soak")?.join("soak.json");
    fs::write(&path, serde_json::to_string_pretty(&figures)? + "\n")?;
    for (kind, count) in &tally.answers {
        println!("{count:>10} {kind}");
    }
    let mb = |bytes: f64| bytes / 1e6;
    println!("{minutes} minutes, {swaps} swaps, {refused} bad files refused; written to {}", path.display());
    let last = samples.last().map_or(0.0, |last| last.1);
    println!(
        "memory {:.2} MB at the end; over the last {seconds:.0} s it rose by {:.3} MB, at most {:.3} are allowed",
        mb(last),
        mb(rise),
        mb(ROOM_BYTES)
    );
    ensure!(
        tally.answers.len() == ask::KINDS,
        "not every kind of request had its turn; SOAK_MINUTES may be too few"
    );
    ensure!(tally.failures.is_empty(), "{:#?}", tally.failures);
    ensure!(rise <= ROOM_BYTES, "memory grew");
    Ok(())
}
