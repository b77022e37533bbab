//! The file of passwords that libpq's programs read: `~/.pgpass`.
//!
//! A line is `host:port:database:user:password`. In front of the last colon a field may be `*`, for any. A backslash takes
//! the meaning from a colon or a backslash behind it. The first line that fits counts.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The longest file that is read: nobody has so many databases.
const LONGEST: u64 = 1 << 20;

/// Where somebody connects to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// The lines of a file.
///
/// # Errors
/// Why it is not read. As libpq does, one that others may read is not.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let not_read = |why: String| format!("{}: the file of passwords is not read: {why}", path.display());
    let of_system = |error: io::Error| not_read(error.to_string());
    let metadata = fs::metadata(path).map_err(of_system)?;
    if !metadata.is_file() {
        return Err(not_read("it is no regular file".to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(not_read(format!("others than its owner have access (mode {mode:04o}); chmod 600 it")));
    }
    let mut text = Vec::new();
    fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text)).map_err(of_system)?;
    String::from_utf8(text).map_err(|_| not_read("it is not UTF-8".to_owned()))
}

/// The password for a place; `None` where no line fits.
pub(super) fn find(text: &str, place: Place<'_>) -> Option<String> {
    let port = place.port.to_string();
    let wanted = [place.host, &port, place.database, place.user];
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).split('\n');
    let lines = lines.map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for wanted in wanted {
            let (field, behind) = field(rest)?;
            if field.raw != "*" && field.text != wanted {
                return None;
            }
            rest = behind;
        }
        Some(without_backslashes(rest))
    })
}

struct Field<'a> {
    raw: &'a str,
    text: String,
}

/// A field and what is behind its colon.
fn field(line: &str) -> Option<(Field<'_>, &str)> {
    let mut is_escaped = false;
    let colon = line.bytes().position(|byte| {
        let ends = byte == b':' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })?;
    let (raw, behind) = (line.get(..colon)?, line.get(colon + 1..)?);
    Some((Field { raw, text: without_backslashes(raw) }, behind))
}

fn without_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.extend(letters.next()),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { host: "db.example", port: 5432, database: "people", user: "ann" };

    #[test]
    fn the_first_line_that_fits_counts() {
        for (text, password) in [
            ("db.example:5432:people:ann:one\n*:*:*:*:two\n", Some("one")),
            ("db.example:5433:people:ann:one\n*:*:*:*:two\n", Some("two")),
            ("# db.example\n\n*:*:*:ann:a\\:b\\\\c\r\n", Some("a:b\\c")),
            ("*:*:*:ann:a:b", Some("a:b")),
            ("\u{feff}*:*:people:ann:\n", Some("")),
            ("other:*:*:*:x\n", None),
            ("*:*:*:ann\n", None),
            ("", None),
        ] {
            assert_eq!(find(text, PLACE).as_deref(), password, "{text:?}");
        }
        let place = Place { host: "::1", database: "a\\b", ..PLACE };
        assert_eq!(find("\\:\\:1:5432:a\\\\b:ann:six", place).as_deref(), Some("six"));
        assert_eq!(find("\\*:*:*:*:x", PLACE), None, "a star that is one");
    }

    #[test]
    fn a_file_that_others_may_read_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".pgpass");
        fs::write(&path, "*:*:*:*:s3cret").unwrap();
        for (mode, is_read) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match read(&path) {
                Ok(text) => assert!(is_read && text.ends_with("s3cret"), "{mode:o}"),
                Err(why) => assert!(!is_read && why.contains(&format!("{mode:04o}")), "{why}"),
            }
        }
        assert!(read(directory.path()).unwrap_err().contains("no regular file"));
    }
}
