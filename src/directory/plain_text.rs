//! Small files that people and programs write: UTF-8, which not every program writes by itself.

/// What some programs write in front of UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A file is in another encoding than UTF-8. What it says is not guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is in UTF-16 or UTF-32, as some programs of Windows write text; write it again in UTF-8")]
pub struct NotUtf8;

/// What is behind the byte order mark, where there is one.
///
/// # Errors
/// [`NotUtf8`] where there is the mark of another encoding, or a zero byte, which its letters have.
pub fn without_mark(bytes: &[u8]) -> Result<&[u8], NotUtf8> {
    let is_other = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if is_other || bytes.contains(&0) {
        return Err(NotUtf8);
    }
    Ok(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes))
}

impl From<NotUtf8> for std::io::Error {
    fn from(error: NotUtf8) -> Self {
        std::io::Error::new(std::io::ErrorKind::InvalidData, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_utf8_is_dropped_and_another_encoding_is_named() {
        for text in [&b"\xef\xbb\xbfa\n"[..], b"a\n"] {
            assert_eq!(without_mark(text), Ok(&b"a\n"[..]));
        }
        assert_eq!(without_mark(b""), Ok(&b""[..]));
        for text in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a", b"a\0\n\0", b"\0\0\xfe\xff", b"\xff\xfe"] {
            assert_eq!(without_mark(text), Err(NotUtf8), "{text:?}");
        }
    }
}
