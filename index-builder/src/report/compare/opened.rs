//! Opening versions to compare them.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use kindred::directory::served;
use kindred::directory::suppressed::SUPPRESSED_FILE;
use kindred::directory::versions;
use kindred::directory::{NotOpened, SuppressedIds, open};
use kindred::file::{Index, MappedFile};
use kindred::query::{Snapshot, Suppressed};

use crate::ground::missing::{cannot_list, cannot_open, directory_of, has_versions};

/// A version that has been checked as a server checks it, and who is in no answer of it.
#[derive(Debug)]
pub struct Opened {
    /// Its file.
    pub path: PathBuf,
    /// The number in the file's name, where it has one.
    pub version: Option<u64>,
    /// The index.
    pub index: Index<MappedFile>,
    /// Who is suppressed in its directory.
    pub suppressed: Suppressed,
}

impl Opened {
    /// Opens a file, or of a directory the version that a server takes, with the list of suppressed ids of its directory.
    ///
    /// # Errors
    /// Where the file is refused, the directory has no good one, or the list cannot be read.
    pub fn open(path: &Path) -> anyhow::Result<Opened> {
        let (path, index) = open_index(path)?;
        let directory = directory_of(&path);
        let ids = SuppressedIds::read(directory)
            .with_context(|| directory.join(SUPPRESSED_FILE).display().to_string())?;
        Ok(Opened::new(path, index, &ids))
    }

    /// Opens a file, and leaves these ids out of its answers.
    ///
    /// # Errors
    /// Where the file is refused.
    pub fn open_without(path: &Path, ids: &SuppressedIds) -> anyhow::Result<Opened> {
        Ok(Opened::new(path.to_owned(), open_file(path)?, ids))
    }

    fn new(path: PathBuf, index: Index<MappedFile>, ids: &SuppressedIds) -> Opened {
        let version = path.file_name().and_then(versions::parse_file_name);
        Opened { suppressed: Suppressed::in_index(&index.view(), ids), version, path, index }
    }

    /// What its questions are answered from.
    pub fn snapshot(&self) -> Snapshot<'_, MappedFile> {
        Snapshot::hiding(&self.index, &self.suppressed)
    }

    /// What to call it: its version, else its file.
    pub fn name(&self) -> String {
        match self.version {
            Some(version) => format!("version {version}"),
            None => self.path.display().to_string(),
        }
    }
}

/// Opens a file with the full check, or of a directory the version that a server takes; gives its path as well.
///
/// # Errors
/// Where the file is refused, or the directory has no good one.
pub fn open_index(path: &Path) -> anyhow::Result<(PathBuf, Index<MappedFile>)> {
    if path.is_dir() { open_served(path) } else { Ok((path.to_owned(), open_file(path)?)) }
}

fn open_file(path: &Path) -> anyhow::Result<Index<MappedFile>> {
    open(path).map_err(|error| match error {
        NotOpened::Unreadable { path, source } => {
            anyhow!("{}: {}", path.display(), cannot_open(&path, &source))
        }
        bad => bad.into(),
    })
}

/// As a server that starts now: the pinned version, else the highest that is good. What it passes over is told.
fn open_served(directory: &Path) -> anyhow::Result<(PathBuf, Index<MappedFile>)> {
    let versions = versions::list(directory).map_err(|error| anyhow!(cannot_list(directory, &error)))?;
    let pinned = versions::read_pin(directory).with_context(|| directory.display().to_string())?;
    if versions.is_empty() {
        return Err(anyhow!(has_versions(directory, &versions)));
    }
    if let Some(pinned) = pinned.filter(|_| served::wanted(&versions, pinned.into()).is_none()) {
        tracing::warn!("{}: the pinned version {pinned} is not there", directory.display());
    }
    for file in served::in_order(&versions, pinned.into()) {
        match open_file(&file.path) {
            Ok(index) => return Ok((file.path.clone(), index)),
            Err(error) => tracing::warn!("{error:#}"),
        }
    }
    Err(anyhow!("{}: no version of it is good", directory.display()))
}

/// The first of some versions that is good: the highest below `below`, or `first` before all of them. None where none
/// is. What is not good is told and passed over: a broken file must not stand in the way of its repair.
///
/// # Errors
/// Where the directory cannot be listed.
pub fn before(
    directory: &Path,
    below: u64,
    first: Option<u64>,
    ids: &SuppressedIds,
    warn: &mut dyn FnMut(String),
) -> anyhow::Result<Option<Opened>> {
    let mut versions = versions::list(directory).with_context(|| directory.display().to_string())?;
    versions.retain(|file| file.version < below || Some(file.version) == first);
    for file in served::in_order(&versions, first.into()) {
        match Opened::open_without(&file.path, ids) {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) => warn(format!("cannot be compared with: {error:#}")),
        }
    }
    Ok(None)
}
