//! Why a request is not answered for who sent it.

use super::Allowance;

/// Why a client gets no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// It shows no key that counts.
    NoKey,
    /// Its key may do something else.
    OtherScope {
        /// What the key would need.
        scope: &'static str,
    },
    /// Only a key may do this, and the server has none.
    KeysNeeded {
        /// What a key would need.
        scope: &'static str,
    },
    /// It has asked as often as it may for now.
    TooOften(Allowance),
}

/// A request is for a host that this server does not answer for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherHost(
    /// What it names, cut where it is long.
    pub String,
);
