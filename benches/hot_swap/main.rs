//! Four ways to swap an index, on the same data and load:
//!
//! 1. `two-children`: a process whose two children switch the roles "fetch" and "answer"
//! 2. `spawn-per-index`: an auxiliary process that starts a child per index, which takes over a queue in shared memory
//! 3. `map-on-demand`: the request handler maps a newer file itself
//! 4. `kindred`: the real server
//!
//! `make bench-hot-swap` runs it and `report.py`, which writes docs/hot-swap.md. The first three are this program in
//! other roles, behind the same HTTP server, and all four answer by the same function of the library. Each round takes
//! the four in turn: requests at a fixed rate without a swap, the same while versions are published, and a few more
//! swaps in which memory is looked at. A latency counts from when its request was due. Settings are environment
//! variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `HOT_SWAP_PROFILES` | 200000 | profiles in each version |
//! | `HOT_SWAP_VERSIONS` | 10 | swaps of a round |
//! | `HOT_SWAP_EVERY_MS` | 1000 | between two publications |
//! | `HOT_SWAP_RATE` | a tenth of what the slowest reaches in a closed loop | requests a second |
//! | `HOT_SWAP_ROUNDS` | 3 | rounds of each |
//! | `HOT_SWAP_CONNECTIONS` | 16 | connections kept open |
//! | `HOT_SWAP_N` | 10 | how many profiles are asked for; up to 100 come from the table |
//!
//! Results: `target/bench-hot-swap/hot-swap.json`. Requests that fail are counted there; a server that takes no more
//! connections ends it all.
//!
//! Without `--bench` it measures nothing and checks what needs no clock: that each of them swaps without a failed
//! request.

mod architecture;
mod checks;
#[path = "../load/client.rs"]
mod client;
#[path = "../common/environment.rs"]
mod environment;
mod front;
mod helper;
#[path = "../serve/index.rs"]
mod index;
mod map_on_demand;
mod measure;
mod memory;
mod prober;
#[path = "../load/process.rs"]
mod process;
mod queue;
mod served;
mod shelf;
mod spawn_per_index;
mod two_children;
mod wire;

use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use architecture::{Architecture, run_role};
use environment::{optional, variable};
use measure::{MEMORY_SWAPS, Settings};
use shelf::Shelf;

/// Long beyond any healthy answer or swap: what takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// The rate, as a share of what the slowest reaches in a closed loop. Far below: requests must not queue without a swap,
/// or latencies are those of the queue. How much each can take is measured apart from them.
const SHARE: f64 = 0.1;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Ok(role) = env::var(helper::ROLE) {
        run_role(&role, &arguments).with_context(|| format!("in the role {role}"))?;
    } else if arguments.iter().any(|argument| argument == "--bench") {
        measure_all(&settings_from_environment()?)?;
    } else {
        let checks = libtest_mimic::run(&libtest_mimic::Arguments::from_args(), checks::all());
        return Ok(checks.exit_code());
    }
    Ok(ExitCode::SUCCESS)
}

fn settings_from_environment() -> Result<Settings> {
    let settings = Settings {
        profiles: variable("HOT_SWAP_PROFILES", 200_000)?,
        versions: variable("HOT_SWAP_VERSIONS", 10)?,
        rate: optional("HOT_SWAP_RATE")?,
        rounds: variable("HOT_SWAP_ROUNDS", 3)?,
        connections: variable("HOT_SWAP_CONNECTIONS", 16)?,
        n: variable("HOT_SWAP_N", 10)?,
        every: Duration::from_millis(variable("HOT_SWAP_EVERY_MS", 1000)?),
    };
    let Settings { profiles, versions, rounds, connections, n, every, .. } = &settings;
    let positive = *versions > 0 && *rounds > 0 && *connections > 0 && *n > 0 && !every.is_zero();
    ensure!(
        positive && *profiles > 1,
        "HOT_SWAP_VERSIONS, HOT_SWAP_EVERY_MS, HOT_SWAP_ROUNDS, HOT_SWAP_CONNECTIONS and HOT_SWAP_N start at 1, \
         HOT_SWAP_PROFILES at 2"
    );
    Ok(settings)
}

fn measure_all(settings: &Settings) -> Result<()> {
    let shelf = Shelf::fill(1 + settings.versions + MEMORY_SWAPS, settings.profiles, settings.n)?;
    let mut closed = Vec::new();
    for architecture in Architecture::ALL {
        let per_second = measure::closed_loop(architecture, &shelf, settings)?;
        println!("{}: {per_second:.0} requests a second in a closed loop", architecture.name());
        closed.push(per_second);
    }
    let slowest = closed.iter().copied().fold(f64::INFINITY, f64::min);
    let rate = settings.rate.unwrap_or(slowest * SHARE);
    let mut rounds: Vec<Vec<Value>> = vec![Vec::new(); Architecture::ALL.len()];
    for number in 1..=settings.rounds {
        for (architecture, rounds) in Architecture::ALL.into_iter().zip(&mut rounds) {
            let round = measure::round(architecture, &shelf, settings, rate)
                .with_context(|| format!("{}, round {number}", architecture.name()))?;
            println!("{}: {round}", architecture.name());
            rounds.push(round);
        }
    }
    let measured = Architecture::ALL.iter().zip(closed).zip(rounds).map(|((architecture, closed), rounds)| {
        json!({ "name": architecture.name(), "closed_per_second": closed, "rounds": rounds })
    });
    let results = json!({
        "profiles": settings.profiles,
        "file_bytes": fs::metadata(shelf.file(1).path)?.len(),
        "mean_body_bytes": shelf.sample.mean_body,
        "n": settings.n,
        "connections": settings.connections,
        "rate": rate,
        "every_ms": settings.every.as_millis() as u64,
        "versions": settings.versions,
        "architectures": measured.collect::<Vec<_>>(),
    });
    let path = environment::results("bench-hot-swap")?.join("hot-swap.json");
    fs::write(&path, serde_json::to_string_pretty(&results)? + "\n")?;
    println!("written to {}", path.display());
    Ok(())
}
