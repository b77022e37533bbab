//! `GET /map/fields`: what the map can be coloured by; `GET /map/values?field=`: what each profile has there.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::generation::Generation;
use super::super::problem::Problem;
use super::Call;
use super::index_answer::{
    X_INDEX_VERSION, generation, is_meant, problem, read, respond_once, respond_problem,
};
use super::search::{FIELD_BYTES, listed};
use crate::answer::attributes::{self, Attributes, ColourKind};

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

impl From<attributes::ColourField> for ColourField {
    fn from(known: attributes::ColourField) -> Self {
        let nothing = ColourField {
            field: known.field,
            kind: "category",
            values: None,
            others: None,
            low: None,
            high: None,
        };
        match known.kind {
            ColourKind::Category { values, others } => {
                let values =
                    values.into_iter().map(|it| ColourValue { value: it.value, profiles: it.profiles });
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
    let described = looked_at(&generation, |generation, attributes| {
        let fields = read(generation, "", |index, suppressed| {
            Ok(attributes.colour_fields(&index.view(), suppressed)?)
        })?;
        let (looked_at, profiles) = (attributes.looked_at(), attributes.profiles());
        let fields = fields.into_iter().map(ColourField::from).collect();
        let colours = Colours { complete: attributes.is_complete(), looked_at, profiles, fields };
        serde_json::to_vec(&colours).map_err(|_| Problem::Internal)
    });
    Ok(match described.await {
        Ok(body) => respond_once(&generation, body),
        Err(problem) => respond_problem(&generation, &problem),
    })
}

pub async fn get_values(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let field = call.parameters.text("field", &FIELD_BYTES)?.to_owned();
    let generation = generation(call.state)?;
    let is_meant = is_meant(call.request, &generation);
    let values = looked_at(&generation, move |generation, attributes| {
        let values = read(generation, "", |index, suppressed| {
            Ok(attributes.colours(&index.view(), suppressed, &field)?)
        })?;
        let unknown = || -> Result<Problem, Problem> {
            let fields = read(generation, "", |index, suppressed| {
                Ok(attributes.colour_fields(&index.view(), suppressed)?)
            })?;
            let names: Vec<&str> = fields.iter().map(|it| it.field.as_str()).collect();
            let (name, known) = (field.clone(), listed(&names));
            Ok(Problem::UnknownField { name, what: "few values or numbers", known })
        };
        match values {
            None => Err(unknown()?),
            Some(_) if !is_meant => Err(Problem::AnotherVersion { version: generation.version }),
            Some(values) => Ok(values),
        }
    });
    Ok(match values.await {
        Ok(body) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")))
            .insert_header((X_INDEX_VERSION, generation.version_header.clone()))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(body),
        Err(problem) => respond_problem(&generation, &problem),
    })
}

/// Something about what has been read of a generation's documents. The first who asks waits for it, so not on a worker.
async fn looked_at<T: Send + 'static>(
    generation: &Arc<Generation>,
    look: impl FnOnce(&Generation, &Attributes) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let generation = Arc::clone(generation);
    let looked = web::block(move || {
        let attributes =
            generation.attributes().map_err(|damaged| problem(&generation, "", damaged.into()))?;
        look(&generation, &attributes)
    });
    looked.await.map_err(|_| Problem::Internal)?
}
