//! Answers that are given before there is a request: what actix-http refuses by itself, with nothing but a status.
//!
//! Each is replaced by a problem document with an id. It is recognised on its way out, by what it is: nothing that
//! comes from a route has no id.

use actix_web::http::StatusCode;

use super::super::problem::{PROBLEM_JSON, Problem};
use crate::server::headers::X_REQUEST_ID;
use crate::server::observe::metrics::Below;
use crate::server::request_id;

/// Longer than any of them.
const LONGEST: usize = 256;
const START: &[u8] = b"HTTP/1.";
const END: &[u8] = b"\r\n\r\n";

fn of_status(status: u16) -> Option<Below> {
    match StatusCode::from_u16(status).ok()? {
        StatusCode::BAD_REQUEST => Some(Below::Malformed),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Some(Below::HeadTooLarge),
        StatusCode::REQUEST_TIMEOUT => Some(Below::HeadTimeout),
        _ => None,
    }
}

fn problem(below: Below) -> Problem {
    match below {
        Below::Malformed => Problem::Malformed,
        Below::HeadTooLarge => Problem::HeadTooLarge,
        Below::HeadTimeout => Problem::HeadTimeout,
        Below::Preflight => Problem::Preflight { reason: String::new() },
    }
}

/// An answer of the framework at the end of what is about to be written: where it begins, and what it is.
pub fn find(bytes: &[u8]) -> Option<(usize, Below)> {
    let head = bytes.strip_suffix(END)?;
    let before = head.len().saturating_sub(LONGEST);
    let at = before + head.get(before..)?.windows(START.len()).rposition(|window| window == START)?;
    let mut lines = std::str::from_utf8(head.get(at..)?).ok()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let below = of_status(status)?;
    let mut is_empty = false;
    for line in lines {
        match line.split_once(": ")? {
            ("content-length", length) => is_empty = length == "0",
            ("connection" | "date", _) => {}
            _ => return None,
        }
    }
    is_empty.then_some((at, below))
}

/// What is said instead of an answer of the framework, and the id that it has. The connection is closed behind it.
pub fn instead_of(answer: &[u8], below: Below) -> (Vec<u8>, String) {
    let text = String::from_utf8_lossy(answer);
    let mut lines = text.trim_end().split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let date = lines.find(|line| line.starts_with("date: ")).unwrap_or("date: Thu, 01 Jan 1970 00:00:00 GMT");
    let id = String::from_utf8_lossy(request_id::made().as_bytes()).into_owned();
    let body = problem(below).json();
    let head = format!(
        "{status_line}\r\ncontent-length: {}\r\nconnection: close\r\ncontent-type: {PROBLEM_JSON}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\n{}: {id}\r\n{date}\r\n\r\n",
        body.len(),
        X_REQUEST_ID,
    );
    ([head.into_bytes(), body].concat(), id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
        date: Mon, 30 Nov 2026 17:00:00 GMT\r\n\r\n";

    #[test]
    fn what_the_framework_refuses_is_found_behind_other_answers() {
        assert_eq!(find(REFUSED), Some((0, Below::Malformed)));
        let behind = [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", REFUSED].concat();
        assert_eq!(find(&behind), Some((behind.len() - REFUSED.len(), Below::Malformed)));
        for (status, below) in [
            ("431 Request Header Fields Too Large", Below::HeadTooLarge),
            ("408 Request Timeout", Below::HeadTimeout),
        ] {
            let answer = format!("HTTP/1.0 {status}\r\ncontent-length: 0\r\ndate: x\r\n\r\n");
            assert_eq!(find(answer.as_bytes()), Some((0, below)));
        }
    }

    #[test]
    fn answers_of_routes_are_left_alone() {
        let text = String::from_utf8_lossy(REFUSED);
        for other in [
            String::new(),
            "\r\n\r\n".to_owned(),
            text.replace("400 Bad Request", "304 Not Modified"),
            text.replace("content-length: 0", "content-length: 9"),
            text.replace("content-length: 0\r\n", ""),
            text.replace("date: ", "x-request-id: 1\r\ndate: "),
            format!("{text}x"),
            text.replace("HTTP/1.1 400", "HTTP/1.1 x"),
        ] {
            assert_eq!(find(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn what_is_said_instead_is_an_answer_with_an_id() {
        let (answer, id) = instead_of(REFUSED, Below::Malformed);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
        assert!(head.contains(&format!("\r\nx-request-id: {id}\r\n")), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert!(head.ends_with("date: Mon, 30 Nov 2026 17:00:00 GMT"), "{head}");
        let document: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(document["status"], 400);
    }
}
