//! The index directory: which versions there are, and which one is pinned.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::plain_text::{NotUtf8, without_mark};
use crate::file::format::HEADER_LENGTH;
use crate::file::identity::open_regular;
use crate::file::{FileIdentity, Header, OpenError};

/// The file whose lock a builder holds, and where the highest version ever given is kept.
pub const LOCK_FILE: &str = "builder.lock";
/// The file that names the version to serve instead of the highest.
pub const PIN_FILE: &str = "PINNED";

const PREFIX: &str = "index-";
const SUFFIX: &str = ".knd";
const RECORD_SUFFIX: &str = ".build.json";
const DIGITS: usize = 8;
// A decimal u64, a newline, and a little patience.
const LONGEST_PIN: u64 = 64;

/// A version in the directory, by its name alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionFile {
    /// The number in the name.
    pub version: u64,
    /// Where it is.
    pub path: PathBuf,
}

/// The same as a look at the directory found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSeen {
    /// The number in its name.
    pub version: u64,
    /// Where it is.
    pub path: PathBuf,
    /// What it was then.
    pub identity: FileIdentity,
}

/// The name of a version's file: `index-00000042.knd`.
pub fn file_name(version: u64) -> String {
    format!("{PREFIX}{version:0DIGITS$}{SUFFIX}")
}

/// The name of the record of the build of a version, beside its file: `index-00000042.build.json`. It says what may
/// differ from run to run and so is not in the file. Nothing that is served depends on it, and it may be missing.
pub fn record_name(version: u64) -> String {
    format!("{PREFIX}{version:0DIGITS$}{RECORD_SUFFIX}")
}

/// The version that a name stands for; `None` for every name that [`file_name`] does not give.
pub fn parse_file_name(name: &OsStr) -> Option<u64> {
    parse(name, SUFFIX)
}

/// The version whose record has that name; `None` for every name that [`record_name`] does not give.
pub fn parse_record_name(name: &OsStr) -> Option<u64> {
    parse(name, RECORD_SUFFIX)
}

fn parse(name: &OsStr, suffix: &str) -> Option<u64> {
    let digits = name.to_str()?.strip_prefix(PREFIX)?.strip_suffix(suffix)?;
    if digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let version: u64 = digits.parse().ok()?;
    // Neither more zeros in front nor fewer.
    (version > 0 && format!("{version:0DIGITS$}") == digits).then_some(version)
}

/// The versions in a directory, ascending. Whether they are good is for opening to say.
///
/// # Errors
/// What reading the directory gives.
///
/// ```
/// use kindred::directory::versions::{file_name, list};
///
/// let directory = tempfile::tempdir()?;
/// for version in [10, 9] {
///     std::fs::write(directory.path().join(file_name(version)), "")?;
/// }
/// let versions: Vec<u64> = list(directory.path())?.iter().map(|file| file.version).collect();
/// assert_eq!(versions, [9, 10]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn list(directory: &Path) -> io::Result<Vec<VersionFile>> {
    let mut versions = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if let Some(version) = parse_file_name(&entry.file_name()) {
            versions.push(VersionFile { version, path: entry.path() });
        }
    }
    versions.sort_unstable();
    Ok(versions)
}

/// Why the header of a version's file says nothing.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not begin as an index does, or is not as long as it says.
    #[error(transparent)]
    Bad(#[from] OpenError),
}

/// What the header of a version's file says, and what the file is. Reads no more than that: whether the rest is good is
/// for opening to say.
///
/// # Errors
/// See [`HeaderError`].
pub fn read_header(path: &Path) -> Result<(Header, FileIdentity), HeaderError> {
    let (file, metadata) = open_regular(path)?;
    let mut bytes = Vec::with_capacity(HEADER_LENGTH);
    file.take(HEADER_LENGTH as u64).read_to_end(&mut bytes)?;
    let (header, there) = (Header::parse(&bytes)?, metadata.len());
    match there.cmp(&header.file_length) {
        Ordering::Less => Err(OpenError::Incomplete { needed: header.file_length, there }.into()),
        Ordering::Greater => Err(OpenError::TooLong { declared: header.file_length, there }.into()),
        Ordering::Equal => Ok((header, FileIdentity::of(&metadata))),
    }
}

