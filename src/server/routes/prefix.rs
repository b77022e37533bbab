//! `GET /profiles?prefix=&limit=`: the profiles whose ids begin alike.

use std::ops::RangeInclusive;

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{generation, is_known, read, respond};
use crate::answer;
use crate::profile::MAX_ID_BYTES;

/// More would be a way to download everybody, and not one to find somebody.
pub const LIMIT: RangeInclusive<usize> = 1..=100;

/// What fits below a line that somebody types into.
pub const DEFAULT_LIMIT: usize = 10;

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let prefix = call.parameters.text("prefix", &(0..=MAX_ID_BYTES))?;
    let limit = call.parameters.optional_number("limit", &LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    if call.parameters.has("id") {
        let reason = "contradicts id, which stands for one profile; give one of the two";
        return Err(Problem::BadParameter { name: "prefix", reason: reason.to_owned() });
    }
    let generation = generation(call.state)?;
    let is_known = is_known(call.request, &generation);
    // Whether the file is still what it was has to be asked also where nothing of it is sent again.
    let body = read(&generation, prefix, |index, suppressed| match is_known {
        true => Ok(None),
        false => answer::profiles_with_prefix(index, suppressed, prefix, limit).map(Some),
    })?;
    Ok(respond(&generation, body))
}
