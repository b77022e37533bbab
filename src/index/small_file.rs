//! The small files beside the versions, which servers read at any moment: replaced as a whole, or removed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The permissions of every file that is made in an index directory, before the umask takes its share.
pub const FILE_MODE: u32 = 0o640;

/// The operating system refused. Why is in the source, which an error report puts behind the message.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", .path.display())]
pub struct SmallFileError {
    /// What was tried, as the message says it.
    pub action: &'static str,
    /// With which file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Says what was tried, with which file.
fn cannot(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SmallFileError {
    move |source| SmallFileError { action, path: path.to_owned(), source }
}

/// Gives a file in the directory another content, from one moment to the next and durably.
///
/// # Errors
/// The directory cannot be written to; the file is then what it was.
pub fn replace(directory: &Path, name: &str, content: &[u8]) -> Result<(), SmallFileError> {
    // Named after the process, so that two at once do not write into one file.
    let temporary = directory.join(format!(".{name}.{}.tmp", std::process::id()));
    let path = directory.join(name);
    let result = write_new(&temporary, content).and_then(|()| fs::rename(&temporary, &path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result.and_then(|()| sync_directory(directory)).map_err(cannot("write", &path))
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    // What a dead process of the same number left.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Removes a file from the directory, durably. Gives whether there was one.
///
/// # Errors
/// It is there and cannot be removed.
pub fn remove(directory: &Path, name: &str) -> Result<bool, SmallFileError> {
    let path = directory.join(name);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(cannot("remove", &path)(error)),
    }
    sync_directory(directory).map_err(cannot("sync", directory))?;
    Ok(true)
}

/// Makes what happened to names in a directory durable.
///
/// # Errors
/// What the file system gives.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some file systems know no such thing; then there is nothing more to be done.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}
