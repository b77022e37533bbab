//! A few threads of their own for exact searches, and no queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use tokio::sync::{Semaphore, oneshot};

/// A search and what gives its thread free again.
type Job = Box<dyn FnOnce() + Send>;

/// Runs at most as many jobs as it has threads. A job that comes while all of them are busy is refused at once:
/// whoever waits in a queue has usually gone when the turn comes.
#[derive(Debug)]
pub struct ExactPool {
    jobs: Sender<Job>,
    free: Arc<Semaphore>,
}

/// All threads of the pool are busy.
#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

impl ExactPool {
    /// Starts the threads. They end when the pool is dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(threads: usize) -> io::Result<Self> {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("kindred-exact-{number}")).spawn(move || work(&queue))?;
        }
        Ok(ExactPool { jobs, free: Arc::new(Semaphore::new(threads)) })
    }

    /// Starts a job if a thread is free. What it returns can be awaited; a job goes on when nobody waits any more,
    /// and keeps its thread until it ends.
    ///
    /// # Errors
    /// [`Busy`] at once if no thread is free.
    pub fn try_run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Busy> {
        let permit = Arc::clone(&self.free).try_acquire_owned().map_err(|_| Busy)?;
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move || {
            let result = job();
            // Before the result is sent: whoever has it may ask for the next search at once, and must find the
            // thread free.
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
            tracing::error!("an exact search failed in an unforeseen way");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_exceeds_its_threads_and_takes_the_next_when_one_is_free() {
        let pool = ExactPool::new(2).unwrap();
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
        let pool = ExactPool::new(1).unwrap();
        let (release, gate) = channel::<()>();
        let blocked = pool.try_run(move || gate.recv()).unwrap();
        assert_eq!(pool.try_run(|| ()).map(drop), Err(Busy));
        release.send(()).unwrap();
        assert!(blocked.blocking_recv().unwrap().is_ok());
    }

    #[test]
    fn a_job_that_panics_costs_no_thread() {
        let pool = ExactPool::new(1).unwrap();
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
