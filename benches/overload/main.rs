//! Twice the load that the server can take, and clients that hold connections without asking: what everybody else gets.
//!
//! `make bench-overload` runs it on an index of random neighbours (`benches/serve/index.rs`), so that `n` up to 100 comes
//! from the neighbour table, and `ef=` walks a ring. Capacity is what a closed loop reaches; the load is then due at
//! twice that rate whether or not the server keeps up. Goodput is the answers (200) a second. Client and server share the
//! machine, so a client that is busy refusing to wait takes from both. Settings are environment variables:
//!
//! | variable | default | what it is |
//! | --- | --- | --- |
//! | `OVERLOAD_PROFILES` | 100000 | profiles of the index |
//! | `OVERLOAD_SECONDS` | 5 | length of each run |
//! | `OVERLOAD_ROUNDS` | 3 | how often everything is measured; medians are printed |
//! | `OVERLOAD_EF` | 4096 | ef of the dear requests |
//! | `OVERLOAD_IDLE` | 10000 | connections that ask nothing |
//! | `OVERLOAD_SLOW` | 100 | connections that send a byte a second |

#[path = "../load/client.rs"]
mod client;
#[path = "../common/environment.rs"]
mod environment;
#[path = "../serve/index.rs"]
mod index;
#[path = "../load/server.rs"]
mod server;

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Runtime;

use client::{Load, Run};
use environment::{memory, variable};
use server::Server;

/// What takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections of an ordinary load.
const CONNECTIONS: usize = 16;
/// Connections of an overload: enough to have twice the capacity under way.
const MANY_CONNECTIONS: usize = 256;
/// Profiles that are asked about.
const QUESTIONS: usize = 10_000;
const N: usize = 10;
const MIB: f64 = 1_048_576.0;

fn main() -> Result<()> {
    // `cargo test --benches` starts every bench without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        println!("overload: nothing measured; `make bench-overload` does");
        return Ok(());
    }
    let profiles = variable("OVERLOAD_PROFILES", 100_000)?;
    let rounds = variable("OVERLOAD_ROUNDS", 3)?;
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
    let sample = index::write(place.path(), profiles, N)?;
    let bench = Bench {
        server: Server::start_with(place.path(), &["--client-timeout", "1m"])?,
        client: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        ids: sample.questions(QUESTIONS),
        length: Duration::from_secs(variable("OVERLOAD_SECONDS", 5)?),
    };
    println!(
        "{profiles} profiles, {N} asked for, {} s a run, medians of {rounds} rounds",
        bench.length.as_secs()
    );
    let ef: usize = variable("OVERLOAD_EF", 4096)?;
    let dear = format!("?ef={ef}");
    let mut measured = Measured::default();
    for _ in 0..rounds {
        bench.overload(&mut measured, "table", "")?;
        bench.overload(&mut measured, &dear, &dear)?;
        bench.crowd(&mut measured)?;
    }
    measured.print();
    Ok(())
}

/// Figures by name, in the order in which they came first.
#[derive(Default)]
struct Measured(Vec<(String, Vec<f64>)>);

impl Measured {
    fn note(&mut self, name: String, value: f64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name, vec![value])),
        }
    }

    fn print(&mut self) {
        for (name, values) in &mut self.0 {
            values.sort_by(f64::total_cmp);
            let (least, most) = (values[0], values[values.len() - 1]);
            println!("{name:<58} {:>10.3}   {least:.3} to {most:.3}", values[values.len() / 2]);
        }
    }
}

struct Bench {
    server: Server,
    client: Runtime,
    ids: Vec<String>,
    length: Duration,
}

