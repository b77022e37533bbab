//! Threads and memory for what must not hold up a worker: searches, and requests of many questions.

pub(super) mod batches;
pub(super) mod memory;
pub(super) mod search_pool;

pub use batches::Batches;
pub use search_pool::{Busy, PoolLoad, SearchPool};
