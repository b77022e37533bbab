//! `GET /` and `GET /explorer/{asset}`: the page, and what it loads.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, VARY,
};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};

use super::super::encoding::{GZIP, VARY_ENCODING, takes_gzip};
use super::super::problem::{MAX_TARGET_BYTES, Problem};
use super::Call;
use super::etag::none_match_hits;
use super::pieces::Shared;
use crate::server::pages::asset::Asset;
use crate::server::pages::explorer::{PAGE, find};

/// A server that was replaced has another page: a browser may keep this one, but has to ask whether it still holds.
const CACHE_POLICY: HeaderValue = HeaderValue::from_static("no-cache");

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
    let (bytes, etag) = match packed {
        Some(packed) => (packed.bytes.clone(), Some(&packed.etag)),
        None => (Bytes::from_static(asset.bytes), asset.etag()),
    };
    let is_known = etag.is_some_and(|etag| {
        let mut fields = request.headers().get_all(IF_NONE_MATCH);
        fields.any(|field| none_match_hits(field.as_bytes(), etag.as_bytes()))
    });
    let mut response = if is_known {
        HttpResponse::NotModified().finish()
    } else {
        let content_type = (CONTENT_TYPE, asset.content_type.clone());
        HttpResponse::Ok().insert_header(content_type).body(Shared(bytes))
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHE_POLICY);
    headers.insert(VARY, VARY_ENCODING);
    if packed.is_some() && !is_known {
        headers.insert(CONTENT_ENCODING, GZIP);
    }
    if let Some(etag) = etag {
        headers.insert(ETAG, etag.clone());
    }
    response
}
