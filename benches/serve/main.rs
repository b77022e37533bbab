//! What an answer from the neighbour table costs beyond HTTP: the real server against an actix-web server whose handler
//! returns a fixed body of the same size with the same headers, both with one worker, in turns.
//!
//! `make bench-serve` runs it. Connections are kept alive, ids are random, and every connection sends its next request
//! when it has the whole answer to the last one. Client and servers share the machine, and each server is idle while
//! another is measured. Besides requests and latencies it shows the processor time of a request, which the
//! client's speed has no part in. Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `SERVE_PROFILES` | 100000 | profiles in the index |
//! | `SERVE_N` | 10 | how many are asked for; up to 100 come from the table |
//! | `SERVE_CONNECTIONS` | 16 | connections kept open |
//! | `SERVE_SECONDS` | 2 | length of a round |
//! | `SERVE_ROUNDS` | 10 | rounds of each server |
//! | `SERVE_ALSO` | | another `kindred` to measure in turn with these, such as one with another allocator |

#[path = "../load/client.rs"]
mod client;
mod fixed;
mod index;
#[path = "../load/process.rs"]
mod process;

use std::env;
use std::fmt::Display;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use client::Load;
use process::Server;

/// Long beyond any healthy answer: what takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of each server before the first round.
const WARM_UP: Duration = Duration::from_secs(1);
/// More ids than this change nothing; it bounds the memory of requests prepared in advance.
const REQUESTS: usize = 250_000;

struct Settings {
    profiles: u32,
    n: usize,
    connections: usize,
    seconds: Duration,
    rounds: usize,
    also: Option<String>,
}

fn main() -> Result<()> {
    if let Ok(bytes) = env::var(fixed::BODY_BYTES) {
        return fixed::run(bytes.parse()?);
    }
    // `cargo test --benches` starts every bench without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        println!("serve: nothing measured; `make bench-serve` does");
        return Ok(());
    }
    let settings = Settings::from_environment()?;
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let sample = index::write(scratch.path(), settings.profiles, settings.n)?;
    println!(
        "{} profiles, {} asked for, bodies of {} bytes, {} connections, {} rounds of {} s",
        settings.profiles,
        settings.n,
        sample.mean_body,
        settings.connections,
        settings.rounds,
        settings.seconds.as_secs()
    );
    let mut contenders = vec![
        Contender::start("fixed body", &mut fixed::command(sample.mean_body)?, &sample, &settings)?,
        Contender::start(
            "kindred",
            &mut kindred(env!("CARGO_BIN_EXE_kindred"), scratch.path()),
            &sample,
            &settings,
        )?,
    ];
    if let Some(also) = &settings.also {
        contenders.push(Contender::start("also", &mut kindred(also, scratch.path()), &sample, &settings)?);
    }
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for contender in &contenders {
        client.block_on(contender.load.drive(WARM_UP))?;
    }
    for round in 0..settings.rounds {
        // Each comes first in turn, so that the order favours none.
        let turn = round % contenders.len();
        let (later, first) = contenders.split_at_mut(turn);
        for contender in first.iter_mut().chain(later) {
            contender.round(&client, settings.seconds)?;
        }
    }
    report(&contenders);
    Ok(())
}

