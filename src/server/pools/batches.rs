//! Where requests of many questions are answered, apart from all others.

use std::io;
use std::time::Duration;

use super::memory::Memory;
use super::search_pool::SearchPool;

/// What all bodies of requests and answers of many questions take together. Ordinary ones take a few MB.
const MEMORY: usize = 256 << 20;

/// By how much the threads give way to those that answer single questions, which somebody waits for.
const NICE: i32 = 10;

/// Threads, memory and patience for requests of many questions.
#[derive(Debug)]
pub struct Batches {
    /// Where they are read and answered.
    pub pool: SearchPool,
    /// What they take.
    pub memory: Memory,
    /// How long a client may take for each part of a body.
    pub patience: Duration,
}

impl Batches {
    /// Starts the threads, for requests of which `queue` may wait.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(threads: usize, queue: usize, patience: Duration) -> io::Result<Batches> {
        let pool = SearchPool::starting_with("batch", threads, queue, give_way)?;
        Ok(Batches { pool, memory: Memory::new(MEMORY), patience })
    }
}

/// Lowers the priority of this thread: on Linux it is a thread's own.
fn give_way() {
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::warn!("a thread for requests of many questions keeps its priority: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_threads_and_no_others_give_way() {
        let batches = Batches::new(1, 0, Duration::from_secs(1)).unwrap();
        let priority = || rustix::process::nice(0).unwrap();
        let theirs = batches.pool.try_run(priority).unwrap().blocking_recv().unwrap();
        assert_eq!(theirs, (priority() + NICE).min(19));
    }
}
