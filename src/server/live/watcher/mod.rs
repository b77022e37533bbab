//! Keeps a [`LiveIndex`] at the version that its directory asks for.
//!
//! One thread owns the whole sequence: noticing, deciding, opening, verifying, warming, swapping, unmapping. No
//! request thread does any of it.

mod decide;
mod directory;
#[cfg(test)]
mod polling_tests;
mod retired;
mod swap;
#[cfg(test)]
mod tests;
mod wake;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use std::{io, thread};

use notify::RecommendedWatcher;
use tokio::sync::oneshot;

use self::decide::{EarlierLooks, Host as _, settle};
use self::directory::{Known, Stamp};
use self::swap::Swapper;
use super::live_index::LiveIndex;
use super::metrics::IndexMetrics;
use crate::directory::SuppressedIds;
use crate::directory::suppressed::SUPPRESSED_FILE;
use crate::file::Residency;
use crate::server::observe::traces::Traces;
use crate::server::pools::give_way;

pub use self::wake::Waker;
use self::wake::{Cause, Sleeper};

/// Polls after which the directory is listed even though nothing about it has changed: stamps can lie.
const FULL_LOOK_POLLS: u32 = 15;

/// A builder that writes gigabytes gives an event for each piece; looking this often is soon enough.
const EVENT_SPACING: Duration = Duration::from_millis(50);

/// What the watcher thread needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory to watch. It may be missing, now and later.
    pub directory: PathBuf,
    /// How often it is looked at without an event.
    pub poll_interval: Duration,
    /// Where an index is while it is served.
    pub residency: Residency,
    /// Where spans of swaps go.
    pub traces: Traces,
}

/// Why the watcher has a turn. Both may be true.
#[derive(Debug, Clone, Copy)]
struct Tick {
    /// Something has happened.
    event: bool,
    /// The time of a poll has come.
    poll: bool,
}

/// What keeps a [`LiveIndex`] at the version that its directory asks for.
pub struct Watcher {
    settings: Settings,
    swapper: Swapper,
    earlier: EarlierLooks,
    waker: Waker,
    sleeper: Sleeper,
    /// The directory whose events wake this thread, and what to drop to end that; `None` there after a failure.
    observed: Option<((u64, u64), Option<RecommendedWatcher>)>,
    /// What the last look has found, if it can be relied on.
    known: Option<Known>,
    polls_since_look: u32,
    /// What was last said to be wrong with the directory or the pin, so that it is said once.
    trouble: Option<String>,
}

impl Watcher {
    /// A watcher that has not looked yet, and what wakes it.
    pub fn new(settings: Settings, live: Arc<LiveIndex>, metrics: Arc<IndexMetrics>) -> (Self, Waker) {
        let (waker, sleeper) = wake::waker();
        let watcher = Watcher {
            swapper: Swapper::new(live, metrics, settings.traces.clone(), settings.residency),
            earlier: EarlierLooks::default(),
            waker: waker.clone(),
            sleeper,
            observed: None,
            known: None,
            polls_since_look: 0,
            trouble: None,
            settings,
        };
        (watcher, waker)
    }

