//! `GET /` and `GET /explorer/{asset}`: the page, and what it loads.

use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};

use super::super::encoding::{Tagged, takes_gzip};
use super::super::problem::{MAX_TARGET_BYTES, Problem};
use super::{Call, same_for_all};
use crate::server::pages::asset::Asset;
use crate::server::pages::explorer::{PAGE, find};

pub async fn get_page(call: &Call<'_>) -> HttpResponse {
    respond(call.request, &PAGE).await
}

pub async fn get_asset(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let name = call.parameters.text("asset", &(0..=MAX_TARGET_BYTES))?;
    match find(name) {
        Some(asset) => Ok(respond(call.request, asset).await),
        None => Err(Problem::UnknownPath { near: None }),
    }
}

/// A file, packed for those who take that, or that the client has it already.
pub async fn respond(request: &HttpRequest, asset: &'static Asset) -> HttpResponse {
    let packed = if takes_gzip(request) { web::block(|| asset.packed()).await.ok().flatten() } else { None };
    match packed {
        Some(packed) => same_for_all::respond(request, asset.content_type.clone(), packed, true),
        None => {
            let plain = Tagged { bytes: Bytes::from_static(asset.bytes), etag: asset.etag().clone() };
            same_for_all::respond(request, asset.content_type.clone(), &plain, false)
        }
    }
}
