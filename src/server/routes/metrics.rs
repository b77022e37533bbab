//! `GET /metrics`: what the server counts, for Prometheus.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;

use super::super::app::State;
use super::super::metrics::Metrics;
use super::super::problem::Problem;

pub fn get(state: &State) -> Result<HttpResponse, Problem> {
    let text = state.metrics.render(&state.live).map_err(|error| {
        tracing::error!("metrics cannot be written: {error}");
        Problem::Internal
    })?;
    Ok(HttpResponse::Ok()
        .content_type(Metrics::content_type())
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text))
}
