//! Ids that come more than once.

use super::{Entry, id_of};
use crate::ground::failure::Failure;
use crate::intake::places::Places;
use crate::intake::skipped::PLACES;
use clap::ValueEnum;
use kindred::counted::counted;

/// What to do when an id comes twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnDuplicateId {
    /// Refuse the source
    Error,
    /// Keep the first record
    First,
    /// Keep the last record
    Last,
}

/// Records that were left out because another had the same id.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Removed {
    pub count: u64,
    /// The first id of which there were several.
    pub example: Option<String>,
}

/// Entries are sorted by (id, record); leaves each id once and counts what went.
pub(super) fn remove(
    entries: &mut Vec<Entry>,
    ids: &str,
    on_duplicate: OnDuplicateId,
    places: &Places,
) -> Result<Removed, Failure> {
    let before = entries.len();
    if on_duplicate == OnDuplicateId::Error {
        return refuse(entries, ids, places).map(|()| Removed::default());
    }
    let mut example = None;
    entries.dedup_by(|later, kept| {
        let same = id_of(ids, later) == id_of(ids, kept);
        if same {
            example.get_or_insert_with(|| id_of(ids, kept).to_owned());
        }
        if same && on_duplicate == OnDuplicateId::Last {
            *kept = *later;
        }
        same
    });
    Ok(Removed { count: (before - entries.len()) as u64, example })
}

fn refuse(entries: &[Entry], ids: &str, places: &Places) -> Result<(), Failure> {
    let mut twice: Vec<&[Entry]> =
        entries.windows(2).filter(|pair| id_of(ids, &pair[0]) == id_of(ids, &pair[1])).collect();
    twice.dedup_by_key(|pair| id_of(ids, &pair[0]));
    if twice.is_empty() {
        return Ok(());
    }
    let named = |pair: &&[Entry]| {
        let id = id_of(ids, &pair[0]);
        let [first, second] = [&pair[0], &pair[1]].map(|entry| places.of(entry.record));
        if places.are_several() { format!("{id:?} ({first}; {second})") } else { format!("{id:?}") }
    };
    let first: Vec<String> = twice.iter().take(PLACES).map(named).collect();
    Err(Failure::Failed(anyhow::anyhow!(
        "{} {} more than once, among them {}; --on-duplicate-id first or last keeps one record of each",
        counted(twice.len() as u64, "id"),
        if twice.len() == 1 { "comes" } else { "come" },
        first.join(", "),
    )))
}
