//! What a step takes of the machine, as the system counts it.
//!
//! `/proc` is read here and not by a crate: what looking reads must not count as read by the step, and only whoever reads
//! the text knows how long it was.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

/// How often the memory of the process is looked at.
const INTERVAL: Duration = Duration::from_millis(50);
const STATUS: &str = "/proc/self/status";
/// What sizes are counted in there.
const KILOBYTE: u64 = 1024;

/// What was taken between two moments. What the system does not tell is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// The most memory that was resident, mapped files included.
    pub peak_memory_bytes: Option<u64>,
    /// Bytes that were read with read(2), from the page cache or from a disk.
    pub bytes_read: Option<u64>,
    /// Bytes that were written with write(2).
    pub bytes_written: Option<u64>,
}

/// Measures from when it is started.
///
/// The system keeps the highest mark of the whole process. Setting that back would hide it from whoever measures the
/// process from outside, so a thread looks at what is resident now; the mark is exact for a step that raises it.
#[derive(Debug)]
pub struct Meter {
    mark_before: Option<u64>,
    bytes_before: (Option<u64>, Option<u64>),
    watch: Arc<Watch>,
    thread: Option<Thread>,
}

#[derive(Debug, Default)]
struct Watch {
    highest: AtomicU64,
    /// What looking has read, which is not the step's.
    read: AtomicU64,
    is_over: AtomicBool,
}

impl Watch {
    fn look(&self) {
        let Ok(text) = fs::read_to_string(STATUS) else { return };
        self.read.fetch_add(text.len() as u64, Ordering::Relaxed);
        if let Some(kilobytes) = value(&text, "VmRSS") {
            self.highest.fetch_max(kilobytes * KILOBYTE, Ordering::Relaxed);
        }
    }
}

impl Meter {
    /// Starts.
    pub fn start() -> Meter {
        let watch = Arc::new(Watch::default());
        watch.look();
        let watching = Arc::clone(&watch);
        let spawned = thread::Builder::new().name("memory".to_owned()).spawn(move || {
            while !watching.is_over.load(Ordering::Acquire) {
                watching.look();
                thread::park_timeout(INTERVAL);
            }
        });
        Meter {
            mark_before: status("VmHWM"),
            bytes_before: bytes(),
            watch,
            // Without the thread, start and end are looked at.
            thread: spawned.ok().map(|handle| handle.thread().clone()),
        }
    }

    /// What was taken since.
    pub fn taken(&self) -> Taken {
        self.watch.look();
        let seen = Some(self.watch.highest.load(Ordering::Relaxed)).filter(|&bytes| bytes > 0);
        let mark = status("VmHWM").filter(|mark| self.mark_before.is_some_and(|before| *mark > before));
        let since = |now: Option<u64>, before: Option<u64>| Some(now?.saturating_sub(before?));
        let (read, written) = bytes();
        let read = read.map(|read| read.saturating_sub(self.watch.read.load(Ordering::Relaxed)));
        Taken {
            peak_memory_bytes: mark.max(seen),
            bytes_read: since(read, self.bytes_before.0),
            bytes_written: since(written, self.bytes_before.1),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.watch.is_over.store(true, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

/// The most memory of the process so far.
pub fn peak_memory_bytes() -> Option<u64> {
    status("VmHWM")
}

/// A line of `/proc/self/status` in bytes.
fn status(name: &str) -> Option<u64> {
    value(&fs::read_to_string(STATUS).ok()?, name).map(|kilobytes| kilobytes * KILOBYTE)
}

/// What was read and written so far.
fn bytes() -> (Option<u64>, Option<u64>) {
    let text = fs::read_to_string("/proc/self/io").unwrap_or_default();
    (value(&text, "rchar"), value(&text, "wchar"))
}

fn value(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_was_read_written_and_resident_is_counted() {
        const LARGE: usize = 64 << 20;
        let meter = Meter::start();
        let before = status("VmRSS").unwrap();
        let block = vec![1u8; LARGE];
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&block).unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), block);
        let taken = meter.taken();
        drop(block);
        assert!(taken.bytes_read.unwrap() >= LARGE as u64, "{taken:?}");
        assert!(taken.bytes_written.unwrap() >= LARGE as u64, "{taken:?}");
        assert!(taken.peak_memory_bytes.unwrap() >= before + LARGE as u64 / 2, "{taken:?} after {before}");
        // The system's mark is not brought up to date at the moment at which memory is looked at.
        assert!(peak_memory_bytes().unwrap() >= before, "{taken:?} after {before}");
    }

    #[test]
    fn what_the_system_does_not_tell_is_none() {
        assert_eq!(value("VmHWM:\t  12 kB\nVmRSS:\t 7 kB\n", "VmRSS"), Some(7));
        assert_eq!(value("VmHWM:\t  12 kB\n", "VmRSS"), None);
        assert_eq!(value("", "rchar"), None);
    }
}
