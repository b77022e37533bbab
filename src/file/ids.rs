//! The section "id hash": from an id to its profile in a few accesses, where a binary search takes one per bit.
//!
//! An open-addressing table. A slot is a `u64`: the profile's ordinal in the low half, a tag from the id's hash in the
//! high half, so that nearly every id that is compared is the right one. It only says where to look: an id is found
//! when its bytes are equal, and what is not found here is for the binary search to decide.

use twox_hash::XxHash3_64;

/// A slot without a profile. No profile gives this: ordinals end below `u32::MAX`.
pub(crate) const EMPTY_SLOT: u64 = u64::MAX;

/// Slots that are looked at for one id. With half of them empty runs are far shorter; a table that is made to be slow
/// must not be.
const MAX_PROBES: usize = 256;

/// How many slots a table for so many profiles has: at least two for each, so that runs stay short.
pub fn slots(profiles: usize) -> usize {
    profiles.saturating_mul(2).max(2).next_power_of_two()
}

/// The table of some ids, in the order of their ordinals. The same ids give the same table.
pub fn build<'a>(ids: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<u64> {
    let mut table = vec![EMPTY_SLOT; slots(ids.len())];
    let mask = table.len() - 1;
    for (ordinal, id) in (0u64..).zip(ids) {
        let hash = XxHash3_64::oneshot(id);
        let mut place = home(hash, mask);
        // Half of the slots stay empty, so this ends.
        while table[place] != EMPTY_SLOT {
            place = (place + 1) & mask;
        }
        table[place] = tag(hash) | ordinal;
    }
    table
}

/// The ordinal for which `is_it` holds, among those that the table has for this id. `None` says only that it is not
/// where it should be. `table` may be anything.
pub fn probe(table: &[u64], id: &[u8], mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
    let mask = table.len().checked_sub(1)?;
    let hash = XxHash3_64::oneshot(id);
    let mut place = home(hash, mask);
    for _ in 0..table.len().min(MAX_PROBES) {
        let slot = *table.get(place)?;
        if slot == EMPTY_SLOT {
            return None;
        }
        let ordinal = ordinal_of(slot);
        if slot & !u64::from(u32::MAX) == tag(hash) && is_it(ordinal) {
            return Some(ordinal);
        }
        place = (place + 1) & mask;
    }
    None
}

/// What is wrong with a table for so many profiles, in one pass: it has the right size, every profile could be in it,
/// and no other. Whether each stands where its id says is not looked at: a wrong place costs time and no answer.
///
/// # Errors
/// The first slot that is wrong, or 0 where it is the table, and what is wrong.
pub(super) fn verify(table: &[u64], profiles: u32) -> Result<(), (usize, &'static str)> {
    let enough = (profiles as usize).saturating_mul(2).max(2);
    if !table.len().is_power_of_two() || table.len() < enough {
        return Err((0, "the slots are no power of two, or fewer than two for each profile"));
    }
    // No early end and no branch, so that this is done many slots at a time.
    let is_wrong = |slot: u64| (slot != EMPTY_SLOT) & (ordinal_of(slot) >= profiles);
    let (mut occupied, mut wrong) = (0u64, 0u64);
    for &slot in table {
        occupied += u64::from(slot != EMPTY_SLOT);
        wrong += u64::from(is_wrong(slot));
    }
    if wrong > 0 {
        let first = table.iter().position(|&slot| is_wrong(slot)).unwrap_or_default();
        return Err((first, "no profile"));
    }
    if occupied != u64::from(profiles) {
        return Err((0, "not as many profiles as the file has"));
    }
    Ok(())
}

