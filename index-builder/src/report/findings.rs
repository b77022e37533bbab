//! What is known of a build also when it fails.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::intake::skipped::{Reason, Skipped};
use crate::report::compare::Compared;

/// The longest text of an example, in characters: an id is in it, and what is wrong, but never a profile.
const LONGEST_EXAMPLE: usize = 200;

/// What a build found in its source, and against the served version.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Records left out so far.
    pub skipped: Skipped,
    /// What a person should know of the source.
    pub notes: Vec<String>,
    /// An id that came more than once.
    pub duplicate: Option<String>,
    /// A profile without anything to compare.
    pub zero: Option<String>,
    /// How the new version compares with the served one, where that was asked for.
    pub compared: Option<Compared>,
}

impl Findings {
    /// The reasons why records were left out, and a few short examples of each.
    pub fn skipped_shortly(&self) -> BTreeMap<String, Reason> {
        let shortly = |reason: &Reason| Reason {
            count: reason.count,
            first: reason.first.iter().map(|example| shortened(example).into_owned()).collect(),
        };
        self.skipped.iter().map(|(name, reason)| (name.to_owned(), shortly(reason))).collect()
    }

    /// One of each kind that was left out or has nothing to compare.
    pub fn examples(&self) -> BTreeMap<String, String> {
        let reasons = self.skipped_shortly().into_iter();
        let skipped = reasons.filter_map(|(name, reason)| Some((name, reason.first.into_iter().next()?)));
        let others = [("duplicate id", &self.duplicate), ("zero vector", &self.zero)];
        let others = others.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id.clone()?)));
        skipped.chain(others).collect()
    }
}

/// A text, cut where it is long.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_EXAMPLE) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_few_and_short() {
        let mut skipped = Skipped::default();
        for _ in 0..100 {
            skipped.add("vector missing", || "é".repeat(10_000));
        }
        let findings = Findings { skipped, ..Findings::default() };
        let reason = &findings.skipped_shortly()["vector missing"];
        assert_eq!((reason.count, reason.first.len()), (100, crate::intake::skipped::PLACES));
        assert!(reason.first.iter().all(|text| text.chars().count() == LONGEST_EXAMPLE + 1));
        assert_eq!(shortened("short"), "short");
    }
}
