//! Everything that the application answers instead of what was asked for, as RFC 9457 problem documents.

use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Allowance, Denied, OtherHost};
use crate::counted::counted;
use crate::vectorizer::VectorizeError;

/// The media type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The longest path and query: an id of 512 bytes with every byte escaped, twice over, and room for the rest.
pub const MAX_TARGET_BYTES: usize = 8192;

/// Seconds after which trying again is worth while: a poll of the directory or an exact search is over by then.
const RETRY_AFTER_SECONDS: &str = "2";

/// What `type` starts with. The rest names the kind of problem; the text is not an address.
const TYPE_PREFIX: &str = "urn:problem-type:kindred:";

/// Why a request gets no answer. The order is the precedence, where several would fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Path and query are longer than any that means something.
    #[error("path and query have {length} bytes, and {MAX_TARGET_BYTES} are allowed")]
    TargetTooLong {
        /// How long they are together.
        length: usize,
    },
    /// The request is for another host.
    #[error(
        "the request is for the host {host:?}, and without keys only names of this machine are answered: see --allowed-hosts"
    )]
    OtherHost {
        /// The host that it names.
        host: String,
    },
    /// What came is no request.
    #[error(
        "this is not a valid HTTP request; in a target, everything but letters, digits and -._~!$&'()*+,;=:@/? \
         has to be percent-encoded"
    )]
    Malformed,
    /// The request line and the headers are larger than any that are read.
    #[error("the request line and the headers are larger, or more, than are read")]
    HeadTooLarge,
    /// The request line and the headers came too slowly.
    #[error("the request line and the headers came too slowly: see --client-timeout")]
    HeadTimeout,
    /// A page of another origin may not ask this.
    #[error("a page may not ask this from its origin: {reason}")]
    Preflight {
        /// What is not allowed.
        reason: String,
    },
    /// No route has this path.
    #[error("there is nothing at this path{}; all paths: /docs", try_path(.near.as_deref()))]
    UnknownPath {
        /// The path that may have been meant.
        near: Option<String>,
    },
    /// The route has another method.
    #[error("this path answers to {allowed} only")]
    MethodNotAllowed {
        /// The methods that it has, as `Allow` lists them.
        allowed: String,
    },
    /// The request shows no key that counts.
    #[error("a key is needed: Authorization: Bearer KEY, or X-API-Key: KEY")]
    Unauthorized,
    /// The key that was shown may do something else.
    #[error("the key does not have the scope {scope}")]
    Forbidden {
        /// What it would need.
        scope: &'static str,
    },
    /// Only somebody with a key may do this, and the server has none.
    #[error("this needs a key with the scope {scope}, and the server has no keys: see --api-keys")]
    KeysNeeded {
        /// What a key would need.
        scope: &'static str,
    },
    /// The client has asked as often as it may for now.
    #[error("more than {}; the next may come in {} s", counted(.0.limit.into(), "request"), .0.reset)]
    TooManyRequests(Allowance),
    /// The body is larger than any that is read.
    #[error("the body has more than {limit} bytes, which is the most that is read")]
    BodyTooLarge {
        /// How large it may be.
        limit: usize,
    },
    /// The body is not said to be JSON, or is packed.
    #[error("{header}: {given:?} is not read here; send JSON as it is, with Content-Type: application/json")]
    UnsupportedMediaType {
        /// The header that says so.
        header: &'static str,
        /// Its value, escaped; empty where it is missing.
        given: String,
    },
    /// A part of the path, a query parameter or a value of the body is not allowed.
    #[error("{name} {reason}")]
    BadParameter {
        /// Which one.
        name: &'static str,
        /// What is wrong with it and what is allowed.
        reason: String,
    },
    /// A query parameter that this path does not have.
    #[error("the query parameter {name:?} is not known here; known: {known}")]
    UnknownParameter {
        /// Its name as it came, escaped.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The body ended before it was whole.
    #[error("the body ended before it was whole")]
    BodyIncomplete,
    /// The client sends too slowly.
    #[error("the body came too slowly: each {part} bytes may take {} s", .patience.as_secs_f64())]
    BodyTimeout {
        /// The bytes of a part.
        part: usize,
        /// How long each may take.
        patience: Duration,
    },
    /// The body is not JSON, or not of the types that are expected.
    #[error("the body at line {line}, column {column}: {reason}")]
    BadBody {
        /// Where, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
        /// What is wrong there, or what is expected.
        reason: String,
    },
    /// The body has a key that nobody reads.
    #[error("the key {name:?} is not known in a body; known: {known}")]
    UnknownKey {
        /// The key, escaped.
        name: String,
        /// Those there are.
        known: String,
    },
    /// No index has been opened yet, or none is readable any more.
    #[error("no index is being served")]
    NoIndex,
    /// The server is ending.
    #[error("the server is stopping")]
    Stopping,
    /// As many searches as are allowed wait for a thread.
    #[error("as many searches as are allowed are running and waiting")]
    SearchBusy,
    /// As many exact searches as are allowed are running.
    #[error("as many exact searches as are allowed at the same time are running")]
    ExactBusy,
    /// Another version is being verified to be pinned.
    #[error("another version is being verified and pinned")]
    PinBusy,
    /// The index directory cannot be listed.
    #[error("the index directory cannot be read: {reason}")]
    DirectoryUnreadable {
        /// What the system says.
        reason: String,
    },
    /// The index directory has no such version.
    #[error("the index directory has no version {version}; /index/versions has those there are")]
    UnknownVersion {
        /// The version that was asked for.
        version: u64,
    },
    /// A version that cannot be served is not pinned.
    #[error("version {version} cannot be served: {reason}")]
    BadVersion {
        /// The version that was asked for.
        version: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The server may not change the index directory.
    #[error("the server may not write to the index directory; pin with index-builder where that is allowed")]
    DirectoryReadOnly,
    /// The pin was not changed for another reason.
    #[error("the pin cannot be changed: {reason}")]
    PinNotWritten {
        /// What the system says.
        reason: String,
    },
    /// As many requests of many questions are there as memory and threads are for.
    #[error("as many requests of many questions as are allowed are being read and answered")]
    BatchBusy,
    /// The index file was changed in place under the server.
    #[error("the index file was changed while it was being read; another version is being looked for")]
    IndexChanged,
    /// The index has this profile, but what is stored about it cannot be read.
    #[error("the index is damaged where this answer would be")]
    Damaged,
    /// The index has no profile with this id.
    #[error("no profile has the id {id:?}")]
    UnknownId {
        /// The id that was asked for.
        id: String,
    },
    /// The id that was asked for is none of those that were asked for.
    #[error("the id {id:?} does not begin with the prefix {prefix:?}")]
    OtherPrefix {
        /// The id that was asked for.
        id: String,
        /// What it should begin with.
        prefix: String,
    },
    /// The index has no profile that may be seen.
    #[error("the index has no profile")]
    NoProfiles,
    /// The index file has no map.
    #[error("the index has no map: it was built with --no-map, or before there were maps")]
    NoMap,
    /// The map has no such place, or whoever is there may not be seen.
    #[error("no profile has the place {place} on the map")]
    UnknownPlace {
        /// The place that was asked for.
        place: usize,
    },
    /// The documents of the index have no such field with what is asked for.
    #[error("no field {name:?} has {what}; those that have: {known}")]
    UnknownField {
        /// The name that was given.
        name: String,
        /// What it was wanted for.
        what: &'static str,
        /// The names that there are.
        known: String,
    },
    /// What was asked holds for one version, and another is served.
    #[error("If-Match does not name version {version} as it is served now")]
    AnotherVersion {
        /// The version that is served.
        version: u64,
    },
    /// The profile has nothing that it could be compared by.
    #[error(
        "the profile {id:?} has a zero vector: nothing in it can be compared, so it has no recommendations"
    )]
    ZeroVector {
        /// The id that was asked for.
        id: String,
    },
    /// The vector that is asked about is zero.
    #[error("there is nothing to compare: the vector is zero, so nothing is near it")]
    ZeroQuestion,
    /// What is asked about has no vector in this index.
    #[error(transparent)]
    NoVector(VectorizeError),
    /// The answers together are larger than what is kept of them.
    #[error("the answers have more than {limit} bytes together; ask fewer questions, or for fewer profiles")]
    AnswerTooLarge {
        /// How large they may be.
        limit: usize,
    },
    /// A defect of the server.
    #[error("the server failed to answer")]
    Internal,
}

