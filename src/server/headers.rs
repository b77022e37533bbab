//! The headers that are Kindred's own.

use actix_web::http::header::HeaderName;

/// The id of a request, in requests and answers.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Which version answered, in decimal.
pub const X_INDEX_VERSION: HeaderName = HeaderName::from_static("x-index-version");
