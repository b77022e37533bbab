//! The checks of what belongs to profiles: their nodes, ids, documents and places on the map.

use super::check::{Check, ascending, content_error};
use super::table::{SectionKind, at};
use crate::file::error::OpenError;
use crate::file::format::{NO_PLACE, NONE};
use crate::file::to_usize;

pub fn node_starts(check: &Check<'_>) -> Result<(), OpenError> {
    let end = u32::try_from(check.slice(at::NodeProfiles).len()).ok();
    ascending(SectionKind::NodeStarts, check.slice(at::NodeStarts), end)
}

/// Every profile that has a node stands exactly once in that node's list, and every node has a profile.
pub fn of_nodes(check: &Check<'_>) -> Result<(), OpenError> {
    let starts = check.slice(at::NodeStarts);
    let profiles = check.slice(at::NodeProfiles);
    let node_of_profile = check.slice(at::NodeOfProfile);
    for (node, pair) in (0u32..).zip(starts.windows(2)) {
        let list = profiles.get(pair[0] as usize..pair[1] as usize).unwrap_or_default();
        let problem = if list.is_empty() {
            Some("a node without a profile")
        } else if !list.is_sorted_by(|a, b| a < b) {
            Some("the profiles of a node do not ascend")
        } else if list.iter().any(|&profile| node_of_profile.get(profile as usize) != Some(&node)) {
            Some("a profile of another node")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(content_error(SectionKind::NodeProfiles, u64::from(pair[0]), problem));
        }
    }
    let with_node = node_of_profile.iter().filter(|&&node| node != NONE).count();
    if with_node != profiles.len() {
        let problem = "a profile whose node does not list it";
        return Err(content_error(SectionKind::NodeOfProfile, with_node as u64, problem));
    }
    Ok(())
}

pub fn id_starts(check: &Check<'_>) -> Result<(), OpenError> {
    let end = check.slice(at::Ids).len() as u64;
    ascending(SectionKind::IdStarts, check.slice(at::IdStarts), Some(end))
}

pub fn ids(check: &Check<'_>) -> Result<(), OpenError> {
    let (ids, starts) = (check.slice(at::Ids), check.slice(at::IdStarts));
    let mut before: &[u8] = &[];
    for (number, pair) in starts.windows(2).enumerate() {
        let id = ids.get(to_usize(pair[0])..to_usize(pair[1])).unwrap_or_default();
        let problem = if id.is_empty() || id.len() > crate::profile::MAX_ID_BYTES {
            Some("an id is empty or too long")
        } else if id <= before {
            Some("ids are not sorted and unique")
        } else if std::str::from_utf8(id).is_err() {
            Some("an id is not UTF-8")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(content_error(SectionKind::Ids, number as u64, problem));
        }
        before = id;
    }
    Ok(())
}

pub fn document_starts(check: &Check<'_>) -> Result<(), OpenError> {
    let end = check.slice(at::Documents).len() as u64;
    ascending(SectionKind::DocumentStarts, check.slice(at::DocumentStarts), Some(end))
}

pub fn documents(check: &Check<'_>) -> Result<(), OpenError> {
    let (documents, starts) = (check.slice(at::Documents), check.slice(at::DocumentStarts));
    for (number, pair) in starts.windows(2).enumerate() {
        let document = documents.get(to_usize(pair[0])..to_usize(pair[1])).unwrap_or_default();
        // That a document is an object keeps a body that is put together from documents well-formed at least
        // at its seams.
        if document.first() != Some(&b'{') || document.last() != Some(&b'}') {
            return Err(content_error(SectionKind::Documents, number as u64, "not a JSON object"));
        }
        if std::str::from_utf8(document).is_err() {
            return Err(content_error(SectionKind::Documents, number as u64, "not UTF-8"));
        }
    }
    Ok(())
}

pub fn id_hash(check: &Check<'_>) -> Result<(), OpenError> {
    crate::file::ids::verify(check.slice(at::IdHash), check.header.profiles)
        .map_err(|(slot, problem)| content_error(SectionKind::IdHash, slot as u64, problem))
}

pub fn places(check: &Check<'_>) -> Result<(), OpenError> {
    let (places, nodes) = (check.slice(at::Map), check.slice(at::NodeOfProfile));
    match places.iter().zip(nodes).position(|(&place, &node)| !is_good_place(place, node)) {
        None => Ok(()),
        Some(profile) => {
            let place = places.get(profile).copied().unwrap_or_default();
            let problem = match nodes.get(profile) {
                Some(&NONE) => "the place of a zero vector",
                _ if place == NO_PLACE => "no place of a profile that has a vector",
                _ => "half a place",
            };
            Err(content_error(SectionKind::Map, profile as u64, problem))
        }
    }
}

/// A place on the map for whoever has a node, and for nobody else.
fn is_good_place(place: [u16; 2], node: u32) -> bool {
    (place == NO_PLACE) == (node == NONE) && (place[0] == u16::MAX) == (place[1] == u16::MAX)
}
