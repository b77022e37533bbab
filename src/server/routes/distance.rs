//! `GET /distance?from=&to=`: how far apart two profiles are.

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{generation, is_known, problem, read, respond, respond_problem};
use crate::query;

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let (from, to) = (call.parameters.id_in("from")?, call.parameters.id_in("to")?);
    let generation = generation(call.state)?;
    let result =
        read(&generation, from, |index, suppressed| query::distance_between(index, suppressed, from, to));
    let body = result.and_then(|result| result.map_err(|error| problem(&generation, to, error)));
    Ok(match body {
        Ok(_) if is_known(call.request, &generation) => respond(&generation, None),
        Ok(body) => respond(&generation, Some(body)),
        Err(problem) => respond_problem(&generation, &problem),
    })
}
