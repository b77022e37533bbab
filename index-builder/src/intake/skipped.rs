//! Records that were left out: how many, why, and which ones first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many places are kept for each reason.
pub const PLACES: usize = 10;

/// Records left out for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// How many.
    pub count: u64,
    /// The first ten: ids, or where they stand in the source.
    pub first: Vec<String>,
}

/// Records left out, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped(BTreeMap<&'static str, Reason>);

impl Skipped {
    /// Counts one.
    pub fn add(&mut self, reason: &'static str, place: impl FnOnce() -> String) {
        let entry = self.0.entry(reason).or_default();
        entry.count += 1;
        if entry.first.len() < PLACES {
            entry.first.push(place());
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.values().map(|reason| reason.count).sum()
    }

    /// The reasons in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Reason)> {
        self.0.iter().map(|(&name, reason)| (name, reason))
    }

    /// The counts alone.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.iter().map(|(name, reason)| (name.to_owned(), reason.count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_all_and_keeps_the_first_ten_places() {
        let mut skipped = Skipped::default();
        for line in 0..25 {
            skipped.add("id missing", || format!("record {line}"));
        }
        skipped.add("id null", || "record 99".to_owned());
        assert_eq!(skipped.total(), 26);
        assert_eq!(skipped.counts()["id missing"], 25);
        let (_, reason) = skipped.iter().next().unwrap();
        assert_eq!((reason.first.len(), reason.first[9].as_str()), (10, "record 9"));
    }
}
