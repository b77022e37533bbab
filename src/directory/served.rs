//! Which version of a directory is served: one rule for the server and for the commands that say what it does.
//!
//! The pinned version is asked for, else the highest. A server that serves nothing takes the first good one of
//! [`in_order`]: what is asked for, and where that is missing or not good, the others from the newest to the oldest.

use std::path::Path;

use super::versions::{PinError, VersionFile, VersionSeen, read_pin};

/// What the file `PINNED` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// Nothing: the highest version counts.
    None,
    /// This version.
    Version(u64),
    /// It is there, but says nothing that makes sense.
    Unreadable,
}

impl Pin {
    /// The pin of a directory, and why it cannot be read where it cannot.
    pub fn of(directory: &Path) -> (Pin, Option<PinError>) {
        match read_pin(directory) {
            Ok(pinned) => (Pin::from(pinned), None),
            Err(error) => (Pin::Unreadable, Some(error)),
        }
    }

    /// The pinned version.
    pub fn version(self) -> Option<u64> {
        match self {
            Pin::Version(version) => Some(version),
            Pin::None | Pin::Unreadable => None,
        }
    }
}

impl From<Option<u64>> for Pin {
    fn from(pinned: Option<u64>) -> Pin {
        pinned.map_or(Pin::None, Pin::Version)
    }
}

/// A file of a version, whatever else is known about it.
pub trait Versioned {
    /// The number in its name.
    fn version(&self) -> u64;
}

impl Versioned for VersionFile {
    fn version(&self) -> u64 {
        self.version
    }
}

impl Versioned for VersionSeen {
    fn version(&self) -> u64 {
        self.version
    }
}

/// The file that a directory asks for: the pinned one, else the highest. None where the pinned one is missing, and where
/// the pin cannot be read. The files are in ascending order.
pub fn wanted<V: Versioned>(files: &[V], pin: Pin) -> Option<&V> {
    match pin {
        Pin::None => files.last(),
        Pin::Version(version) => files.iter().find(|file| file.version() == version),
        Pin::Unreadable => None,
    }
}

/// What may stand in for the file that is asked for, the best first. The files are in ascending order.
pub fn from_the_newest<V: Versioned>(files: &[V]) -> impl Iterator<Item = &V> {
    files.iter().rev()
}

/// All files, each once, in the order in which a server that serves nothing tries them. The files are in ascending order.
pub fn in_order<V: Versioned>(files: &[V], pin: Pin) -> impl Iterator<Item = &V> {
    let wanted = wanted(files, pin);
    let is_another = move |file: &&V| wanted.is_none_or(|wanted| wanted.version() != file.version());
    wanted.into_iter().chain(from_the_newest(files).filter(is_another))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::directory::versions::PIN_FILE;

    fn files(versions: &[u64]) -> Vec<VersionFile> {
        versions.iter().map(|&version| VersionFile { version, path: PathBuf::new() }).collect()
    }

    #[test]
    fn the_pinned_version_comes_first_and_then_the_newest() {
        let files = files(&[1, 2, 5]);
        for (pin, first, order) in [
            (Pin::None, Some(5), [5, 2, 1]),
            (Pin::Version(5), Some(5), [5, 2, 1]),
            (Pin::Version(1), Some(1), [1, 5, 2]),
            (Pin::Version(2), Some(2), [2, 5, 1]),
            (Pin::Version(3), None, [5, 2, 1]),
            (Pin::Unreadable, None, [5, 2, 1]),
        ] {
            assert_eq!(wanted(&files, pin).map(Versioned::version), first, "{pin:?}");
            let tried: Vec<u64> = in_order(&files, pin).map(Versioned::version).collect();
            assert_eq!(tried, order, "{pin:?}");
        }
        assert_eq!(in_order(&self::files(&[]), Pin::Version(1)).count(), 0);
    }

    #[test]
    fn a_pin_that_cannot_be_read_is_none_that_is_missing() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Pin::of(directory.path()), (Pin::None, None)));
        std::fs::write(directory.path().join(PIN_FILE), "7\n").unwrap();
        assert!(matches!(Pin::of(directory.path()), (Pin::Version(7), None)));
        std::fs::write(directory.path().join(PIN_FILE), "seven").unwrap();
        assert!(matches!(Pin::of(directory.path()), (Pin::Unreadable, Some(_))));
    }
}
