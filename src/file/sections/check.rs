//! What the checks of sections work with.

use std::ops::Range;

use super::ranges::{Ranges, Section};
use super::table::SectionKind;
use crate::file::error::OpenError;
use crate::file::format::{Entry, Header, MAX_NEIGHBOURS};
use crate::file::metadata::Metadata;

/// The numbers that lengths follow from.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub profiles: u64,
    pub nodes: u64,
    pub dimension: u64,
    pub m: u64,
    /// Slots of a row of the neighbour table (K); 0 where there is none.
    pub row_slots: u64,
}

impl Shape {
    pub fn new(header: &Header, row_slots: usize) -> Shape {
        let Header { profiles, nodes, dimension, m, .. } = *header;
        let [profiles, nodes, dimension, m] = [profiles, nodes, dimension, m].map(u64::from);
        Shape { profiles, nodes, dimension, m, row_slots: row_slots as u64 }
    }
}

/// How many bytes a section has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// What its content has to be says it.
    Any,
    Exactly(u64),
    /// An empty section is as good as none.
    NothingOr(u64),
}

/// A file that is checked.
#[derive(Debug)]
pub struct Check<'a> {
    pub bytes: &'a [u8],
    pub header: &'a Header,
    pub metadata: &'a Metadata,
    pub ranges: &'a Ranges,
    pub shape: Shape,
}

impl<'a> Check<'a> {
    /// A section as numbers; empty where the file has none, or it is no list of them.
    pub fn slice<S: Section>(&self, section: S) -> &'a [S::Number] {
        self.ranges.slice(section, self.bytes).unwrap_or_default()
    }

    fn there(&self) -> impl Iterator<Item = (SectionKind, Range<usize>)> {
        SectionKind::ALL.into_iter().filter_map(|kind| Some((kind, self.ranges.get(kind)?)))
    }

    /// Checks how long all sections are that are there.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn lengths(&self) -> Result<(), OpenError> {
        for (kind, range) in self.there() {
            let length = range.len() as u64;
            match (kind.row().length)(self) {
                Needed::Exactly(needed) if length != needed => {
                    return Err(wrong_length(kind, length, needed));
                }
                Needed::NothingOr(needed) if length != needed && length != 0 => {
                    return Err(wrong_length(kind, length, needed));
                }
                Needed::Any | Needed::Exactly(_) | Needed::NothingOr(_) => {}
            }
        }
        Ok(())
    }

    /// Checks what they hold, after their lengths.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn content(&self) -> Result<(), OpenError> {
        self.there().try_for_each(|(kind, _)| (kind.row().check)(self))
    }
}

fn wrong_length(kind: SectionKind, length: u64, needed: u64) -> OpenError {
    OpenError::SectionLength { section: kind.name(), length, needed }
}

/// For a section that may hold anything, or that another one's check looks at.
pub fn unchecked(_: &Check<'_>) -> Result<(), OpenError> {
    Ok(())
}

/// Something wrong with the content of a section.
pub fn content_error(kind: SectionKind, element: u64, problem: &'static str) -> OpenError {
    OpenError::Content { section: kind.name(), element, problem }
}

/// Starts begin at 0, never go back, and end at `end`.
pub fn ascending<T>(kind: SectionKind, starts: &[T], end: Option<T>) -> Result<(), OpenError>
where
    T: Copy + PartialOrd + Default + PartialEq,
{
    if starts.first() != Some(&T::default()) || starts.last().copied() != end {
        return Err(content_error(kind, 0, "does not run from the first to the last element"));
    }
    match starts.windows(2).position(|pair| pair[0] > pair[1]) {
        Some(element) => Err(content_error(kind, element as u64 + 1, "goes back")),
        None => Ok(()),
    }
}

/// Slots of a row of the neighbour table (K), 0 where there is none. The section and what the metadata say of it are
/// there together, and agree.
///
/// # Errors
/// [`OpenError::Metadata`], and an element size that no row has.
pub fn slots_of_a_row(entries: &[Entry], metadata: &Metadata) -> Result<usize, OpenError> {
    let entry = entries.iter().find(|entry| entry.kind == SectionKind::Neighbours as u32);
    let (size, described) = match (entry, metadata.table) {
        (None, None) => return Ok(0),
        (Some(entry), Some(described)) => (entry.element_size, described.neighbours),
        (Some(_), None) => {
            return Err(OpenError::Metadata(
                "nothing is said of the neighbour table that is there".to_owned(),
            ));
        }
        (None, Some(_)) => {
            return Err(OpenError::Metadata("a neighbour table is described that is not there".to_owned()));
        }
    };
    const SLOT_BYTES: u32 = u32::BITS / u8::BITS;
    let slots = size / SLOT_BYTES;
    if !size.is_multiple_of(SLOT_BYTES) || !(1..=MAX_NEIGHBOURS).contains(&slots) {
        return Err(content_error(SectionKind::Neighbours, 0, "no row has this element size"));
    }
    if described != slots {
        let message = format!("a neighbour table of {described} neighbours is described, and it has {slots}");
        return Err(OpenError::Metadata(message));
    }
    Ok(slots as usize)
}
