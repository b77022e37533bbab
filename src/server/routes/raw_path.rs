//! Reads paths and queries as they came over the wire.
//!
//! A framework that decodes a path before it is matched cannot tell `a%2Fb` from `a/b`, merges ids that are no
//! UTF-8 and lets broken escapes pass. Here a path is split first and each part is decoded once, strictly.
//! `+` stays `+`, in a path and in a query: ids are opaque, and only `%20` is a blank.

use std::borrow::Cow;

/// Why a part of a path or query could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenText {
    /// A `%` without two hexadecimal digits behind it.
    #[error("a % is not followed by two hexadecimal digits")]
    Escape,
    /// What the escapes stand for is not text.
    #[error("the decoded bytes are not UTF-8")]
    Utf8,
}

/// Decodes percent escapes, exactly once. Text without any is given back as it is.
///
/// # Errors
/// A broken escape, or bytes that are not UTF-8.
pub fn decode(raw: &str) -> Result<Cow<'_, str>, BrokenText> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = bytes.next().and_then(hex_digit).ok_or(BrokenText::Escape)?;
            let low = bytes.next().and_then(hex_digit).ok_or(BrokenText::Escape)?;
            decoded.push(high << 4 | low);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| BrokenText::Utf8)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The names and values of a query, still encoded, in their order. Empty parts (`a=1&&b=2`) are left out; a name
/// without `=` has an empty value.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// The most `{name}`s of a pattern.
const MAX_NAMES: usize = 2;

/// Matches a raw path with a pattern such as `/recommend/{id}/{n}`, segment by segment, and gives the raw text of
/// each `{name}`. A path that ends in a slash matches nothing but the pattern `/`, and neither does a pattern of more than two names.
pub fn capture<'a>(
    pattern: &'static str,
    path: &'a str,
) -> Option<impl Iterator<Item = (&'static str, &'a str)> + use<'a>> {
    if path.ends_with('/') && path != pattern {
        return None;
    }
    let name = |segment: &'static str| segment.strip_prefix('{')?.strip_suffix('}');
    let (mut expected, mut found) = (pattern.split('/'), path.split('/'));
    let mut captures = [("", ""); MAX_NAMES];
    let mut count = 0;
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return Some(captures.into_iter().take(count)),
            (Some(expected), Some(found)) => match name(expected) {
                Some(name) => {
                    *captures.get_mut(count)? = (name, found);
                    count += 1;
                }
                None if expected == found => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(pattern: &'static str, path: &str) -> Option<Vec<String>> {
        capture(pattern, path).map(|pairs| pairs.map(|(name, raw)| format!("{name}={raw}")).collect())
    }

    #[test]
    fn decodes_each_escape_once_and_leaves_plus_alone() {
        for (raw, text) in [
            ("", ""),
            ("plain", "plain"),
            ("a%2Fb", "a/b"),
            ("a%2fb%3f", "a/b?"),
            ("%2525", "%25"),
            ("a+b", "a+b"),
            ("a%2Bb%20c", "a+b c"),
            ("%F0%9F%98%80", "😀"),
            ("%00", "\0"),
        ] {
            assert_eq!(decode(raw).as_deref(), Ok(text), "{raw}");
        }
    }

    #[test]
    fn refuses_broken_escapes_and_what_is_no_text() {
        for raw in ["%", "a%", "a%2", "a%zz", "%2", "%%41", "% 41", "%+1", "%-1", "%é"] {
            assert_eq!(decode(raw), Err(BrokenText::Escape), "{raw}");
        }
        for raw in ["%FF", "%C3", "%ED%A0%80", "a%80"] {
            assert_eq!(decode(raw), Err(BrokenText::Utf8), "{raw}");
        }
    }

    #[test]
    fn a_path_is_matched_segment_by_segment_before_decoding() {
        let pattern = "/recommend/{id}/{n}";
        assert_eq!(captured(pattern, "/recommend/a%2Fb/5").unwrap(), ["id=a%2Fb", "n=5"]);
        assert_eq!(captured(pattern, "/recommend//5").unwrap(), ["id=", "n=5"]);
        assert_eq!(captured(pattern, "/recommend/../5").unwrap(), ["id=..", "n=5"]);
        assert_eq!(captured("/index", "/index").unwrap(), Vec::<String>::new());
        for path in [
            "",
            "/",
            "*",
            "/recommend",
            "/recommend/a",
            "/recommend/a/",
            "/recommend/a/5/",
            "/recommend/a/b/5",
        ] {
            assert_eq!(captured(pattern, path), None, "{path}");
        }
        for path in ["//index", "/index/", "/INDEX", "/%69ndex", "index"] {
            assert_eq!(captured("/index", path), None, "{path}");
        }
    }

    #[test]
    fn a_query_is_split_before_decoding() {
        let pairs: Vec<_> = query_pairs("id=a%26b&n=5&&flag&x==").collect();
        assert_eq!(pairs, [("id", "a%26b"), ("n", "5"), ("flag", ""), ("x", "=")]);
        assert_eq!(query_pairs("").count(), 0);
    }
}
