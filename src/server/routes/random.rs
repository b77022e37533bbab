//! `GET /random`: any profile.

use actix_web::HttpResponse;

use super::super::problem::Problem;
use super::Call;
use super::index_answer::{generation, read, respond_once};
use crate::query;

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let generation = generation(call.state)?;
    let random = getrandom::u64().map_err(|error| {
        tracing::error!("the system gives no random number: {error}");
        Problem::Internal
    })?;
    let document = read(&generation, "", |snapshot| query::random_profile(snapshot, random))?;
    Ok(respond_once(&generation, document.ok_or(Problem::NoProfiles)?))
}
