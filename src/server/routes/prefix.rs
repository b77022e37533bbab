//! `GET /profiles?prefix=&limit=`: the profiles whose ids begin alike; the first of all where nothing is asked for.

use std::ops::RangeInclusive;

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{generation, is_known, read, respond};
use super::parameters::Parameters;
use crate::profile::MAX_ID_BYTES;
use crate::query;

/// More would be a way to download everybody, and not one to find somebody.
pub const LIMIT: RangeInclusive<usize> = 1..=100;

/// What fits below a line that somebody types into.
pub const DEFAULT_LIMIT: usize = 10;

/// What ids have to begin with, and how many are wanted.
///
/// # Errors
/// One of them is not in its range.
pub fn read_parameters<'a>(parameters: &'a Parameters<'_>) -> Result<(&'a str, usize), Problem> {
    let prefix = parameters.optional_text("prefix", &(0..=MAX_ID_BYTES))?;
    let limit = parameters.optional_number("limit", &LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    Ok((prefix, limit))
}

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let (prefix, limit) = read_parameters(&call.parameters)?;
    let generation = generation(call.state)?;
    let is_known = is_known(call.request, &generation);
    // Whether the file is still what it was has to be asked also where nothing of it is sent again.
    let body = read(&generation, prefix, |snapshot| match is_known {
        true => Ok(None),
        false => query::profiles_with_prefix(snapshot, prefix, limit).map(Some),
    })?;
    Ok(respond(&generation, body))
}
