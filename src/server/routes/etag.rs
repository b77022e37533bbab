//! Entity tags (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, IF_MATCH, IF_NONE_MATCH};

/// Whether the client has the answer with this tag already.
pub fn is_known_as(request: &HttpRequest, etag: &HeaderValue) -> bool {
    let mut fields = request.headers().get_all(IF_NONE_MATCH);
    fields.any(|field| none_match_hits(field.as_bytes(), etag.as_bytes()))
}

/// Whether the answer with this tag is the one that the client means, where it names one.
pub fn is_meant_as(request: &HttpRequest, etag: &HeaderValue) -> bool {
    let mut fields = request.headers().get_all(IF_MATCH).peekable();
    fields.peek().is_none() || fields.any(|field| match_hits(field.as_bytes(), etag.as_bytes()))
}

/// Whether one of the tags of an `If-None-Match` field is `current`, an opaque tag in its quotes.
///
/// The comparison is weak: `W/` in front of a tag makes no difference. `*` matches whatever there is. What cannot
/// be read matches nothing, so that the worst a bad field does is a full answer.
fn none_match_hits(field: &[u8], current: &[u8]) -> bool {
    hits(field, current, Comparison::Weak)
}

/// Whether one of the tags of an `If-Match` field is `current`, an opaque tag in its quotes.
///
/// The comparison is strong: a tag with `W/` in front is none that could be meant. `*` matches whatever there is. What
/// cannot be read matches nothing, so that the worst a bad field does is a refusal.
fn match_hits(field: &[u8], current: &[u8]) -> bool {
    hits(field, current, Comparison::Strong)
}

/// How tags are compared (RFC 9110, section 8.8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Weak,
    Strong,
}

fn hits(field: &[u8], current: &[u8], comparison: Comparison) -> bool {
    let mut rest = field.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while !rest.is_empty() {
        let (tag, is_weak) = match rest.strip_prefix(b"W/") {
            Some(tag) => (tag, true),
            None => (rest, false),
        };
        let Some(inner) = tag.strip_prefix(b"\"") else { return false };
        let Some(end) = inner.iter().position(|&byte| byte == b'"') else { return false };
        // The closing quote is one byte after the inner text, the opening one is one before it.
        let (quoted, after) = tag.split_at(end + 2);
        if quoted == current && !(is_weak && comparison == Comparison::Strong) {
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
    fn a_weak_tag_is_none_that_could_be_meant() {
        for field in [
            "\"00c0ffee00c0ffee\"",
            "\"a\",, \"00c0ffee00c0ffee\" ,",
            "W/\"00c0ffee00c0ffee\", \"00c0ffee00c0ffee\"",
            " * ",
        ] {
            assert!(match_hits(field.as_bytes(), CURRENT), "{field}");
        }
        for field in [
            "",
            "W/\"00c0ffee00c0ffee\"",
            "W/\"00c0ffee00c0ffee\", \"a\"",
            "\"00c0ffee00c0ffef\"",
            "00c0ffee00c0ffee",
            "W/*",
        ] {
            assert!(!match_hits(field.as_bytes(), CURRENT), "{field}");
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
