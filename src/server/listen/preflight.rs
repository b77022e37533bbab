//! Answers that are given without a route although there is a request: what pages ask before they ask.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::VARY;
use actix_web::middleware::Next;
use actix_web::web::Bytes;

use crate::server::headers::X_REQUEST_ID;
use crate::server::observe::metrics::{Below, Metrics};
use crate::server::problem::Problem;
use crate::server::request_id;

/// Middleware that gives such an answer an id too, and a problem document where a page may not ask.
pub async fn on_every_answer<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
    metrics: &Metrics,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let given = request_id::given(request.headers());
    let mut response = next.call(request).await?;
    if response.headers().contains_key(X_REQUEST_ID) {
        return Ok(response.map_into_left_body());
    }
    let id = given.unwrap_or_else(request_id::made);
    response.headers_mut().insert(X_REQUEST_ID, id.clone());
    if !response.status().is_client_error() {
        return Ok(response.map_into_left_body());
    }
    metrics.requests.observe_below(Below::Preflight);
    let (request, refused) = response.into_parts();
    let vary = refused.headers().get(VARY).cloned();
    let reason = refused.into_body().try_into_bytes().unwrap_or_else(|_| Bytes::new());
    let reason = String::from_utf8_lossy(&reason).into_owned();
    tracing::debug!(reason = Below::Preflight.name(), request_id = ?id, "answered without a route: {reason}");
    let mut response = Problem::Preflight { reason }.response();
    response.headers_mut().insert(X_REQUEST_ID, id);
    if let Some(vary) = vary {
        response.headers_mut().insert(VARY, vary);
    }
    Ok(ServiceResponse::new(request, response).map_into_right_body())
}
