//! The pin: which version a server is to serve instead of the highest. Reading it is
//! [`read_pin`](super::versions::read_pin)'s business.

use std::io;
use std::path::Path;

use super::opened::{NotOpened, open};
use super::small_file::{SmallFileError, remove, replace};
use super::versions::{PIN_FILE, file_name};

/// Why a version is not pinned. What is wrong is in the source, which an error report puts behind the message.
#[derive(Debug, thiserror::Error)]
pub enum PinFailure {
    /// The version's file is missing, cannot be read, or is not an index that can be served.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// The pin cannot be written.
    #[error(transparent)]
    NotWritten(#[from] SmallFileError),
}

/// Verifies a version as a server does that opens it, and pins it. Takes as long as reading the file takes.
///
/// # Errors
/// See [`PinFailure`]; the pin is then what it was.
///
/// ```
/// use kindred::directory::pin::{pin, unpin};
/// use kindred::directory::versions::{file_name, read_pin};
///
/// let directory = tempfile::tempdir()?;
/// std::fs::copy("tests/golden/index/format-1.knd", directory.path().join(file_name(7)))?;
/// pin(directory.path(), 7)?;
/// assert_eq!(read_pin(directory.path())?, Some(7));
/// assert!(unpin(directory.path())? && pin(directory.path(), 8).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pin(directory: &Path, version: u64) -> Result<(), PinFailure> {
    open(&directory.join(file_name(version)))?;
    Ok(write(directory, version)?)
}

/// Pins a version without looking at it: from one moment to the next, also for a server that is just reading the pin.
/// Needs no lock, so that a bad version can be taken back while the next one is being built.
///
/// # Errors
/// The directory cannot be written to, or the version is 0, which is none.
pub fn write(directory: &Path, version: u64) -> Result<(), SmallFileError> {
    if version == 0 {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "0 is not a version; versions start at 1");
        return Err(SmallFileError { action: "write", path: directory.join(PIN_FILE), source });
    }
    replace(directory, PIN_FILE, format!("{version}\n").as_bytes())
}

/// Removes the pin. Gives whether there was one.
///
/// # Errors
/// It cannot be removed.
pub fn unpin(directory: &Path) -> Result<bool, SmallFileError> {
    remove(directory, PIN_FILE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use crate::directory::versions::read_pin;
    use crate::file::OpenError;

    #[test]
    fn a_pin_is_read_as_written_until_it_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        for version in [3, u64::MAX, 1] {
            write(directory.path(), version).unwrap();
            assert_eq!(read_pin(directory.path()).unwrap(), Some(version));
        }
        assert_eq!(fs::read(directory.path().join(PIN_FILE)).unwrap(), b"1\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(unpin(directory.path()).unwrap());
        assert!(!unpin(directory.path()).unwrap());
        assert_eq!(read_pin(directory.path()).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_pinned_is_refused_and_the_pin_stays() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), 7).unwrap();
        fs::write(directory.path().join(file_name(2)), "no index").unwrap();
        assert!(write(directory.path(), 0).unwrap_err().source.to_string().contains("0 is not a version"));
        assert!(matches!(
            pin(directory.path(), 2),
            Err(PinFailure::NotOpened(NotOpened::Bad { source: OpenError::NotAnIndex, .. }))
        ));
        let missing = pin(directory.path(), 3).unwrap_err();
        assert!(
            matches!(&missing, PinFailure::NotOpened(NotOpened::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound)
        );
        assert!(missing.to_string().ends_with("index-00000003.knd"), "{missing}");
        assert_eq!(read_pin(directory.path()).unwrap(), Some(7));
        let message = write(&directory.path().join("missing"), 1).unwrap_err().to_string();
        assert!(message.contains("PINNED"), "{message}");
    }
}
