//! Reads files again when they change, and when the process gets SIGHUP: keys and certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use std::{io, thread};

use super::observe::metrics::Metrics;
use crate::file::FileIdentity;

/// A value that is read from files.
pub struct Watched {
    /// What it is called in logs.
    pub name: &'static str,
    /// Its files; all of them are read together.
    pub paths: Vec<PathBuf>,
    /// Reads them. What was read before stays if it fails.
    pub reload: Box<dyn Fn() -> Result<String, String> + Send>,
}

/// Makes the thread read everything again. Where it is dropped, the thread ends.
#[derive(Debug)]
pub struct Reloader {
    bell: SyncSender<()>,
}

impl Reloader {
    /// Reads everything again, changed or not.
    pub fn reload(&self) {
        // A full channel means that it is about to happen.
        let _ = self.bell.try_send(());
    }
}

/// Starts a thread that looks at the files again and again, and does `every_time` at each look.
///
/// # Errors
/// The system gives no thread.
pub fn start(
    interval: Duration,
    watched: Vec<Watched>,
    metrics: Arc<Metrics>,
    every_time: impl Fn() + Send + 'static,
) -> io::Result<Reloader> {
    let (bell, heard) = sync_channel(1);
    let mut watched: Vec<(Watched, Seen)> = watched
        .into_iter()
        .map(|watched| {
            let seen = seen(&watched.paths);
            (watched, seen)
        })
        .collect();
    let look = move |everything: bool| {
        for (watched, last) in &mut watched {
            let now = seen(&watched.paths);
            if everything || now != *last {
                *last = now;
                read_again(watched, &metrics);
            }
        }
        every_time();
    };
    thread::Builder::new().name("kindred-reload".to_owned()).spawn(move || run(&heard, interval, look))?;
    Ok(Reloader { bell })
}

fn run(heard: &Receiver<()>, interval: Duration, mut look: impl FnMut(bool)) {
    loop {
        match heard.recv_timeout(interval) {
            Ok(()) => look(true),
            Err(RecvTimeoutError::Timeout) => look(false),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What tells whether files have changed. A file that is missing is one that changes when it comes.
type Seen = Vec<Option<FileIdentity>>;

fn seen(paths: &[PathBuf]) -> Seen {
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|metadata| FileIdentity::of(&metadata));
    paths.iter().map(|path| identity(path)).collect()
}

fn read_again(watched: &Watched, metrics: &Metrics) {
    match (watched.reload)() {
        Ok(what) => tracing::info!("{} read again: {what}", watched.name),
        Err(reason) => {
            metrics.observe_reload_failure();
            tracing::error!("{} not taken, what was read before still counts: {reason}", watched.name);
        }
    }
}
