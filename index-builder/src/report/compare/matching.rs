//! The ids of two versions.

use std::cmp::Ordering;

use kindred::file::{Damaged, Index, Ordinal};
use kindred::search::exact::Smallest;

/// What a sample starts from. Fixed: who compares the same files sees the same figures.
pub const SEED: u64 = 42;

/// How many of the kept profiles are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// All of them.
    All,
    /// At most so many.
    Of(usize),
}

impl Sample {
    /// Up to so many kept profiles, all are looked at unless it is said.
    const ALL_UP_TO: usize = 100_000;
    /// Of more, so many are: enough that a share is right to less than one percentage point.
    const OF_MORE: usize = 20_000;

    /// The sample unless it is said.
    pub fn of_two(old: usize, new: usize) -> Sample {
        if old.min(new) <= Sample::ALL_UP_TO { Sample::All } else { Sample::Of(Sample::OF_MORE) }
    }
}

/// Which profiles two versions have, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// Profiles that only the new one has.
    pub added: u64,
    /// Profiles that only the old one has.
    pub removed: u64,
    /// Profiles that both have.
    pub kept: u64,
    /// Some of the kept ones, by id: where they are in the old one and in the new one.
    pub sample: Vec<(Ordinal, Ordinal)>,
}

impl Matching {
    /// Walks over the ids of both, which are sorted in either. The sample depends on ids and seed only: whoever is kept
    /// for many versions is in the sample each time, or never.
    ///
    /// Costs a comparison and a hash a profile, and the memory of the sample.
    ///
    /// # Errors
    /// Where a file has changed since it was opened.
    pub fn of<A: AsRef<[u8]>, B: AsRef<[u8]>>(
        old: &Index<A>,
        new: &Index<B>,
        sample: Sample,
        seed: u64,
    ) -> Result<Matching, Damaged> {
        let (ends, mut at) = ((old.header().profiles, new.header().profiles), (0, 0));
        let mut matching = Matching { added: 0, removed: 0, kept: 0, sample: Vec::new() };
        let mut chosen = Smallest::new(match sample {
            Sample::All => usize::MAX,
            Sample::Of(count) => count,
        });
        while at.0 < ends.0 && at.1 < ends.1 {
            let id = old.id(Ordinal(at.0))?;
            match id.cmp(new.id(Ordinal(at.1))?) {
                Ordering::Less => {
                    matching.removed += 1;
                    at.0 += 1;
                }
                Ordering::Greater => {
                    matching.added += 1;
                    at.1 += 1;
                }
                Ordering::Equal => {
                    matching.kept += 1;
                    let draw = match sample {
                        Sample::All => 0,
                        Sample::Of(_) => twox_hash::XxHash3_64::oneshot_with_seed(seed, id),
                    };
                    chosen.push((draw, Ordinal(at.0), Ordinal(at.1)));
                    (at.0, at.1) = (at.0 + 1, at.1 + 1);
                }
            }
        }
        matching.removed += u64::from(ends.0 - at.0);
        matching.added += u64::from(ends.1 - at.1);
        let mut sample: Vec<_> = chosen.into_sorted().into_iter().map(|(_, old, new)| (old, new)).collect();
        sample.sort_unstable();
        matching.sample = sample;
        Ok(matching)
    }
}
