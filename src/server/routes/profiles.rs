//! `GET /profiles/{id}` and `GET /profiles?id=`: one profile, as recommendations show it.

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::index_answer::{generation, is_known, read, respond, respond_problem};
use super::{Call, prefix};
use crate::query;

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    // One profile is within every limit.
    let (prefix, _) = prefix::read_parameters(&call.parameters)?;
    let generation = generation(call.state)?;
    if !id.starts_with(prefix) {
        let problem = Problem::OtherPrefix { id: id.to_owned(), prefix: prefix.to_owned() };
        return Ok(respond_problem(&generation, &problem));
    }
    let body = if is_known(call.request, &generation) {
        read(&generation, id, |snapshot| query::has_profile(snapshot, id)).map(|()| None)
    } else {
        read(&generation, id, |snapshot| query::profile(snapshot, id)).map(Some)
    };
    Ok(match body {
        Ok(body) => respond(&generation, body),
        Err(problem) => respond_problem(&generation, &problem),
    })
}
