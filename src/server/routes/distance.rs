//! `GET /distance?from=&to=`: how far apart two profiles are.

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{Refused, generation, is_known, read, respond, respond_problem};
use crate::query::{DistanceError, distance_between};

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let (from, to) = (call.parameters.id_in("from")?, call.parameters.id_in("to")?);
    let generation = generation(call.state)?;
    let body = read(&generation, from, |snapshot| {
        distance_between(snapshot, from, to).map_err(|error| match error {
            DistanceError::From(error) => Refused::About(from, error),
            DistanceError::To(error) => Refused::About(to, error),
        })
    });
    Ok(match body {
        Ok(_) if is_known(call.request, &generation) => respond(&generation, None),
        Ok(body) => respond(&generation, Some(body)),
        Err(problem) => respond_problem(&generation, &problem),
    })
}
