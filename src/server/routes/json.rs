//! Answers in JSON that are about the server and not from an index.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;

use super::super::problem::Problem;

/// A value as it is now: not to be kept.
///
/// # Errors
/// The value has no JSON form, which none of ours is without.
pub fn respond(value: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| {
        tracing::error!("an answer cannot be written as JSON: {error}");
        Problem::Internal
    })?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body))
}
