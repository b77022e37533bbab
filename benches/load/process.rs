//! A server as a child process.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::PATIENCE;

const POLL: Duration = Duration::from_millis(20);
const LOG_LINES_KEPT: usize = 20;

/// The server as a child process, killed when this is dropped.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<VecDeque<String>>>,
}

impl Server {
    /// Starts a program that says where it listens, as kindred does, and returns when it is ready.
    pub fn start(command: &mut Command) -> Result<Server> {
        let mut process = command.stderr(Stdio::piped()).spawn().context("the server does not start")?;
        let stderr = process.stderr.take().context("the server has no standard error")?;
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let (found, address) = mpsc::channel();
        let kept = Arc::clone(&log);
        // Reads to the end, so that the server never waits for somebody to take its log.
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(address) = listening_address(&line) {
                    let _ = found.send(address);
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.truncate(LOG_LINES_KEPT - 1);
                kept.push_front(line);
            }
        });
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Server { process, address: unknown, log };
        server.address = address
            .recv_timeout(PATIENCE)
            .map_err(|_| anyhow!("the server did not say where it listens:\n{}", server.last_lines()))?;
        let ready = format!("http://{}/health/ready", server.address);
        await_condition("the server is ready", || Ok(ureq::get(&ready).call().is_ok()))?;
        Ok(server)
    }

    /// The processor time that all its threads have had.
    #[allow(dead_code, reason = "one of the two benchmarks that share this asks")]
    pub fn cpu_time(&self) -> Result<Duration> {
        let mut nanoseconds = 0u64;
        for task in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += text.split(' ').next().and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Its process.
    #[allow(dead_code, reason = "one of the two benchmarks that share this asks")]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn last_lines(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().rev().cloned().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split(|c: char| c.is_whitespace() || c == '"' || c == '/').next()?.parse().ok()
}

pub fn await_condition(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while !holds()? {
        ensure!(started.elapsed() < PATIENCE, "gave up after {} s waiting until {what}", PATIENCE.as_secs());
        thread::sleep(POLL);
    }
    Ok(())
}
