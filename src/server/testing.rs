//! The one door for tests and fuzzers that stand outside: what they need besides the program. Nothing else uses it, and it
//! may change with every release.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web;

use super::access::Access;
use super::access::host::HostCheck;
use super::app::ServeError;
use super::live::watcher::{Settings, Watcher};
use super::live::{Live, LiveError};
use super::observe::metrics::Metrics;
use super::observe::traces::Traces;
use super::pools::{Batches, Pool};
use super::routes;
use super::state::State;
use crate::file::Residency;

pub use super::access::Keys;
pub use super::config::names as setting_names;
pub use super::observe::log_writer::MOST_WAITING_BYTES;
pub use super::routes::raw_path::decode;

/// The largest n of a request, as it is by default.
const MAX_N: usize = 1000;

/// For as long as a client may take to send something: longer than any test.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every request gets an answer from, without sockets: the index that is in a directory now. It does not follow the
/// directory, has no keys and is asked by every name. Waits until the directory has been looked at, so not for async code.
///
/// # Errors
/// The system gives no thread.
pub fn application(directory: &Path) -> Result<impl FnOnce(&mut web::ServiceConfig) + use<>, ServeError> {
    let (live, watcher) = live(directory)?;
    let first_look = watcher.start()?;
    // Where the thread has ended there is nothing to wait for.
    let _ = first_look.blocking_recv();
    live.stop();
    Ok(routes::configure(web::Data::new(state(live, Access::default())?)))
}

/// The index of a directory that has not been looked at, and what looks.
pub(super) fn live(directory: &Path) -> Result<(Live, Watcher), LiveError> {
    Live::new(Settings {
        directory: directory.to_owned(),
        poll_interval: Duration::from_secs(3600),
        residency: Residency::Mapped,
        traces: Traces::default(),
    })
}

/// What requests share, on few threads, with nothing limited but by `access`.
pub(super) fn state(live: Live, access: Access) -> Result<State, ServeError> {
    Ok(State {
        live: Arc::new(live),
        metrics: Arc::new(Metrics::new()?),
        exact: Pool::new("exact", 1, 0)?,
        searches: Pool::new("search", 1, 1)?,
        traces: Traces::default(),
        batches: Batches::new(1, 1, PATIENCE)?,
        access: Arc::new(access),
        document: OnceLock::new(),
        stopping: Arc::default(),
        max_n: MAX_N,
        log_ids: false,
        hosts: HostCheck::default(),
        hsts: None,
    })
}
