//! Black-box tests: the real `kindred` serves what the real `index-builder` has published, and every row of the
//! contract is tried over HTTP.
//!
//! `cargo test` builds a package's own program only, so the builder has to be there already:
//! `cargo build --workspace` before the tests of this target.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod batch;
mod below;
mod browse;
mod config;
mod contract;
mod dashboard;
mod docs;
mod errors;
mod events;
mod faults;
mod fixture;
mod guarantee;
mod hosts;
mod http;
mod inside;
mod keys;
mod limits;
mod logs;
mod manual;
mod map;
mod metrics;
mod notify;
mod pin;
mod probe;
mod process;
mod proxies;
mod recall;
mod request_ids;
mod residency;
mod shutdown;
mod suppressed;
mod swap;
mod tls;
#[cfg(feature = "otel")]
mod traces;
mod versions;
mod watching;
