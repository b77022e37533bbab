//! An index file as the first three architectures open it and answer from it: as kindred does.

use std::path::Path;
use std::sync::mpsc;

use anyhow::{Context, Result};
use kindred::directory::versions::{self, VersionFile};
use kindred::file::{Index, MappedFile};
use kindred::query::{self, Snapshot};
use notify::{RecursiveMode, Watcher as _};

use crate::wire::{Question, Reply};

/// An open version.
pub struct Served {
    pub version: u64,
    index: Index<MappedFile>,
}

impl Served {
    /// Maps a file, reads it in and checks every byte.
    pub fn open(file: &VersionFile) -> Result<Served> {
        let mapped = MappedFile::open(&file.path).with_context(|| file.path.display().to_string())?;
        mapped.populate()?;
        Ok(Served { version: file.version, index: Index::open(mapped)? })
    }

    pub fn answer(&self, question: &Question) -> Reply {
        let Question { id, n } = question;
        let question = query::Question::about(id.as_str(), *n);
        match query::answer(&Snapshot::of(&self.index), &question) {
            Ok(answer) => Reply::Answer { version: self.version, body: answer.body },
            Err(error) => Reply::Failure(error.to_string()),
        }
    }
}

/// The newest version of a directory.
pub fn newest(index_dir: &Path) -> Result<VersionFile> {
    versions::list(index_dir)?.pop().context("no version is published")
}

/// Calls `act` with the newest version whenever that is newer than `known`, woken by the directory's events. Returns
/// when something fails.
pub fn each_publication(
    index_dir: &Path,
    mut known: u64,
    mut act: impl FnMut(&VersionFile) -> Result<()>,
) -> Result<()> {
    let (bell, events) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(bell)?;
    watcher.watch(index_dir, RecursiveMode::NonRecursive)?;
    loop {
        let newest = newest(index_dir)?;
        if newest.version > known {
            act(&newest)?;
            known = newest.version;
        }
        // Listing the directory is an event too, and must not lead to listing it again.
        while events.recv()??.kind.is_access() {}
    }
}
