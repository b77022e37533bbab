//! One index and everything that belongs to it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use prometheus::proto::MetricFamily;
use tokio::sync::oneshot;

use super::event_log::Event;
use super::generation::Generation;
use super::live_index::{History, LiveIndex};
use super::metrics::IndexMetrics;
use super::watcher::{Settings, Waker, Watcher};
use crate::directory::pin::{self, PinFailure};
use crate::directory::small_file::SmallFileError;
use crate::server::pools::{Busy, Pool, give_way};

/// One index of a server: what is served of a directory, what happened to it, what is counted of it, and the one thread
/// that changes its pin. A server may hold several; they share nothing.
#[derive(Debug)]
pub struct Live {
    directory: PathBuf,
    index: Arc<LiveIndex>,
    metrics: Arc<IndexMetrics>,
    waker: Waker,
    /// Where versions are verified before they are pinned, one after the other.
    pins: Pool,
}

/// Whether an index can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It is served from a file that is still what was verified.
    Serving,
    /// Its file was changed in place, and another version is being looked for.
    Changed,
    /// No version is served.
    Nothing,
}

/// Why there is no live index.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The system gives no thread.
    #[error(transparent)]
    Thread(#[from] io::Error),
    /// Two metrics have the same name, which a test rules out.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
}

impl Live {
    /// The index of a directory, and what keeps it at the version that the directory asks for. Nothing is served before
    /// that has been started.
    ///
    /// # Errors
    /// See [`LiveError`].
    pub fn new(settings: Settings) -> Result<(Live, Watcher), LiveError> {
        let (index, metrics) = (Arc::new(LiveIndex::default()), Arc::new(IndexMetrics::new()?));
        let pins = Pool::starting_with("pin", 1, 0, give_way)?;
        let directory = settings.directory.clone();
        let (watcher, waker) = Watcher::new(settings, Arc::clone(&index), Arc::clone(&metrics));
        Ok((Live { directory, index, metrics, waker, pins }, watcher))
    }

    /// The directory that it comes from.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The generation to answer from. A request calls this once and uses what it got to its end.
    pub fn current(&self) -> Option<Arc<Generation>> {
        self.index.current()
    }

    /// Whether it can answer.
    pub fn health(&self) -> Health {
        match self.current() {
            Some(generation) if generation.is_intact() => Health::Serving,
            Some(_) => Health::Changed,
            None => Health::Nothing,
        }
    }

    /// What has happened so far.
    pub fn history(&self) -> History {
        self.index.history()
    }

    /// What has happened lately, oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.index.events()
    }

    /// What is counted of it, as it is now. Asks the system about pages in memory: not for async workers.
    pub fn metrics(&self) -> Vec<MetricFamily> {
        self.metrics.gather(&self.index)
    }

    /// Verifies a version and pins it; then the watcher looks. What was done is logged, by the name of the key that asked
    /// for it, and heeded also where nobody waits any more.
    ///
    /// # Errors
    /// [`Busy`] while another pin is being changed. What can be awaited gives why the pin was not changed.
    pub fn pin(&self, version: u64, key: &str) -> Result<oneshot::Receiver<Result<(), PinFailure>>, Busy> {
        self.change_pin(key, move |directory| {
            pin::pin(directory, version).inspect_err(|failure| {
                if let PinFailure::NotWritten(error) = failure {
                    tell_not_written(error);
                }
            })?;
            Ok(format!("version {version} is pinned"))
        })
    }

    /// Removes the pin, in the same way.
    ///
    /// # Errors
    /// [`Busy`] while another pin is being changed. What can be awaited gives why the pin was not changed.
    pub fn unpin(&self, key: &str) -> Result<oneshot::Receiver<Result<(), SmallFileError>>, Busy> {
        self.change_pin(key, |directory| {
            let was_pinned = pin::unpin(directory).inspect_err(tell_not_written)?;
            Ok(if was_pinned { "no version is pinned any more" } else { "no version was pinned" })
        })
    }

    /// Changes the pin on the one thread that may: verifying a version reads all of it, and what came first is done first.
    fn change_pin<T: fmt::Display, E: Send + 'static>(
        &self,
        key: &str,
        change: impl FnOnce(&Path) -> Result<T, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<(), E>>, Busy> {
        let (directory, waker, key) = (self.directory.clone(), self.waker.clone(), key.to_owned());
        self.pins.try_run(move || {
            let what = change(&directory)?;
            tracing::info!("{what}, by the key {key}");
            waker.wake();
            Ok(())
        })
    }

    /// Ends what keeps it up to date. What is served stays.
    pub fn stop(&self) {
        self.waker.stop();
    }
}

/// The path is the operator's business: the log has it, and not the answer.
fn tell_not_written(error: &SmallFileError) {
    tracing::error!("{error}: {}", error.source);
}

#[cfg(test)]
impl Live {
    /// What is served, for tests that serve a generation of their own.
    pub fn index(&self) -> &LiveIndex {
        &self.index
    }
}
