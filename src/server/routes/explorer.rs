//! `GET /` and `GET /explorer/{asset}`: the page, and what it loads.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::super::asset::Asset;
use super::super::etag::none_match_hits;
use super::super::explorer::{PAGE, find};
use super::super::problem::{MAX_TARGET_BYTES, Problem};
use super::Call;
use super::pieces::Shared;

/// A server that was replaced has another page: a browser may keep this one, but has to ask whether it still holds.
const CACHE_POLICY: HeaderValue = HeaderValue::from_static("no-cache");

pub fn get_page(call: &Call<'_>) -> HttpResponse {
    respond(call.request, &PAGE)
}

pub fn get_asset(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let name = call.parameters.text("asset", &(0..=MAX_TARGET_BYTES))?;
    find(name).map(|asset| respond(call.request, asset)).ok_or(Problem::UnknownPath)
}

/// A file, or that the client has it already.
pub fn respond(request: &HttpRequest, asset: &'static Asset) -> HttpResponse {
    let etag = asset.etag();
    let is_known = etag.is_some_and(|etag| {
        let mut fields = request.headers().get_all(IF_NONE_MATCH);
        fields.any(|field| none_match_hits(field.as_bytes(), etag.as_bytes()))
    });
    let mut response = if is_known {
        HttpResponse::NotModified().finish()
    } else {
        let content_type = (CONTENT_TYPE, asset.content_type.clone());
        HttpResponse::Ok().insert_header(content_type).body(Shared(Bytes::from_static(asset.bytes)))
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHE_POLICY);
    if let Some(etag) = etag {
        headers.insert(ETAG, etag.clone());
    }
    response
}
