//! The pin: which version a server is to serve instead of the highest.

use std::path::Path;

use kindred::index::directory::PIN_FILE;

use super::PublishError;
use super::small_file::{remove, replace};

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
    replace(directory, PIN_FILE, format!("{version}\n").as_bytes())
}

/// Removes the pin. Gives whether there was one.
///
/// # Errors
/// [`PublishError::Io`] where it cannot be removed.
pub fn remove_pin(directory: &Path) -> Result<bool, PublishError> {
    remove(directory, PIN_FILE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
