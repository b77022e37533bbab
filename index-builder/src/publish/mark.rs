//! The high-water mark: the highest version ever given, kept in the lock file.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

/// The digits of `u64::MAX`. The width is fixed, so that a mark replaces the one before it byte by byte.
const DIGITS: usize = 20;
const LENGTH: u64 = DIGITS as u64 + 1;

/// What the lock file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// No version was given yet.
    None,
    /// The highest version given.
    Highest(u64),
    /// No mark, but something: a write that was cut short, or a foreign hand.
    Unreadable,
}

/// Reads the mark.
pub(super) fn read(file: &File) -> io::Result<Mark> {
    let mut bytes = Vec::new();
    io::Seek::rewind(&mut &*file)?;
    file.take(LENGTH + 1).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Ok(Mark::None);
    }
    let digits = bytes.strip_suffix(b"\n").filter(|digits| digits.len() == DIGITS);
    let number = digits
        .filter(|digits| digits.iter().all(u8::is_ascii_digit))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse().ok());
    Ok(number.map_or(Mark::Unreadable, Mark::Highest))
}

/// Writes the mark in place and makes it durable.
pub(super) fn write(file: &File, highest: u64) -> io::Result<()> {
    file.write_all_at(format!("{highest:0DIGITS$}\n").as_bytes(), 0)?;
    if file.metadata()?.len() != LENGTH {
        file.set_len(LENGTH)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_mark_is_read_as_written() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(read(&file).unwrap(), Mark::None);
        for highest in [1, u64::MAX, 7] {
            write(&file, highest).unwrap();
            assert_eq!(read(&file).unwrap(), Mark::Highest(highest));
        }
    }

    #[test]
    fn what_is_no_mark_is_replaced_by_one() {
        let long = "9".repeat(4096);
        let contents =
            ["garbage", "42\n", "0000000000000", "99999999999999999999\n", "+0000000000000000042\n", &long];
        for content in contents {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(content.as_bytes()).unwrap();
            assert_eq!(read(&file).unwrap(), Mark::Unreadable, "{content:?}");
            write(&file, 42).unwrap();
            assert_eq!(read(&file).unwrap(), Mark::Highest(42));
        }
    }
}
