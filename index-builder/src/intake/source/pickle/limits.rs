//! How much a pickle may ask for. Everything here is far above what a profile needs.

use super::error::Problem;

/// How deep values may be nested in a record; more could not be read back from the JSON that profiles become.
pub(super) const MAX_DEPTH: u16 = 120;

/// How many values may wait on the stack. Picklers collect a thousand at a time, tuples all their elements; a
/// document within its limit of one MiB of JSON has no more than half a million values.
pub(super) const MAX_STACK: usize = 1 << 20;

/// What one value is taken to cost in bytes of memory, besides its text.
pub(super) const VALUE_COST: usize = 32;

/// The largest record in bytes of memory; a larger one is unusable. A document of one MiB of JSON needs half of this.
pub(super) const MAX_RECORD_COST: usize = 32 << 20;

/// What copies of shared objects may cost in any file, all in all.
const COPIES_BASE: u64 = 32 << 20;

/// What copies may cost besides for every byte read: the records that share a default dict take a hundred bytes each
/// in the file, and may become a hundred kilobytes.
const COPIES_PER_BYTE: u64 = 1000;

/// What copies may hold of memory at a time for every byte read, besides [`COPIES_BASE`].
const LIVE_COPIES_PER_BYTE: u64 = 64;

/// What has been spent on copies of shared objects.
#[derive(Debug, Default)]
pub(super) struct Budget {
    read_bytes: u64,
    total: u64,
    live: u64,
}

impl Budget {
    /// Takes note of how much of the file has been read.
    pub(super) fn read_to(&mut self, offset: u64) {
        self.read_bytes = offset;
    }

    /// Takes note of a copy, before it is made.
    pub(super) fn copy(&mut self, cost: usize) -> Result<(), Problem> {
        self.total = self.total.saturating_add(cost as u64);
        self.live = self.live.saturating_add(cost as u64);
        let allowed = |per_byte: u64| COPIES_BASE.saturating_add(self.read_bytes.saturating_mul(per_byte));
        if self.total > allowed(COPIES_PER_BYTE) || self.live > allowed(LIVE_COPIES_PER_BYTE) {
            return Err(Problem::Amplified);
        }
        Ok(())
    }

    /// Takes note that copies have left with a record.
    pub(super) fn release(&mut self, copied: usize) {
        self.live = self.live.saturating_sub(copied as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_that_leave_make_room_but_are_remembered() {
        let mut budget = Budget::default();
        let step = COPIES_BASE as usize / 2;
        budget.copy(step).unwrap();
        budget.copy(step).unwrap();
        assert_eq!(budget.copy(1), Err(Problem::Amplified));
        budget.release(step);
        assert_eq!(budget.copy(1), Err(Problem::Amplified), "the total is not forgotten");
        budget.read_to(COPIES_BASE);
        budget.copy(step).unwrap();
    }
}
