//! Building versions, and waiting until nothing is left of the one before.

#![allow(dead_code, reason = "several benchmarks share this, and each uses only a part")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use kindred::directory::versions::file_name;

use crate::index::builder;
use crate::inside::{mapped_index_files, own_bytes, resident_bytes};
use crate::server::await_condition;

/// The server when a version is all that it maps.
pub struct Settled {
    pub own_bytes: u64,
    pub resident_bytes: u64,
    pub mapped_index_files: usize,
    /// From publishing until then.
    pub seconds: f64,
}

/// Builds a version from the vectors in a field, at the builder's own low priority.
pub fn build(profiles: &Path, field: &str, index_dir: &Path) -> Result<()> {
    let output = Command::new(builder()?)
        .arg("build")
        .args([Path::new("--profiles"), profiles, Path::new("--out"), index_dir])
        .args(["--vectorizer", &format!("field:{field}")])
        .stdin(Stdio::null())
        .output()
        .context("index-builder does not start")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "index-builder ended with {}: {errors}", output.status);
    Ok(())
}

/// Waits until a version that is published now is the only one that a server maps: it is served, and the one before is
/// unmapped.
pub fn await_only(server: u32, version: u64) -> Result<Settled> {
    let (published, name) = (Instant::now(), file_name(version));
    await_condition(&format!("nothing but {name} is mapped"), || {
        Ok(mapped_index_files(server)?.into_iter().eq([name.clone()]))
    })?;
    Ok(Settled {
        seconds: published.elapsed().as_secs_f64(),
        own_bytes: own_bytes(server)?,
        resident_bytes: resident_bytes(server)?,
        mapped_index_files: mapped_index_files(server)?.len(),
    })
}
