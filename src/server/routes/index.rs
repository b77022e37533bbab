//! `GET /index`: what is served, and how it came to be.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::super::state::State;
use super::{index_answer, json};
use crate::file::{Metadata, TableMetadata};
use crate::server::live::generation::Generation;
use crate::server::live::live_index::{History, Refusal};
use crate::time::{rfc3339, rfc3339_of};

/// Fields that are described: tables with more columns exist, and the page asks often.
const MOST_FIELDS: usize = 1_000;

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
    /// What became of the fields, by name, the first 1,000; null if the file does not say it.
    #[schema(required)]
    fields: Option<Vec<FieldDescription<'a>>>,
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

/// What became of a field.
#[derive(Serialize, ToSchema)]
pub struct FieldDescription<'a> {
    /// Its name; those of maps are joined by dots.
    name: &'a str,
    /// number, category, list or text: so the field is compared; python: a Python function was given it; id, vector or
    /// stored: the field is not compared.
    #[schema(example = "category")]
    kind: &'a str,
    /// Why.
    reason: &'a str,
    /// Whether answers have it.
    exposed: bool,
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

fn fields(metadata: &Metadata) -> Option<Vec<FieldDescription<'_>>> {
    let fields = metadata.fields.as_ref()?.iter().take(MOST_FIELDS);
    let described = fields.map(|field| FieldDescription {
        name: &field.name,
        kind: &field.kind,
        reason: &field.reason,
        exposed: metadata.exposes(field),
    });
    Some(described.collect())
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
        fields: fields(metadata),
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
