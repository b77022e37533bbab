//! `GET /metrics`: what the server counts, for Prometheus.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

use super::super::app::State;
use super::super::metrics::Metrics;
use super::super::problem::Problem;
use super::super::search_pool::SearchPool;

pub async fn get(state: &web::Data<State>) -> Result<HttpResponse, Problem> {
    let asked = state.clone();
    // The system is asked about the process and about pages in memory, which no worker should wait for.
    let text = web::block(move || asked.metrics.render(&asked.live, &pools(&asked))).await;
    let text = text.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
    Ok(HttpResponse::Ok()
        .content_type(Metrics::content_type())
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text))
}

fn pools(state: &State) -> [&SearchPool; 3] {
    [&state.searches, &state.exact, &state.batches.pool]
}

fn failed(error: &dyn std::error::Error) -> Problem {
    tracing::error!("metrics cannot be written: {error}");
    Problem::Internal
}
