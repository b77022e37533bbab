//! What can go wrong while publishing.

use std::io;
use std::path::{Path, PathBuf};

use kindred::directory::small_file::SmallFileError;

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Another build holds the lock.
    #[error("another build is running: it holds the lock of {}", .path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// The file of this version has appeared although the directory is locked.
    #[error("{} exists already; a published file is never replaced", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no higher version.
    #[error("there is no version above {highest}, the highest so far")]
    VersionsExhausted {
        /// The highest version so far.
        highest: u64,
    },
    /// The operating system refused. Why is in the source, which an error report puts behind the message.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried, as the message says it.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PublishError {
    /// Whether the same may succeed later without anybody changing anything.
    pub fn can_retry(&self) -> bool {
        match self {
            PublishError::Busy { .. } => true,
            PublishError::Exists { .. }
            | PublishError::VersionsExhausted { .. }
            | PublishError::Io { .. } => false,
        }
    }

    /// The exit code that says so: 75 (EX_TEMPFAIL of sysexits.h) where a retry can help, else 1.
    pub fn exit_code(&self) -> u8 {
        if self.can_retry() { 75 } else { 1 }
    }
}

impl From<SmallFileError> for PublishError {
    fn from(error: SmallFileError) -> Self {
        let SmallFileError { action, path, source } = error;
        PublishError::Io { action, path, source }
    }
}

/// Says what was tried, with which file.
pub(super) fn cannot(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    move |source| PublishError::Io { action, path: path.to_owned(), source }
}
