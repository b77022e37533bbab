//! Small files that others read at any moment, such as those beside the versions: replaced as a whole, or removed.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The permissions of every file that is made in an index directory, whatever the umask is: a server in the builder's
/// group reads them.
pub const FILE_MODE: u32 = 0o640;

/// Gives a file or directory at least these permissions, whatever the umask took from it when it was made.
///
/// # Errors
/// It cannot have them. A file system that knows no permissions is no error: it decides who may read.
pub fn grant(file: &File, mode: u32) -> io::Result<()> {
    let before = file.metadata()?.permissions().mode();
    if before & mode == mode {
        return Ok(());
    }
    match file.set_permissions(fs::Permissions::from_mode(before | mode)) {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) =>
        {
            tracing::warn!(
                "permissions {mode:o} are not to be had, and others may be unable to read: {error}"
            );
            Ok(())
        }
        result => result,
    }
}

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
    replace_named(directory, OsStr::new(name), |temporary| write_new(temporary, content, FILE_MODE))
}

/// Gives a file anywhere another content, from one moment to the next and durably, with these permissions whatever the
/// umask is.
///
/// # Errors
/// The path names no file, or its directory cannot be written to; what was there is there then.
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> Result<(), SmallFileError> {
    let Some(name) = path.file_name() else {
        return Err(cannot("write", path)(io::ErrorKind::IsADirectory.into()));
    };
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    replace_named(directory, name, |temporary| write_new(temporary, content, mode))
}

fn replace_named(
    directory: &Path,
    name: &OsStr,
    write: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), SmallFileError> {
    // Named after the process, so that two at once do not write into one file.
    let temporary = directory.join(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let path = directory.join(name);
    let result = write(&temporary).and_then(|()| fs::rename(&temporary, &path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result.and_then(|()| sync_directory(directory)).map_err(cannot("write", &path))
}

/// Writes a file, durably, with these permissions whatever the umask is. One of that name is removed first.
///
/// # Errors
/// What the file system gives.
pub fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    // What a dead process of the same number left.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    grant(&file, mode)?;
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
