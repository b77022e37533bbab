//! Which profiles may be in an answer: all but those that are suppressed, and those that its question excludes.
//!
//! Nobody may ask about a suppressed profile ([`Suppressed`]); an excluded one may be asked about ([`Excluded`]). An answer
//! asks one thing about a profile: whether it is [`Visible`].

use std::sync::Arc;

use crate::directory::SuppressedIds;
use crate::file::Ordinal;
use crate::file::reader::View;

const BITS: usize = u64::BITS as usize;

static NOBODY: Profiles = Profiles::NOBODY;

/// Profiles of one index, as a bit for each.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Profiles {
    /// Empty where there is nobody.
    bits: Vec<u64>,
    len: usize,
    with_vector: usize,
}

impl Profiles {
    const NOBODY: Profiles = Profiles { bits: Vec::new(), len: 0, with_vector: 0 };

    /// The profiles with these ids. Ids that the index does not have, or that came already, add nothing.
    fn with_ids<'a>(
        view: &View<'_>,
        ids: impl Iterator<Item = &'a str>,
        counts: impl Fn(Ordinal) -> bool,
    ) -> Profiles {
        let mut profiles = Profiles::NOBODY;
        for ordinal in ids.filter_map(|id| view.find(id)).filter(|&ordinal| counts(ordinal)) {
            if profiles.set(ordinal) {
                let has_vector = view.node_of(ordinal).is_ok_and(|node| node.is_some());
                profiles.with_vector += usize::from(has_vector);
            }
        }
        profiles
    }

    /// Adds a profile. Gives whether it is new.
    fn set(&mut self, ordinal: Ordinal) -> bool {
        let (word, bit) = (ordinal.0 as usize / BITS, 1 << (ordinal.0 as usize % BITS));
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        self.len += usize::from(is_new);
        is_new
    }

    fn contains(&self, ordinal: Ordinal) -> bool {
        let word = self.bits.get(ordinal.0 as usize / BITS).copied().unwrap_or(0);
        word >> (ordinal.0 as usize % BITS) & 1 == 1
    }
}

/// Profiles of one index that are in no answer, and that nobody may ask about.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use std::collections::BTreeSet;
///
/// use kindred::directory::SuppressedIds;
/// use kindred::query::{self, AnswerError, Question, Snapshot, Suppressed};
///
/// # let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// # let index = Index::open(file)?;
/// let ids = SuppressedIds(BTreeSet::from([b"p07".to_vec()]));
/// let suppressed = Suppressed::in_index(&index.view(), &ids);
/// let snapshot = Snapshot::hiding(&index, &suppressed);
///
/// let answer = query::answer(&snapshot, &Question::about("p07", 10));
/// assert_eq!(answer, Err(AnswerError::UnknownId));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed(Profiles);

impl Suppressed {
    /// Nobody.
    pub const NOBODY: Suppressed = Suppressed(Profiles::NOBODY);

    /// Looks the ids up in an index. Ids that it does not have add nothing.
    pub fn in_index(view: &View<'_>, ids: &SuppressedIds) -> Suppressed {
        let ids = ids.0.iter().filter_map(|id| std::str::from_utf8(id).ok());
        Suppressed(Profiles::with_ids(view, ids, |_| true))
    }

    /// Whether a profile is suppressed.
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.0.contains(ordinal)
    }

    /// The first profile from this one on that is not suppressed, which may be behind the last there is. Passes over
    /// those that are a word of bits at a time.
    pub(super) fn next_visible(&self, from: Ordinal) -> Ordinal {
        let mut place = from.0 as usize;
        while let Some(&word) = self.0.bits.get(place / BITS) {
            let visible = !word & (u64::MAX << (place % BITS));
            if visible != 0 {
                place = place / BITS * BITS + visible.trailing_zeros() as usize;
                break;
            }
            place = (place / BITS + 1) * BITS;
        }
        // An index has fewer than `u32::MAX` profiles, and bits for none beyond those.
        Ordinal(place as u32)
    }

    /// The profile that is not suppressed and has so many of those before it. Costs a look at each word of bits, however
    /// many are suppressed.
    pub(super) fn nth_visible(&self, mut n: u32) -> Ordinal {
        for (number, &word) in (0u32..).zip(&self.0.bits) {
            let visible = word.count_zeros();
            if n < visible {
                return Ordinal(number * u64::BITS + nth_one(!word, n));
            }
            n -= visible;
        }
        Ordinal(self.0.bits.len() as u32 * u64::BITS + n)
    }

    /// How many profiles are suppressed.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// A number that another set hardly has: what answers depend on besides the file.
    pub fn fingerprint(&self) -> u64 {
        twox_hash::XxHash3_64::oneshot(bytemuck::cast_slice(&self.0.bits))
    }
}

