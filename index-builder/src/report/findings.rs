//! What is known of a build also when it fails.

use crate::intake::skipped::Skipped;
use crate::report::compare::Compared;

/// What is known of a build also when it fails.
#[derive(Debug, Default)]
pub struct Findings {
    /// Records left out so far.
    pub skipped: Skipped,
    /// What a person should know of the source.
    pub notes: Vec<String>,
    /// How the new version compares with the served one, where that was asked for.
    pub compared: Option<Compared>,
}
