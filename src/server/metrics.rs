//! What the server counts, as Prometheus text.
//!
//! Labels come from the route table and from short lists, never from what a request says: their number is bounded.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use actix_web::http::Method;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use super::live_index::LiveIndex;

/// The `route` of requests that no route matches.
pub const UNMATCHED: &str = "unmatched";

/// The most routes that can be counted, [`UNMATCHED`] among them.
pub const MAX_ROUTES: usize = 40;

/// The methods that are told apart, and what the others are counted as.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

/// Every status that the application answers with, and what another would be counted as.
const STATUSES: [&str; 15] = [
    "200", "304", "400", "401", "403", "404", "405", "409", "412", "414", "422", "429", "500", "503", "other",
];

/// From a lookup in a warm table to an exact search in a large index.
const REQUEST_SECONDS: [f64; 15] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// From a sample to many gigabytes on a slow disk.
const SWAP_SECONDS: [f64; 10] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// A row of the route table, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteLabel {
    /// Its number, below [`MAX_ROUTES`].
    pub number: usize,
    /// Its pattern, or [`UNMATCHED`].
    pub name: &'static str,
}

/// What a route has counted. A request finds its counters here without a hash or a lock; they are looked up by their
/// labels once, when the first such request is answered, so that nothing is shown that never happened.
#[derive(Debug, Default)]
struct RouteMetrics {
    seconds: OnceLock<Histogram>,
    requests: [[OnceLock<IntCounter>; STATUSES.len()]; METHODS.len()],
}

/// The metrics of one server, in a registry of their own.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    routes: [RouteMetrics; MAX_ROUTES],
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    index_version: IntGauge,
    index_age_seconds: IntGauge,
    index_profiles: IntGauge,
    index_suppressed: IntGauge,
    index_degraded: IntGauge,
    swaps: IntCounter,
    refused_files: IntCounter,
    changed_files: IntCounter,
    reload_failures: IntCounter,
    swap_seconds: Histogram,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// Two metrics have the same name, which a test rules out.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let requests = IntCounterVec::new(
            Opts::new("kindred_http_requests_total", "Requests answered, by route, method and status."),
            &["route", "method", "status"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        let request_seconds = HistogramVec::new(
            HistogramOpts::new(
                "kindred_http_request_duration_seconds",
                "Time from the parsed request to the finished answer, by route.",
            )
            .buckets(REQUEST_SECONDS.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(request_seconds.clone()))?;
        let swap_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "kindred_swap_seconds",
                "Time from noticing an index file to serving it, the first one included.",
            )
            .buckets(SWAP_SECONDS.to_vec()),
        )?;
        registry.register(Box::new(swap_seconds.clone()))?;
        Ok(Metrics {
            index_version: gauge(
                "kindred_index_version",
                "Version of the served index; 0 while there is none.",
            )?,
            index_age_seconds: gauge(
                "kindred_index_age_seconds",
                "Time since the served index was built; 0 while there is none.",
            )?,
            index_profiles: gauge(
                "kindred_index_profiles",
                "Profiles in the served index; 0 while there is none.",
            )?,
            index_suppressed: gauge(
                "kindred_index_suppressed_profiles",
                "Profiles of the served index that are in no answer.",
            )?,
            index_degraded: gauge(
                "kindred_index_degraded",
                "1 while another version is served than the directory asks for, else 0.",
            )?,
            swaps: counter("kindred_swaps_total", "Times one index took the place of another.")?,
            refused_files: counter("kindred_refused_files_total", "Index files refused, each counted once.")?,
            changed_files: counter(
                "kindred_changed_files_total",
                "Index files that were changed in place while they were served.",
            )?,
            reload_failures: counter(
                "kindred_reload_failures_total",
                "Times that keys or a certificate were read again and not taken.",
            )?,
            registry,
            routes: std::array::from_fn(|_| RouteMetrics::default()),
            requests,
            request_seconds,
            swap_seconds,
        })
    }

    /// Counts an answer.
    pub fn observe_request(&self, route: RouteLabel, method: &Method, status: u16, took: Duration) {
        let (method, status) = (method_number(method), status_number(status));
        let Some(counted) = self.routes.get(route.number) else { return };
        let counter = counted.requests.get(method).and_then(|statuses| statuses.get(status));
        if let Some(counter) = counter {
            let labels = || [route.name, METHODS[method], STATUSES[status]];
            counter.get_or_init(|| self.requests.with_label_values(&labels())).inc();
        }
        let seconds = counted.seconds.get_or_init(|| self.request_seconds.with_label_values(&[route.name]));
        seconds.observe(took.as_secs_f64());
    }

    /// Counts a generation that is served from now on.
    pub fn observe_swap(&self, took: Duration, replaced_another: bool) {
        self.swap_seconds.observe(took.as_secs_f64());
        self.swaps.inc_by(u64::from(replaced_another));
    }

    /// Counts a file that was refused.
    pub fn observe_refusal(&self) {
        self.refused_files.inc();
    }

    /// Counts a served file that was changed in place.
    pub fn observe_changed_file(&self) {
        self.changed_files.inc();
    }

    /// Counts keys or a certificate that were read again and not taken.
    pub fn observe_reload_failure(&self) {
        self.reload_failures.inc();
    }

    /// Everything as text, with the gauges as `live` has them now.
    ///
    /// # Errors
    /// A metric cannot be written, which a test rules out.
    pub fn render(&self, live: &LiveIndex) -> Result<Vec<u8>, prometheus::Error> {
        let current = live.current();
        let (version, age, profiles, suppressed) = current.as_deref().map_or((0, 0, 0, 0), |generation| {
            let header = generation.index().header();
            let suppressed = generation.suppressed.len() as u64;
            (generation.version, seconds_since(header.created), u64::from(header.profiles), suppressed)
        });
        for (gauge, value) in [
            (&self.index_version, version),
            (&self.index_age_seconds, age),
            (&self.index_profiles, profiles),
            (&self.index_suppressed, suppressed),
            (&self.index_degraded, u64::from(live.history().degraded)),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// The media type of [`Metrics::render`].
    pub fn content_type() -> &'static str {
        "text/plain; version=0.0.4; charset=utf-8"
    }
}

