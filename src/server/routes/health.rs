//! `GET /health/...`: whether the process lives, and whether it can answer.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;

use super::super::app::State;
use super::super::problem::Problem;

/// The process runs and answers requests, whatever it has to answer them from.
pub fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(r#"{"status":"ok"}"#)
}

/// An index is served, from a file that is still what was verified, and the server is not ending.
pub fn ready(state: &State) -> Result<HttpResponse, Problem> {
    match state.live.current() {
        _ if state.stopping.is_set() => Err(Problem::Stopping),
        Some(generation) if generation.is_intact() => Ok(alive()),
        Some(_) => Err(Problem::IndexChanged),
        None => Err(Problem::NoIndex),
    }
}
