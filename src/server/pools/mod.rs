//! Threads and memory for what must not hold up a worker: searches, requests of many questions, and pins.

pub(super) mod batches;
pub(super) mod memory;
pub(super) mod pool;
mod priority;

pub use batches::Batches;
pub use pool::{Busy, Pool};
pub use priority::give_way;
