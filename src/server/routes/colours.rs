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
use crate::answer::attributes::{Attributes, ColourField};

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

pub async fn get_fields(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let generation = generation(call.state)?;
    let described = looked_at(&generation, |generation, attributes| {
        let fields = read(generation, "", |index, suppressed| {
            Ok(attributes.colour_fields(&index.view(), suppressed)?)
        })?;
        let (looked_at, profiles) = (attributes.looked_at(), attributes.profiles());
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
