//! What stops a build from publishing, although nothing went wrong.

/// The gates, in the order in which a build comes to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Too many records could not be used.
    Skipped,
    /// Too many profiles have nothing to compare.
    Zero,
    /// There are too few profiles beside those that are served.
    Profiles,
    /// Not every node can be reached.
    Reachability,
    /// Searches find too little.
    Recall,
    /// Too much of what is recommended changed.
    Drift,
}

impl Gate {
    /// All of them.
    pub const ALL: [Gate; 6] =
        [Gate::Skipped, Gate::Zero, Gate::Profiles, Gate::Reachability, Gate::Recall, Gate::Drift];

    /// A word for a label.
    pub fn name(self) -> &'static str {
        match self {
            Gate::Skipped => "skipped",
            Gate::Zero => "zero",
            Gate::Profiles => "profiles",
            Gate::Reachability => "reachability",
            Gate::Recall => "recall",
            Gate::Drift => "drift",
        }
    }
}

/// A gate that was not passed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Which one.
    pub gate: Gate,
    /// What was measured, and what is allowed.
    pub message: String,
}
