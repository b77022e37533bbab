//! Versions of an index written in advance, and their publication.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use kindred::index::directory::{self, VersionFile};
use tempfile::TempDir;

use crate::index::{self, Sample};

/// All versions of a benchmark. Each has pages of its own, as versions of a builder have; publishing one is a link and a
/// rename, so that writing it disturbs nobody.
pub struct Shelf {
    place: TempDir,
    pub versions: u64,
    pub sample: Sample,
}

impl Shelf {
    /// Writes the versions from 1 on. Their sample is asked for `n`.
    pub fn fill(versions: u64, profiles: u32, n: usize) -> Result<Shelf> {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("no temporary directory")?;
        let sample = index::write(place.path(), profiles, n)?;
        for version in 2..=versions {
            index::write_version(place.path(), version, profiles)?;
        }
        Ok(Shelf { place, versions, sample })
    }

    pub fn file(&self, version: u64) -> VersionFile {
        VersionFile { version, path: self.place.path().join(directory::file_name(version)) }
    }

    /// A new index directory with version 1 in it, every version's pages in the cache, as a builder leaves them.
    pub fn index_dir(&self) -> Result<TempDir> {
        for version in 1..=self.versions {
            io::copy(&mut File::open(self.file(version).path)?, &mut io::sink())?;
        }
        let index_dir = tempfile::tempdir_in(self.place.path())?;
        self.publish(index_dir.path(), 1)?;
        Ok(index_dir)
    }

    /// Puts a version into an index directory as a builder does. Gives the time of the rename.
    pub fn publish(&self, index_dir: &Path, version: u64) -> Result<Instant> {
        let name = directory::file_name(version);
        let temporary = index_dir.join(format!(".{name}"));
        fs::hard_link(self.file(version).path, &temporary)?;
        let published = Instant::now();
        fs::rename(&temporary, index_dir.join(&name))?;
        Ok(published)
    }
}
