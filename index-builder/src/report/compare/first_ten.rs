//! Whom profiles were recommended, and whom they are recommended now.

use kindred::file::{Damaged, Ordinal};
use kindred::query::{AnswerError, Key, Question, nearest};
use kindred::search::recall;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Opened;

/// How many of an answer are compared: what most requests ask for.
pub const FIRST: usize = recall::K;

/// How the first ten of some kept profiles changed, as a server answers: by ids, in whatever order they come.
///
/// For one profile that is the share of its old first ten (of as many as there were) that are not among its new first
/// ten. It does not matter why: because somebody who is gone cannot be recommended, because somebody new is nearer, or
/// because the vectors are others. A vectorizer that is broken changes nearly all, half a source about a half, one per
/// cent of new profiles about one per cent. A profile that had nobody before is not counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FirstTen {
    /// Profiles that had an answer in the old version.
    pub compared: u64,
    /// The mean share of the first ten that changed; 0 where nothing was compared.
    pub changed_share: f64,
    /// The part of that which is gone from the new version altogether.
    pub gone_share: f64,
    /// Profiles of whose first ten none changed.
    pub none: u64,
    /// 1 or 2, and not all.
    pub one_or_two: u64,
    /// 3 to 5, and not all.
    pub three_to_five: u64,
    /// 6 to 9, and not all.
    pub six_to_nine: u64,
    /// All that there were.
    pub all: u64,
}

/// How one profile's first ten changed.
struct Change {
    before: usize,
    lost: usize,
    gone: usize,
}

impl FirstTen {
    /// Asks both versions about each profile of a sample.
    ///
    /// # Errors
    /// Where a file has changed since it was opened.
    pub fn compare(old: &Opened, new: &Opened, sample: &[(Ordinal, Ordinal)]) -> Result<FirstTen, Damaged> {
        let changes: Vec<Change> =
            sample.par_iter().map(|&pair| change(old, new, pair)).collect::<Result<_, _>>()?;
        let mut result = FirstTen::default();
        // In the order of the sample, so that the sums are the same on any number of threads.
        for Change { before, lost, gone } in changes.into_iter().filter(|change| change.before > 0) {
            result.compared += 1;
            result.changed_share += lost as f64 / before as f64;
            result.gone_share += gone as f64 / before as f64;
            let place = match lost {
                0 => &mut result.none,
                lost if lost == before => &mut result.all,
                1..=2 => &mut result.one_or_two,
                3..=5 => &mut result.three_to_five,
                _ => &mut result.six_to_nine,
            };
            *place += 1;
        }
        let compared = result.compared.max(1) as f64;
        result.changed_share /= compared;
        result.gone_share /= compared;
        Ok(result)
    }

    /// How many profiles there are for each number that changed, with its name.
    pub fn distribution(&self) -> [(&'static str, u64); 5] {
        [
            ("none", self.none),
            ("1 or 2", self.one_or_two),
            ("3 to 5", self.three_to_five),
            ("6 to 9", self.six_to_nine),
            ("all ten", self.all),
        ]
    }
}

fn change(old: &Opened, new: &Opened, pair: (Ordinal, Ordinal)) -> Result<Change, Damaged> {
    let (before, now) = (first_ten(old, pair.0)?, first_ten(new, pair.1)?);
    let mut change = Change { before: before.len(), lost: 0, gone: 0 };
    for id in before {
        if now.contains(&id) {
            continue;
        }
        change.lost += 1;
        // Ids that were read from a source are UTF-8; what is none is nobody's.
        let is_there = std::str::from_utf8(id).is_ok_and(|id| new.index.find(id).is_some());
        change.gone += usize::from(!is_there);
    }
    Ok(change)
}

/// The ids of a profile's first ten; nobody where the profile is suppressed or has no vector.
fn first_ten(opened: &Opened, ordinal: Ordinal) -> Result<Vec<&[u8]>, Damaged> {
    let id = std::str::from_utf8(opened.index.id(ordinal)?).map_err(|_| Damaged("an id"))?;
    match nearest(&opened.snapshot(), &Question::about(id, FIRST)) {
        Ok(keys) => {
            keys.into_iter().filter_map(Key::ordinal).map(|ordinal| opened.index.id(ordinal)).collect()
        }
        Err(AnswerError::ZeroVector) => Ok(Vec::new()),
        Err(AnswerError::UnknownId) if opened.suppressed.contains(ordinal) => Ok(Vec::new()),
        Err(AnswerError::Damaged(damaged)) => Err(damaged),
        // The file has this id, and does not find it any more.
        Err(AnswerError::UnknownId | AnswerError::OtherDimension { .. }) => Err(Damaged("an id")),
    }
}