/// 0 where the clocks of builder and server disagree.
fn seconds_since(unix_seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_secs().saturating_sub(unix_seconds)
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
    match status {
        200 => 0,
        304 => 1,
        400 => 2,
        401 => 3,
        403 => 4,
        404 => 5,
        405 => 6,
        409 => 7,
        412 => 8,
        414 => 9,
        422 => 10,
        429 => 11,
        500 => 12,
        503 => 13,
        _ => STATUSES.len() - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(metrics: &Metrics) -> String {
        String::from_utf8(metrics.render(&LiveIndex::default()).unwrap()).unwrap()
    }

    #[test]
    fn requests_are_counted_by_route_method_and_status() {
        let metrics = Metrics::new().unwrap();
        let took = Duration::from_micros(300);
        let recommend = RouteLabel { number: 0, name: "/recommend/{id}/{n}" };
        metrics.observe_request(recommend, &Method::GET, 200, took);
        metrics.observe_request(recommend, &Method::GET, 200, took);
        let odd = Method::from_bytes(b"BREW").unwrap();
        metrics.observe_request(RouteLabel { number: 1, name: UNMATCHED }, &odd, 404, took);
        let text = rendered(&metrics);
        for line in [
            r#"kindred_http_requests_total{method="GET",route="/recommend/{id}/{n}",status="200"} 2"#,
            r#"kindred_http_requests_total{method="other",route="unmatched",status="404"} 1"#,
            r#"kindred_http_request_duration_seconds_bucket{route="/recommend/{id}/{n}",le="0.0005"} 2"#,
            r#"kindred_http_request_duration_seconds_bucket{route="/recommend/{id}/{n}",le="0.00025"} 0"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn methods_and_statuses_are_counted_as_what_they_are() {
        for (number, name) in METHODS.iter().enumerate().take(METHODS.len() - 1) {
            assert_eq!(method_number(&name.parse().unwrap()), number, "{name}");
        }
        assert_eq!(METHODS[method_number(&Method::TRACE)], "other");
        for (number, name) in STATUSES.iter().enumerate().take(STATUSES.len() - 1) {
            assert_eq!(status_number(name.parse().unwrap()), number, "{name}");
        }
        assert_eq!(STATUSES[status_number(418)], "other");
    }

    #[test]
    fn nothing_is_shown_that_never_happened() {
        let metrics = Metrics::new().unwrap();
        assert!(!rendered(&metrics).contains("kindred_http"));
        let route = RouteLabel { number: 3, name: "/index" };
        metrics.observe_request(route, &Method::GET, 200, Duration::ZERO);
        assert_eq!(rendered(&metrics).matches("kindred_http_requests_total{").count(), 1);
    }

    #[test]
    fn a_server_without_an_index_says_so_in_every_gauge() {
        let metrics = Metrics::new().unwrap();
        metrics.observe_refusal();
        metrics.observe_swap(Duration::from_millis(20), false);
        let text = rendered(&metrics);
        for line in [
            "kindred_index_version 0",
            "kindred_index_age_seconds 0",
            "kindred_index_profiles 0",
            "kindred_swaps_total 0",
            "kindred_refused_files_total 1",
            "kindred_swap_seconds_count 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn two_servers_count_apart() {
        let (one, other) = (Metrics::new().unwrap(), Metrics::new().unwrap());
        one.observe_refusal();
        assert!(rendered(&other).contains("kindred_refused_files_total 0"));
    }
}
