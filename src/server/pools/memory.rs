//! How much memory requests may take that are larger than a line: bodies on their way in, answers on their way out.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What memory is counted in: a semaphore counts to 2^29 at least, and a byte more or less does not matter.
const UNIT: usize = 1024;

/// Memory that is shared by all who ask for some of it.
#[derive(Debug, Clone)]
pub struct MemoryBudget {
    units: Arc<Semaphore>,
}

/// A part of a [`MemoryBudget`], given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    units: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

/// Others have what there is.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl MemoryBudget {
    /// So many bytes in all.
    pub fn new(bytes: usize) -> MemoryBudget {
        MemoryBudget { units: Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))) }
    }

    /// A share of nothing yet.
    pub fn share(&self) -> Share {
        Share { units: Arc::clone(&self.units), taken: None }
    }
}

impl Share {
    /// Makes this a share of so many bytes, more or fewer than it was. It stays as it was where there are not as many.
    ///
    /// # Errors
    /// [`Full`] at once: nothing is waited for, so nobody waits for one another.
    pub fn resize(&mut self, bytes: usize) -> Result<(), Full> {
        let wanted = bytes.div_ceil(UNIT);
        let there = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if wanted > there {
            let more = u32::try_from(wanted - there).map_err(|_| Full)?;
            let more = Arc::clone(&self.units).try_acquire_many_owned(more).map_err(|_| Full)?;
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                None => self.taken = Some(more),
            }
        } else if let Some(taken) = &mut self.taken {
            drop(taken.split(there - wanted));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_given_while_there_is_something_and_come_back() {
        let memory = MemoryBudget::new(10 * UNIT);
        let (mut one, mut other) = (memory.share(), memory.share());
        assert_eq!(one.resize(6 * UNIT), Ok(()));
        assert_eq!(other.resize(4 * UNIT + 1), Err(Full));
        assert_eq!(other.resize(4 * UNIT), Ok(()));
        assert_eq!(one.resize(6 * UNIT + 1), Err(Full), "what was not there is not taken");
        assert_eq!(one.resize(5 * UNIT), Ok(()));
        assert_eq!(other.resize(5 * UNIT), Ok(()));
        drop(one);
        assert_eq!(other.resize(10 * UNIT), Ok(()));
        assert_eq!(other.resize(0), Ok(()));
        assert_eq!(memory.share().resize(10 * UNIT), Ok(()));
        assert_eq!(memory.share().resize(usize::MAX), Err(Full));
    }
}
