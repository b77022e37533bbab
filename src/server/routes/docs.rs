//! `GET /docs` and `GET /docs/{asset}`: the OpenAPI document as a page, and what it loads.

use actix_web::HttpResponse;

use super::super::problem::{MAX_TARGET_BYTES, Problem};
use super::{Call, explorer};
use crate::server::pages::docs::{ASSETS, PAGE};

pub async fn get_page(call: &Call<'_>) -> HttpResponse {
    explorer::respond(call.request, &PAGE).await
}

pub async fn get_asset(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let name = call.parameters.text("asset", &(0..=MAX_TARGET_BYTES))?;
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Problem::UnknownPath { near: None })?;
    Ok(explorer::respond(call.request, asset).await)
}