impl Settings {
    fn from_environment() -> Result<Settings> {
        let settings = Settings {
            profiles: variable("SERVE_PROFILES", 100_000)?,
            n: variable("SERVE_N", 10)?,
            connections: variable("SERVE_CONNECTIONS", 16)?,
            seconds: Duration::from_secs(variable("SERVE_SECONDS", 2)?),
            rounds: variable("SERVE_ROUNDS", 10)?,
            also: env::var("SERVE_ALSO").ok(),
        };
        let Settings { profiles, n, connections, seconds, rounds, .. } = &settings;
        let positive = *n > 0 && *connections > 0 && !seconds.is_zero() && *rounds > 0;
        ensure!(
            positive && *profiles > 1,
            "SERVE_N, SERVE_CONNECTIONS, SERVE_SECONDS and SERVE_ROUNDS start at 1, SERVE_PROFILES at 2"
        );
        Ok(settings)
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

fn kindred(program: &str, index_dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--index-dir").arg(index_dir).args(["--bind", "127.0.0.1:0", "--workers", "1"]);
    command
}

/// A server and what its rounds have measured.
struct Contender {
    name: &'static str,
    server: Server,
    load: Load,
    per_second: Vec<f64>,
    /// 0.5, 0.99 and 0.999.
    quantiles_ms: [Vec<f64>; 3],
    cpu_us: Vec<f64>,
}

impl Contender {
    fn start(
        name: &'static str,
        command: &mut Command,
        sample: &index::Sample,
        settings: &Settings,
    ) -> Result<Contender> {
        let server = Server::start(command)?;
        let request = |id: &String| {
            let target = format!("/recommend/{id}/{}", settings.n);
            format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).into_bytes()
        };
        let requests: Arc<[Vec<u8>]> = sample.questions(REQUESTS).iter().map(request).collect();
        let load = Load { address: server.address, requests, connections: settings.connections, check: None };
        let (per_second, quantiles_ms, cpu_us) = Default::default();
        Ok(Contender { name, server, load, per_second, quantiles_ms, cpu_us })
    }

    fn round(&mut self, client: &tokio::runtime::Runtime, length: Duration) -> Result<()> {
        let before = self.server.cpu_time()?;
        let run = client.block_on(self.load.drive(length))?;
        let cpu = self.server.cpu_time()?.saturating_sub(before);
        ensure!(
            run.failures.is_empty(),
            "{}: {:?}; its log:\n{}",
            self.name,
            run.failures,
            self.server.last_lines()
        );
        self.per_second.push(run.per_second());
        for (quantile, measured) in [0.5, 0.99, 0.999].into_iter().zip(&mut self.quantiles_ms) {
            measured.push(run.quantile_ms(quantile));
        }
        self.cpu_us.push(cpu.as_secs_f64() * 1e6 / run.answers().max(1) as f64);
        Ok(())
    }

    /// The medians of the rounds, in the order of the table that is printed.
    fn medians(&self) -> [f64; 5] {
        let [p50, p99, p999] = &self.quantiles_ms;
        [&self.per_second, p50, p99, p999, &self.cpu_us].map(|rounds| median(rounds))
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle).copied().unwrap_or(f64::NAN);
    let lower = sorted.get(middle.saturating_sub(1)).copied().unwrap_or(upper);
    if sorted.len().is_multiple_of(2) { f64::midpoint(lower, upper) } else { upper }
}

fn report(contenders: &[Contender]) {
    println!(
        "{:<22}{:>12}{:>10}{:>10}{:>11}{:>16}",
        "medians", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "cpu us/request"
    );
    for contender in contenders {
        let [per_second, p50, p99, p999, cpu] = contender.medians();
        println!("{:<22}{per_second:>12.0}{p50:>10.3}{p99:>10.3}{p999:>11.3}{cpu:>16.2}", contender.name);
    }
    let Some((fixed, others)) = contenders.split_first() else { return };
    for contender in others {
        let name = format!("{} / {}", contender.name, fixed.name);
        let ratios: Vec<f64> =
            contender.medians().iter().zip(fixed.medians()).map(|(of, to)| of / to).collect();
        if let [per_second, p50, p99, p999, cpu] = ratios[..] {
            println!("{name:<22}{per_second:>12.3}{p50:>10.3}{p99:>10.3}{p999:>11.3}{cpu:>16.3}");
        }
        let rounds = contender.per_second.iter().zip(&fixed.per_second).map(|(of, to)| of / to);
        let (low, high) =
            rounds.fold((f64::MAX, 0.0f64), |(low, high), ratio| (low.min(ratio), high.max(ratio)));
        println!("{:<22}{low:>12.3} to {high:.3} in single rounds, requests/s", "");
    }
}
