//! `GET /metrics`: what the server counts, for Prometheus.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, VARY};
use actix_web::{HttpRequest, HttpResponse, web};

use super::super::encoding::{self, GZIP, VARY_ENCODING, takes_gzip};
use super::super::problem::Problem;
use super::super::state::State;
use crate::server::observe::metrics::Metrics;
use crate::server::pools::Pool;

pub async fn get(state: &web::Data<State>, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (asked, takes_gzip) = (state.clone(), takes_gzip(request));
    // The system is asked about the process and about pages in memory, which no worker should wait for.
    let written = web::block(move || {
        let text = asked.metrics.render(asked.live.metrics(), &pools(&asked))?;
        let packed = if takes_gzip { encoding::packed(&text) } else { None };
        Ok::<_, prometheus::Error>((text, packed))
    });
    let (text, packed) = written.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
    let mut response = HttpResponse::Ok();
    response.content_type(Metrics::content_type()).insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header((VARY, VARY_ENCODING));
    Ok(match packed {
        Some(packed) => response.insert_header((CONTENT_ENCODING, GZIP)).body(packed),
        None => response.body(text),
    })
}

fn pools(state: &State) -> [&Pool; 3] {
    [&state.searches, &state.exact, &state.batches.pool]
}

fn failed(error: &dyn std::error::Error) -> Problem {
    tracing::error!("metrics cannot be written: {error}");
    Problem::Internal
}
