//! The lock on an index directory, and what is done under it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::ground::signals::Cleanup;
use kindred::directory::versions::{LOCK_FILE, file_name, list, parse_file_name};

use super::error::cannot;
use super::mark::{self, Mark};
use super::{FILE_MODE, PublishError, Temporary, grant, record, sync_directory};

/// The permissions of a directory made here: those of its files, and a way in.
const DIRECTORY_MODE: u32 = 0o750;
/// How often a lock file may be taken away between opening and locking it.
const LOCK_ATTEMPTS: usize = 16;

/// The one build that may write to an index directory. The lock goes with the process, however that ends.
#[derive(Debug)]
pub struct Publisher {
    directory: PathBuf,
    lock: File,
    cleanup: Cleanup,
}

impl Publisher {
    /// Locks a directory, which is made where it is missing, and removes what dead builds left in it. Never waits.
    ///
    /// # Errors
    /// [`PublishError::Busy`] where another build holds the lock, [`PublishError::Io`] where the directory cannot be
    /// made or written to.
    pub fn lock(directory: &Path) -> Result<Publisher, PublishError> {
        make_directory(directory).map_err(cannot("create the directory", directory))?;
        let publisher = Publisher {
            directory: directory.to_owned(),
            lock: take_lock(directory)?,
            cleanup: Cleanup::default(),
        };
        publisher.remove_leftovers()?;
        Ok(publisher)
    }

    /// Has temporary files removed by this list when a signal comes.
    #[must_use]
    pub fn with_cleanup(self, cleanup: &Cleanup) -> Publisher {
        Publisher { cleanup: cleanup.clone(), ..self }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The version that is published next: one more than the highest that was ever given.
    ///
    /// # Errors
    /// [`PublishError::Io`] where the directory or the lock file cannot be read, [`PublishError::VersionsExhausted`].
    pub fn next_version(&self) -> Result<u64, PublishError> {
        let versions = list(&self.directory).map_err(cannot("list", &self.directory))?;
        let in_directory = versions.last().map_or(0, |file| file.version);
        let lock_path = self.directory.join(LOCK_FILE);
        let mark = match mark::read(&self.lock).map_err(cannot("read", &lock_path))? {
            Mark::None => 0,
            Mark::Highest(version) => version,
            Mark::Unreadable => {
                tracing::warn!(
                    file = %lock_path.display(),
                    in_directory,
                    "no version can be read from the lock file; going on from the highest in the directory"
                );
                0
            }
        };
        let highest = in_directory.max(mark);
        highest.checked_add(1).ok_or(PublishError::VersionsExhausted { highest })
    }

    /// Starts the file of the next version, hidden.
    ///
    /// # Errors
    /// As [`Publisher::next_version`], and [`PublishError::Io`] where the file cannot be made.
    pub fn create(&self) -> Result<Temporary<'_>, PublishError> {
        Temporary::create(self, self.next_version()?)
    }

    pub(super) fn cleanup(&self) -> &Cleanup {
        &self.cleanup
    }

    /// Makes it durable that a version has been given.
    pub(super) fn raise_mark(&self, version: u64) -> Result<(), PublishError> {
        mark::write(&self.lock, version).map_err(cannot("write", &self.directory.join(LOCK_FILE)))
    }

    fn remove_leftovers(&self) -> Result<(), PublishError> {
        let entries = fs::read_dir(&self.directory).map_err(cannot("list", &self.directory))?;
        for entry in entries {
            let entry = entry.map_err(cannot("list", &self.directory))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let hidden = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp"));
            let is_version = hidden.is_some_and(|name| parse_file_name(name.as_ref()).is_some());
            if is_version || record::is_leftover(&self.directory, name) {
                let path = entry.path();
                tracing::info!(file = %path.display(), "removing what a dead build left");
                fs::remove_file(&path).map_err(cannot("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// The hidden name under which a version is written.
pub(super) fn temporary_name(version: u64) -> String {
    format!(".{}.tmp", file_name(version))
}

fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = match directory.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) => Path::new("."),
        None => return Err(io::ErrorKind::NotFound.into()),
    };
    // Each of them whatever the umask is: one without a way in hides all below it.
    make_directory(parent)?;
    match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
        // Another build has made it just now.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => return Ok(()),
        result => result?,
    }
    grant(&File::open(directory)?, DIRECTORY_MODE)?;
    sync_directory(parent)
}

fn take_lock(directory: &Path) -> Result<File, PublishError> {
    let path = directory.join(LOCK_FILE);
    for _ in 0..LOCK_ATTEMPTS {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(cannot("open", &path))?;
        grant(&file, FILE_MODE).map_err(cannot("give its permissions to", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(cannot("lock", &path)(error)),
        }
        // A lock on a file that is no longer the one of that name locks nobody out.
        if is_file_at(&file, &path) {
            sync_directory(directory).map_err(cannot("sync", directory))?;
            return Ok(file);
        }
    }
    Err(PublishError::Busy { path })
}

fn is_file_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
