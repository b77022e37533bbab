//! What is served: an index built by the builder, and the publishing of new versions.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use kindred::index::directory;

use crate::Settings;
use crate::process::await_condition;

/// Builds version 1 and returns a copy of it outside the index directory, from which later versions are made.
pub fn build_index(settings: &Settings, scratch: &Path, index_dir: &Path) -> Result<PathBuf> {
    let builder = Path::new(env!("CARGO_BIN_EXE_kindred")).with_file_name("index-builder");
    ensure!(
        builder.is_file(),
        "{} is missing: `cargo build --release -p index-builder`, or use `make bench-load`",
        builder.display()
    );
    let status = Command::new(builder)
        .arg("build")
        .args([Path::new("--profiles"), &settings.profiles, Path::new("--out"), index_dir])
        .args(["--id-field", &settings.id_field])
        .status()
        .context("index-builder does not start")?;
    ensure!(status.success(), "index-builder failed: {status}");
    let versions = directory::list(index_dir)?;
    let published = versions.last().context("index-builder published nothing")?;
    let original = scratch.join("original.knd");
    fs::copy(&published.path, &original).context("the index cannot be copied")?;
    Ok(original)
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
                fs::remove_file(index_dir.join(directory::file_name(version - 1)))?;
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
    fs::rename(&temporary, index_dir.join(directory::file_name(version)))?;
    Ok(())
}

fn served_version(metrics: &str) -> Result<u64> {
    let text = ureq::get(metrics).call()?.body_mut().read_to_string()?;
    let value = text.lines().find_map(|line| line.strip_prefix("kindred_index_version "));
    value.and_then(|value| value.trim().parse().ok()).context("/metrics has no kindred_index_version")
}
