//! Profiles that are in an index file and in no answer: members who have left since it was built.
//!
//! The list is a file of its own in the index directory, one id a line, and counts for every version there, so that a
//! profile does not come back with a pin.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;

use super::plain_text::{BYTE_ORDER_MARK, without_mark};
use crate::file::identity::open_regular;
use crate::profile::MAX_ID_BYTES;

/// The file with the suppressed ids, in the index directory.
pub const SUPPRESSED_FILE: &str = "SUPPRESSED";

/// As many doubtful lines as are told; a list of another kind has no others.
const MOST_DOUBTFUL: usize = 10;

/// Ids that are in no answer, whatever index they are looked up in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SuppressedIds(pub BTreeSet<Vec<u8>>);

impl SuppressedIds {
    /// Reads the list of a directory; empty where there is none. Lines end in a newline, or a carriage return and one;
    /// empty ones count for nothing, nor does a byte order mark. Bytes are not judged: what is no id is the id of
    /// nobody, see [`SuppressedIds::doubtful`].
    ///
    /// # Errors
    /// Something is there and cannot be read, or is in another encoding than UTF-8; a link that leads nowhere is no
    /// empty list.
    ///
    /// ```
    /// use kindred::directory::SuppressedIds;
    /// use kindred::directory::suppressed::SUPPRESSED_FILE;
    ///
    /// let directory = tempfile::tempdir()?;
    /// std::fs::write(directory.path().join(SUPPRESSED_FILE), "ada\n7\n")?;
    /// let suppressed = SuppressedIds::read(directory.path())?;
    /// assert!(suppressed.0.contains(b"ada".as_slice()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(directory: &Path) -> io::Result<SuppressedIds> {
        Ok(Self::parse(without_mark(&Self::bytes(directory)?)?))
    }

    /// The lines of a directory's list that are hardly the ids of those who are meant, and why: the first few. They
    /// count as they are written. None where the list cannot be read.
    pub fn doubtful(directory: &Path) -> Vec<DoubtfulLine> {
        let bytes = Self::bytes(directory).unwrap_or_default();
        let lines = lines(without_mark(&bytes).unwrap_or_default());
        let doubtful =
            lines.zip(1..).filter_map(|(text, line)| Some(DoubtfulLine { line, why: doubt(text)? }));
        doubtful.take(MOST_DOUBTFUL).collect()
    }

    fn bytes(directory: &Path) -> io::Result<Vec<u8>> {
        let path = directory.join(SUPPRESSED_FILE);
        let mut file = match open_regular(&path) {
            Ok((file, _)) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn parse(bytes: &[u8]) -> SuppressedIds {
        let mut ids = BTreeSet::new();
        for line in lines(bytes).filter(|line| !line.is_empty()) {
            // Of several lists, one behind the other, each may have its mark. What is meant is suppressed, and what is
            // written.
            let behind_mark = line.strip_prefix(BYTE_ORDER_MARK).filter(|id| !id.is_empty());
            ids.extend(behind_mark.map(<[u8]>::to_vec));
            ids.insert(line.to_vec());
        }
        SuppressedIds(ids)
    }

    /// The list as [`SuppressedIds::read`] reads it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.0.first().is_some_and(|id| id.starts_with(BYTE_ORDER_MARK)) {
            // At the very beginning it would be the mark of the file.
            bytes.push(b'\n');
        }
        for id in &self.0 {
            bytes.extend_from_slice(id);
            bytes.push(b'\n');
        }
        bytes
    }
}

/// A line of the list that hardly is the id of whoever is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoubtfulLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is odd about it.
    pub why: &'static str,
}

