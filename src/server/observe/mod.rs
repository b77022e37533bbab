//! What the server tells about itself: counts, log lines, traces, and whether it lives.

pub mod log_writer;
pub mod logging;
pub mod metrics;
pub mod traces;
pub(super) mod watchdog;
