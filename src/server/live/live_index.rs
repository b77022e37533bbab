//! The index that is being served, and how it came to be.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;

use super::event_log::{Event, EventKind, EventLog};
use super::generation::Generation;
use crate::directory::versions;

/// A place for one generation, which can be replaced while it is read.
///
/// It is a value like any other: a server may hold several. Readers take an `Arc` of their own
/// ([`ArcSwapOption::load_full`]) and never a guard, so nothing of it lives across an `await`. Only the watcher
/// writes.
#[derive(Debug, Default)]
pub struct LiveIndex {
    current: ArcSwapOption<Generation>,
    history: Mutex<History>,
    events: Mutex<EventLog>,
}

/// What has happened to a [`LiveIndex`] so far.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Times one generation took the place of another.
    pub swaps: u64,
    /// From noticing the served file to serving it.
    pub last_swap: Option<Duration>,
    /// Files that were refused, each counted once.
    pub refused: u64,
    /// The last of them.
    pub last_refused: Option<Refusal>,
    /// Whether something else is served than the directory asks for.
    pub degraded: bool,
    /// The version that the directory pins.
    pub pinned: Option<u64>,
}

/// A file that was not served.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Its name.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
    /// When that was found.
    pub at: SystemTime,
}

impl LiveIndex {
    /// The generation to answer from. A request calls this once and uses what it got to its end.
    pub fn current(&self) -> Option<Arc<Generation>> {
        self.current.load_full()
    }

    /// What has happened so far.
    pub fn history(&self) -> History {
        locked(&self.history).clone()
    }

    /// What has happened lately, oldest first.
    pub fn events(&self) -> Vec<Event> {
        locked(&self.events).to_vec()
    }

    /// Serves another generation, or none. Gives the one that was served before, for the caller to retire.
    pub(in crate::server) fn replace(
        &self,
        generation: Option<(Generation, Duration)>,
    ) -> Option<Arc<Generation>> {
        let served = generation.as_ref().map(|(generation, took)| (generation.version, *took));
        let previous = self.current.swap(generation.map(|(generation, _)| Arc::new(generation)));
        if let Some((version, took)) = served {
            let mut history = locked(&self.history);
            history.last_swap = Some(took);
            history.swaps += u64::from(previous.is_some());
            drop(history);
            locked(&self.events).note(version, EventKind::Swap(took));
        }
        previous
    }

    /// Serves the same file with other profiles suppressed. Gives what was served before, for the caller to retire.
    pub(in crate::server) fn replace_same_file(&self, generation: Generation) -> Option<Arc<Generation>> {
        self.current.swap(Some(Arc::new(generation)))
    }

    pub(in crate::server) fn note_refusal(&self, version: u64, reason: String) {
        locked(&self.events).note(version, EventKind::Refusal(reason.clone()));
        let mut history = locked(&self.history);
        history.refused += 1;
        let file = versions::file_name(version);
        history.last_refused = Some(Refusal { file, reason, at: SystemTime::now() });
    }

    pub(in crate::server) fn note_went_back(&self, from: u64, to: u64) {
        locked(&self.events).note(to, EventKind::Back { from });
    }

    pub(in crate::server) fn note_changed(&self, version: u64) {
        locked(&self.events).note(version, EventKind::Changed);
    }

    pub(in crate::server) fn note_pin(&self, pinned: Option<u64>) {
        locked(&self.history).pinned = pinned;
    }

    /// Gives whether that is news.
    pub(in crate::server) fn note_degraded(&self, degraded: bool) -> bool {
        std::mem::replace(&mut locked(&self.history).degraded, degraded) != degraded
    }
}

/// Every critical section is a few assignments: what a panic left behind is whole.
fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
