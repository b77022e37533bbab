//! The small files beside the versions, which servers read at any moment: replaced as a whole, or removed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::cannot;
use super::{FILE_MODE, PublishError, sync_directory};

/// Gives a file in the directory another content, from one moment to the next and durably.
pub(super) fn replace(directory: &Path, name: &str, content: &[u8]) -> Result<(), PublishError> {
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
