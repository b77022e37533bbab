//! Ids that no version of a directory has.

use std::path::Path;

use anyhow::anyhow;
use kindred::counted::counted;
use kindred::directory::versions;
use kindred::file::{Index, MappedFile, Ordinal};

use crate::ground::missing::cannot_list;

/// How many ids that begin alike are named.
const ALIKE: usize = 5;

/// Ids that a message has.
const MOST_NAMED: usize = 10;

/// An id that no version has.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    id: String,
    /// What is there instead in the newest good version.
    instead: String,
}

/// Those of some ids that no good version in a directory has. Looks at older versions only for what newer ones do not
/// have.
///
/// # Errors
/// Where the directory cannot be listed.
pub fn of(directory: &Path, ids: &[String]) -> anyhow::Result<Vec<Unknown>> {
    let versions = versions::list(directory).map_err(|error| anyhow!(cannot_list(directory, &error)))?;
    let mut unknown: Vec<Unknown> = Vec::new();
    let mut is_newest = true;
    let mut missing: Vec<&String> = ids.iter().collect();
    for file in versions.iter().rev() {
        // What cannot be opened has nobody.
        let Some(index) = MappedFile::open(&file.path).ok().and_then(|file| Index::open(file).ok()) else {
            continue;
        };
        missing.retain(|id| index.find(id).is_none());
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        if is_newest {
            unknown =
                missing.iter().map(|&id| Unknown { id: id.clone(), instead: instead(&index, id) }).collect();
            is_newest = false;
        }
    }
    if is_newest {
        let nobody = |id: &String| Unknown { id: id.clone(), instead: String::new() };
        return Ok(ids.iter().map(nobody).collect());
    }
    unknown.retain(|unknown| missing.iter().any(|&id| *id == unknown.id));
    Ok(unknown)
}

/// The ids that may have been meant by one that an index does not have, as a sentence; empty where none are near.
pub fn instead(index: &Index<MappedFile>, id: &str) -> String {
    if index.find(id).is_some() {
        return ": it is suppressed, and index-builder unsuppress takes that back".to_owned();
    }
    let spellings = [id.trim().to_owned(), id.trim().to_lowercase(), id.trim().to_uppercase()];
    if let Some(meant) = spellings.iter().find(|spelling| index.find(spelling).is_some()) {
        return format!(". Did you mean {meant:?}?");
    }
    let ends = id.char_indices().map(|(start, c)| start + c.len_utf8());
    let prefixes: Vec<&str> = ends.filter_map(|end| id.get(..end)).collect();
    // A few letters of a long id say nothing.
    let least = if prefixes.len() > 3 { prefixes.len().div_ceil(2) } else { 1 };
    for prefix in prefixes.into_iter().rev().take_while(|prefix| prefix.chars().count() >= least) {
        if let Some(found) = beginning_with(index, prefix) {
            let how = if prefix == id { "so".to_owned() } else { format!("with {prefix:?}") };
            return format!(". Ids that begin {how}: {found}");
        }
    }
    String::new()
}

/// The first few ids that begin with something; none where none does.
fn beginning_with(index: &Index<MappedFile>, prefix: &str) -> Option<String> {
    let view = index.view();
    let first = view.first_from(prefix.as_bytes()).map_or(u32::MAX, |ordinal| ordinal.0);
    let from_there = (first..u32::MAX).map_while(|ordinal| view.id(Ordinal(ordinal)));
    let beginning = from_there.take_while(|found| found.starts_with(prefix.as_bytes()));
    let mut alike: Vec<String> =
        beginning.take(ALIKE + 1).map(|found| String::from_utf8_lossy(found).into_owned()).collect();
    let more = if alike.len() > ALIKE { ", ..." } else { "" };
    alike.truncate(ALIKE);
    (!alike.is_empty()).then(|| format!("{}{more}", alike.join(", ")))
}

/// A line for each of the first few.
pub fn describe(directory: &Path, unknown: &[Unknown]) -> String {
    let line = |Unknown { id, instead }: &Unknown| {
        format!(
            "no version in {} has the id {id:?}; it is suppressed all the same{instead}",
            directory.display()
        )
    };
    let mut lines: Vec<String> = unknown.iter().take(MOST_NAMED).map(line).collect();
    if let more @ 1.. = unknown.len().saturating_sub(MOST_NAMED) {
        lines.push(format!("{} that no version has", counted(more as u64, "more id")));
    }
    lines.join("\n")
}
