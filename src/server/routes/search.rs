//! `GET /search?prefix=`: the profiles that have a text which begins so.

use std::ops::RangeInclusive;

use actix_web::{HttpResponse, web};

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{Refused, generation, read, respond_once, respond_problem};
use super::prefix::{DEFAULT_LIMIT, LIMIT};
use crate::query::attributes::found_body;

/// How long what is searched for may be, in bytes.
pub const PREFIX_BYTES: RangeInclusive<usize> = 1..=512;

/// How long the name of a field may be, in bytes.
pub const FIELD_BYTES: RangeInclusive<usize> = 1..=512;

pub async fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let prefix = call.parameters.text("prefix", &PREFIX_BYTES)?.to_owned();
    let field = match call.parameters.has("field") {
        true => Some(call.parameters.text("field", &FIELD_BYTES)?.to_owned()),
        false => None,
    };
    let limit = call.parameters.optional_number("limit", &LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    let generation = generation(call.state)?;
    let reading = generation.clone();
    // The first search of a version reads documents: not on a worker.
    let found = web::block(move || {
        read(&reading, "", |snapshot| {
            let (attributes, suppressed) = (reading.attributes()?, snapshot.hidden());
            if let Some(name) = &field
                // A field that is not there yet may come with the profiles that are still to be read.
                && attributes.is_complete()
                && !attributes.is_searchable(suppressed, name)
            {
                let known = listed(&attributes.searchable(suppressed));
                let problem = Problem::UnknownField { name: name.clone(), what: "texts", known };
                return Err(Refused::Problem(problem));
            }
            let found = attributes.with_prefix(suppressed, field.as_deref(), &prefix, limit);
            Ok(found_body(snapshot.base(), &attributes, &found)?)
        })
    });
    Ok(match found.await.map_err(|_| Problem::Internal)? {
        Ok(body) => respond_once(&generation, body),
        Err(problem) => respond_problem(&generation, &problem),
    })
}

/// Names in one line.
pub fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
