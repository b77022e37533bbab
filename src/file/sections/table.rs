//! The table: a row for each section there is.

use super::check::Needed::{Any, Exactly, NothingOr};
use super::check::{Check, Needed, Shape, unchecked};
use super::ranges::Section;
use super::{graph, neighbours, profiles, vectors};
use crate::file::error::OpenError;
use crate::file::to_usize;
use crate::search::codes;

/// What there is to know of a kind of section.
pub(crate) struct Row {
    /// Its kind, which is its number in the file.
    pub kind: SectionKind,
    /// The name that messages and `inspect` use.
    pub name: &'static str,
    /// Whether a file without it is refused.
    pub required: bool,
    /// Bytes of an element, as they are written.
    pub element: fn(&Shape) -> u64,
    /// How long it has to be.
    pub length: fn(&Check<'_>) -> Needed,
    /// What its content has to be, once all sections are as long as they should.
    pub check: fn(&Check<'_>) -> Result<(), OpenError>,
}

/// Makes of the rows the kinds, a type for each ([`at`]), and [`TABLE`].
macro_rules! sections {
    ($($kind:ident = $number:literal, $name:literal, $required:literal, $number_type:ty, $element:expr, $length:expr,
       $check:expr;)*) => {
        /// What a section holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u32)]
        #[allow(missing_docs, reason = "the specification says what each is")]
        pub enum SectionKind {
            $($kind = $number,)*
        }

        /// A type for each section, which knows the type of its numbers.
        #[allow(missing_docs, reason = "the specification says what each is")]
        pub mod at {
            $(
                #[derive(Debug, Clone, Copy)]
                pub struct $kind;

                impl super::Section for $kind {
                    type Number = $number_type;
                    const KIND: super::SectionKind = super::SectionKind::$kind;
                }
            )*
        }

        /// The kinds by their places in the table.
        enum Place {
            $($kind,)*
        }

        const ROWS: usize = [$($number),*].len();

        static TABLE: [Row; ROWS] = [$(
            Row {
                kind: SectionKind::$kind,
                name: $name,
                required: $required,
                element: $element,
                length: $length,
                check: $check,
            },
        )*];

        impl SectionKind {
            /// Every kind, by number.
            pub const ALL: [SectionKind; ROWS] = [$(SectionKind::$kind,)*];

            /// Its place in [`SectionKind::ALL`].
            pub(crate) const fn place(self) -> usize {
                match self {
                    $(SectionKind::$kind => Place::$kind as usize,)*
                }
            }
        }
    };
}

// Kind and number, name, required, type of a number, bytes of an element, length, check of the content. Checks run in
// this order, so each may rely on those before it.
sections! {
    Metadata = 1, "metadata", true, u8,
        |_| 1, |_| Any, unchecked;
    Vectors = 2, "vectors", true, f32,
        |s| 4 * s.dimension.max(1), |c| Exactly(c.shape.nodes * c.shape.dimension * 4), vectors::have_length_1;
    NodeOfProfile = 3, "node of profile", true, u32,
        |_| 4, |c| Exactly(c.shape.profiles * 4), unchecked;
    NodeStarts = 4, "node starts", true, u32,
        |_| 4, |c| Exactly((c.shape.nodes + 1) * 4), profiles::node_starts;
    NodeProfiles = 5, "node profiles", true, u32,
        |_| 4, |_| Any, profiles::of_nodes;
    Level0 = 6, "level 0", true, u32,
        |_| 4, |c| Exactly(c.shape.nodes * 2 * c.shape.m * 4), graph::level0;
    UpperStarts = 7, "upper starts", true, u32,
        |_| 4, |c| Exactly((c.shape.nodes + 1) * 4), graph::upper_starts;
    UpperLevels = 8, "upper levels", true, u32,
        |_| 4, |c| Exactly(graph::upper_lists(c) * c.shape.m * 4), graph::upper_levels;
    IdStarts = 9, "id starts", true, u64,
        |_| 8, |c| Exactly((c.shape.profiles + 1) * 8), profiles::id_starts;
    Ids = 10, "ids", true, u8,
        |_| 1, |_| Any, profiles::ids;
    DocumentStarts = 11, "document starts", true, u64,
        |_| 8, |c| Exactly((c.shape.profiles + 1) * 8), profiles::document_starts;
    Documents = 12, "documents", true, u8,
        |_| 1, |_| Any, profiles::documents;
    Vectorizer = 13, "vectorizer", false, u8,
        |_| 1, |_| Any, unchecked;
    IdHash = 14, "id hash", false, u64,
        |_| 8, |_| Any, profiles::id_hash;
    Neighbours = 15, "neighbours", false, u32,
        |s| 4 * s.row_slots, |c| Exactly(c.shape.profiles * c.shape.row_slots * 4), neighbours::rows;
    Codes = 16, "codes", false, i8,
        |s| codes::stride(to_usize(s.dimension)) as u64,
        |c| NothingOr(c.shape.nodes * codes::stride(to_usize(c.shape.dimension)) as u64), vectors::codes;
    Map = 17, "map", false, [u16; 2],
        |_| 4, |c| Exactly(c.shape.profiles * 4), profiles::places;
    VectorLengths = 23, "vector lengths", false, f32,
        |_| 4, |c| Exactly(c.shape.profiles * 4), vectors::lengths;
}

impl SectionKind {
    /// The kind of that number, if this program knows it.
    pub fn from_number(number: u32) -> Option<SectionKind> {
        TABLE.iter().map(|row| row.kind).find(|&kind| kind as u32 == number)
    }

    /// Whether a file without it is refused.
    pub fn is_required(self) -> bool {
        self.row().required
    }

    /// The name that messages and `inspect` use.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    pub(crate) fn row(self) -> &'static Row {
        // Places are those of the table.
        &TABLE[self.place()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_row_and_numbers_ascend() {
        assert!(SectionKind::ALL.is_sorted_by(|a, b| (*a as u32) < (*b as u32)));
        for kind in SectionKind::ALL {
            assert_eq!(kind.row().kind, kind);
            assert_eq!(SectionKind::from_number(kind as u32), Some(kind));
        }
        assert_eq!(SectionKind::from_number(0), None);
    }

    #[test]
    fn the_specification_describes_every_section_and_says_which_are_optional() {
        let specification = include_str!("../format.rs");
        for kind in SectionKind::ALL {
            let start = format!("//! | {} | ", kind.name());
            let line = specification.lines().find(|line| line.starts_with(&start));
            let line = line.unwrap_or_else(|| panic!("no line {start:?}"));
            assert_eq!(line.starts_with(&format!("{start}optional: ")), !kind.is_required(), "{line}");
        }
    }
}
