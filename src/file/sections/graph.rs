//! The checks of the graph's sections.

use super::check::{Check, ascending, content_error};
use super::table::{SectionKind, at};
use crate::file::error::OpenError;
use crate::file::format::NONE;

/// How many lists there are above level 0.
pub fn upper_lists(check: &Check<'_>) -> u64 {
    check.slice(at::UpperStarts).last().copied().map_or(0, u64::from)
}

/// A list ends at its first `NONE`, and every neighbour before it satisfies `allowed`.
fn lists<'a>(
    kind: SectionKind,
    lists: impl Iterator<Item = &'a [u32]>,
    allowed: impl Fn(usize, u32) -> bool,
) -> Result<(), OpenError> {
    let mut element = 0;
    for (number, list) in lists.enumerate() {
        let mut ended = false;
        for &neighbour in list {
            let problem = match (neighbour == NONE, ended) {
                (false, true) => Some("a neighbour after the end of its list"),
                (false, false) if !allowed(number, neighbour) => Some("not a node of that level"),
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(content_error(kind, element, problem));
            }
            ended |= neighbour == NONE;
            element += 1;
        }
    }
    Ok(())
}

pub fn level0(check: &Check<'_>) -> Result<(), OpenError> {
    let nodes = check.header.nodes;
    let slots = check.slice(at::Level0).chunks_exact(check.header.m0());
    lists(SectionKind::Level0, slots, |_, neighbour| neighbour < nodes)
}

/// How many levels a node has above 0.
fn level_of(starts: &[u32], node: usize) -> u32 {
    match starts.get(node..=node + 1) {
        Some([start, end]) => end - start,
        _ => 0,
    }
}

/// Starts ascend, no node has more levels than there are, and the entry point has all.
pub fn upper_starts(check: &Check<'_>) -> Result<(), OpenError> {
    let kind = SectionKind::UpperStarts;
    let starts = check.slice(at::UpperStarts);
    ascending(kind, starts, starts.last().copied())?;
    let has_too_many = |node: &usize| level_of(starts, *node) >= check.header.levels;
    if let Some(node) = (0..check.header.nodes as usize).find(has_too_many) {
        return Err(content_error(kind, node as u64, "more levels than the graph has"));
    }
    match check.header.entry_point {
        Some(node) if level_of(starts, node as usize) + 1 != check.header.levels => {
            Err(OpenError::field("entry point", node))
        }
        _ => Ok(()),
    }
}

pub fn upper_levels(check: &Check<'_>) -> Result<(), OpenError> {
    let starts = check.slice(at::UpperStarts);
    let nodes = check.header.nodes as usize;
    let level_of_list: Vec<u32> = (0..nodes).flat_map(|node| 1..=level_of(starts, node)).collect();
    let slots = check.slice(at::UpperLevels).chunks_exact(check.header.m as usize);
    lists(SectionKind::UpperLevels, slots, |list, neighbour| {
        (neighbour as usize) < nodes
            && level_of_list.get(list).is_some_and(|&level| level_of(starts, neighbour as usize) >= level)
    })
}
