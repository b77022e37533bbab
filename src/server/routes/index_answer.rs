//! What all answers from an index have in common: the generation they come from, its headers, `If-None-Match`.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::super::problem::Problem;
use super::super::state::State;
pub use super::etag::{is_known_as, is_meant_as};
use crate::file::{Damaged, MappedFile};
use crate::query::{AnswerError, Snapshot};
use crate::server::headers::X_INDEX_VERSION;
use crate::server::live::generation::Generation;
use crate::vectorizer::VectorizeError;

/// Profiles are nobody else's business, and the next index may come at any time: a cache may keep an answer, but has to
/// ask whether it still holds.
const CACHE_POLICY: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The media type of everything but problems.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The generation that answers a request. The one place that decides on that.
///
/// # Errors
/// [`Problem::NoIndex`].
pub fn generation(state: &State) -> Result<Arc<Generation>, Problem> {
    state.live.current().ok_or(Problem::NoIndex)
}

/// Why a reading gives no answer.
pub enum Refused<'a> {
    /// There is none about the profile that was asked about.
    Answer(AnswerError),
    /// There is none about the profile with this id.
    About(&'a str, AnswerError),
    /// Something else.
    Problem(Problem),
}

impl From<AnswerError> for Refused<'_> {
    fn from(error: AnswerError) -> Self {
        Refused::Answer(error)
    }
}

impl From<Damaged> for Refused<'_> {
    fn from(damaged: Damaged) -> Self {
        Refused::Answer(damaged.into())
    }
}

impl From<Problem> for Refused<'_> {
    fn from(problem: Problem) -> Self {
        Refused::Problem(problem)
    }
}

/// Reads something from a generation, and makes sure that the file is still the one that was verified when it has been
/// read: nothing else proves what was read. `id` is what was asked about.
///
/// # Errors
/// [`Problem::IndexChanged`], and what the reading gives.
pub fn read<'a, T, E: Into<Refused<'a>>>(
    generation: &Generation,
    id: &'a str,
    read: impl FnOnce(&Snapshot<'_, MappedFile>) -> Result<T, E>,
) -> Result<T, Problem> {
    if generation.is_condemned() {
        return Err(Problem::IndexChanged);
    }
    let result = read(&generation.snapshot());
    if !generation.is_intact() {
        return Err(Problem::IndexChanged);
    }
    result.map_err(|refused| match refused.into() {
        Refused::Answer(error) => problem(generation, id, error),
        Refused::About(id, error) => problem(generation, id, error),
        Refused::Problem(problem) => problem,
    })
}

/// What is said where a generation has no answer about an id.
pub fn problem(generation: &Generation, id: &str, error: AnswerError) -> Problem {
    match error {
        AnswerError::UnknownId => Problem::UnknownId { id: id.to_owned() },
        AnswerError::ZeroVector => Problem::ZeroVector { id: id.to_owned() },
        AnswerError::OtherDimension { dimension, found } => {
            Problem::NoVector(VectorizeError::Length { dimension, found })
        }
        AnswerError::Damaged(damaged) => {
            let (version, file) = (generation.version, generation.file_name());
            tracing::error!(version, file, "{file} is damaged although its file is unchanged: {damaged}");
            Problem::Damaged
        }
    }
}

/// Whether the client has the answer of this generation already.
pub fn is_known(request: &HttpRequest, generation: &Generation) -> bool {
    is_known_as(request, &generation.etag)
}

/// Whether this generation is the one that the client means, where it names one.
pub fn is_meant(request: &HttpRequest, generation: &Generation) -> bool {
    is_meant_as(request, &generation.etag)
}

/// A body of JSON from a generation; without one, that the client's copy still holds.
pub fn respond(generation: &Generation, body: Option<Vec<u8>>) -> HttpResponse {
    respond_as(generation, JSON, body)
}

/// A body of some kind from a generation; without one, that the client's copy still holds.
pub fn respond_as(
    generation: &Generation,
    kind: HeaderValue,
    body: Option<impl MessageBody + 'static>,
) -> HttpResponse {
    respond_tagged(generation, &generation.etag, kind, body)
}

/// The same with an entity tag of its own.
pub fn respond_tagged(
    generation: &Generation,
    etag: &HeaderValue,
    kind: HeaderValue,
    body: Option<impl MessageBody + 'static>,
) -> HttpResponse {
    let response = match body {
        Some(body) => HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).body(body),
        None => HttpResponse::build(StatusCode::NOT_MODIFIED).finish(),
    };
    with_headers(response, generation, etag)
}

/// A body of JSON from a generation that another request would get another one for: not to be kept.
pub fn respond_once(generation: &Generation, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((X_INDEX_VERSION, generation.version_header.clone()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body)
}

/// A problem with a generation behind it: its headers are on what the index itself has answered.
pub fn respond_problem(generation: &Generation, problem: &Problem) -> HttpResponse {
    let response = problem.response();
    if problem.is_from_index() { with_headers(response, generation, &generation.etag) } else { response }
}

fn with_headers(mut response: HttpResponse, generation: &Generation, etag: &HeaderValue) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(X_INDEX_VERSION, generation.version_header.clone());
    headers.insert(ETAG, etag.clone());
    headers.insert(CACHE_CONTROL, CACHE_POLICY);
    response
}
