//! The pin: which version a server is to serve instead of the highest.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use kindred::index::directory::PIN_FILE;

use super::error::cannot;
use super::{FILE_MODE, PublishError, sync_directory};

/// Pins a version: from one moment to the next, also for a server that is just reading the pin. Needs no lock, so
/// that a bad version can be taken back while the next one is being built. Whether the version is there and good is
/// for the caller to find out.
///
/// # Errors
/// [`PublishError::VersionZero`], and [`PublishError::Io`] where the directory cannot be written to.
pub fn write_pin(directory: &Path, version: u64) -> Result<(), PublishError> {
    if version == 0 {
        return Err(PublishError::VersionZero);
    }
    // Named after the process, so that two that pin at once do not write into one file.
    let temporary = directory.join(format!(".{PIN_FILE}.{}.tmp", std::process::id()));
    let pin = directory.join(PIN_FILE);
    let result = write_new(&temporary, version).and_then(|()| fs::rename(&temporary, &pin));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result.and_then(|()| sync_directory(directory)).map_err(cannot("write", &pin))
}

fn write_new(path: &Path, version: u64) -> io::Result<()> {
    // What a dead process of the same number left.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(format!("{version}\n").as_bytes())?;
    file.sync_all()
}

/// Removes the pin. Gives whether there was one.
///
/// # Errors
/// [`PublishError::Io`] where it cannot be removed.
pub fn remove_pin(directory: &Path) -> Result<bool, PublishError> {
    let pin = directory.join(PIN_FILE);
    match fs::remove_file(&pin) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(cannot("remove", &pin)(error)),
    }
    sync_directory(directory).map_err(cannot("sync", directory))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kindred::index::directory::read_pin;

    #[test]
    fn a_pin_is_read_as_written_until_it_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        for version in [3, u64::MAX, 1] {
            write_pin(directory.path(), version).unwrap();
            assert_eq!(read_pin(directory.path()).unwrap(), Some(version));
        }
        assert_eq!(fs::read(directory.path().join(PIN_FILE)).unwrap(), b"1\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(remove_pin(directory.path()).unwrap());
        assert!(!remove_pin(directory.path()).unwrap());
        assert_eq!(read_pin(directory.path()).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_pinned_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(write_pin(directory.path(), 0), Err(PublishError::VersionZero)));
        let missing = directory.path().join("missing");
        let message = write_pin(&missing, 1).unwrap_err().to_string();
        assert!(message.contains("PINNED"), "{message}");
    }
}
