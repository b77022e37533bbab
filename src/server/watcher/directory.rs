//! Looks at the index directory: what is in it, and whether looking closer can bring anything new.

use std::path::Path;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use super::decide::{Look, Pin, VersionSeen};
use crate::index::suppressed::SUPPRESSED_FILE;
use crate::index::{FileIdentity, SuppressedIds, directory};

/// Time stamps of file systems are coarse: a directory that changed so shortly ago may change again without its stamp
/// showing it.
const STAMP_DOUBT: Duration = Duration::from_secs(2);

/// What changes when files come to a directory or go, or when the pin or the list of suppressed ids is rewritten in
/// place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The directory, through symbolic links.
    pub directory: FileIdentity,
    pin: Option<FileIdentity>,
    suppressed: Option<FileIdentity>,
}

impl Stamp {
    /// The stamp of a directory as it is now.
    ///
    /// # Errors
    /// What the file system gives; `NotADirectory` for another kind of file.
    pub fn of(path: &Path) -> io::Result<Stamp> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let identity = |name| fs::metadata(path.join(name)).ok().map(|metadata| FileIdentity::of(&metadata));
        Ok(Stamp {
            directory: FileIdentity::of(&metadata),
            pin: identity(directory::PIN_FILE),
            suppressed: identity(SUPPRESSED_FILE),
        })
    }

    /// Whether the same stamp later means that nothing has changed.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let now_ns = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let settled_ns = i128::try_from(now_ns.saturating_sub(STAMP_DOUBT.as_nanos())).unwrap_or(i128::MAX);
        let identities = [Some(self.directory), self.pin, self.suppressed];
        identities.into_iter().flatten().all(|identity| identity.mtime_ns < settled_ns)
    }
}

/// What is in a directory.
#[derive(Debug)]
pub struct Contents {
    /// What decisions are made on.
    pub look: Look,
    /// A name that leads nowhere yet: a symbolic link can come before what it points to.
    pub dangling: bool,
    /// Why the pin makes no sense, if it does not.
    pub pin_problem: Option<String>,
    /// The ids that are in no answer, or why they cannot be read.
    pub suppressed: io::Result<SuppressedIds>,
}

/// Lists a directory.
///
/// # Errors
/// What the file system gives.
pub fn read(path: &Path) -> io::Result<Contents> {
    // Before the files: no version may be found with a list that is older than it.
    let suppressed = SuppressedIds::read(path);
    let mut pin_problem = None;
    let pin = match directory::read_pin(path) {
        Ok(None) => Pin::None,
        Ok(Some(version)) => Pin::Version(version),
        Err(error) => {
            pin_problem = Some(error.to_string());
            Pin::Unreadable
        }
    };
    let mut dangling = false;
    let mut files = Vec::new();
    for file in directory::list(path)? {
        match fs::metadata(&file.path) {
            Ok(metadata) if metadata.is_file() => files.push(VersionSeen {
                version: file.version,
                path: file.path,
                identity: FileIdentity::of(&metadata),
            }),
            Ok(_) => {}
            Err(_) => dangling = true,
        }
    }
    Ok(Contents { look: Look { pin, files }, dangling, pin_problem, suppressed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_files_of_the_right_name_are_seen_and_links_that_lead_nowhere_are_remembered() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("index-00000002.knd"), "two").unwrap();
        fs::write(dir.path().join("index-00000001.knd"), "").unwrap();
        fs::write(dir.path().join("index-3.knd"), "").unwrap();
        fs::create_dir(dir.path().join("index-00000004.knd")).unwrap();
        let contents = read(dir.path()).unwrap();
        assert_eq!(contents.look.files.iter().map(|file| file.version).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((contents.look.pin, contents.dangling), (Pin::None, false));
        std::os::unix::fs::symlink("nowhere", dir.path().join("index-00000005.knd")).unwrap();
        assert!(read(dir.path()).unwrap().dangling);
    }

    #[test]
    fn a_pin_is_read_and_nonsense_in_it_is_told() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(directory::PIN_FILE), "7\n").unwrap();
        assert_eq!(read(dir.path()).unwrap().look.pin, Pin::Version(7));
        fs::write(dir.path().join(directory::PIN_FILE), "seven").unwrap();
        let contents = read(dir.path()).unwrap();
        assert_eq!(contents.look.pin, Pin::Unreadable);
        assert!(contents.pin_problem.unwrap().contains("seven"));
    }

    #[test]
    fn a_stamp_shows_new_files_and_a_pin_that_is_rewritten_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let pin = dir.path().join(directory::PIN_FILE);
        fs::write(&pin, "7\n").unwrap();
        let before = Stamp::of(dir.path()).unwrap();
        assert_eq!(Stamp::of(dir.path()).unwrap(), before);
        fs::write(&pin, "10\n").unwrap();
        assert_ne!(Stamp::of(dir.path()).unwrap(), before);
        assert_eq!(Stamp::of(&dir.path().join("missing")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(Stamp::of(&pin).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn a_fresh_stamp_is_not_relied_on() {
        let dir = tempfile::tempdir().unwrap();
        let stamp = Stamp::of(dir.path()).unwrap();
        let changed = fs::metadata(dir.path()).unwrap().modified().unwrap();
        assert!(!stamp.is_settled(changed));
        assert!(!stamp.is_settled(changed + Duration::from_secs(1)));
        assert!(stamp.is_settled(changed + Duration::from_secs(3)));
    }
}
