//! What has happened to a live index lately, for people who look at a server: swaps, refusals, changed files.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

/// As many events as are kept: days of an hourly builder, and some 200 KB at worst.
pub const KEPT_EVENTS: usize = 256;

/// The longest reason that is kept, in bytes. It may quote what a file says.
const LONGEST_REASON: usize = 500;

/// What is put where a longer reason was cut.
const CUT: &str = "…";

/// Something that happened to the index that is served, or was to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: SystemTime,
    /// The version it happened to.
    pub version: u64,
    /// What it was.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// It is served from then on, the first one included; this long after it was noticed.
    Swap(Duration),
    /// It is not served, for this reason.
    Refusal(String),
    /// Its file was changed in place while it was served.
    Changed,
    /// It is served instead of a higher version, which the directory has no more.
    Back {
        /// The higher version.
        from: u64,
    },
}

/// The last [`KEPT_EVENTS`] events, oldest first.
#[derive(Debug, Default)]
pub struct EventLog(VecDeque<Event>);

impl EventLog {
    /// Adds what happens now. The oldest is forgotten where there are too many.
    pub fn note(&mut self, version: u64, kind: EventKind) {
        let kind = match kind {
            EventKind::Refusal(reason) => EventKind::Refusal(shortened(reason)),
            other => other,
        };
        if self.0.len() == KEPT_EVENTS {
            self.0.pop_front();
        }
        self.0.push_back(Event { at: SystemTime::now(), version, kind });
    }

    /// Those that are kept, oldest first.
    pub fn to_vec(&self) -> Vec<Event> {
        self.0.iter().cloned().collect()
    }
}

fn shortened(mut reason: String) -> String {
    if reason.len() > LONGEST_REASON {
        let most = LONGEST_REASON - CUT.len();
        let end = (0..=most).rev().find(|&end| reason.is_char_boundary(end)).unwrap_or_default();
        reason.truncate(end);
        reason.push_str(CUT);
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_events_are_forgotten_first() {
        let mut log = EventLog::default();
        for version in 0..KEPT_EVENTS as u64 + 3 {
            log.note(version, EventKind::Changed);
        }
        let versions: Vec<u64> = log.to_vec().iter().map(|event| event.version).collect();
        assert_eq!(versions, (3..KEPT_EVENTS as u64 + 3).collect::<Vec<_>>());
    }

    #[test]
    fn a_long_reason_is_cut_between_two_characters() {
        for (reason, kept) in [
            ("short".to_owned(), "short".to_owned()),
            ("x".repeat(LONGEST_REASON), "x".repeat(LONGEST_REASON)),
            ("x".repeat(LONGEST_REASON + 1), format!("{}{CUT}", "x".repeat(LONGEST_REASON - CUT.len()))),
            // A character of four bytes ends at a multiple of four, and the reason has room for 497 of its own.
            ("😀".repeat(LONGEST_REASON), format!("{}{CUT}", "😀".repeat(124))),
        ] {
            let mut log = EventLog::default();
            log.note(1, EventKind::Refusal(reason));
            assert_eq!(log.to_vec()[0].kind, EventKind::Refusal(kept));
        }
    }
}
