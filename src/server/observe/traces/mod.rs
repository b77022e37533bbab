//! Traces: a span for each request and each swap, by OpenTelemetry, where the feature `otel` is on and the environment
//! names a collector.
//!
//! Spans are made when what they tell of is over, so nothing is kept while a request is answered. Without the feature
//! there is nothing here but an empty value.

#[cfg(not(feature = "otel"))]
mod absent;
#[cfg(feature = "otel")]
mod client;
#[cfg(feature = "otel")]
mod spans;

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};

#[cfg(not(feature = "otel"))]
pub use self::absent::Traces;
#[cfg(feature = "otel")]
pub use self::spans::Traces;

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("{variable}: {reason}")]
pub struct TracesError {
    /// The environment variable that is to blame.
    pub variable: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// A request that has just been answered.
#[derive(Debug)]
#[cfg_attr(not(feature = "otel"), allow(dead_code, reason = "without the feature nobody reads it"))]
pub struct Answered<'a> {
    /// What was asked. Its path is in no span: there are ids in it.
    pub request: &'a HttpRequest,
    /// The pattern of its route.
    pub route: &'static str,
    /// The answer, with all its headers.
    pub answer: &'a HttpResponse,
    /// How long that took.
    pub took: Duration,
}

/// An index file that has just been opened, or not.
#[derive(Debug)]
#[cfg_attr(not(feature = "otel"), allow(dead_code, reason = "without the feature nobody reads it"))]
pub struct Opened<'a> {
    /// The version in its name.
    pub version: u64,
    /// How long it took from noticing the file on.
    pub took: Duration,
    /// Its parts, in their order; why it is not served, otherwise.
    pub outcome: Result<&'a [(&'static str, Duration)], &'a str>,
}
