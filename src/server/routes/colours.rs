//! `GET /map/fields`: what the map can be coloured by; `GET /map/values?field=`: what each profile has there.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{
    JSON, Refused, generation, is_known_as, is_meant, is_meant_as, read, respond_problem, respond_tagged,
};
use super::large_body::Shared;
use super::map::BINARY;
use super::search::{FIELD_BYTES, listed};
use crate::query::Suppressed;
use crate::query::attributes::{self, ColourKind};
use crate::server::live::colouring::Colouring;
use crate::server::live::generation::Generation;

/// What the map can be coloured by.
#[derive(Serialize, ToSchema)]
pub struct Colours {
    /// Whether all profiles have been looked at. If not, more may be known a second later.
    complete: bool,
    /// Profiles that have been looked at, from the first on.
    looked_at: u32,
    /// Profiles of the index.
    profiles: u32,
    /// The fields, those that suit best first.
    fields: Vec<ColourField>,
}

/// A field that can colour the map.
#[derive(Serialize, ToSchema)]
pub struct ColourField {
    /// Its name; those of maps are joined by dots.
    field: String,
    /// What it has: `category` or `number`.
    #[schema(example = "category")]
    kind: &'static str,
    /// Of a category: the values with a number of their own, which is their place here. The most frequent comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<ColourValue>>,
    /// Of a category: the profiles with another value.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<u32>,
    /// Of numbers: what the first step stands for, and everything below.
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f32>,
    /// Of numbers: what the last step stands for, and everything above.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f32>,
}

/// A value with a number of its own.
#[derive(Serialize, ToSchema)]
pub struct ColourValue {
    /// As the first profile that has it writes it.
    value: String,
    /// Profiles that have it.
    profiles: u32,
}

impl From<&attributes::ColourField> for ColourField {
    fn from(known: &attributes::ColourField) -> Self {
        let nothing = ColourField {
            field: known.field.clone(),
            kind: "category",
            values: None,
            others: None,
            low: None,
            high: None,
        };
        match known.kind {
            ColourKind::Category { ref values, others } => {
                let values =
                    values.iter().map(|it| ColourValue { value: it.value.clone(), profiles: it.profiles });
                ColourField { values: Some(values.collect()), others: Some(others), ..nothing }
            }
            ColourKind::Number { low, high } => {
                ColourField { kind: "number", low: Some(low), high: Some(high), ..nothing }
            }
        }
    }
}

pub async fn get_fields(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let generation = generation(call.state)?;
    let described = look(&generation, |colouring, _| {
        let attributes = &colouring.attributes;
        let colours = Colours {
            complete: attributes.is_complete(),
            looked_at: attributes.looked_at(),
            profiles: attributes.profiles(),
            fields: colouring.fields.iter().map(ColourField::from).collect(),
        };
        serde_json::to_vec(&colours).map_err(|_| Problem::Internal)
    });
    Ok(respond(call, &generation, JSON, described.await))
}

pub async fn get_values(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let field = call.parameters.text("field", &FIELD_BYTES)?.to_owned();
    let generation = generation(call.state)?;
    let codes = look(&generation, move |colouring, suppressed| {
        colouring.codes(suppressed, &field).map(Shared).ok_or_else(|| {
            let names: Vec<&str> = colouring.fields.iter().map(|it| it.field.as_str()).collect();
            Problem::UnknownField { name: field, what: "few values or numbers", known: listed(&names) }
        })
    });
    let codes = codes.await.and_then(|(etag, codes)| {
        // The tag of the map says nothing about how far documents have been read.
        match is_meant(call.request, &generation) || is_meant_as(call.request, &etag) {
            true => Ok((etag, codes)),
            false => Err(Problem::AnotherVersion { version: generation.version }),
        }
    });
    Ok(respond(call, &generation, BINARY, codes))
}

fn respond(
    call: &Call<'_>,
    generation: &Generation,
    kind: HeaderValue,
    looked: Result<(HeaderValue, impl MessageBody + 'static), Problem>,
) -> HttpResponse {
    match looked {
        Ok((etag, body)) => {
            let body = (!is_known_as(call.request, &etag)).then_some(body);
            respond_tagged(generation, &etag, kind, body)
        }
        Err(problem) => respond_problem(generation, &problem),
    }
}

/// Something about what colours the map of a generation, and its entity tag. The first who asks waits until documents have been
/// read, so not on a worker.
async fn look<T: Send + 'static>(
    generation: &Arc<Generation>,
    look: impl FnOnce(&Colouring, &Suppressed) -> Result<T, Problem> + Send + 'static,
) -> Result<(HeaderValue, T), Problem> {
    let generation = Arc::clone(generation);
    let looked = web::block(move || {
        read(&generation, "", |snapshot| {
            let colouring = generation.colouring()?;
            let looked = look(&colouring, snapshot.hidden()).map_err(Refused::Problem)?;
            Ok::<_, Refused<'_>>((colouring.etag.clone(), looked))
        })
    });
    looked.await.map_err(|_| Problem::Internal)?
}
