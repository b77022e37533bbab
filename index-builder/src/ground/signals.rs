//! What a signal leaves behind: nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, fs, io, mem, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

/// What is to be done before a signal ends the process: files to remove, children to kill. A handle; clones mean the
/// same list.
#[derive(Clone, Default)]
pub struct Cleanup {
    jobs: Arc<Mutex<Jobs>>,
}

#[derive(Default)]
struct Jobs {
    is_ending: bool,
    next: u64,
    /// By number, so that what was registered last is done first.
    waiting: BTreeMap<u64, Box<dyn FnOnce() + Send>>,
}

/// Keeps a job on the list for as long as it lives.
#[must_use = "the job is taken off the list when this is dropped"]
#[derive(Debug)]
pub struct Registered {
    cleanup: Cleanup,
    number: u64,
}

impl Cleanup {
    /// From here on SIGINT, SIGTERM and SIGHUP (unless that is ignored, as by nohup) have the jobs done and end the
    /// process with 128 and their number. SIGXFSZ no longer kills: what would exceed the limit on file sizes fails
    /// with an error instead. To be called once, at the start of a program.
    ///
    /// # Errors
    /// What the system says.
    pub fn on_signals(&self) -> io::Result<()> {
        // A handler and not SIG_IGN, which children would inherit. It sets a flag that nobody looks at.
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        if !is_ignored(SIGHUP) {
            signals.add_signal(SIGHUP)?;
        }
        let cleanup = self.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                cleanup.run();
                std::process::exit(128 + signal);
            }
        })?;
        Ok(())
    }

    /// Has a file removed. To be registered before the file is made.
    pub fn remove_file(&self, path: PathBuf) -> Registered {
        self.register(move || {
            let _ = fs::remove_file(path);
        })
    }

    /// Has something done. It runs on another thread and must not wait for long, nor for a thread that registers.
    ///
    /// Does not return once the process is ending: what would be registered now would not be cleaned up.
    pub fn register(&self, job: impl FnOnce() + Send + 'static) -> Registered {
        let mut jobs = self.lock();
        if jobs.is_ending {
            drop(jobs);
            wait_for_the_end();
        }
        let number = jobs.next;
        jobs.next += 1;
        jobs.waiting.insert(number, Box::new(job));
        Registered { cleanup: self.clone(), number }
    }

    /// Does the jobs, the last registered first.
    fn run(&self) {
        let waiting = {
            let mut jobs = self.lock();
            jobs.is_ending = true;
            mem::take(&mut jobs.waiting)
        };
        // Not under the lock: a job may drop what is registered.
        for (_, job) in waiting.into_iter().rev() {
            job();
        }
    }

    /// Does not return if a signal is ending the process. To be called before an error is reported: it may be nothing
    /// but a consequence of the cleaning up, and the exit code is the signal's.
    pub fn wait_if_ending(&self) {
        if self.lock().is_ending {
            wait_for_the_end();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        // No code of others runs under the lock, so the list is sound whatever happened.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cleanup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs = self.lock();
        f.debug_struct("Cleanup")
            .field("is_ending", &jobs.is_ending)
            .field("waiting", &jobs.waiting.len())
            .finish()
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let job = self.cleanup.lock().waiting.remove(&self.number);
        // Dropped here, after the lock: what it holds may be registered itself.
        drop(job);
    }
}

fn wait_for_the_end() -> ! {
    loop {
        thread::park();
    }
}

/// Whether this process was started with the signal ignored. Where that cannot be found out, it was not.
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn jobs_are_done_last_first_and_those_dropped_are_not() {
        let cleanup = Cleanup::default();
        let (done, list) = mpsc::channel();
        let register = |number: i32| {
            let done = done.clone();
            cleanup.register(move || done.send(number).unwrap())
        };
        let _first = register(1);
        drop(register(2));
        let _third = register(3);
        cleanup.wait_if_ending();
        cleanup.run();
        assert_eq!(list.try_iter().collect::<Vec<_>>(), [3, 1]);
    }

    #[test]
    fn files_are_removed_and_missing_ones_do_not_matter() {
        let directory = tempfile::tempdir().unwrap();
        let cleanup = Cleanup::default();
        let path = directory.path().join("spool");
        let _file = cleanup.remove_file(path.clone());
        let _missing = cleanup.remove_file(directory.path().join("missing"));
        fs::write(&path, "x").unwrap();
        cleanup.run();
        assert!(!path.exists());
    }

    #[test]
    fn a_job_may_drop_what_is_registered() {
        let cleanup = Cleanup::default();
        let inner = cleanup.register(|| {});
        let _outer = cleanup.register(move || drop(inner));
        cleanup.run();
    }
}
