//! What the server counts, as Prometheus text. `docs/metrics.md` lists all of it, and a test compares.
//!
//! Labels come from the route table and from short lists, never from what a request says: their number is bounded.

mod below;
mod connections;
mod process;
pub(in crate::server) mod register;
mod requests;
mod search;
mod striped;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::Method;
use prometheus::proto::MetricFamily;
use prometheus::{Encoder, GaugeVec, IntCounter, Registry, TextEncoder};

use super::log_writer::lost_lines;
use crate::server::pools::pool::Pool;

pub use self::below::Below;
pub use self::connections::ConnectionMetrics;
use self::process::ProcessMetrics;
use self::register::{Register, raise};
pub use self::requests::{InFlight, RequestMetrics};
pub use self::search::SearchMetrics;

/// The `route` of requests that no route matches.
pub const UNMATCHED: &str = "unmatched";

/// The most routes that can be counted, [`UNMATCHED`] among them.
pub const MAX_ROUTES: usize = 40;

/// A row of the route table, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteLabel {
    /// Its number, below [`MAX_ROUTES`].
    pub number: usize,
    /// Its pattern, or [`UNMATCHED`].
    pub name: &'static str,
}

/// The metrics of one server, in a registry of their own. What is counted of an index is not among them: a server may have
/// several.
#[derive(Debug)]
pub struct Metrics {
    /// Connections.
    pub connections: ConnectionMetrics,
    /// Requests and what became of them.
    pub requests: RequestMetrics,
    /// Lookups and searches.
    pub search: SearchMetrics,
    process: ProcessMetrics,
    reload_failures: IntCounter,
    certificate_end: GaugeVec,
    lost_log_lines: IntCounter,
    registry: Registry,
    /// Held while what is shown is brought up to date: two that do so at the same time would count twice.
    rendering: Mutex<()>,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// Two metrics have the same name, which a test rules out.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let register = Register(&registry);
        Ok(Metrics {
            connections: ConnectionMetrics::new(&register)?,
            requests: RequestMetrics::new(&register)?,
            search: SearchMetrics::new(&register)?,
            process: ProcessMetrics::new(&register)?,
            reload_failures: register.counter(
                "kindred_reload_failures_total",
                "Failed reloads of keys or of a certificate; the former ones stay in use.",
            )?,
            certificate_end: register.optional_gauge(
                "kindred_tls_certificate_not_after_timestamp_seconds",
                "When the certificate that is shown expires, since 1970. Left out without TLS.",
            )?,
            lost_log_lines: register.counter(
                "kindred_log_lines_lost_total",
                "Log lines that were lost because they could not be written in time.",
            )?,
            registry,
            rendering: Mutex::default(),
        })
    }

    /// Counts an answer to a request that has begun.
    pub fn observe_request(
        &self,
        request: InFlight<'_>,
        route: RouteLabel,
        method: &Method,
        status: u16,
        took: Duration,
    ) {
        self.requests.end(request, route, method, status, took);
    }

    /// Counts keys or a certificate that were read again and not taken.
    pub fn observe_reload_failure(&self) {
        self.reload_failures.inc();
    }

    /// Notes when the certificate that is shown expires, in seconds since 1970; none where that cannot be read.
    pub fn note_certificate_end(&self, end: Option<u64>) {
        match end {
            Some(end) => self.certificate_end.with_label_values::<&str>(&[]).set(end as f64),
            None => self.certificate_end.reset(),
        }
    }

    /// Everything as text, with the gauges as they are now, and what was counted elsewhere, all of it sorted by name. Asks
    /// the system about the process, which takes up to some milliseconds: not for async workers.
    ///
    /// # Errors
    /// A metric cannot be written, which a test rules out.
    pub fn render(
        &self,
        elsewhere: Vec<MetricFamily>,
        pools: &[&Pool],
    ) -> Result<Vec<u8>, prometheus::Error> {
        // Counters only grow, whatever a panic left undone.
        let _alone = self.rendering.lock().unwrap_or_else(PoisonError::into_inner);
        self.requests.refresh();
        self.search.refresh(pools);
        self.process.refresh();
        raise(&self.lost_log_lines, lost_lines());
        let mut families = self.registry.gather();
        families.extend(elsewhere);
        families.sort_by(|one, other| one.name().cmp(other.name()));
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }

    /// The media type of [`Metrics::render`].
    pub fn content_type() -> &'static str {
        "text/plain; version=0.0.4; charset=utf-8"
    }
}
