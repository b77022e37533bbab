//! What is known of a build also when it fails.

use std::collections::BTreeMap;

use crate::intake::skipped::Skipped;
use crate::report::compare::Compared;
use crate::report::record;

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
    /// One of each kind that was left out or has nothing to compare.
    pub fn examples(&self) -> BTreeMap<String, String> {
        let reasons = record::examples(&self.skipped).into_iter();
        let skipped = reasons.filter_map(|(name, reason)| Some((name, reason.first.into_iter().next()?)));
        let others = [("duplicate id", &self.duplicate), ("zero vector", &self.zero)];
        let others = others.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id.clone()?)));
        skipped.chain(others).collect()
    }
}