    /// Starts the thread. It ends after [`Waker::stop`], when what it is doing is done. What is received when it has looked
    /// at the directory for the first time: an index that was there and good is being served then.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(self) -> io::Result<oneshot::Receiver<()>> {
        let (looked, first_look) = oneshot::channel();
        thread::Builder::new().name("kindred-watcher".to_owned()).spawn(move || self.run(looked))?;
        Ok(first_look)
    }

    fn run(mut self, looked: oneshot::Sender<()>) {
        // Whoever asks comes before what is being opened.
        give_way();
        let mut looked = Some(looked);
        let mut tick = Tick { event: true, poll: false };
        let mut next_poll = Instant::now() + self.settings.poll_interval;
        loop {
            self.turn(tick);
            // Who started this may have waited long enough.
            let _ = looked.take().map(|looked| looked.send(()));
            let turned = Instant::now();
            let cause = self.sleeper.sleep(next_poll.saturating_duration_since(turned));
            if cause == Cause::Event {
                thread::sleep(EVENT_SPACING.saturating_sub(turned.elapsed()));
            }
            if cause == Cause::Stop {
                return;
            }
            // However many events there are, polls keep coming.
            tick = Tick { event: cause == Cause::Event, poll: Instant::now() >= next_poll };
            if tick.poll {
                next_poll = Instant::now() + self.settings.poll_interval;
            }
        }
    }

    /// Looks at the directory once, for tests that have no thread.
    #[cfg(test)]
    pub fn poll(&mut self) {
        self.turn(Tick { event: false, poll: true });
    }

    fn turn(&mut self, tick: Tick) {
        self.swapper.unmap_retired();
        // The stamp is older than the look that it stands for: what changes in between shows next time.
        let stamp = match Stamp::of(&self.settings.directory) {
            Ok(stamp) => stamp,
            Err(error) => {
                self.observed = None;
                self.known = None;
                let directory = self.settings.directory.display();
                return self.tell_trouble(Some(format!(
                    "index directory {directory} cannot be read, waiting for it: {error}"
                )));
            }
        };
        self.observe(&stamp);
        if !tick.event && !self.is_look_due(&stamp) {
            self.polls_since_look += 1;
            return;
        }
        self.polls_since_look = 0;
        self.look(tick.poll, stamp);
    }

    fn is_look_due(&self, stamp: &Stamp) -> bool {
        self.known.as_ref().is_none_or(|known| !known.holds(stamp))
            || self.earlier.awaits_something()
            || !self.swapper.serves_intact()
            || self.polls_since_look >= FULL_LOOK_POLLS
    }

    fn look(&mut self, is_poll: bool, stamp: Stamp) {
        self.known = None;
        let contents = match directory::read(&self.settings.directory) {
            Ok(contents) => contents,
            Err(error) => {
                let directory = self.settings.directory.display();
                return self
                    .tell_trouble(Some(format!("index directory {directory} cannot be listed: {error}")));
            }
        };
        let suppressed = match contents.suppressed {
            Ok(ids) => ids,
            // Who has left stays out: what was suppressed still is, and without ever having read the list nothing is
            // served.
            Err(error) => {
                let file = self.settings.directory.join(SUPPRESSED_FILE);
                self.tell_trouble(Some(format!(
                    "{} cannot be read, so no other index is opened: {error}",
                    file.display()
                )));
                return;
            }
        };
        let is_astray = self.earlier.would_be_astray(&contents.look, self.swapper.served());
        // Astray, this list is of other files: who has left the one that is served stays out of it.
        let has_changed = match is_astray {
            true => self.swapper.suppress_more(suppressed.clone()),
            false => self.swapper.suppress(suppressed.clone()),
        };
        if has_changed {
            self.tell_doubtful_lines();
        }
        self.tell_trouble(contents.pin_problem);
        self.swapper.note_pin(contents.look.pin);
        let degraded = settle(&contents.look, is_poll, &mut self.earlier, &mut self.swapper);
        self.swapper.note_degraded(degraded);
        if is_astray && !self.earlier.is_astray() {
            self.swapper.suppress(suppressed);
        }
        self.known = Known::after(&contents.look, stamp, SystemTime::now());
    }

    /// Where a list has changed: that one of its lines may suppress nobody is a member who stays in.
    fn tell_doubtful_lines(&self) {
        for doubtful in SuppressedIds::doubtful(&self.settings.directory) {
            tracing::warn!("{doubtful}");
        }
    }

    /// Follows the directory that the path leads to now, which may be another than before.
    fn observe(&mut self, stamp: &Stamp) {
        let place = (stamp.directory.device, stamp.directory.inode);
        if self.observed.as_ref().is_some_and(|(observed, _)| *observed == place) {
            return;
        }
        let watcher = wake::observe(&self.settings.directory, self.waker.clone())
            .inspect_err(|error| {
                let directory = self.settings.directory.display();
                let every = humantime::format_duration(self.settings.poll_interval);
                tracing::warn!("no events for {directory}, polling it every {every}: {error}");
            })
            .ok();
        self.observed = Some((place, watcher));
    }

    fn tell_trouble(&mut self, trouble: Option<String>) {
        if trouble != self.trouble {
            match &trouble {
                Some(trouble) => tracing::warn!("{trouble}"),
                None => tracing::info!("index directory {} is in order", self.settings.directory.display()),
            }
            self.trouble = trouble;
        }
    }
}
