//! Black-box tests: the real `kindred` serves what the real `index-builder` has published, and every row of the
//! contract is tried over HTTP.
//!
//! `cargo test` builds a package's own program only, so the builder has to be there already:
//! `cargo build --workspace` before the tests of this target.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod browse;
mod config;
mod contract;
mod docs;
mod errors;
mod faults;
mod fixture;
mod guarantee;
mod http;
mod inside;
mod keys;
mod limits;
mod metrics;
mod pin;
mod process;
mod recall;
mod residency;
mod shutdown;
mod suppressed;
mod swap;
mod tls;
mod versions;
mod watching;
