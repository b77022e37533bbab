//! Connections that ask and measure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::PATIENCE;

/// Room for an answer; what is longer grows the buffer.
const BUFFER_BYTES: usize = 1 << 16;

/// What is sent, and over how many connections.
pub struct Load {
    pub address: SocketAddr,
    pub requests: Arc<[Vec<u8>]>,
    pub connections: usize,
}

/// What one run measured.
pub struct Run {
    latency_us: Histogram<u64>,
    pub failures: BTreeMap<String, u64>,
    pub versions: BTreeSet<u64>,
    elapsed: Duration,
}

impl Run {
    fn new() -> Result<Run> {
        // Three significant digits, whatever the size.
        let latency_us = Histogram::new(3)?;
        Ok(Run { latency_us, failures: BTreeMap::new(), versions: BTreeSet::new(), elapsed: Duration::ZERO })
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
    pub async fn drive(&self, length: Duration) -> Result<Run> {
        let started = Instant::now();
        let mut connections = JoinSet::new();
        for seed in 0..self.connections as u64 {
            connections.spawn(drive_one(self.address, Arc::clone(&self.requests), seed, started + length));
        }
        let mut all = Run::new()?;
        while let Some(run) = connections.join_next().await {
            let run = run??;
            all.latency_us.add(&run.latency_us)?;
            all.versions.extend(run.versions);
            for (reason, count) in run.failures {
                *all.failures.entry(reason).or_default() += count;
            }
        }
        all.elapsed = started.elapsed();
        Ok(all)
    }
}

/// One connection until the deadline. A broken connection is a failure, and the next request opens another.
async fn drive_one(
    address: SocketAddr,
    requests: Arc<[Vec<u8>]>,
    seed: u64,
    deadline: Instant,
) -> Result<Run> {
    let mut run = Run::new()?;
    let mut chance = SplitMix64(seed);
    let mut connection = Connection::open(address).await?;
    while Instant::now() < deadline {
        let request = &requests[(chance.next() % requests.len() as u64) as usize];
        let sent = Instant::now();
        let answer = match tokio::time::timeout(PATIENCE, connection.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(anyhow!("no answer in {} s", PATIENCE.as_secs())),
        };
        match answer {
            Ok(Answer { status: 200, version: Some(version) }) => {
                run.latency_us.record(sent.elapsed().as_micros() as u64)?;
                run.versions.insert(version);
            }
            Ok(Answer { status: 200, version: None }) => run.fail("no X-Index-Version".into()),
            Ok(Answer { status, .. }) => run.fail(format!("status {status}")),
            Err(error) => {
                run.fail(error.to_string());
                connection = Connection::open(address).await?;
            }
        }
    }
    Ok(run)
}

/// As much HTTP/1.1 as the load test needs; a client library would measure itself.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
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
        Ok(Connection { stream, received: Vec::with_capacity(BUFFER_BYTES) })
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
        Ok(head.answer)
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

/// Which profile is asked for next: the same sequence in every run (Steele, Lea, Flood 2014).
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
