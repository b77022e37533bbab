//! Small files that others read at any moment, such as those beside the versions: replaced as a whole, or removed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::error::cannot;
use super::{FILE_MODE, PublishError, sync_directory};

/// Gives a file in the directory another content, from one moment to the next and durably.
pub(super) fn replace(directory: &Path, name: &str, content: &[u8]) -> Result<(), PublishError> {
    // Named after the process, so that two at once do not write into one file.
    let temporary = directory.join(format!(".{name}.{}.tmp", std::process::id()));
    let path = directory.join(name);
    let result = write_new(&temporary, content, FILE_MODE).and_then(|()| fs::rename(&temporary, &path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result.and_then(|()| sync_directory(directory)).map_err(cannot("write", &path))
}

/// Gives a file anywhere another content, from one moment to the next and durably, with these permissions whatever the
/// umask is.
///
/// # Errors
/// [`PublishError::Io`] with its path; what was there is there then.
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> Result<(), PublishError> {
    let Some(name) = path.file_name() else {
        return Err(cannot("write", path)(io::ErrorKind::IsADirectory.into()));
    };
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let temporary = directory.join(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let result = write_new(&temporary, content, mode)
        .and_then(|()| fs::set_permissions(&temporary, fs::Permissions::from_mode(mode)))
        .and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result.and_then(|()| sync_directory(directory)).map_err(cannot("write", path))
}

/// Writes a file that is not there yet, durably.
pub(super) fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    // What a dead process of the same number left.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Removes a file from the directory, durably. Gives whether there was one.
pub(super) fn remove(directory: &Path, name: &str) -> Result<bool, PublishError> {
    let path = directory.join(name);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(cannot("remove", &path)(error)),
    }
    sync_directory(directory).map_err(cannot("sync", directory))?;
    Ok(true)
}
