//! Which field is probably the id, of a source in which none was found.

use std::collections::HashSet;

use indexmap::IndexMap;
use kindred::profile::{Fields, ItemId};
use twox_hash::XxHash3_64;

/// Records that are looked at.
const MOST_RECORDS: u64 = 1_000;
/// Fields that are looked at.
const MOST_FIELDS: usize = 256;

/// Names that say "id" as a whole, in lower case.
const WHOLE: [&str; 14] = [
    "_id",
    "id",
    "uuid",
    "guid",
    "uid",
    "oid",
    "key",
    "pk",
    "rowid",
    "__index_level_0__",
    "identifier",
    "userid",
    "index",
    "username",
];
/// Words of a name that make it likely.
const WORDS: [&str; 16] = [
    "id", "uuid", "guid", "uid", "oid", "key", "pk", "email", "mail", "login", "username", "slug", "sku",
    "isbn", "code", "handle",
];

/// Remembers of the first records in which fields every value differs and could be an id.
#[derive(Debug, Default)]
pub struct IdGuess {
    records: u64,
    fields: IndexMap<String, Candidate>,
}

#[derive(Debug, Default)]
struct Candidate {
    hashes: HashSet<u64>,
    /// Values that are ids.
    valid: u64,
}

impl IdGuess {
    /// Looks at a record.
    pub fn observe(&mut self, fields: &Fields) {
        if self.records >= MOST_RECORDS {
            return;
        }
        self.records += 1;
        for (name, value) in fields {
            if self.records == 1 && self.fields.len() < MOST_FIELDS {
                self.fields.insert(name.clone(), Candidate::default());
            }
            let Some(candidate) = self.fields.get_mut(name) else { continue };
            if let Ok(id) = ItemId::from_value(Some(value)) {
                candidate.valid += 1;
                candidate.hashes.insert(XxHash3_64::oneshot(id.as_str().as_bytes()));
            }
        }
    }

    /// The field that is most likely the id: one that every record has and no two alike, best by its name. Where all
    /// have some value twice, one whose name says that it is.
    pub fn best(&self) -> Option<&str> {
        let is_everywhere = |candidate: &Candidate| candidate.valid == self.records && self.records > 0;
        let is_unique = |candidate: &Candidate| candidate.hashes.len() as u64 == self.records;
        let everywhere = || self.fields.iter().filter(|(_, candidate)| is_everywhere(candidate));
        let unique = everywhere().filter(|(_, candidate)| is_unique(candidate));
        // The first of several that are equally likely.
        let best = unique.min_by_key(|(name, _)| rank(name));
        let best = best.filter(|(name, _)| self.records > 1 || rank(name) < Rank::Other);
        let named = || everywhere().find(|(name, _)| rank(name) == Rank::Whole);
        best.or_else(named).map(|(name, _)| name.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Whole,
    Id,
    Word,
    Other,
}

fn rank(name: &str) -> Rank {
    let lower = name.to_lowercase();
    if WHOLE.contains(&lower.as_str()) {
        return Rank::Whole;
    }
    let words = words(name);
    match words.last() {
        Some(last) if last == "id" => Rank::Id,
        _ if words.iter().any(|word| WORDS.contains(&word.as_str())) => Rank::Word,
        _ => Rank::Other,
    }
}

/// The words of a name such as `member_id`, `memberId` or `MemberID`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || before_is_lower && c.is_uppercase() {
            words.push(String::new());
        }
        before_is_lower = c.is_lowercase();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use kindred::profile::Value;

    fn best(names: &[&str], rows: &[&[i64]]) -> Option<String> {
        let mut guess = IdGuess::default();
        for row in rows {
            guess.observe(
                &names.iter().zip(*row).map(|(name, n)| ((*name).to_owned(), Value::Int(*n))).collect(),
            );
        }
        guess.best().map(str::to_owned)
    }

    #[test]
    fn a_field_of_different_values_is_guessed_best_by_its_name() {
        let rows: &[&[i64]] = &[&[1, 7, 1], &[2, 8, 1], &[3, 9, 2]];
        let cases = [
            (["age", "member_id", "city"], Some("member_id")),
            (["age", "memberId", "city"], Some("memberId")),
            (["nr", "x", "__index_level_0__"], Some("nr")),
            (["name", "email", "city"], Some("email")),
            (["id_card", "UserID", "x"], Some("UserID")),
            (["video", "paid", "x"], Some("video")),
        ];
        for (names, expected) in cases {
            assert_eq!(best(&names, rows).as_deref(), expected, "{names:?}");
        }
        assert_eq!(best(&["a", "key"], &[&[1, 1], &[1, 1]]).as_deref(), Some("key"));
        assert_eq!(best(&["a", "b"], &[&[1, 1], &[1, 1]]), None);
        assert_eq!(best(&["a", "b"], &[&[1, 1]]), None, "one record says nothing");
        assert_eq!(best(&["a", "user_id"], &[&[1, 1]]).as_deref(), Some("user_id"));
        assert_eq!(best(&[], &[]), None);
    }
}
