//! What wakes the watcher: events of the file system, requests that found the file changed, and the timer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Why the watcher woke up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Something has happened.
    Event,
    /// Nothing, for as long as it was to sleep.
    Timeout,
    /// It shall end.
    Stop,
}

/// Wakes the watcher. Calls while it has not woken yet are one.
#[derive(Debug, Clone)]
pub struct Waker {
    bell: SyncSender<()>,
    stopping: Arc<AtomicBool>,
}

/// Where the watcher sleeps.
#[derive(Debug)]
pub struct Sleeper {
    bell: Receiver<()>,
    stopping: Arc<AtomicBool>,
}

/// A waker and what it wakes.
pub fn waker() -> (Waker, Sleeper) {
    // One place: a second ring before the first is heard says nothing more.
    let (sender, receiver) = sync_channel(1);
    let stopping = Arc::new(AtomicBool::new(false));
    (Waker { bell: sender, stopping: Arc::clone(&stopping) }, Sleeper { bell: receiver, stopping })
}

impl Waker {
    /// Something has happened in the directory or to the served file.
    pub fn wake(&self) {
        // A full channel means that the watcher is about to wake up; a closed one, that it has ended.
        let _ = self.bell.try_send(());
    }

    /// The watcher shall end.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake();
    }
}

impl Sleeper {
    /// Sleeps until something happens, at most for `at_most`.
    pub fn sleep(&self, at_most: Duration) -> Cause {
        let woken = self.bell.recv_timeout(at_most);
        if self.stopping.load(Ordering::Acquire) {
            return Cause::Stop;
        }
        match woken {
            Ok(()) => Cause::Event,
            Err(RecvTimeoutError::Timeout) => Cause::Timeout,
            Err(RecvTimeoutError::Disconnected) => Cause::Stop,
        }
    }
}

/// Has a directory's events wake the watcher for as long as the value lives.
///
/// # Errors
/// The system has no such events, or none left.
pub fn observe(directory: &Path, waker: Waker) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if is_news(&event) {
            waker.wake();
        }
    })?;
    watcher.watch(directory, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

/// Reading the directory is an event too, and must not lead to reading it again. Lost events count: anything may have
/// been among them.
fn is_news(event: &notify::Result<notify::Event>) -> bool {
    event.as_ref().map_or(true, |event| event.need_rescan() || !event.kind.is_access())
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{
        AccessKind, AccessMode, CreateKind, DataChange, Flag, ModifyKind, RemoveKind, RenameMode,
    };
    use notify::{Event, EventKind};

    #[test]
    fn everything_but_reading_is_news() {
        for kind in [
            EventKind::Any,
            EventKind::Other,
            EventKind::Create(CreateKind::File),
            EventKind::Remove(RemoveKind::File),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
            EventKind::Modify(ModifyKind::Data(DataChange::Any)),
            EventKind::Modify(ModifyKind::Any),
        ] {
            assert!(is_news(&Ok(Event::new(kind))), "{kind:?}");
        }
        for mode in [AccessMode::Read, AccessMode::Any] {
            assert!(!is_news(&Ok(Event::new(EventKind::Access(AccessKind::Open(mode))))));
        }
    }

    #[test]
    fn lost_events_are_news() {
        let lost = Event::new(EventKind::Access(AccessKind::Any)).set_flag(Flag::Rescan);
        assert!(is_news(&Ok(lost)));
        assert!(is_news(&Err(notify::Error::generic("queue overflow"))));
    }

    #[test]
    fn rings_before_waking_up_are_one_and_stopping_wins() {
        let (waker, sleeper) = waker();
        waker.wake();
        waker.wake();
        assert_eq!(sleeper.sleep(Duration::ZERO), Cause::Event);
        assert_eq!(sleeper.sleep(Duration::ZERO), Cause::Timeout);
        waker.wake();
        waker.stop();
        assert_eq!(sleeper.sleep(Duration::ZERO), Cause::Stop);
        drop(waker);
        assert_eq!(sleeper.sleep(Duration::ZERO), Cause::Stop);
    }
}
