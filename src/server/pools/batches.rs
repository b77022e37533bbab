//! Where requests of many questions are answered, apart from all others.

use std::io;
use std::time::Duration;

use super::memory::MemoryBudget;
use super::pool::Pool;
use super::priority::give_way;

/// What all bodies of requests and answers of many questions take together. Ordinary ones take a few MB.
const MEMORY: usize = 256 << 20;

/// Threads, memory and patience for requests of many questions. The threads give way to those that answer single ones,
/// which somebody waits for.
#[derive(Debug)]
pub struct Batches {
    /// Where they are read and answered.
    pub pool: Pool,
    /// What they take.
    pub memory: MemoryBudget,
    /// How long a client may take for each part of a body.
    pub patience: Duration,
}

impl Batches {
    /// Starts the threads, for requests of which `queue` may wait.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(threads: usize, queue: usize, patience: Duration) -> io::Result<Batches> {
        let pool = Pool::starting_with("batch", threads, queue, give_way)?;
        Ok(Batches { pool, memory: MemoryBudget::new(MEMORY), patience })
    }
}

#[cfg(test)]
mod tests {
    use super::super::priority::NICE;
    use super::*;

    #[test]
    fn its_threads_and_no_others_give_way() {
        let batches = Batches::new(1, 0, Duration::from_secs(1)).unwrap();
        let priority = || rustix::process::nice(0).unwrap();
        let theirs = batches.pool.try_run(priority).unwrap().blocking_recv().unwrap();
        assert_eq!(theirs, (priority() + i32::from(NICE)).min(19));
    }
}
