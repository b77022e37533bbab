//! Threads of their own for searches, and a short queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use tokio::sync::{Semaphore, oneshot};

/// A search and what makes room for the next.
type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs on its threads and lets a few more wait. A job beyond that is refused at once: whoever waits in a long queue
/// has usually gone when the turn comes.
#[derive(Debug)]
pub struct SearchPool {
    jobs: Sender<Job>,
    room: Arc<Semaphore>,
}

/// All threads of the pool are busy, and as many jobs wait as may.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

impl SearchPool {
    /// Starts the threads, for jobs of which `queue` may wait. They end when the pool is dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(name: &str, threads: usize, queue: usize) -> io::Result<Self> {
        Self::starting_with(name, threads, queue, || {})
    }

    /// The same, and each thread does something before its first job.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn starting_with(name: &str, threads: usize, queue: usize, first: fn()) -> io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new().name(format!("kindred-{name}-{number}")).spawn(move || {
                first();
                work(&waiting);
            })?;
        }
        Ok(SearchPool { jobs, room: Arc::new(Semaphore::new(threads + queue)) })
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
        let permit = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Busy)?;
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move || {
            if sender.is_closed() {
                return;
            }
            let result = job();
            // Before the result is sent: whoever has it may ask for the next search at once, and must find room.
            drop(permit);
            // Nobody may be waiting any more, and then the result is dropped.
            drop(sender.send(result));
        });
        self.jobs.send(job).map_err(|_| Busy)?;
        Ok(receiver)
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A job that panics drops its permit and its sender, which its request sees. The thread has to survive it,
        // or a permit would stand for a thread that is not there.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a search failed in an unforeseen way");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_exceeds_its_threads_and_takes_the_next_when_one_is_free() {
        let pool = SearchPool::new("test", 2, 0).unwrap();
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
        let pool = SearchPool::new("test", 1, 0).unwrap();
        let (release, gate) = channel::<()>();
        let blocked = pool.try_run(move || gate.recv()).unwrap();
        assert_eq!(pool.try_run(|| ()).map(drop), Err(Busy));
        release.send(()).unwrap();
        assert!(blocked.blocking_recv().unwrap().is_ok());
    }

    #[test]
    fn as_many_wait_as_may_and_who_has_gone_is_not_searched_for() {
        let pool = SearchPool::new("test", 1, 2).unwrap();
        let (release, gate) = channel::<()>();
        let blocked = pool.try_run(move || gate.recv()).unwrap();
        let (told, tell) = channel();
        let waiting = pool.try_run({
            let told = told.clone();
            move || told.send("waited for")
        });
        let gone = pool.try_run(move || told.send("nobody waits")).unwrap();
        assert_eq!(pool.try_run(|| ()).map(drop), Err(Busy));
        drop(gone);
        release.send(()).unwrap();
        assert!(blocked.blocking_recv().unwrap().is_ok());
        assert!(waiting.unwrap().blocking_recv().unwrap().is_ok());
        assert_eq!(tell.iter().collect::<Vec<_>>(), ["waited for"]);
    }

    #[test]
    fn a_job_that_panics_costs_no_thread() {
        let pool = SearchPool::new("test", 1, 0).unwrap();
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
