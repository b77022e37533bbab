//! How threads with long work give way to those that answer single questions.

use crate::priority;

/// By how much, as `nice` counts: a tenth of a busy processor's time is left to them then.
pub const NICE: u8 = 10;

/// Lowers the priority of this thread, which on Linux is a thread's own. Where the system refuses that, it competes with
/// those that answer, and does no more harm than that.
pub fn give_way() {
    if let Err(error) = priority::lower(NICE) {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("a thread");
        tracing::warn!("the priority of {name} stays as it is: {error}");
    }
}
