//! The index under test, built by the real builder, and what the server is asked about it.

#![allow(dead_code, reason = "several benchmarks share this, and each uses only a part")]

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use kindred::directory::versions;
use kindred::file::{Index, MappedFile, Ordinal};

/// More ids than this change nothing; it bounds the memory of requests prepared in advance.
const MAX_REQUESTS: u32 = 100_000;

/// The builder's program, which is beside the server's.
pub fn builder() -> Result<PathBuf> {
    let builder = Path::new(env!("CARGO_BIN_EXE_kindred")).with_file_name("index-builder");
    ensure!(
        builder.is_file(),
        "{} is missing: `cargo build --release -p index-builder`, or use the target of make",
        builder.display()
    );
    Ok(builder)
}

/// Builds version 1 and returns a copy of it outside the index directory, from which later versions are made.
pub fn build_index(profiles: &Path, id_field: &str, scratch: &Path, index_dir: &Path) -> Result<PathBuf> {
    let status = Command::new(builder()?)
        .arg("build")
        .args([Path::new("--profiles"), profiles, Path::new("--out"), index_dir])
        .args(["--id-field", id_field])
        .status()
        .context("index-builder does not start")?;
    ensure!(status.success(), "index-builder failed: {status}");
    let original = scratch.join("original.knd");
    fs::copy(newest(index_dir)?, &original).context("the index cannot be copied")?;
    Ok(original)
}

/// The newest version of a directory.
pub fn newest(index_dir: &Path) -> Result<PathBuf> {
    let mut versions = versions::list(index_dir)?;
    Ok(versions.pop().context("index-builder published nothing")?.path)
}

/// One request for `n` others for each profile of the index, or for [`MAX_REQUESTS`] of them spread evenly.
pub fn prepare_requests(index: &Path, n: usize, address: SocketAddr) -> Result<Arc<[Vec<u8>]>> {
    let index = Index::open(MappedFile::open(index)?)?;
    let profiles = index.header().profiles;
    let step = profiles.div_ceil(MAX_REQUESTS).max(1) as usize;
    let mut requests = Vec::new();
    for ordinal in (0..profiles).step_by(step) {
        requests.push(request(index.id(Ordinal(ordinal))?, n, address));
    }
    ensure!(!requests.is_empty(), "the index holds no profiles");
    Ok(requests.into())
}

/// A request for `n` others.
pub fn request(id: &[u8], n: usize, address: SocketAddr) -> Vec<u8> {
    let target = format!("/recommend/{}/{n}", percent_encoded(id));
    format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
}

fn percent_encoded(id: &[u8]) -> String {
    let encode = |&byte: &u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    id.iter().map(encode).collect()
}
