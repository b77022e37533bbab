//! Versions of an index written in advance, and their publication.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use kindred::directory::versions::{self, VersionFile};
use tempfile::TempDir;

use crate::index::{self, Sample};

/// All versions of a benchmark. Each has pages of its own, as versions of a builder have.
pub struct Shelf {
    place: TempDir,
    pub versions: u64,
    pub sample: Sample,
}

impl Shelf {
    /// Writes the versions from 1 on, and waits for the disk as a builder does: what is still to be written would
    /// disturb what is measured. Their sample is asked for `n`.
    pub fn fill(versions: u64, profiles: u32, n: usize) -> Result<Shelf> {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
        let sample = index::write(place.path(), profiles, n)?;
        for version in 2..=versions {
            index::write_version(place.path(), version, profiles)?;
        }
        let shelf = Shelf { place, versions, sample };
        (1..=versions).try_for_each(|version| File::open(shelf.file(version).path)?.sync_all())?;
        Ok(shelf)
    }

    pub fn file(&self, version: u64) -> VersionFile {
        VersionFile { version, path: self.place.path().join(versions::file_name(version)) }
    }

    /// A new index directory, in which version 1 is published and the others lie under temporary names, their pages in
    /// the cache: a builder has written its file by then, and all that is left is the rename.
    pub fn index_dir(&self) -> Result<TempDir> {
        let index_dir = tempfile::tempdir_in(self.place.path())?;
        for version in 1..=self.versions {
            let file = self.file(version);
            io::copy(&mut File::open(&file.path)?, &mut io::sink())?;
            fs::hard_link(&file.path, temporary(index_dir.path(), version))?;
        }
        publish(index_dir.path(), 1)?;
        Ok(index_dir)
    }
}

/// Publishes a version that lies in the directory. Gives the time when that was done.
pub fn publish(index_dir: &Path, version: u64) -> Result<Instant> {
    fs::rename(temporary(index_dir, version), index_dir.join(versions::file_name(version)))?;
    Ok(Instant::now())
}

fn temporary(index_dir: &Path, version: u64) -> PathBuf {
    index_dir.join(format!(".{}", versions::file_name(version)))
}
