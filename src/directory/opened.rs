//! Opening an index file by its path, with the path in what is said where that fails.

use std::io;
use std::path::{Path, PathBuf};

use crate::file::{Index, MappedFile, OpenError};

/// Why a file is no index that can be served. What is wrong is in the source, which an error report puts behind the path.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The file is missing, or cannot be read.
    #[error("{}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not an index that can be served.
    #[error("{}", .path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// Why.
        source: OpenError,
    },
}

/// Maps a file and checks all of it. Takes as long as reading the file takes.
///
/// # Errors
/// See [`NotOpened`].
pub fn open(path: &Path) -> Result<Index<MappedFile>, NotOpened> {
    let file =
        MappedFile::open(path).map_err(|source| NotOpened::Unreadable { path: path.to_owned(), source })?;
    Index::open(file).map_err(|source| NotOpened::Bad { path: path.to_owned(), source })
}