/// The first slot to try for an id.
#[expect(clippy::cast_possible_truncation, reason = "of a hash the low bits are meant")]
fn home(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

/// The ordinal of a slot: its low half.
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn ordinal_of(slot: u64) -> u32 {
    slot as u32
}

fn tag(hash: u64) -> u64 {
    hash & !u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("id {number}")).collect()
    }

    fn table(ids: &[String]) -> Vec<u64> {
        build(ids.iter().map(|id| id.as_bytes()))
    }

    fn find(table: &[u64], ids: &[String], id: &str) -> Option<u32> {
        probe(table, id.as_bytes(), |ordinal| ids.get(ordinal as usize).is_some_and(|found| found == id))
    }

    #[test]
    fn every_id_is_found_and_no_other() {
        for count in [0, 1, 2, 3, 4, 5, 63, 64, 65, 5_000] {
            let ids = ids(count);
            let table = table(&ids);
            assert!(table.len().is_power_of_two() && table.len() >= 2 * count.max(1), "{count}");
            assert_eq!(verify(&table, count as u32), Ok(()));
            for (ordinal, id) in ids.iter().enumerate() {
                assert_eq!(find(&table, &ids, id), Some(ordinal as u32), "{id} of {count}");
            }
            for other in ["", "id", "id -1", "id 5000"] {
                assert_eq!(find(&table, &ids, other), None, "{other} of {count}");
            }
        }
    }

    #[test]
    fn nearly_every_comparison_is_with_the_right_id() {
        let ids = ids(20_000);
        let table = table(&ids);
        let mut compared = 0;
        for id in &ids {
            let found = probe(&table, id.as_bytes(), |ordinal| {
                compared += 1;
                ids[ordinal as usize] == *id
            });
            assert!(found.is_some());
        }
        assert!(compared <= ids.len() + 10, "{compared}");
    }

    #[test]
    fn ids_whose_places_are_taken_stand_behind_in_the_order_of_ordinals() {
        let ids = ids(1_000);
        let (table, mask) = (table(&ids), slots(1_000) - 1);
        let home = |ordinal: u32| XxHash3_64::oneshot(ids[ordinal as usize].as_bytes()) as usize & mask;
        let moved = (0..table.len()).filter(|&place| table[place] != EMPTY_SLOT).filter(|&place| {
            let ordinal = table[place] as u32;
            let passed = (place.wrapping_sub(home(ordinal))) & mask;
            for back in 1..=passed {
                assert!((table[place.wrapping_sub(back) & mask] as u32) < ordinal, "place {place}");
            }
            passed > 0
        });
        assert!(moved.count() > 100);
    }

    #[test]
    fn a_table_of_anything_is_probed_to_an_end() {
        let full = |length: usize| (0..length as u64).collect::<Vec<u64>>();
        let hash = XxHash3_64::oneshot(b"a");
        for table in [vec![], vec![0], vec![EMPTY_SLOT], full(3), full(100_000), vec![tag(hash) | 7; 65_536]]
        {
            let mut compared = 0;
            let found = probe(&table, b"a", |_| {
                compared += 1;
                false
            });
            assert_eq!(found, None);
            assert!(compared <= MAX_PROBES);
        }
    }

    #[test]
    fn what_cannot_be_a_table_of_so_many_profiles_is_refused() {
        let good = table(&ids(4));
        assert_eq!(good.len(), 8);
        let larger = [good.clone(), vec![EMPTY_SLOT; 8]].concat();
        assert_eq!(verify(&larger, 4), Ok(()), "more room is allowed");
        const SIZE: &str = "the slots are no power of two, or fewer than two for each profile";
        for length in [0, 1, 4, 7] {
            assert_eq!(verify(&good[..length], 4), Err((0, SIZE)), "{length} slots");
        }
        assert_eq!(
            verify(&good, 3),
            Err((good.iter().position(|&slot| slot as u32 == 3).unwrap(), "no profile"))
        );
        assert_eq!(verify(&[EMPTY_SLOT; 8], 4), Err((0, "not as many profiles as the file has")));
        assert_eq!(verify(&[0; 8], 4), Err((0, "not as many profiles as the file has")));
    }
}
