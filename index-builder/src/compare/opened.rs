//! Opening versions to compare them.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use kindred::index::directory::{self, VersionFile};
use kindred::index::suppressed::SUPPRESSED_FILE;
use kindred::index::{Index, MappedFile, Suppressed, SuppressedIds};

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
    /// Opens a file, with the list of suppressed ids of its directory.
    ///
    /// # Errors
    /// Where the file is refused, or the list cannot be read.
    pub fn open(path: &Path) -> anyhow::Result<Opened> {
        let directory = directory_of(path);
        let ids = SuppressedIds::read(directory)
            .with_context(|| directory.join(SUPPRESSED_FILE).display().to_string())?;
        Opened::open_without(path, &ids)
    }

    /// Opens a file, and leaves these ids out of its answers.
    ///
    /// # Errors
    /// Where the file is refused.
    pub fn open_without(path: &Path, ids: &SuppressedIds) -> anyhow::Result<Opened> {
        let file = MappedFile::open(path).with_context(|| path.display().to_string())?;
        let index = Index::open(file).with_context(|| path.display().to_string())?;
        Ok(Opened {
            suppressed: Suppressed::in_index(&index.view(), ids),
            version: path.file_name().and_then(directory::parse_file_name),
            path: path.to_owned(),
            index,
        })
    }

    /// What to call it: its version, else its file.
    pub fn name(&self) -> String {
        match self.version {
            Some(version) => format!("version {version}"),
            None => self.path.display().to_string(),
        }
    }
}

/// The directory that a file is in.
pub fn directory_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// The version that a server would take: the pinned one, else the highest.
///
/// # Errors
/// Where the directory or the pin cannot be read, and where that version is not there.
pub fn served(directory: &Path) -> anyhow::Result<VersionFile> {
    let versions = directory::list(directory).with_context(|| directory.display().to_string())?;
    let pinned = directory::read_pin(directory).with_context(|| directory.display().to_string())?;
    let served = match pinned {
        Some(pinned) => versions.into_iter().find(|file| file.version == pinned),
        None => versions.into_iter().next_back(),
    };
    served.ok_or_else(|| match pinned {
        Some(pinned) => anyhow!("{}: the pinned version {pinned} is not there", directory.display()),
        None => anyhow!("{}: no index-NNNNNNNN.knd is there", directory.display()),
    })
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
    let versions = directory::list(directory).with_context(|| directory.display().to_string())?;
    let is_first = |file: &&VersionFile| Some(file.version) == first;
    let pinned = versions.iter().filter(is_first);
    let others = versions.iter().rev().filter(|file| file.version < below && Some(file.version) != first);
    for file in pinned.chain(others) {
        match Opened::open_without(&file.path, ids) {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) => warn(format!("cannot be compared with: {error:#}")),
        }
    }
    Ok(None)
}
