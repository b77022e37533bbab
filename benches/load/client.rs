//! Connections that ask and measure.
//!
//! In a closed loop every connection asks again when it has its answer. At a fixed rate requests are due at times of
//! their own, whether or not the server keeps up, and a latency counts from when its request was due: what waits behind
//! a stall has waited.

#![allow(dead_code, reason = "several benchmarks share this, and each uses only a part")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use hdrhistogram::Histogram;
use kindred::random::SplitMix64;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use crate::PATIENCE;

/// Room for an answer; what is longer grows the buffer.
const BUFFER_BYTES: usize = 1 << 16;

/// What is sent, and over how many connections.
pub struct Load {
    pub address: SocketAddr,
    pub requests: Arc<[Vec<u8>]>,
    pub connections: usize,
    /// Looks at every answer, where somebody wants to.
    pub check: Option<Arc<Check>>,
}

/// Judges answers, and holds that versions only go forward.
pub struct Check {
    /// Whether an answer is right, from the number of its request, the version it claims, and its body. It runs between
    /// two requests, on the processors of the server: it should cost next to nothing.
    is_right: IsRight,
    /// The newest version that an answer came from, in whatever run.
    newest: AtomicU64,
}

type IsRight = Box<dyn Fn(usize, u64, &[u8]) -> bool + Send + Sync>;

impl Check {
    pub fn new(is_right: impl Fn(usize, u64, &[u8]) -> bool + Send + Sync + 'static) -> Arc<Check> {
        Arc::new(Check { is_right: Box::new(is_right), newest: AtomicU64::new(0) })
    }

    /// What is wrong with an answer to a request that was sent when `newest` was the newest version.
    fn objection(&self, newest: u64, number: usize, version: u64, body: &[u8]) -> Option<String> {
        self.newest.fetch_max(version, Ordering::Relaxed);
        if version < newest {
            return Some(format!("went back from version {newest} to {version}"));
        }
        let right = (self.is_right)(number, version, body);
        (!right).then(|| format!("not the answer of version {version}, which it claims to be from"))
    }
}

/// When the next requests are due; each goes to the first connection that is free.
type Due = Arc<Mutex<UnboundedReceiver<Instant>>>;

/// What one run measured.
pub struct Run {
    pub latency_us: Histogram<u64>,
    pub failures: BTreeMap<String, u64>,
    pub versions: BTreeSet<u64>,
    elapsed: Duration,
}

impl Run {
    pub fn new() -> Result<Run> {
        // Three significant digits, whatever the size.
        let latency_us = Histogram::new(3)?;
        Ok(Run { latency_us, failures: BTreeMap::new(), versions: BTreeSet::new(), elapsed: Duration::ZERO })
    }

    /// Takes in what another run measured.
    pub fn add(&mut self, other: &Run) -> Result<()> {
        self.latency_us.add(&other.latency_us)?;
        self.versions.extend(&other.versions);
        for (reason, count) in &other.failures {
            *self.failures.entry(reason.clone()).or_default() += count;
        }
        self.elapsed += other.elapsed;
        Ok(())
    }

    fn fail(&mut self, reason: String) {
        *self.failures.entry(reason).or_default() += 1;
    }

    #[allow(dead_code, reason = "one of the two benchmarks that share this asks")]
    pub fn answers(&self) -> u64 {
        self.latency_us.len()
    }

    pub fn per_second(&self) -> f64 {
        self.latency_us.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latency_us.value_at_quantile(quantile) as f64 / 1000.0
    }
}

impl Load {
    /// A closed loop: every connection asks as soon as it is answered.
    pub async fn drive(&self, length: Duration) -> Result<Run> {
        let deadline = Instant::now() + length;
        let mut connections = JoinSet::new();
        for seed in 0..self.connections as u64 {
            let mut asker = Asker::open(self, seed).await?;
            connections.spawn(async move {
                while Instant::now() < deadline {
                    asker.ask(Instant::now()).await?;
                }
                Ok(asker.run)
            });
        }
        sum(connections, deadline - length).await
    }

    /// An open loop: that many requests a second are due, evenly spaced, and latencies count from then.
    pub async fn drive_at(&self, per_second: f64, length: Duration) -> Result<Run> {
        self.drive_while(per_second, move |elapsed| elapsed < length).await
    }

    /// The same for as long as something is so, given how long it has been.
    pub async fn drive_while(
        &self,
        per_second: f64,
        goes_on: impl Fn(Duration) -> bool + Send + 'static,
    ) -> Result<Run> {
        ensure!(per_second.is_finite() && per_second > 0.0, "a rate of {per_second} requests a second");
        let mut askers = Vec::new();
        for seed in 0..self.connections as u64 {
            askers.push(Asker::open(self, seed).await?);
        }
        let (slots, due) = mpsc::unbounded_channel();
        let due: Due = Arc::new(Mutex::new(due));
        let started = Instant::now();
        let clock = thread::spawn(move || tick(&slots, started, per_second, &goes_on));
        let mut connections = JoinSet::new();
        for mut asker in askers {
            let due = Arc::clone(&due);
            connections.spawn(async move {
                loop {
                    // The lock is free again before anything is sent.
                    let next = due.lock().await.recv().await;
                    match next {
                        Some(slot) if slot.elapsed() < PATIENCE => asker.ask(slot).await?,
                        Some(_) => asker.run.fail("no connection was free in time".into()),
                        None => return Ok(asker.run),
                    }
                }
            });
        }
        let run = sum(connections, started).await;
        clock.join().map_err(|_| anyhow!("the clock's thread panicked"))?;
        run
    }
}