/// The place of a bit that is set and has so many of those below it.
fn nth_one(mut word: u64, n: u32) -> u32 {
    for _ in 0..n {
        // Clears the lowest bit that is set.
        word &= word.wrapping_sub(1);
    }
    word.trailing_zeros()
}

/// Profiles that a question excludes from its answer. They may be asked about. A clone shares them.
/// [`Snapshot::excluding`](super::Snapshot::excluding) makes it, for questions to that snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded(Option<Arc<Profiles>>);

impl Excluded {
    /// Nobody.
    pub const NOBODY: Excluded = Excluded(None);

    /// Looks the ids up in an index. Those that are suppressed there add nothing.
    pub(super) fn in_index<'a>(
        view: &View<'_>,
        suppressed: &Suppressed,
        ids: impl Iterator<Item = &'a str>,
    ) -> Excluded {
        let profiles = Profiles::with_ids(view, ids, |ordinal| !suppressed.contains(ordinal));
        Excluded((profiles.len > 0).then(|| Arc::new(profiles)))
    }

    /// How many profiles are excluded that are not suppressed.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |profiles| profiles.len)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// The profiles that may be in an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visible<'a> {
    suppressed: &'a Profiles,
    excluded: &'a Profiles,
}

impl<'a> Visible<'a> {
    pub(super) fn new(suppressed: &'a Suppressed, excluded: &'a Excluded) -> Visible<'a> {
        Visible { suppressed: &suppressed.0, excluded: excluded.0.as_deref().unwrap_or(&NOBODY) }
    }

    /// Whether a profile may be in the answer.
    pub(super) fn has(&self, ordinal: Ordinal) -> bool {
        !self.suppressed.contains(ordinal) && !self.excluded.contains(ordinal)
    }

    /// How many profiles may not.
    pub(super) fn left_out(&self) -> usize {
        self.suppressed.len + self.excluded.len
    }

    /// How many profiles may, of those with a vector.
    pub(super) fn with_vector(&self, view: &View<'_>) -> usize {
        let left_out = self.suppressed.with_vector + self.excluded.with_vector;
        view.profiles_with_vector().saturating_sub(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suppressed(ordinals: &[u32]) -> Suppressed {
        let mut profiles = Profiles::NOBODY;
        for &ordinal in ordinals {
            assert!(profiles.set(Ordinal(ordinal)));
        }
        Suppressed(profiles)
    }

    #[test]
    fn who_may_be_seen_is_found_by_number_and_from_any_place() {
        let all_but_two: Vec<u32> = (0..300).filter(|ordinal| ![77, 290].contains(ordinal)).collect();
        for ordinals in [&[][..], &[0], &[63], &[64], &[0, 1, 2, 63, 64, 65, 127, 128, 200], &all_but_two] {
            let suppressed = suppressed(ordinals);
            assert_eq!(suppressed.len(), ordinals.len());
            let visible: Vec<u32> = (0..400).filter(|&it| !suppressed.contains(Ordinal(it))).collect();
            for (number, &ordinal) in (0..).zip(&visible) {
                assert_eq!(suppressed.nth_visible(number), Ordinal(ordinal), "{number} beside {ordinals:?}");
            }
            for from in 0..=399 {
                let next = visible.iter().copied().find(|&ordinal| ordinal >= from).unwrap();
                assert_eq!(suppressed.next_visible(Ordinal(from)), Ordinal(next), "{from} in {ordinals:?}");
            }
        }
    }

    #[test]
    fn an_answer_has_neither_the_suppressed_nor_the_excluded() {
        let (suppressed, excluded) = (suppressed(&[1, 64]), suppressed(&[2, 200]));
        let excluded = Excluded(Some(Arc::new(excluded.0)));
        let visible = Visible::new(&suppressed, &excluded);
        let left_out: Vec<u32> = (0..300).filter(|&it| !visible.has(Ordinal(it))).collect();
        assert_eq!(left_out, [1, 2, 64, 200]);
        assert_eq!(visible.left_out(), 4);
        assert_eq!(Visible::new(&Suppressed::NOBODY, &Excluded::NOBODY).left_out(), 0);
    }
}