/// Why the pin cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The file is there but cannot be read.
    #[error("{PIN_FILE}: {0}")]
    Io(#[from] io::Error),
    /// It is no file that could hold a version.
    #[error("{PIN_FILE} is not a regular file")]
    NotAFile,
    /// The file holds something else than a version.
    #[error("{PIN_FILE}: {0:?} is not a version; a decimal number from 1 on is needed")]
    NotAVersion(String),
    /// The file is in another encoding.
    #[error("{PIN_FILE}: {0}")]
    NotUtf8(#[from] NotUtf8),
}

/// The pinned version; `None` where nothing is pinned.
///
/// # Errors
/// See [`PinError`].
pub fn read_pin(directory: &Path) -> Result<Option<u64>, PinError> {
    let file = match open_regular(&directory.join(PIN_FILE)) {
        Ok((file, _)) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(PinError::NotAFile),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST_PIN).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(without_mark(&bytes)?).trim().to_owned();
    match text.parse::<u64>() {
        Ok(version) if version > 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(version)),
        _ => Err(PinError::NotAVersion(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_stand_for_each_other() {
        for version in [1, 42, 99_999_999, 100_000_000, u64::MAX] {
            assert_eq!(parse_file_name(OsStr::new(&file_name(version))), Some(version));
            assert_eq!(parse_record_name(OsStr::new(&record_name(version))), Some(version));
        }
        assert_eq!(file_name(42), "index-00000042.knd");
        assert_eq!(record_name(42), "index-00000042.build.json");
    }

    #[test]
    fn names_that_look_almost_right_are_no_versions() {
        let wrong = [
            "index-42.knd",
            "index-000000042.knd",
            "index-00000000.knd",
            ".index-00000042.knd.tmp",
            "index-00000042.knd.tmp",
            "Index-00000042.knd",
            "index-0000004a.knd",
            "index-+0000042.knd",
            "index-00000042.KND",
            "index-99999999999999999999999.knd",
            "index-.knd",
            "index-00000042.build.json",
            ".index-00000042.build.json.tmp",
        ];
        for name in wrong {
            assert_eq!(parse_file_name(OsStr::new(name)), None, "{name}");
        }
        for name in
            ["index-42.build.json", "index-00000000.build.json", "index-00000042.knd", "index-00000042.json"]
        {
            assert_eq!(parse_record_name(OsStr::new(name)), None, "{name}");
        }
    }

    #[test]
    fn a_directory_lists_its_versions_in_ascending_order() {
        let directory = tempfile::tempdir().unwrap();
        for name in
            ["index-00000010.knd", "index-00000009.knd", "index-9.knd", "index-00000011.build.json", "PINNED"]
        {
            fs::write(directory.path().join(name), "").unwrap();
        }
        let versions: Vec<u64> = list(directory.path()).unwrap().iter().map(|file| file.version).collect();
        assert_eq!(versions, [9, 10]);
        assert!(list(&directory.path().join("missing")).is_err());
    }

    #[test]
    fn a_pin_is_a_decimal_number_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read_pin(directory.path()).unwrap(), None);
        let pin = directory.path().join(PIN_FILE);
        for (content, version) in [("7\n", Some(7)), ("42", Some(42)), ("00000042\n", Some(42))] {
            fs::write(&pin, content).unwrap();
            assert_eq!(read_pin(directory.path()).unwrap(), version);
        }
        fs::write(&pin, "\u{feff}7\r\n").unwrap();
        assert_eq!(read_pin(directory.path()).unwrap(), Some(7));
        for content in [&b"\xff\xfe7\0\n\0"[..], b"\xfe\xff\x007", b"7\0"] {
            fs::write(&pin, content).unwrap();
            assert!(matches!(read_pin(directory.path()), Err(PinError::NotUtf8(_))), "{content:?}");
        }
        for content in ["", "0\n", "-1", "+1", "7 8", "seven"] {
            fs::write(&pin, content).unwrap();
            assert!(read_pin(directory.path()).is_err(), "{content:?}");
        }
    }

    #[test]
    fn a_pin_that_is_no_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let pin = directory.path().join(PIN_FILE);
        fs::create_dir(&pin).unwrap();
        assert!(matches!(read_pin(directory.path()), Err(PinError::NotAFile)));
        fs::remove_dir(&pin).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pin).status().unwrap().success());
        assert!(matches!(read_pin(directory.path()), Err(PinError::NotAFile)));
    }
}
