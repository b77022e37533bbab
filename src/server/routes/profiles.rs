//! `GET /profiles/{id}` and `GET /profiles?id=`: one profile, as recommendations show it.

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{generation, is_known, read, respond, respond_problem};
use crate::answer;

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let generation = generation(call.state)?;
    Ok(match read(&generation, id, |index| answer::profile(index, id)) {
        Ok(_) if is_known(call.request, &generation) => respond(&generation, None),
        Ok(body) => respond(&generation, Some(body)),
        Err(problem) => respond_problem(&generation, &problem),
    })
}