impl fmt::Display for DoubtfulLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of {SUPPRESSED_FILE} may suppress nobody: {}", self.line, self.why)
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Why a line is hardly an id as it is written.
fn doubt(line: &[u8]) -> Option<&'static str> {
    let Ok(text) = str::from_utf8(line) else { return Some("it is not UTF-8") };
    if text.len() > MAX_ID_BYTES {
        Some("it is longer than any id")
    } else if text.contains('\u{feff}') {
        Some("it has a byte order mark within it")
    } else if text.contains(char::is_control) {
        Some("it has a control character in it")
    } else if text.trim() != text {
        Some("it begins or ends with a blank, which counts")
    } else if text.starts_with('#') {
        Some("it begins with #, and there are no comments in this file")
    } else if text.len() > 1 && text.starts_with(['"', '\'']) && text.ends_with(['"', '\'']) {
        Some("it is in quotes, which count")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> SuppressedIds {
        SuppressedIds(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
    }

    #[test]
    fn a_list_is_one_id_a_line() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(SuppressedIds::read(directory.path()).unwrap(), SuppressedIds::default());
        let path = directory.path().join(SUPPRESSED_FILE);
        for (text, expected) in [
            ("", ids(&[])),
            ("\n\n", ids(&[])),
            ("b\na\n", ids(&["a", "b"])),
            ("a\r\nwith blank\n a", ids(&["a", "with blank", " a"])),
            ("a\na\n", ids(&["a"])),
            ("\u{feff}a\nb\n", ids(&["a", "b"])),
            ("\u{feff}\n", ids(&[])),
            ("a\r\n\u{feff}b\r\n", ids(&["a", "b", "\u{feff}b"])),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(SuppressedIds::read(directory.path()).unwrap(), expected, "{text:?}");
        }
        std::fs::write(&path, ids(&["é", "x/y"]).to_bytes()).unwrap();
        assert_eq!(SuppressedIds::read(directory.path()).unwrap(), ids(&["x/y", "é"]));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(SuppressedIds::read(directory.path()).is_err());
    }

    #[test]
    fn a_list_is_read_as_it_was_written_whatever_is_in_it() {
        let directory = tempfile::tempdir().unwrap();
        for list in [ids(&["\u{feff}a", "a"]), ids(&["\u{feff}a", "a", "b"]), ids(&["\u{feff}"])] {
            std::fs::write(directory.path().join(SUPPRESSED_FILE), list.to_bytes()).unwrap();
            assert_eq!(SuppressedIds::read(directory.path()).unwrap(), list);
        }
    }

    #[test]
    fn another_encoding_is_an_error_and_no_empty_list() {
        let directory = tempfile::tempdir().unwrap();
        for bytes in [&b"\xff\xfea\0\n\0"[..], b"\xfe\xff\0a\0\n", b"a\0\n\0"] {
            std::fs::write(directory.path().join(SUPPRESSED_FILE), bytes).unwrap();
            let error = SuppressedIds::read(directory.path()).unwrap_err();
            assert!(error.to_string().contains("UTF-16"), "{error}");
        }
    }

    #[test]
    fn a_line_that_is_hardly_an_id_is_told_with_its_number() {
        let directory = tempfile::tempdir().unwrap();
        let long = "x".repeat(MAX_ID_BYTES + 1);
        let text = format!("\u{feff}a\n\nb \n# gone\n\"c\"\n{long}\nd\te\n\u{feff}f\nü\n");
        let bytes = [text.as_bytes(), b"\xff\n"].concat();
        std::fs::write(directory.path().join(SUPPRESSED_FILE), bytes).unwrap();
        let told = SuppressedIds::doubtful(directory.path());
        assert_eq!(told.iter().map(|doubtful| doubtful.line).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8, 10]);
        assert!(told[0].to_string().contains("line 3 of SUPPRESSED"), "{}", told[0]);
        assert!(SuppressedIds::doubtful(&directory.path().join("missing")).is_empty());
    }

    #[test]
    fn a_list_that_is_no_file_is_neither_waited_for_nor_empty() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(SUPPRESSED_FILE);
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert!(SuppressedIds::read(directory.path()).is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(SuppressedIds::read(directory.path()).is_err());
    }
}
