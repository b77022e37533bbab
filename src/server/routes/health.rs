//! `GET /health/...`: whether the process lives, and whether it can answer.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;

use super::super::problem::Problem;
use super::super::state::State;
use crate::server::live::Health;

/// The process runs and answers requests, whatever it has to answer them from.
pub fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(r#"{"status":"ok"}"#)
}

/// An index is served, from a file that is still what was verified, and the server is not ending.
pub fn ready(state: &State) -> Result<HttpResponse, Problem> {
    if state.stopping.is_set() {
        return Err(Problem::Stopping);
    }
    match state.live.health() {
        Health::Serving => Ok(alive()),
        Health::Changed => Err(Problem::IndexChanged),
        Health::Nothing => Err(Problem::NoIndex),
    }
}
