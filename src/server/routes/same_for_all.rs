//! Answers that are the same for everybody until another release, or other settings, come: pages, and the OpenAPI document.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse};

use super::etag::is_known_as;
use super::large_body::Shared;
use crate::server::encoding::{GZIP, Tagged, VARY_ENCODING};

/// A server that was replaced has others: a client may keep them, but has to ask whether they still hold.
const CACHE_POLICY: HeaderValue = HeaderValue::from_static("no-cache");

/// Bytes of a media type, or that the client has them already.
pub fn respond(request: &HttpRequest, kind: HeaderValue, sent: &Tagged, is_packed: bool) -> HttpResponse {
    let is_known = is_known_as(request, &sent.etag);
    let mut response = if is_known {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).body(Shared(sent.bytes.clone()))
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHE_POLICY);
    headers.insert(VARY, VARY_ENCODING);
    headers.insert(ETAG, sent.etag.clone());
    if is_packed && !is_known {
        headers.insert(CONTENT_ENCODING, GZIP);
    }
    response
}
