//! Where log lines wait for standard error: nobody who has something to tell waits for whoever reads the log.
//!
//! A thread of its own writes. While it cannot, because a pipe is full or a disk hangs, lines are kept up to
//! [`MOST_WAITING_BYTES`]; those beyond are lost and counted, and so are lines that cannot be written at all. How many
//! were lost is told when writing works again, and by `kindred_log_lines_lost_total`.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::counted::counted;

/// Some thousands of lines: minutes of changes of state, or seconds of requests.
pub const MOST_WAITING_BYTES: usize = 1 << 20;

/// How long the end waits for the last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Lines of this process that were lost: a process has one log.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many lines of the log were lost so far.
pub fn lost_lines() -> u64 {
    LOST.load(Ordering::Relaxed)
}

#[derive(Debug, Default)]
struct Lines {
    waiting: Vec<u8>,
    is_writing: bool,
}

#[derive(Debug, Default)]
struct Queue {
    lines: Mutex<Lines>,
    /// There is something to write, or nothing any more.
    changed: Condvar,
    lost: AtomicU64,
}

impl Queue {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        // Whole lines are in it, whatever a panic left undone.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, lines: u64) {
        self.lost.fetch_add(lines, Ordering::Relaxed);
        LOST.fetch_add(lines, Ordering::Relaxed);
    }

    /// Writes what comes, for ever. `write` gives how many lines of a piece were lost.
    fn write_to(&self, mut write: impl FnMut(&[u8]) -> u64) {
        let (mut piece, mut told) = (Vec::new(), 0);
        loop {
            let mut lines = self.lines();
            lines.is_writing = false;
            self.changed.notify_all();
            while lines.waiting.is_empty() {
                lines = self.changed.wait(lines).unwrap_or_else(PoisonError::into_inner);
            }
            lines.is_writing = true;
            piece.clear();
            std::mem::swap(&mut piece, &mut lines.waiting);
            drop(lines);
            match write(&piece) {
                0 => {
                    let lost = self.lost.load(Ordering::Relaxed);
                    if lost > told {
                        let lines = counted(lost - told, "line");
                        tracing::warn!(
                            "{lines} of the log {} lost: nobody took them in time",
                            lines.was_or_were()
                        );
                        told = lost;
                    }
                }
                lost => self.lose(lost),
            }
        }
    }

    /// Waits until everything is written, but not for long.
    fn finish(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut lines = self.lines();
        while !lines.waiting.is_empty() || lines.is_writing {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            lines = self.changed.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Takes lines and never waits. Clones write to the same log.
#[derive(Debug, Clone)]
pub struct LogWriter(Arc<Queue>);

impl io::Write for LogWriter {
    /// Takes a line, or several whole ones, or loses them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lines();
        if lines.waiting.len() + bytes.len() <= MOST_WAITING_BYTES {
            lines.waiting.extend_from_slice(bytes);
            self.0.changed.notify_all();
        } else {
            self.0.lose(count_lines(bytes));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log. Where it is dropped, the last lines have a moment to be written.
#[derive(Debug)]
pub struct Log {
    queue: Arc<Queue>,
    has_thread: bool,
}

impl Log {
    /// A log on standard error.
    pub fn on_stderr() -> Log {
        let queue = Arc::new(Queue::default());
        let ours = Arc::clone(&queue);
        let thread = thread::Builder::new().name("kindred-log".to_owned());
        let has_thread = thread.spawn(move || ours.write_to(write_to_stderr)).is_ok();
        Log { queue, has_thread }
    }

    /// What writes to it.
    pub fn writer(&self) -> LogWriter {
        LogWriter(Arc::clone(&self.queue))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if self.has_thread {
            self.queue.finish(LAST_LINES);
        } else {
            // A system without a thread for us: why the server does not run is told all the same.
            write_to_stderr(&self.queue.lines().waiting);
        }
    }
}

/// Gives how many lines were lost.
fn write_to_stderr(mut bytes: &[u8]) -> u64 {
    let stderr = io::stderr();
    while !bytes.is_empty() {
        match rustix::io::write(&stderr, bytes) {
            Ok(written @ 1..) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // Whoever started us has made it so that it does not wait.
            Err(Errno::AGAIN) => {
                let _ = poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], None);
            }
            Ok(0) | Err(_) => return count_lines(bytes),
        }
    }
    0
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::mpsc;

    use super::*;

    /// A queue whose lines are written when that is allowed, and what was written.
    fn held() -> (LogWriter, mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>) {
        let queue = Arc::new(Queue::default());
        let ours = Arc::clone(&queue);
        let (allow, allowed) = mpsc::channel();
        let (written, out) = mpsc::channel();
        thread::spawn(move || {
            ours.write_to(move |bytes| {
                let _ = allowed.recv();
                let _ = written.send(bytes.to_vec());
                0
            });
        });
        (LogWriter(queue), allow, out)
    }

    #[test]
    fn lines_beyond_what_may_wait_are_lost_and_counted_and_nobody_waits() {
        let (mut log, allow, out) = held();
        log.write_all(b"first\n").unwrap();
        while !log.0.lines().is_writing {
            thread::yield_now();
        }
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        for _ in 0..MOST_WAITING_BYTES / line.len() + 7 {
            log.write_all(&line).unwrap();
        }
        assert_eq!(log.0.lost.load(Ordering::Relaxed), 7);
        log.0.finish(Duration::ZERO);
        drop(allow);
        assert_eq!(out.recv().unwrap(), b"first\n");
        assert_eq!(out.recv().unwrap().len(), MOST_WAITING_BYTES);
        log.0.finish(Duration::from_secs(60));
        log.write_all(b"last\n").unwrap();
        assert_eq!(out.recv().unwrap(), b"last\n");
        assert!(lost_lines() >= 7);
    }

    #[test]
    fn the_end_waits_for_lines_that_are_being_written() {
        let (mut log, allow, out) = held();
        log.write_all(b"one\n").unwrap();
        let waiting = log.clone();
        let end = thread::spawn(move || waiting.0.finish(Duration::from_secs(60)));
        allow.send(()).unwrap();
        end.join().unwrap();
        assert_eq!(out.try_recv().unwrap(), b"one\n");
    }
}
