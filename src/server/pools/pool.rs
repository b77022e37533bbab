//! Threads of their own for one kind of work, and a short queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use actix_web::http::header::HeaderValue;
use tokio::sync::{Semaphore, oneshot};

use crate::server::request_id;

/// A job and what makes room for the next.
struct Job {
    run: Box<dyn FnOnce() + Send>,
    /// The request that it is for, as logs name it.
    request_id: Option<HeaderValue>,
}

/// Runs jobs on its threads and lets a few more wait. A job beyond that is refused at once: whoever waits in a long queue
/// has usually gone when the turn comes.
#[derive(Debug)]
pub struct Pool {
    name: &'static str,
    jobs: Sender<Job>,
    room: Arc<Semaphore>,
    threads: usize,
    capacity: usize,
    refused: AtomicU64,
}

/// What a pool has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// Jobs that threads are doing.
    pub running: usize,
    /// Jobs that wait for a thread.
    pub waiting: usize,
    /// Jobs that were refused, ever.
    pub refused: u64,
}

/// All threads of the pool are busy, and as many jobs wait as may.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

impl Pool {
    /// Starts the threads, for jobs of which `queue` may wait. They end when the pool is dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(name: &'static str, threads: usize, queue: usize) -> io::Result<Self> {
        Self::starting_with(name, threads, queue, || {})
    }

    /// The same, and each thread does something before its first job.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn starting_with(name: &'static str, threads: usize, queue: usize, first: fn()) -> io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new().name(format!("kindred-{name}-{number}")).spawn(move || {
                first();
                work(name, &waiting);
            })?;
        }
        let capacity = threads + queue;
        let room = Arc::new(Semaphore::new(capacity));
        Ok(Pool { name, jobs, room, threads, capacity, refused: AtomicU64::new(0) })
    }

    /// Starts a job, or lets it wait if there is room. What it returns can be awaited. A job that has not begun when
    /// nobody waits for it any more is left out; one that has goes on, and keeps its thread until it ends.
    ///
    /// # Errors
    /// [`Busy`] at once if there is no room.
    pub fn try_run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Busy> {
        let permit = Arc::clone(&self.room).try_acquire_owned().map_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Busy
        })?;
        let (sender, receiver) = oneshot::channel();
        let run = Box::new(move || {
            if sender.is_closed() {
                return;
            }
            let result = job();
            // Before the result is sent: whoever has it may ask for the next job at once, and must find room.
            drop(permit);
            // Nobody may be waiting any more, and then the result is dropped.
            drop(sender.send(result));
        });
        self.jobs.send(Job { run, request_id: request_id::current() }).map_err(|_| Busy)?;
        Ok(receiver)
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it has to do now. Jobs that nobody waits for any more count until their turn comes.
    pub fn load(&self) -> PoolLoad {
        let taken = self.capacity.saturating_sub(self.room.available_permits());
        let running = taken.min(self.threads);
        PoolLoad { running, waiting: taken - running, refused: self.refused.load(Ordering::Relaxed) }
    }
}

fn work(pool: &str, queue: &Mutex<Receiver<Job>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        request_id::within(job.request_id, || run(pool, job.run));
    }
}

fn run(pool: &str, job: Box<dyn FnOnce() + Send>) {
    // A job that panics drops its permit and its sender, which its request sees. The thread has to survive it,
    // or a permit would stand for a thread that is not there.
    if catch_unwind(AssertUnwindSafe(job)).is_err() {
        tracing::error!(pool, "a job of the pool {pool} failed in an unforeseen way");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_exceeds_its_threads_and_takes_the_next_when_one_is_free() {
        let pool = Pool::new("test", 2, 0).unwrap();
        let (release, gate) = channel::<()>();
        let gate = Mutex::new(gate);
        let blocked = pool.try_run(move || gate.lock().unwrap().recv()).unwrap();
        let second = pool.try_run(|| 2).unwrap();
        assert_eq!(second.blocking_recv(), Ok(2));
        let third = pool.try_run(|| 3).expect("whoever has a result finds its thread free");
        assert_eq!(third.blocking_recv(), Ok(3));
        release.send(()).unwrap();
        assert!(blocked.blocking_recv().unwrap().is_ok());
    }

    #[test]
    fn refuses_at_once_while_every_thread_is_busy() {
        let pool = Pool::new("test", 1, 0).unwrap();
        let (release, gate) = channel::<()>();
        let blocked = pool.try_run(move || gate.recv()).unwrap();
        assert_eq!(pool.load(), PoolLoad { running: 1, waiting: 0, refused: 0 });
        assert_eq!(pool.try_run(|| ()).map(drop), Err(Busy));
        assert_eq!(pool.load(), PoolLoad { running: 1, waiting: 0, refused: 1 });
        release.send(()).unwrap();
        assert!(blocked.blocking_recv().unwrap().is_ok());
        assert_eq!(pool.load(), PoolLoad { running: 0, waiting: 0, refused: 1 });
    }

    #[test]
    fn as_many_wait_as_may_and_who_has_gone_is_not_searched_for() {
        let pool = Pool::new("test", 1, 2).unwrap();
        let (release, gate) = channel::<()>();
        let blocked = pool.try_run(move || gate.recv()).unwrap();
        let (told, tell) = channel();
        let waiting = pool.try_run({
            let told = told.clone();
            move || told.send("waited for")
        });
        let gone = pool.try_run(move || told.send("nobody waits")).unwrap();
        assert_eq!(pool.load(), PoolLoad { running: 1, waiting: 2, refused: 0 });
        assert_eq!(pool.try_run(|| ()).map(drop), Err(Busy));
        drop(gone);
        release.send(()).unwrap();
        assert!(blocked.blocking_recv().unwrap().is_ok());
        assert!(waiting.unwrap().blocking_recv().unwrap().is_ok());
        assert_eq!(tell.iter().collect::<Vec<_>>(), ["waited for"]);
    }

    #[test]
    fn a_job_that_panics_costs_no_thread() {
        let pool = Pool::new("test", 1, 0).unwrap();
        let failed = pool.try_run(|| panic!("on purpose")).unwrap();
        assert!(failed.blocking_recv().is_err());
        loop {
            if let Ok(next) = pool.try_run(|| 1) {
                assert_eq!(next.blocking_recv(), Ok(1));
                return;
            }
            thread::yield_now();
        }
    }
}