fn try_path(near: Option<&str>) -> String {
    near.map(|path| format!("; try {path}")).unwrap_or_default()
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Problem {
        match denied {
            Denied::NoKey => Problem::Unauthorized,
            Denied::OtherScope { scope } => Problem::Forbidden { scope },
            Denied::KeysNeeded { scope } => Problem::KeysNeeded { scope },
            Denied::TooOften(allowance) => Problem::TooManyRequests(allowance),
        }
    }
}

impl From<OtherHost> for Problem {
    fn from(OtherHost(host): OtherHost) -> Problem {
        Problem::OtherHost { host }
    }
}

/// The body of a problem answer (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document<'a> {
    /// The kind of problem, as a URN. It is a name and leads nowhere.
    #[serde(rename = "type")]
    #[schema(format = "uri")]
    pub kind: String,
    /// The kind in words.
    pub title: &'a str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong, and what would be allowed.
    pub detail: String,
}

impl Problem {
    /// A number that is not in its range.
    pub fn out_of_range(name: &'static str, range: &RangeInclusive<usize>) -> Self {
        let (start, end) = range.clone().into_inner();
        Problem::BadParameter { name, reason: format!("must be a whole number from {start} to {end}") }
    }

    /// A number that has to be there, and is not.
    pub fn missing_number(name: &'static str, range: &RangeInclusive<usize>) -> Self {
        let (start, end) = range.clone().into_inner();
        let reason = format!("is missing; it must be a whole number from {start} to {end}");
        Problem::BadParameter { name, reason }
    }

