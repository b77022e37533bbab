//! `GET /index`: what is served, and how it came to be.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::app::State;
use super::super::generation::Generation;
use super::super::live_index::{History, Refusal};
use super::super::problem::Problem;
use super::{index_answer, json};
use crate::index::TableMetadata;
use crate::time::{rfc3339, rfc3339_of};

/// What is served.
#[derive(Serialize, ToSchema)]
pub struct Description<'a> {
    version: u64,
    file: String,
    /// When the file was built.
    #[schema(format = DateTime)]
    created: String,
    /// When the server was ready to serve it.
    #[schema(format = DateTime)]
    loaded: String,
    profiles: u32,
    nodes: u32,
    dimension: u32,
    m: u32,
    /// The default ef of searches.
    ef: u32,
    recall_at_10: f64,
    /// The neighbour table, if the file has one.
    #[schema(required)]
    table: Option<TableMetadata>,
    vectorizer: &'a str,
    /// Records that were left out of the file, by reason.
    skipped: &'a BTreeMap<String, u64>,
    /// Whether the served version is not the one that the directory asks for.
    degraded: bool,
    /// Swaps since the server started.
    swaps: u64,
    #[schema(required)]
    last_swap_seconds: Option<f64>,
    /// Refused files; each is counted once.
    refused: u64,
    #[schema(required)]
    last_refused: Option<Refused>,
}

/// A file that is not served.
#[derive(Serialize, ToSchema)]
pub struct Refused {
    file: String,
    reason: String,
    #[schema(format = DateTime)]
    at: String,
}

pub fn get(state: &State) -> Result<HttpResponse, Problem> {
    let generation = index_answer::generation(state)?;
    json::respond(&describe(&generation, state.live.history()))
}

fn describe(generation: &Generation, history: History) -> Description<'_> {
    let (header, metadata) = (generation.index().header(), generation.index().metadata());
    Description {
        version: generation.version,
        file: generation.file_name(),
        created: rfc3339(header.created),
        loaded: rfc3339_of(generation.loaded),
        profiles: header.profiles,
        nodes: header.nodes,
        dimension: header.dimension,
        m: header.m,
        ef: metadata.default_ef,
        recall_at_10: metadata.recall_at_10,
        table: metadata.table,
        vectorizer: &metadata.vectorizer.name,
        skipped: &metadata.skipped,
        degraded: history.degraded,
        swaps: history.swaps,
        last_swap_seconds: history.last_swap.map(|took| took.as_secs_f64()),
        refused: history.refused,
        last_refused: history.last_refused.map(|Refusal { file, reason, at }| Refused {
            file,
            reason,
            at: rfc3339_of(at),
        }),
    }
}
