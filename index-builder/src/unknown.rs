//! Ids that no version of a directory has.

use std::path::Path;

use anyhow::Context;
use kindred::index::{Index, MappedFile, Ordinal, directory};

/// How many ids that begin alike are named.
const ALIKE: usize = 5;

/// An id that no version has.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    id: String,
    /// The first few ids of the newest good version that begin with it.
    alike: Vec<String>,
    /// Whether there are more.
    more: bool,
}

/// Those of some ids that no good version in a directory has. Looks at older versions only for what newer ones do not
/// have.
///
/// # Errors
/// Where the directory cannot be listed.
pub fn of(directory: &Path, ids: &[String]) -> anyhow::Result<Vec<Unknown>> {
    let versions = directory::list(directory).with_context(|| directory.display().to_string())?;
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
            unknown = missing.iter().map(|id| beginning_with(&index, id)).collect();
            is_newest = false;
        }
    }
    if is_newest {
        let nobody = |id: &String| Unknown { id: id.clone(), alike: Vec::new(), more: false };
        return Ok(ids.iter().map(nobody).collect());
    }
    unknown.retain(|unknown| missing.iter().any(|&id| *id == unknown.id));
    Ok(unknown)
}

fn beginning_with(index: &Index<MappedFile>, id: &str) -> Unknown {
    let view = index.view();
    let first = view.first_from(id.as_bytes()).map_or(u32::MAX, |ordinal| ordinal.0);
    let from_there = (first..u32::MAX).map_while(|ordinal| view.id(Ordinal(ordinal)));
    let beginning = from_there.take_while(|found| found.starts_with(id.as_bytes()));
    let mut alike: Vec<String> =
        beginning.take(ALIKE + 1).map(|found| String::from_utf8_lossy(found).into_owned()).collect();
    let more = alike.len() > ALIKE;
    alike.truncate(ALIKE);
    Unknown { id: id.to_owned(), alike, more }
}

/// A line for each.
pub fn describe(directory: &Path, unknown: &[Unknown]) -> String {
    let line = |Unknown { id, alike, more }: &Unknown| {
        let nobody =
            format!("no version in {} has the id {id:?}; it is suppressed all the same", directory.display());
        let more = if *more { ", ..." } else { "" };
        match alike.is_empty() {
            true => nobody,
            false => format!("{nobody}. Ids that begin so: {}{more}", alike.join(", ")),
        }
    };
    unknown.iter().map(line).collect::<Vec<_>>().join("\n")
}