    /// Status, kind and title: the one place that says what each problem is over HTTP.
    fn describe(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Problem::TargetTooLong { .. } => (StatusCode::URI_TOO_LONG, "target-too-long", "Path too long"),
            Problem::OtherHost { .. } => (StatusCode::MISDIRECTED_REQUEST, "other-host", "Another host"),
            Problem::Malformed => (StatusCode::BAD_REQUEST, "malformed-request", "No HTTP request"),
            Problem::HeadTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", "Headers too large")
            }
            Problem::HeadTimeout => (StatusCode::REQUEST_TIMEOUT, "head-timeout", "Headers too slow"),
            Problem::Preflight { .. } => {
                (StatusCode::BAD_REQUEST, "preflight-refused", "Not from this origin")
            }
            Problem::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Key needed"),
            Problem::Forbidden { .. } => (StatusCode::FORBIDDEN, "forbidden", "Key not sufficient"),
            Problem::KeysNeeded { .. } => (StatusCode::FORBIDDEN, "keys-needed", "Keys needed"),
            Problem::TooManyRequests(_) => {
                (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests")
            }
            Problem::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping", "Stopping"),
            Problem::SearchBusy => (StatusCode::SERVICE_UNAVAILABLE, "search-busy", "Search is busy"),
            Problem::UnknownPath { .. } => (StatusCode::NOT_FOUND, "unknown-path", "Unknown path"),
            Problem::MethodNotAllowed { .. } => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
            }
            Problem::BadParameter { .. } => (StatusCode::BAD_REQUEST, "bad-parameter", "Bad parameter"),
            Problem::UnknownParameter { .. } => {
                (StatusCode::BAD_REQUEST, "unknown-parameter", "Unknown parameter")
            }
            Problem::NoIndex => (StatusCode::SERVICE_UNAVAILABLE, "no-index", "No index"),
            Problem::ExactBusy => {
                (StatusCode::SERVICE_UNAVAILABLE, "exact-search-busy", "Exact search is busy")
            }
            Problem::PinBusy => (StatusCode::SERVICE_UNAVAILABLE, "pin-busy", "Pinning is busy"),
            Problem::DirectoryUnreadable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "directory-unreadable", "Index directory unreadable")
            }
            Problem::UnknownVersion { .. } => (StatusCode::NOT_FOUND, "unknown-version", "Unknown version"),
            Problem::BadVersion { .. } => (StatusCode::CONFLICT, "bad-version", "Version cannot be served"),
            Problem::DirectoryReadOnly => {
                (StatusCode::CONFLICT, "directory-read-only", "Index directory read-only")
            }
            Problem::PinNotWritten { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "pin-not-written", "Pin not changed")
            }
            Problem::NoMap => (StatusCode::NOT_FOUND, "no-map", "No map"),
            Problem::UnknownPlace { .. } => (StatusCode::NOT_FOUND, "unknown-place", "Unknown place"),
            Problem::UnknownField { .. } => (StatusCode::NOT_FOUND, "unknown-field", "Unknown field"),
            Problem::AnotherVersion { .. } => {
                (StatusCode::PRECONDITION_FAILED, "precondition-failed", "Another version is served")
            }
            Problem::NoProfiles => (StatusCode::NOT_FOUND, "no-profiles", "No profiles"),
            Problem::IndexChanged => (StatusCode::SERVICE_UNAVAILABLE, "index-changed", "Index file changed"),
            Problem::Damaged => (StatusCode::SERVICE_UNAVAILABLE, "index-damaged", "Index damaged"),
            Problem::UnknownId { .. } => (StatusCode::NOT_FOUND, "unknown-id", "Unknown id"),
            Problem::OtherPrefix { .. } => (StatusCode::NOT_FOUND, "other-prefix", "Another prefix"),
            Problem::ZeroVector { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "zero-vector", "Nothing to compare")
            }
            Problem::BodyTooLarge { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large")
            }
            Problem::UnsupportedMediaType { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Not JSON")
            }
            Problem::BodyIncomplete => (StatusCode::BAD_REQUEST, "body-incomplete", "Body not whole"),
            Problem::BodyTimeout { .. } => (StatusCode::REQUEST_TIMEOUT, "body-timeout", "Body too slow"),
            Problem::BadBody { .. } => (StatusCode::BAD_REQUEST, "bad-body", "Bad body"),
            Problem::UnknownKey { .. } => (StatusCode::BAD_REQUEST, "unknown-key", "Unknown key"),
            Problem::BatchBusy => (StatusCode::SERVICE_UNAVAILABLE, "batch-busy", "Batches are busy"),
            Problem::ZeroQuestion => (StatusCode::UNPROCESSABLE_ENTITY, "zero-vector", "Nothing to compare"),
            Problem::NoVector(error) => {
                let (kind, title) = match error {
                    VectorizeError::Unknown { .. }
                    | VectorizeError::NoColumns { .. }
                    | VectorizeError::State(_)
                    | VectorizeError::OtherDimension { .. } => {
                        ("not-vectorizable", "Profiles are not vectorized")
                    }
                    VectorizeError::NoVector { .. } => ("no-vector", "No vector"),
                    VectorizeError::Length { .. } => ("vector-length", "Vector of another length"),
                    VectorizeError::NotFinite { .. } => ("vector-not-finite", "Vector not finite"),
                };
                (StatusCode::UNPROCESSABLE_ENTITY, kind, title)
            }
            Problem::AnswerTooLarge { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "answer-too-large", "Answer too large")
            }
            Problem::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
        }
    }

    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        self.describe().0
    }

    /// Its kind in words.
    pub fn title(&self) -> &'static str {
        self.describe().2
    }

    /// The body of its answer.
    pub fn document(&self) -> Document<'static> {
        let (status, kind, title) = self.describe();
        let (kind, detail) = (format!("{TYPE_PREFIX}{kind}"), self.to_string());
        Document { kind, title, status: status.as_u16(), detail }
    }

    /// Whether the index itself gave this answer, so that it carries the index's version.
    pub fn is_from_index(&self) -> bool {
        matches!(
            self,
            Problem::UnknownId { .. }
                | Problem::OtherPrefix { .. }
                | Problem::ZeroVector { .. }
                | Problem::NoMap
                | Problem::UnknownPlace { .. }
                | Problem::UnknownField { .. }
                | Problem::AnotherVersion { .. }
        )
    }

    /// The problem document, JSON.
    pub fn json(&self) -> Vec<u8> {
        // A map of texts and a number always has a JSON form; the empty object stands for what cannot happen.
        serde_json::to_vec(&self.document()).unwrap_or_else(|_| b"{}".to_vec())
    }

    /// The answer to send.
    pub fn response(&self) -> HttpResponse {
        let status = self.status();
        let mut builder = HttpResponse::build(status);
        builder.content_type(PROBLEM_JSON);
        if !self.is_from_index() {
            builder.insert_header((CACHE_CONTROL, "no-store"));
        }
        if let Problem::MethodNotAllowed { allowed } = self {
            builder.insert_header((ALLOW, allowed.as_str()));
        }
        if status == StatusCode::UNAUTHORIZED {
            builder.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Problem::TooManyRequests(allowance) = self {
            builder.insert_header((RETRY_AFTER, allowance.reset));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            builder.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        let mut response = builder.body(self.json());
        if let Problem::TooManyRequests(allowance) = self {
            allowance.write_to(response.headers_mut());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::MessageBody as _;
    use actix_web::http::header::CONTENT_TYPE;

    fn every_problem() -> Vec<(Problem, u16)> {
        vec![
            (Problem::TargetTooLong { length: 9000 }, 414),
            (Problem::OtherHost { host: "evil.example\"".to_owned() }, 421),
            (Problem::Malformed, 400),
            (Problem::HeadTooLarge, 431),
            (Problem::HeadTimeout, 408),
            (Problem::Preflight { reason: "method".to_owned() }, 400),
            (Problem::UnknownPath { near: Some("/recommend/{id}/{n}".to_owned()) }, 404),
            (Problem::Unauthorized, 401),
            (Problem::Forbidden { scope: "read" }, 403),
            (Problem::TooManyRequests(Allowance { limit: 5, remaining: 0, reset: 60 }), 429),
            (Problem::Stopping, 503),
            (Problem::SearchBusy, 503),
            (Problem::MethodNotAllowed { allowed: "GET, HEAD".to_owned() }, 405),
            (Problem::out_of_range("n", &(1..=1000)), 400),
            (Problem::UnknownParameter { name: "x\"".to_owned(), known: "ef".to_owned() }, 400),
            (Problem::NoIndex, 503),
            (Problem::ExactBusy, 503),
            (Problem::IndexChanged, 503),
            (Problem::Damaged, 503),
            (Problem::UnknownId { id: "\u{7}\"<é".to_owned() }, 404),
            (Problem::ZeroVector { id: "a".to_owned() }, 422),
            (Problem::BodyTooLarge { limit: 7 }, 413),
            (Problem::UnsupportedMediaType { header: "Content-Type", given: String::new() }, 415),
            (Problem::BodyIncomplete, 400),
            (Problem::BodyTimeout { part: 7, patience: Duration::from_millis(10) }, 408),
            (Problem::BadBody { line: 1, column: 2, reason: "expected value".to_owned() }, 400),
            (Problem::UnknownKey { name: "x\"".to_owned(), known: "n".to_owned() }, 400),
            (Problem::BatchBusy, 503),
            (Problem::ZeroQuestion, 422),
            (
                Problem::NoVector(VectorizeError::Unknown {
                    name: "python:a.py:f".to_owned(),
                    restorable: vec!["hashing".to_owned()],
                }),
                422,
            ),
            (Problem::NoVector(VectorizeError::OtherDimension { dimension: 2, found: 3 }), 422),
            (Problem::NoVector(VectorizeError::Length { dimension: 2, found: 3 }), 422),
            (Problem::NoVector(VectorizeError::NotFinite { place: 0 }), 422),
            (Problem::AnswerTooLarge { limit: 7 }, 422),
            (Problem::Internal, 500),
            (Problem::KeysNeeded { scope: "admin" }, 403),
            (Problem::PinBusy, 503),
            (Problem::DirectoryUnreadable { reason: "denied".to_owned() }, 503),
            (Problem::UnknownVersion { version: 42 }, 404),
            (Problem::BadVersion { version: 42, reason: "no index".to_owned() }, 409),
            (Problem::DirectoryReadOnly, 409),
            (Problem::PinNotWritten { reason: "disk full".to_owned() }, 500),
            (Problem::NoProfiles, 404),
            (Problem::NoMap, 404),
            (Problem::UnknownPlace { place: 42 }, 404),
            (
                Problem::UnknownField { name: "x".to_owned(), what: "texts", known: "name, city".to_owned() },
                404,
            ),
            (Problem::AnotherVersion { version: 42 }, 412),
        ]
    }

    fn document(response: HttpResponse) -> serde_json::Value {
        serde_json::from_slice(&response.into_body().try_into_bytes().unwrap()).unwrap()
    }

    #[test]
    fn every_problem_is_a_problem_document_with_its_own_status() {
        for (problem, status) in every_problem() {
            let response = problem.response();
            assert_eq!(response.status().as_u16(), status, "{problem:?}");
            assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), PROBLEM_JSON);
            assert_eq!(
                response.headers().contains_key(RETRY_AFTER),
                [429, 503].contains(&status),
                "{problem:?}"
            );
            assert_eq!(response.headers().contains_key(WWW_AUTHENTICATE), status == 401, "{problem:?}");
            assert_eq!(response.headers().contains_key(ALLOW), status == 405, "{problem:?}");
            let document = document(response);
            assert_eq!(document["status"], status);
            for field in ["type", "title", "detail"] {
                assert!(!document[field].as_str().unwrap().is_empty(), "{problem:?} has no {field}");
            }
        }
    }

    #[test]
    fn a_number_out_of_range_is_named_with_its_range() {
        let detail = Problem::out_of_range("n", &(1..=1000)).to_string();
        assert_eq!(detail, "n must be a whole number from 1 to 1000");
    }

    #[test]
    fn only_answers_of_the_index_may_be_kept_by_a_cache() {
        for (problem, _) in every_problem() {
            let stored = !problem.response().headers().contains_key(CACHE_CONTROL);
            assert_eq!(stored, problem.is_from_index(), "{problem:?}");
        }
    }
}
