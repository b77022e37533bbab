//! Who may be seen in an answer.

use crate::directory::SuppressedIds;
use crate::file::reader::{Ordinal, View};

const BITS: usize = u64::BITS as usize;

/// Those of the suppressed ids that one index has, as a bit for each of its profiles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Empty where nobody is suppressed.
    bits: Vec<u64>,
    len: usize,
    with_vector: usize,
}

impl Suppressed {
    /// Nobody.
    pub const NOBODY: Suppressed = Suppressed { bits: Vec::new(), len: 0, with_vector: 0 };

    /// Looks the ids up in an index.
    pub fn in_index(view: &View<'_>, ids: &SuppressedIds) -> Suppressed {
        Suppressed::NOBODY.and(view, ids.0.iter().filter_map(|id| std::str::from_utf8(id).ok()))
    }

    /// These and more profiles of the same index. Ids that it does not have, or that are there already, add nothing.
    pub fn and<'a>(&self, view: &View<'_>, ids: impl Iterator<Item = &'a str>) -> Suppressed {
        let mut all = self.clone();
        for ordinal in ids.filter_map(|id| view.find(id)) {
            if all.contains(ordinal) {
                continue;
            }
            let word = ordinal.0 as usize / BITS;
            if all.bits.len() <= word {
                all.bits.resize(word + 1, 0);
            }
            all.bits[word] |= 1 << (ordinal.0 as usize % BITS);
            all.len += 1;
            all.with_vector += usize::from(view.node_of(ordinal).flatten().is_some());
        }
        all
    }

    /// Whether a profile is in no answer.
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        let word = self.bits.get(ordinal.0 as usize / BITS).copied().unwrap_or(0);
        word >> (ordinal.0 as usize % BITS) & 1 == 1
    }

    /// The first profile from this one on that is not suppressed, which may be behind the last there is. Passes over
    /// those that are a word of bits at a time.
    pub fn next_visible(&self, from: Ordinal) -> Ordinal {
        let mut place = from.0 as usize;
        while let Some(&word) = self.bits.get(place / BITS) {
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
    pub fn nth_visible(&self, mut n: u32) -> Ordinal {
        for (number, &word) in (0u32..).zip(&self.bits) {
            let visible = word.count_zeros();
            if n < visible {
                return Ordinal(number * u64::BITS + nth_one(!word, n));
            }
            n -= visible;
        }
        Ordinal(self.bits.len() as u32 * u64::BITS + n)
    }

    /// How many profiles are suppressed.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many of them have a vector.
    pub fn with_vector(&self) -> usize {
        self.with_vector
    }

    /// A number that another set hardly has: what answers depend on besides the file.
    pub fn fingerprint(&self) -> u64 {
        twox_hash::XxHash3_64::oneshot(bytemuck::cast_slice(&self.bits))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// These of so many profiles.
    fn suppressed(ordinals: &[u32]) -> Suppressed {
        let mut suppressed = Suppressed { len: ordinals.len(), ..Suppressed::NOBODY };
        for &ordinal in ordinals {
            let word = ordinal as usize / BITS;
            suppressed.bits.resize(suppressed.bits.len().max(word + 1), 0);
            suppressed.bits[word] |= 1 << (ordinal as usize % BITS);
        }
        suppressed
    }

    #[test]
    fn who_may_be_seen_is_found_by_number_and_from_any_place() {
        let all_but_two: Vec<u32> = (0..300).filter(|ordinal| ![77, 290].contains(ordinal)).collect();
        for ordinals in [&[][..], &[0], &[63], &[64], &[0, 1, 2, 63, 64, 65, 127, 128, 200], &all_but_two] {
            let suppressed = suppressed(ordinals);
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
}
