//! Entity tags (RFC 9110, sections 8.8.3 and 13.1.2).

/// Whether one of the tags of an `If-None-Match` field is `current`, an opaque tag in its quotes.
///
/// The comparison is weak: `W/` in front of a tag makes no difference. `*` matches whatever there is. What cannot
/// be read matches nothing, so that the worst a bad field does is a full answer.
pub fn none_match_hits(field: &[u8], current: &[u8]) -> bool {
    let mut rest = field.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while !rest.is_empty() {
        let tag = rest.strip_prefix(b"W/").unwrap_or(rest);
        let Some(inner) = tag.strip_prefix(b"\"") else { return false };
        let Some(end) = inner.iter().position(|&byte| byte == b'"') else { return false };
        // The closing quote is one byte after the inner text, the opening one is one before it.
        let (quoted, after) = tag.split_at(end + 2);
        if quoted == current {
            return true;
        }
        let after = after.trim_ascii_start();
        if !after.is_empty() && !after.starts_with(b",") {
            return false;
        }
        rest = skip_commas(after);
    }
    false
}

/// A list may have empty elements.
fn skip_commas(mut rest: &[u8]) -> &[u8] {
    while let [b',' | b' ' | b'\t', after @ ..] = rest {
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &[u8] = b"\"00c0ffee00c0ffee\"";

    #[test]
    fn finds_the_tag_in_lists_and_behind_weak_prefixes() {
        for field in [
            "\"00c0ffee00c0ffee\"",
            "W/\"00c0ffee00c0ffee\"",
            " \"00c0ffee00c0ffee\" ",
            "\"a\", \"00c0ffee00c0ffee\"",
            "\"a,b\",,\tW/\"00c0ffee00c0ffee\" , \"c\"",
            "\"\", \"00c0ffee00c0ffee\"",
            "*",
            " * ",
        ] {
            assert!(none_match_hits(field.as_bytes(), CURRENT), "{field}");
        }
    }

    #[test]
    fn other_tags_and_broken_fields_match_nothing() {
        for field in [
            "",
            "\"other\"",
            "00c0ffee00c0ffee",
            "\"00c0ffee00c0ffee",
            "w/\"00c0ffee00c0ffee\"",
            "\"a\" \"00c0ffee00c0ffee\"",
            "\"a, \"00c0ffee00c0ffee\"",
            "*, \"a\"",
            "\"",
            "W/",
            ",",
        ] {
            assert!(!none_match_hits(field.as_bytes(), CURRENT), "{field}");
        }
    }
}
