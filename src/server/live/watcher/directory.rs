//! Looks at the index directory: what is in it, and whether looking closer can bring anything new.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use super::decide::Look;
use crate::directory::SuppressedIds;
use crate::directory::served::{self, Pin};
use crate::directory::suppressed::SUPPRESSED_FILE;
use crate::directory::versions::{self, VersionSeen};
use crate::file::FileIdentity;

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
            pin: identity(versions::PIN_FILE),
            suppressed: identity(SUPPRESSED_FILE),
        })
    }
}

/// What is in a directory.
#[derive(Debug)]
pub struct Contents {
    /// What decisions are made on.
    pub look: Look,
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
    let (pin, problem) = Pin::of(path);
    let pin_problem = problem.map(|problem| problem.to_string());
    let metadata = fs::metadata(path)?;
    let mut files = Vec::new();
    for file in versions::list(path)? {
        // What is gone since it was listed has changed the directory, so that the next poll looks again.
        if let Ok(identity) = identity_at(&file.path) {
            files.push(VersionSeen { version: file.version, path: file.path, identity });
        }
    }
    let place = (metadata.dev(), metadata.ino());
    Ok(Contents { look: Look { place, pin, files }, pin_problem, suppressed })
}

/// What is found under a version's name.
fn identity_at(path: &Path) -> io::Result<FileIdentity> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(FileIdentity::of(&metadata)),
        // A directory does not become an index by what is put into it.
        Ok(metadata) => Ok(FileIdentity { size: 0, mtime_ns: 0, ..FileIdentity::of(&metadata) }),
        // A link that leads nowhere stands for itself, until what it leads to is there.
        Err(_) => Ok(FileIdentity::of(&fs::symlink_metadata(path)?)),
    }
}

/// What a look has found, for as long as another one would find the same.
#[derive(Debug)]
pub struct Known {
    stamp: Stamp,
    /// The file that is asked for. It can change without the directory showing it: by growing, or because the link
    /// of that name leads elsewhere.
    wanted: Option<VersionSeen>,
}

impl Known {
    /// What a look has found, if the same stamp later means that nothing has changed. `stamp` is older than the look.
    pub fn after(look: &Look, stamp: Stamp, now: SystemTime) -> Option<Known> {
        let wanted = served::wanted(&look.files, look.pin).cloned();
        let times =
            [Some(stamp.directory), stamp.pin, stamp.suppressed, wanted.as_ref().map(|file| file.identity)];
        let now_ns = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let settled_ns = i128::try_from(now_ns.saturating_sub(STAMP_DOUBT.as_nanos())).unwrap_or(i128::MAX);
        let is_settled = times.into_iter().flatten().all(|identity| identity.mtime_ns < settled_ns);
        is_settled.then_some(Known { stamp, wanted })
    }

    /// Whether nothing has changed since, as far as can be told without listing the directory.
    pub fn holds(&self, stamp: &Stamp) -> bool {
        let same_file = |file: &VersionSeen| identity_at(&file.path).is_ok_and(|now| now == file.identity);
        self.stamp == *stamp && self.wanted.as_ref().is_none_or(same_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn whatever_has_the_right_name_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("index-00000002.knd"), "two").unwrap();
        fs::write(dir.path().join("index-00000001.knd"), "").unwrap();
        fs::write(dir.path().join("index-3.knd"), "").unwrap();
        fs::create_dir(dir.path().join("index-00000004.knd")).unwrap();
        symlink("nowhere", dir.path().join("index-00000005.knd")).unwrap();
        let look = read(dir.path()).unwrap().look;
        assert_eq!(look.files.iter().map(|file| file.version).collect::<Vec<_>>(), [1, 2, 4, 5]);
        assert_eq!(look.pin, Pin::None);
    }

    #[test]
    fn what_is_put_into_a_directory_of_a_versions_name_makes_it_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index-00000001.knd");
        fs::create_dir(&path).unwrap();
        let before = read(dir.path()).unwrap().look;
        fs::write(path.join("file"), "").unwrap();
        fs::File::open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(read(dir.path()).unwrap().look, before);
    }

    #[test]
    fn a_pin_is_read_and_nonsense_in_it_is_told() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(versions::PIN_FILE), "7\n").unwrap();
        assert_eq!(read(dir.path()).unwrap().look.pin, Pin::Version(7));
        fs::write(dir.path().join(versions::PIN_FILE), "seven").unwrap();
        let contents = read(dir.path()).unwrap();
        assert_eq!(contents.look.pin, Pin::Unreadable);
        assert!(contents.pin_problem.unwrap().contains("seven"));
    }

    #[test]
    fn a_stamp_shows_new_files_and_a_pin_that_is_rewritten_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let pin = dir.path().join(versions::PIN_FILE);
        fs::write(&pin, "7\n").unwrap();
        let before = Stamp::of(dir.path()).unwrap();
        assert_eq!(Stamp::of(dir.path()).unwrap(), before);
        fs::write(&pin, "10\n").unwrap();
        assert_ne!(Stamp::of(dir.path()).unwrap(), before);
        assert_eq!(Stamp::of(&dir.path().join("missing")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(Stamp::of(&pin).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    fn changed(path: &Path) -> SystemTime {
        fs::symlink_metadata(path).unwrap().modified().unwrap()
    }

    /// What is known of a directory, long after it has changed.
    fn known(path: &Path) -> Known {
        let look = read(path).unwrap().look;
        Known::after(&look, Stamp::of(path).unwrap(), SystemTime::now() + Duration::from_secs(60)).unwrap()
    }

    #[test]
    fn a_fresh_look_is_not_relied_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("index-00000001.knd");
        fs::write(&file, "").unwrap();
        let look = read(dir.path()).unwrap().look;
        let stamp = Stamp::of(dir.path()).unwrap();
        let last = changed(dir.path()).max(changed(&file));
        for (seconds, relied_on) in [(0, false), (1, false), (3, true)] {
            let now = last + Duration::from_secs(seconds);
            assert_eq!(Known::after(&look, stamp, now).is_some(), relied_on, "after {seconds} s");
        }
        // A clock that was set back: what comes from its future can change without its time showing it.
        for hours in [1, 24] {
            let now = last - Duration::from_secs(hours * 3600);
            assert!(Known::after(&look, stamp, now).is_none(), "{hours} hours back");
        }
    }

    #[test]
    fn a_wanted_file_that_becomes_another_shows_although_the_directory_stays_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("inside"), dir.path().join("outside"));
        fs::create_dir(&inside).unwrap();
        let version = |number: u64| inside.join(versions::file_name(number));
        fs::write(version(1), "one").unwrap();
        symlink(&outside, version(2)).unwrap();
        let stamp = Stamp::of(&inside).unwrap();
        let mut before = known(&inside);
        assert!(before.holds(&stamp));
        let mut changes = |what: &str, change: &dyn Fn()| {
            change();
            assert_eq!(Stamp::of(&inside).unwrap(), stamp, "{what}: the directory does not show it");
            assert!(!before.holds(&stamp), "{what}");
            before = known(&inside);
            assert!(before.holds(&stamp), "{what}");
        };
        changes("what a link leads to comes", &|| fs::write(&outside, "t").unwrap());
        changes("it grows", &|| fs::write(&outside, "two").unwrap());
        changes("it is replaced", &|| {
            fs::write(dir.path().join("new"), "two").unwrap();
            fs::rename(dir.path().join("new"), &outside).unwrap();
        });
        changes("it goes", &|| fs::remove_file(&outside).unwrap());
        // An older file is not waited for.
        fs::write(version(1), "another").unwrap();
        assert!(before.holds(&stamp));
    }
}
