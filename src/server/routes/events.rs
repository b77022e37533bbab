//! `GET /index/events`: what has happened to the index lately.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde::Serialize;

use super::super::app::State;
use super::super::event_log::{Event, EventKind};
use super::super::problem::Problem;
use crate::index::directory;
use crate::time::rfc3339_of;

#[derive(Serialize)]
struct Events {
    events: Vec<Described>,
}

#[derive(Serialize)]
struct Described {
    at: String,
    kind: &'static str,
    version: u64,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub fn get(state: &State) -> Result<HttpResponse, Problem> {
    let events = state.live.events().into_iter().map(Described::from).collect();
    let body = serde_json::to_vec(&Events { events }).map_err(|error| {
        tracing::error!("the events cannot be described: {error}");
        Problem::Internal
    })?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body))
}

impl From<Event> for Described {
    fn from(event: Event) -> Described {
        let (kind, seconds, reason) = match event.kind {
            EventKind::Swap(took) => ("swap", Some(took.as_secs_f64()), None),
            EventKind::Refusal(reason) => ("refusal", None, Some(reason)),
            EventKind::Changed => ("changed", None, None),
        };
        let file = directory::file_name(event.version);
        Described { at: rfc3339_of(event.at), kind, version: event.version, file, seconds, reason }
    }
}
