//! How many connections there may be, in view of how many files the process may open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::server::config::DEFAULT_MAX_CONNECTIONS;

/// Descriptors for everything but connections: index files, logs, events, what is being looked at.
const RESERVED: u64 = 64;

/// Raises the limit of open files as far as the process may, and gives as many connections as then fit, at most as
/// many as are wanted.
pub fn connections(wanted: Option<usize>) -> usize {
    let limit = raised_limit();
    let fitting = usize::try_from(limit.saturating_sub(RESERVED)).unwrap_or(usize::MAX).max(1);
    let connections = wanted.unwrap_or(DEFAULT_MAX_CONNECTIONS).min(fitting);
    if wanted.is_some_and(|wanted| wanted > fitting) {
        tracing::warn!("max_connections: {fitting} is all that the limit of {limit} open files leaves");
    }
    connections
}

/// The limit of open files, after the soft one was raised to the hard one.
fn raised_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(_) => current.unwrap_or(u64::MAX),
    }
}
