//! The headers of every answer, whatever it says.

use actix_web::HttpResponse;
use actix_web::http::ConnectionType;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

use super::super::access::Allowance;
use super::super::state::State;
use crate::server::headers::X_REQUEST_ID;

/// What is no page: nothing may be loaded by it, and nobody may frame it.
pub const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Profiles are data, whatever a browser takes them for.
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Addresses have ids in them.
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// Adds them, with what a browser lets the answer do.
pub fn add(
    response: &mut HttpResponse,
    state: &State,
    policy: HeaderValue,
    allowance: Option<Allowance>,
    request_id: HeaderValue,
) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(REFERRER_POLICY, NO_REFERRER);
    headers.insert(X_REQUEST_ID, request_id);
    if let Some(hsts) = &state.hsts {
        headers.insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    if let Some(allowance) = allowance {
        allowance.write_to(headers);
    }
    if state.stopping.is_set() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
}
