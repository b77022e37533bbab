//! The check of the neighbour table.

use super::check::{Check, content_error};
use super::table::{SectionKind, at};
use crate::file::error::OpenError;
use crate::file::format::NONE;
use crate::file::to_usize;

pub fn rows(check: &Check<'_>) -> Result<(), OpenError> {
    let slots = to_usize(check.shape.row_slots);
    let rows = RowCheck::new(check.slice(at::NodeOfProfile));
    // A table that is there has rows of at least a slot.
    for (own, row) in (0..).zip(check.slice(at::Neighbours).chunks_exact(slots.max(1))) {
        if !rows.is_good(own, row) {
            let (slot, problem) = rows.problem(own, row);
            return Err(content_error(
                SectionKind::Neighbours,
                u64::from(own) * slots as u64 + slot,
                problem,
            ));
        }
    }
    Ok(())
}

/// What a row of the neighbour table may hold.
struct RowCheck<'a> {
    node_of_profile: &'a [u32],
    profiles: u32,
    /// A bit for each profile without a vector, so that looking one up stays in the cache. Empty where all have one.
    without_vector: Vec<u64>,
}

impl<'a> RowCheck<'a> {
    fn new(node_of_profile: &'a [u32]) -> RowCheck<'a> {
        let mut without_vector = Vec::new();
        if node_of_profile.contains(&NONE) {
            without_vector = vec![0; node_of_profile.len().div_ceil(64)];
            for (profile, _) in node_of_profile.iter().enumerate().filter(|&(_, &node)| node == NONE) {
                without_vector[profile / 64] |= 1 << (profile % 64);
            }
        }
        // As many as the header says: the length of the section has been checked.
        let profiles = u32::try_from(node_of_profile.len()).unwrap_or(u32::MAX);
        RowCheck { node_of_profile, profiles, without_vector }
    }

    /// The largest section by far: no branch within a row, so that many slots are checked at a time.
    fn is_good(&self, own: u32, row: &[u32]) -> bool {
        let mut wrong = false;
        for &slot in row {
            wrong |= ((slot >= self.profiles) & (slot != NONE)) | (slot == own);
        }
        for (&slot, &next) in row.iter().zip(row.get(1..).unwrap_or_default()) {
            wrong |= (slot == NONE) & (next != NONE);
        }
        if self.without_vector.is_empty() || wrong {
            return !wrong;
        }
        let is_empty = row.first() == Some(&NONE);
        is_empty || !self.is_without_vector(own) && !row.iter().any(|&slot| self.is_without_vector(slot))
    }

    fn is_without_vector(&self, profile: u32) -> bool {
        let word = self.without_vector.get(profile as usize / 64);
        word.is_some_and(|word| word >> (profile % 64) & 1 == 1)
    }

    /// The first slot of a row that is wrong, and why.
    fn problem(&self, own: u32, row: &[u32]) -> (u64, &'static str) {
        let mut ended = false;
        for (number, &slot) in (0..).zip(row) {
            let node = self.node_of_profile.get(slot as usize);
            let problem = match (slot == NONE, ended) {
                (true, _) => None,
                (false, true) => Some("a profile after the end of its row"),
                _ if slot == own => Some("the row's own profile"),
                _ if node.is_none() => Some("no profile"),
                _ if self.is_without_vector(own) => Some("a neighbour of a zero vector"),
                _ if node == Some(&NONE) => Some("a zero vector"),
                _ => None,
            };
            if let Some(problem) = problem {
                return (number, problem);
            }
            ended |= slot == NONE;
        }
        (0, "a row that is wrong")
    }
}
