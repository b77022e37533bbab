//! `GET /index/events`: what has happened to the index lately.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::super::state::State;
use super::json;
use crate::directory::versions;
use crate::server::live::event_log::{Event, EventKind};
use crate::time::rfc3339_of;

/// The recent events.
#[derive(Serialize, ToSchema)]
pub struct Events {
    /// Oldest first.
    events: Vec<Described>,
}

/// One event.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct Described {
    #[schema(format = DateTime)]
    at: String,
    /// `swap`, `refusal`, `changed` or `back`.
    kind: &'static str,
    version: u64,
    file: String,
    /// The duration of a swap.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    /// The reason why a file was refused, or is served instead of a newer one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub fn get(state: &State) -> Result<HttpResponse, Problem> {
    let events = state.live.events().into_iter().map(Described::from).collect();
    json::respond(&Events { events })
}

impl From<Event> for Described {
    fn from(event: Event) -> Described {
        let (kind, seconds, reason) = match event.kind {
            EventKind::Swap(took) => ("swap", Some(took.as_secs_f64()), None),
            EventKind::Refusal(reason) => ("refusal", None, Some(reason)),
            EventKind::Changed => ("changed", None, None),
            EventKind::Back { from } => {
                let former = versions::file_name(from);
                ("back", None, Some(format!("the index directory is without {former}, or is another one")))
            }
        };
        let file = versions::file_name(event.version);
        Described { at: rfc3339_of(event.at), kind, version: event.version, file, seconds, reason }
    }
}
