//! What is counted of every request.

use std::sync::OnceLock;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::Method;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge};

use super::register::{Register, raise, set};
use super::striped::Striped;
use super::{Below, MAX_ROUTES, RouteLabel};
use crate::server::access::shows_a_key;
use crate::server::problem::Problem;

/// The methods that are told apart, and what the others are counted as.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER];

/// Every status that the application answers with, the usual ones first, and what another would be counted as.
const STATUSES: [(u16, &str); 19] = [
    (200, "200"),
    (304, "304"),
    (404, "404"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (412, "412"),
    (413, "413"),
    (414, "414"),
    (415, "415"),
    (421, "421"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
    (503, "503"),
    (0, OTHER),
];

const OTHER: &str = "other";

/// From a lookup in a warm table to an exact search in a large index.
const REQUEST_SECONDS: [f64; 15] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Why a request was not let in: it shows no key, one that is not known, or one that may do something else.
const REASONS: [&str; 3] = ["no_key", "unknown_key", "scope"];

/// What a route has counted. A request finds its counters here without a hash or a lock; they are looked up by their
/// labels once, when the first such request is answered, so that nothing is shown that never happened.
#[derive(Debug, Default)]
struct RouteMetrics {
    seconds: OnceLock<Histogram>,
    requests: [[OnceLock<IntCounter>; STATUSES.len()]; METHODS.len()],
}

/// Requests and what became of them.
#[derive(Debug)]
pub struct RequestMetrics {
    routes: [RouteMetrics; MAX_ROUTES],
    requests: IntCounterVec,
    seconds: HistogramVec,
    begun: Striped,
    body_bytes: Striped,
    shown_body_bytes: IntCounter,
    in_flight: IntGauge,
    abandoned: IntCounter,
    refused_access: [IntCounter; REASONS.len()],
    rate_limited: IntCounter,
    below: [IntCounter; Below::ALL.len()],
}

/// A request that is being answered. Dropped without an answer, it counts as abandoned.
#[derive(Debug)]
pub struct InFlight<'a> {
    abandoned: Option<&'a IntCounter>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(abandoned) = self.abandoned {
            abandoned.inc();
        }
    }
}

impl RequestMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// Two metrics have the same name.
    pub fn new(register: &Register<'_>) -> Result<Self, prometheus::Error> {
        let refused_access = register.counters(
            "kindred_auth_failures_total",
            "Requests refused for their key, by reason: no_key, unknown_key, scope.",
            &["reason"],
        )?;
        let below = register.counters(
            "kindred_http_unrouted_answers_total",
            "Connections answered or closed before a route was known, by reason: malformed, head_too_large, head_timeout, preflight.",
            &["reason"],
        )?;
        Ok(RequestMetrics {
            routes: std::array::from_fn(|_| RouteMetrics::default()),
            requests: register.counters(
                "kindred_http_requests_total",
                "Answered requests, by route, method and status.",
                &["route", "method", "status"],
            )?,
            seconds: register.histograms(
                "kindred_http_request_duration_seconds",
                "Time from the parsed request to the finished answer, by route.",
                "route",
                &REQUEST_SECONDS,
            )?,
            begun: Striped::default(),
            body_bytes: Striped::default(),
            shown_body_bytes: register.counter(
                "kindred_http_response_body_bytes_total",
                "Bytes in the bodies of answers, without headers.",
            )?,
            in_flight: register
                .gauge("kindred_http_requests_in_flight", "Requests in progress, including this scrape.")?,
            abandoned: register.counter(
                "kindred_http_requests_abandoned_total",
                "Requests whose client disconnected before the answer.",
            )?,
            refused_access: REASONS.map(|reason| refused_access.with_label_values(&[reason])),
            rate_limited: register
                .counter("kindred_rate_limited_requests_total", "Requests refused by the rate limit.")?,
            below: Below::ALL.map(|reason| below.with_label_values(&[reason.name()])),
        })
    }

    /// Counts a request that is going to be answered.
    pub fn begin(&self) -> InFlight<'_> {
        self.begun.add(1);
        InFlight { abandoned: Some(&self.abandoned) }
    }

    /// Counts its answer.
    pub fn end(
        &self,
        mut request: InFlight<'_>,
        route: RouteLabel,
        method: &Method,
        status: u16,
        took: Duration,
    ) {
        request.abandoned = None;
        let (method, status) = (method_number(method), status_number(status));
        let Some(counted) = self.routes.get(route.number) else { return };
        let counter = counted.requests.get(method).and_then(|statuses| statuses.get(status));
        if let Some(counter) = counter {
            let labels = || [route.name, METHODS[method], STATUSES[status].1];
            counter.get_or_init(|| self.requests.with_label_values(&labels())).inc();
        }
        let seconds = counted.seconds.get_or_init(|| self.seconds.with_label_values(&[route.name]));
        seconds.observe(took.as_secs_f64());
    }

    /// Counts the bytes of a body.
    pub fn observe_body(&self, bytes: u64) {
        self.body_bytes.add(bytes);
    }

    /// Counts a request that was refused for who sent it.
    pub fn observe_problem(&self, problem: &Problem, request: &HttpRequest) {
        let [no_key, unknown_key, scope] = &self.refused_access;
        match problem {
            Problem::Unauthorized if shows_a_key(request) => unknown_key.inc(),
            Problem::Unauthorized => no_key.inc(),
            Problem::Forbidden { .. } => scope.inc(),
            Problem::TooManyRequests(_) => self.rate_limited.inc(),
            _ => {}
        }
    }

    /// Counts an answer without a request.
    pub fn observe_below(&self, below: Below) {
        if let Some(counter) = self.below.get(below as usize) {
            counter.inc();
        }
    }

    /// Brings what is shown up to date.
    pub fn refresh(&self) {
        raise(&self.shown_body_bytes, self.body_bytes.total());
        // What ended is counted first: a request that does both in between shows as in flight, and none as less than none.
        let ended: u64 = self.ended();
        set(&self.in_flight, self.begun.total().saturating_sub(ended));
    }

    fn ended(&self) -> u64 {
        let counters = self.routes.iter().flat_map(|route| route.requests.iter().flatten());
        counters.filter_map(OnceLock::get).map(IntCounter::get).sum::<u64>() + self.abandoned.get()
    }
}

/// The place in [`METHODS`].
fn method_number(method: &Method) -> usize {
    match *method {
        Method::GET => 0,
        Method::HEAD => 1,
        Method::POST => 2,
        Method::PUT => 3,
        Method::PATCH => 4,
        Method::DELETE => 5,
        Method::OPTIONS => 6,
        _ => METHODS.len() - 1,
    }
}

/// The place in [`STATUSES`].
fn status_number(status: u16) -> usize {
    STATUSES.iter().position(|(number, _)| *number == status).unwrap_or(STATUSES.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_statuses_are_counted_as_what_they_are() {
        for (number, name) in METHODS.iter().enumerate().take(METHODS.len() - 1) {
            assert_eq!(method_number(&name.parse().unwrap()), number, "{name}");
        }
        assert_eq!(METHODS[method_number(&Method::TRACE)], OTHER);
        for (number, (status, name)) in STATUSES.iter().enumerate().take(STATUSES.len() - 1) {
            assert_eq!((status_number(*status), name.parse()), (number, Ok(*status)), "{name}");
        }
        assert_eq!(STATUSES[status_number(418)].1, OTHER);
    }
}
