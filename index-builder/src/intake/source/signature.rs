//! What a file is that was taken for a pickle or for JSON, by its first bytes; what is nowhere read is in `foreign`.

/// How many bytes [`kind_of`] looks at.
pub(super) const SIGNATURE_BYTES: usize = 512;

/// What a file that begins so is, with what to do about it; `None` where that is not known. No pickle and no JSON
/// begins with any of these.
pub(super) fn kind_of(first: &[u8]) -> Option<&'static str> {
    Some(match first {
        [0x5d, 0, 0, ..] => "LZMA data; decompress it first: unlzma",
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
            "zlib data, as joblib.dump writes with compress=; read it with joblib.load and write it with pickle.dump"
        }
        _ if first.starts_with(b"version https://git-lfs") => {
            "a pointer of Git LFS instead of its file: git lfs pull"
        }
        _ if is_utf_16(first) => "UTF-16 text; convert it: iconv -f utf-16 -t utf-8",
        _ if is_markup(first) => "HTML or XML; was an error page saved instead of the file?",
        _ => return None,
    })
}

/// Whether a file looks like JSON text, for those who expect something else.
pub(super) fn is_json(first: &[u8]) -> bool {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    matches!(text, [b'{' | b'[', ..])
}

/// Whether a file begins as pickles of protocol 2 and above do.
pub(super) fn is_pickle(first: &[u8]) -> bool {
    matches!(first, [0x80, 2..=5, ..])
}

/// With its mark, or JSON without one: every other byte of its beginning is zero.
fn is_utf_16(first: &[u8]) -> bool {
    matches!(first, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'{' | b'[', 0, _, ..])
        || matches!(first, [b'{' | b'[', 0, byte, 0, ..] if *byte != 0)
}

fn is_markup(first: &[u8]) -> bool {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    matches!(text, [b'<', b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z', ..])
}

#[cfg(test)]
mod tests {
    use super::super::samples::samples;
    use super::*;

    #[test]
    fn files_of_other_programs_are_known_by_their_beginning() {
        let cases: [(&[u8], &str); 6] = [
            (b"]\0\0\x80\0", "LZMA"),
            (b"\x78\x9c...", "joblib"),
            (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
            (b"\xff\xfe{\0", "UTF-16"),
            (b"{\0\"\0", "UTF-16"),
            (b" <!DOCTYPE html>", "HTML"),
        ];
        for (first, words) in cases {
            assert!(kind_of(first).is_some_and(|kind| kind.contains(words)), "{words}");
        }
    }

    #[test]
    fn what_is_read_is_taken_for_nothing_else() {
        for (format, bytes) in
            samples().into_iter().filter(|(format, _)| matches!(*format, "pickle" | "json" | "jsonl"))
        {
            assert_eq!(kind_of(&bytes), None, "{format}");
            assert_eq!(is_json(&bytes), format != "pickle");
        }
        for first in [&b""[..], b"{", b"[", b"{\"", b"(lp0\n.", b"]", b"}", b"\x80\x04", b"<", b"[\0\0\0"] {
            assert_eq!(kind_of(first), None, "{first:?}");
        }
        assert!(is_json(b"\xef\xbb\xbf \n{") && !is_json(b"7") && is_pickle(b"\x80\x04]"));
    }
}
