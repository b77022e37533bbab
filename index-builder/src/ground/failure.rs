//! How a command ends, and with which exit code.

/// Done.
pub const EXIT_DONE: u8 = 0;
/// Refused or failed.
pub const EXIT_FAILED: u8 = 1;
/// Wrong usage: a flag, a value, or one that does not fit the source.
pub const EXIT_USAGE: u8 = 2;
/// Another build is running: try later (`EX_TEMPFAIL` of sysexits.h).
pub const EXIT_TRY_LATER: u8 = 75;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command was asked for something that is not allowed.
    #[error("{0}")]
    Usage(String),
    /// Another build holds the index directory.
    #[error("{0}")]
    TryLater(String),
    /// The command was understood, and refused or failed.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl Failure {
    /// The exit code that tells a script what happened.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => EXIT_USAGE,
            Failure::TryLater(_) => EXIT_TRY_LATER,
            Failure::Failed(_) => EXIT_FAILED,
        }
    }
}
