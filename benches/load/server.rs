//! The server under test, and the publishing of new versions.

#![allow(dead_code, reason = "several benchmarks share this, and each uses only a part")]

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use kindred::directory::versions;

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
    /// Starts it on a free port and returns when it is ready.
    pub fn start(index_dir: &Path) -> Result<Server> {
        Server::start_with(index_dir, &[])
    }

    /// The same with more options.
    pub fn start_with(index_dir: &Path, options: &[&str]) -> Result<Server> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_kindred"))
            .args([Path::new("--index-dir"), index_dir])
            .args(["--bind", "127.0.0.1:0"])
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .context("kindred does not start")?;
        let stderr = process.stderr.take().context("kindred has no standard error")?;
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
            .map_err(|_| anyhow!("kindred did not say where it listens:\n{}", server.last_lines()))?;
        let ready = format!("http://{}/health/ready", server.address);
        await_condition("kindred is ready", || Ok(ureq::get(&ready).call().is_ok()))?;
        Ok(server)
    }

    /// Its process.
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

/// A thread that publishes one version after the other, each when the server has swapped the last one in.
pub struct Publisher {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<Result<u64>>,
}

impl Publisher {
    pub fn start(original: PathBuf, index_dir: PathBuf, address: SocketAddr, pause: Duration) -> Publisher {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let metrics = format!("http://{address}/metrics");
            let mut version = served_version(&metrics)?;
            let mut swaps = 0;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                version += 1;
                publish(&original, &index_dir, version)?;
                await_condition(
                    "a published version is served",
                    || Ok(served_version(&metrics)? == version),
                )?;
                fs::remove_file(index_dir.join(versions::file_name(version - 1)))?;
                swaps += 1;
            }
            Ok(swaps)
        });
        Publisher { stop, thread }
    }

    /// How many versions the server swapped in.
    pub fn stop(self) -> Result<u64> {
        drop(self.stop);
        self.thread.join().map_err(|_| anyhow!("the publishing thread panicked"))?
    }
}

/// A copy and not a hard link: a real new version has pages of its own, which the server has to bring in.
fn publish(original: &Path, index_dir: &Path, version: u64) -> Result<()> {
    let temporary = index_dir.join(".load-test");
    fs::copy(original, &temporary)?;
    fs::rename(&temporary, index_dir.join(versions::file_name(version)))?;
    Ok(())
}

fn served_version(metrics: &str) -> Result<u64> {
    let text = ureq::get(metrics).call()?.body_mut().read_to_string()?;
    let value = text.lines().find_map(|line| line.strip_prefix("kindred_index_version "));
    value.and_then(|value| value.trim().parse().ok()).context("/metrics has no kindred_index_version")
}