/// Says when requests are due, at the time. A thread of its own, because timers of the runtime are late by up to 1 ms.
fn tick(
    slots: &UnboundedSender<Instant>,
    started: Instant,
    per_second: f64,
    goes_on: &impl Fn(Duration) -> bool,
) {
    // Wakes within microseconds and not within the usual 50; where that is refused, latencies are longer by as much.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    for number in 0u64.. {
        let after = Duration::from_secs_f64(number as f64 / per_second);
        if !goes_on(after) {
            return;
        }
        let slot = started + after;
        thread::sleep(slot.saturating_duration_since(Instant::now()));
        if slots.send(slot).is_err() {
            return;
        }
    }
}

async fn sum(mut connections: JoinSet<Result<Run>>, started: Instant) -> Result<Run> {
    let mut all = Run::new()?;
    while let Some(run) = connections.join_next().await {
        all.add(&run??)?;
    }
    all.elapsed = started.elapsed();
    Ok(all)
}

/// A connection, what it asks, and what it has measured. A broken one is a failure, and the next request opens another.
struct Asker {
    address: SocketAddr,
    requests: Arc<[Vec<u8>]>,
    check: Option<Arc<Check>>,
    /// Which profile is asked for next: the same sequence in every run.
    chance: SplitMix64,
    connection: Connection,
    run: Run,
}

impl Asker {
    async fn open(load: &Load, seed: u64) -> Result<Asker> {
        Ok(Asker {
            address: load.address,
            requests: Arc::clone(&load.requests),
            check: load.check.clone(),
            chance: SplitMix64(seed),
            connection: Connection::open(load.address).await?,
            run: Run::new()?,
        })
    }

    /// Asks for a random profile; the latency counts from `due`.
    async fn ask(&mut self, due: Instant) -> Result<()> {
        let number = (self.chance.bits() % self.requests.len() as u64) as usize;
        let request = &self.requests[number];
        let newest = self.check.as_ref().map_or(0, |check| check.newest.load(Ordering::Relaxed));
        let answer = match tokio::time::timeout(PATIENCE, self.connection.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(anyhow!("no answer in {} s", PATIENCE.as_secs())),
        };
        match answer {
            Ok(Answer { status: 200, version: Some(version) }) => {
                self.run.latency_us.record(due.elapsed().as_micros() as u64)?;
                self.run.versions.insert(version);
                let body = self.connection.body();
                let objection =
                    self.check.as_ref().and_then(|check| check.objection(newest, number, version, body));
                objection.into_iter().for_each(|objection| self.run.fail(objection));
            }
            Ok(Answer { status: 200, version: None }) => self.run.fail("no X-Index-Version".into()),
            Ok(Answer { status, .. }) => self.run.fail(format!("status {status}")),
            Err(error) => {
                self.run.fail(error.to_string());
                self.connection = Connection::open(self.address).await?;
            }
        }
        Ok(())
    }
}

/// As much HTTP/1.1 as the load test needs; a client library would measure itself.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// Where the body of the last answer begins.
    body_starts: usize,
}

struct Answer {
    status: u16,
    version: Option<u64>,
}

/// The head of an answer, as far as it matters here.
struct Head {
    answer: Answer,
    bytes: usize,
    body_bytes: usize,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await.context("the server takes no connection")?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, received: Vec::with_capacity(BUFFER_BYTES), body_starts: 0 })
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await.context("the connection broke while sending")?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            if let Some(head) = parse_head(&self.received)? {
                break head;
            }
        };
        while self.received.len() < head.bytes + head.body_bytes {
            self.receive().await?;
        }
        ensure!(self.received.len() == head.bytes + head.body_bytes, "more bytes than the answer has");
        self.body_starts = head.bytes;
        Ok(head.answer)
    }

    /// The body of the last answer.
    fn body(&self) -> &[u8] {
        &self.received[self.body_starts..]
    }

    async fn receive(&mut self) -> Result<()> {
        if self.received.len() == self.received.capacity() {
            self.received.reserve(BUFFER_BYTES);
        }
        let bytes = self.stream.read_buf(&mut self.received).await.context("the connection broke")?;
        ensure!(bytes > 0, "the server closed the connection");
        Ok(())
    }
}

/// The head, or `None` while it is not all there.
fn parse_head(received: &[u8]) -> Result<Option<Head>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&received[..end]).context("the head is not text")?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let (mut body_bytes, mut version) = (None, None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            body_bytes = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("x-index-version") {
            version = value.trim().parse().ok();
        }
    }
    match (status, body_bytes) {
        (Some(status), Some(body_bytes)) => {
            Ok(Some(Head { answer: Answer { status, version }, bytes: end + 4, body_bytes }))
        }
        _ => bail!("an answer without a status or a Content-Length"),
    }
}
