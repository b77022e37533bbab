//! Where the sections of a file are.

use std::ops::Range;

use super::table::SectionKind;
use crate::file::error::OpenError;
use crate::file::format::Entry;
use crate::file::to_usize;

/// A section, and the type of its numbers.
pub trait Section {
    /// What it is a list of.
    type Number: bytemuck::AnyBitPattern;
    /// Its kind.
    const KIND: SectionKind;
}

/// Where the known sections of a file are; none for those that it does not have.
#[derive(Debug, Clone, Default)]
pub struct Ranges([Option<Range<usize>>; SectionKind::ALL.len()]);

impl Ranges {
    /// The places that a table of sections says, which have been found to be within the file.
    ///
    /// # Errors
    /// A kind that is there twice, an unknown one that is required, and one that is required and not there.
    pub fn of(table: &[Entry]) -> Result<Ranges, OpenError> {
        let mut ranges = Ranges::default();
        for (number, entry) in table.iter().enumerate() {
            let wrong = |problem| Err(OpenError::Table { entry: number, problem });
            if table.iter().take(number).any(|before| before.kind == entry.kind) {
                return wrong("this kind of section is there twice");
            }
            match SectionKind::from_number(entry.kind) {
                // Within the bytes, so they fit.
                Some(kind) => {
                    ranges.set(kind, to_usize(entry.offset)..to_usize(entry.offset + entry.length));
                }
                None if entry.required => return wrong("a required section of an unknown kind"),
                None => {}
            }
        }
        match SectionKind::ALL.into_iter().find(|&kind| kind.is_required() && ranges.get(kind).is_none()) {
            Some(missing) => Err(OpenError::MissingSection(missing.name())),
            None => Ok(ranges),
        }
    }

    fn set(&mut self, kind: SectionKind, range: Range<usize>) {
        if let Some(place) = self.0.get_mut(kind.place()) {
            *place = Some(range);
        }
    }

    /// Where a section is; none where the file does not have it.
    pub fn get(&self, kind: SectionKind) -> Option<Range<usize>> {
        self.0.get(kind.place()).cloned().flatten()
    }

    /// A section as numbers; none where the file does not have it, or it is out of bounds by now or not aligned for them.
    pub fn slice<'a, S: Section>(&self, _: S, bytes: &'a [u8]) -> Option<&'a [S::Number]> {
        let section = bytes.get(self.get(S::KIND)?)?;
        bytemuck::try_cast_slice(section).ok()
    }
}