impl Bench {
    fn load(&self, query: &str, connections: usize) -> Load {
        let address = self.server.address;
        let request = |id: &String| {
            format!("GET /recommend/{id}/{N}{query} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
        };
        let requests: Arc<[Vec<u8>]> = self.ids.iter().map(request).collect();
        Load { address, requests, connections, check: None }
    }

    fn closed(&self, load: &Load) -> Result<Run> {
        self.client.block_on(load.drive(self.length))
    }

    fn at(&self, load: &Load, rate: f64) -> Result<Run> {
        self.client.block_on(load.drive_at(rate, self.length))
    }

    fn own_memory(&self) -> Result<f64> {
        let bytes = memory(&self.server.id().to_string(), "RssAnon").context("no memory of the server")?;
        Ok(bytes as f64 / MIB)
    }

    /// Capacity, goodput at twice of it, and what is left of the overload afterwards.
    fn overload(&self, measured: &mut Measured, name: &str, query: &str) -> Result<()> {
        let (usual, many) = (self.load(query, CONNECTIONS), self.load(query, MANY_CONNECTIONS));
        let capacity = self.closed(&usual)?.per_second();
        measured.note(format!("{name}: capacity, answers/s"), capacity);
        let before = self.at(&usual, capacity / 2.0)?;
        let memory = self.own_memory()?;
        let over = self.at(&many, 2.0 * capacity)?;
        let unexpected: Vec<_> = over
            .failures
            .keys()
            .filter(|reason| !["status 503", "no connection was free in time"].contains(&reason.as_str()))
            .collect();
        ensure!(unexpected.is_empty(), "{unexpected:?}\n{}", self.server.last_lines());
        measured
            .note(format!("{name}: goodput at twice that, share of capacity"), over.per_second() / capacity);
        let refused = over.failures.get("status 503").copied().unwrap_or(0);
        measured.note(
            format!("{name}: refused at twice that, share of answers"),
            refused as f64 / (refused + over.answers()) as f64,
        );
        measured.note(format!("{name}: growth of memory meanwhile, MiB"), self.own_memory()? - memory);
        let after = self.at(&usual, capacity / 2.0)?;
        measured.note(format!("{name}: p99 at half, ms, before"), before.quantile_ms(0.99));
        measured.note(format!("{name}: p99 at half, ms, after"), after.quantile_ms(0.99));
        Ok(())
    }

    /// What others get while connections are held, silently or slowly.
    fn crowd(&self, measured: &mut Measured) -> Result<()> {
        let idle: usize = variable("OVERLOAD_IDLE", 10_000)?;
        let slow: usize = variable("OVERLOAD_SLOW", 100)?;
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
        let usual = self.load("", CONNECTIONS);
        let rate = self.closed(&usual)?.per_second() / 2.0;
        let alone = self.at(&usual, rate)?.quantile_ms(0.99);
        let held: Vec<TcpStream> = connect(self.server.address, idle)?;
        let beside_idle = self.at(&usual, rate)?.quantile_ms(0.99);
        drop(held);
        let stop = AtomicBool::new(false);
        let beside_slow = thread::scope(|scope| {
            scope.spawn(|| send_slowly(self.server.address, slow, &stop));
            let run = self.at(&usual, rate);
            stop.store(true, Ordering::Relaxed);
            run
        })?
        .quantile_ms(0.99);
        measured.note("p99 at half, ms, alone".to_owned(), alone);
        measured.note(format!("p99 beside {idle} idle connections, in multiples"), beside_idle / alone);
        measured.note(format!("p99 beside {slow} slow senders, in multiples"), beside_slow / alone);
        Ok(())
    }
}

fn connect(address: SocketAddr, count: usize) -> Result<Vec<TcpStream>> {
    (0..count).map(|_| TcpStream::connect(address).context("a connection that is only held")).collect()
}

/// Sends a byte a second over each of some connections.
fn send_slowly(address: SocketAddr, count: usize, stop: &AtomicBool) -> Result<()> {
    use std::io::Write as _;
    let mut streams = connect(address, count)?;
    for byte in b"GET /recommend/nobody/10 HTTP/1.1\r\nHost: localhost\r\n".iter().cycle() {
        for stream in &mut streams {
            // Who is too slow is let go.
            let _ = stream.write_all(&[*byte]);
        }
        for _ in 0..10 {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}
