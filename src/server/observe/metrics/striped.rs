//! A counter for what every request counts.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// More threads than this share: the counter is right all the same, and slower.
const STRIPES: usize = 32;

/// A counter of which each thread has a part of its own: threads that count at the same time do not wait for one another.
#[derive(Debug, Default)]
pub struct Striped([Stripe; STRIPES]);

/// Alone in its cache lines: processors fetch two neighbouring ones together.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

/// Threads that have counted so far.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The stripe of this thread, in every counter the same.
    static OWN: Cell<Option<usize>> = const { Cell::new(None) };
}

impl Striped {
    /// Adds to the part of this thread.
    pub fn add(&self, count: u64) {
        if let Some(Stripe(part)) = self.0.get(own_stripe()) {
            part.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// What all threads have added so far.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|Stripe(part)| part.load(Ordering::Relaxed)).sum()
    }
}

fn own_stripe() -> usize {
    OWN.get().unwrap_or_else(|| {
        let own = THREADS.fetch_add(1, Ordering::Relaxed) % STRIPES;
        OWN.set(Some(own));
        own
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_among_many_threads() {
        let counter = Striped::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| (0..1000).for_each(|_| counter.add(3)));
            }
        });
        assert_eq!(counter.total(), 2 * STRIPES as u64 * 3000);
    }
}
