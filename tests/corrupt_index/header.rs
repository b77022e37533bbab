//! Header, table, and where sections are.

use kindred::file::OpenError;
use kindred::file::format::{ENTRY_LENGTH, HEADER_LENGTH, NONE, SectionKind};

use crate::index_support::pieces::{Section, entries, range, reseal};
use crate::{FILE, refusal, with};

const PLACE: &str = "the section does not start at the next multiple of 64 after the one before";

/// The number of the last section's entry.
const LAST: usize = 16;

/// Where the table's entry of a number starts.
fn entry(number: usize) -> usize {
    HEADER_LENGTH + number * ENTRY_LENGTH
}

fn edited(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = FILE.clone();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

fn resealed(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = edited(at, bytes);
    reseal(&mut file);
    file
}

fn table(entry: usize, problem: &'static str) -> OpenError {
    OpenError::Table { entry, problem }
}

fn field(field: &'static str, value: u64) -> OpenError {
    OpenError::HeaderField { field, value }
}

#[test]
fn each_edit_of_the_header_is_refused_for_what_it_is() {
    let there = FILE.len() as u64;
    let word = |number: u32| number.to_le_bytes();
    let cases = [
        ("magic", resealed(0, b"\x88"), OpenError::NotAnIndex),
        ("line ends changed on the way", resealed(4, b"\n\x1a\n"), OpenError::NotAnIndex),
        ("version 0", resealed(8, &word(0)), OpenError::FormatVersion { found: 0 }),
        ("version 2", resealed(8, &word(2)), OpenError::FormatVersion { found: 2 }),
        ("header length", resealed(12, &word(127)), field("header length", 127)),
        (
            "declared longer",
            resealed(16, &(there + 1).to_le_bytes()),
            OpenError::Incomplete { needed: there + 1, there },
        ),
        (
            "declared shorter",
            resealed(16, &(there - 1).to_le_bytes()),
            OpenError::TooLong { declared: there - 1, there },
        ),
        ("no section", resealed(56, &word(0)), OpenError::TooLong { declared: 128, there }),
        ("a section fewer", resealed(56, &word(15)), table(0, PLACE)),
        ("too many sections", resealed(56, &word(1025)), field("section count", 1025)),
        (
            "a table that is longer than the file",
            resealed(56, &word(1024)),
            OpenError::Incomplete { needed: 128 + 1024 * 48, there },
        ),
        ("reserved, first", resealed(60, &[1]), field("a reserved byte", 1)),
        ("reserved, last", resealed(119, &[0x80]), field("a reserved byte", 1)),
    ];
    assert!(there < 1024 * 48, "the file is small enough for the long table: {there}");
    for (name, file, error) in cases {
        assert_eq!(refusal(&file), Some(error), "{name}");
    }
}

#[test]
fn each_edit_of_the_counts_is_refused_for_what_it_is() {
    let length = |kind| range_of(kind).len() as u64;
    let needs = |kind: SectionKind, difference: i64| OpenError::SectionLength {
        section: kind.name(),
        length: length(kind),
        needed: length(kind).wrapping_add_signed(difference),
    };
    let word = |number: u32| number.to_le_bytes();
    let cases = [
        ("profiles: the mark for none", 32, NONE, field("profiles", u64::from(NONE))),
        ("fewer profiles than nodes", 32, 57, field("nodes", 58)),
        ("a profile fewer", 32, 59, needs(SectionKind::NodeOfProfile, -4)),
        ("a profile more", 32, 61, needs(SectionKind::NodeOfProfile, 4)),
        ("more nodes than profiles", 36, 61, field("nodes", 61)),
        ("a node more", 36, 59, needs(SectionKind::Vectors, 16)),
        ("no nodes", 36, 0, field("levels", levels())),
        ("dimension 0", 40, 0, field("dimension", 0)),
        ("dimension 3", 40, 3, needs(SectionKind::Vectors, -4 * 58)),
        ("dimension 65,537", 40, 65_537, field("dimension", 65_537)),
        ("m 1", 44, 1, field("m", 1)),
        ("m 3", 44, 3, needs(SectionKind::Level0, 2 * 4 * 58)),
        ("m 257", 44, 257, field("m", 257)),
        ("levels 0", 48, 0, field("levels", 0)),
        ("levels 65", 48, 65, field("levels", 65)),
        ("a level more", 48, levels() as u32 + 1, field("entry point", entry_point())),
        ("no entry point", 52, NONE, field("entry point", u64::from(NONE))),
        ("an entry point that is no node", 52, 58, field("entry point", 58)),
    ];
    for (name, at, number, error) in cases {
        assert_eq!(refusal(&resealed(at, &word(number))), Some(error), "{name}");
    }
}

fn range_of(kind: SectionKind) -> std::ops::Range<usize> {
    range(entries(&FILE).iter().find(|entry| entry.kind == kind as u32).unwrap())
}

fn levels() -> u64 {
    u64::from(u32::from_le_bytes(FILE[48..52].try_into().unwrap()))
}

fn entry_point() -> u64 {
    u64::from(u32::from_le_bytes(FILE[52..56].try_into().unwrap()))
}

#[test]
fn each_edit_of_the_table_is_refused_for_what_it_is() {
    const RESERVED: &str = "a reserved bit is not zero";
    const END: &str = "the section ends beyond the end of the file";
    const ELEMENT: &str = "the section's length is no multiple of its element size";
    let sections = entries(&FILE);
    let (second, last) = (sections[1], sections[LAST]);
    let (there, row) = (FILE.len() as u64, u64::from(last.element_size));
    let long = |number: u64| number.to_le_bytes();
    let cases = [
        ("an unknown flag", resealed(entry(1) + 4, &[3]), table(1, RESERVED)),
        ("reserved after the element size", resealed(entry(0) + 15, &[1]), table(0, RESERVED)),
        ("reserved at the end", resealed(entry(LAST) + 47, &[0x80]), table(LAST, RESERVED)),
        ("misaligned", resealed(entry(1) + 16, &long(second.offset + 1)), table(1, PLACE)),
        ("a hole", resealed(entry(1) + 16, &long(second.offset + 64)), table(1, PLACE)),
        ("overlapping", resealed(entry(1) + 16, &long(sections[0].offset)), table(1, PLACE)),
        ("over the table", resealed(entry(0) + 16, &long(64)), table(0, PLACE)),
        ("out of range", resealed(entry(1) + 16, &long(1 << 40)), table(1, PLACE)),
        ("at the end of numbers", resealed(entry(1) + 16, &long(u64::MAX - 63)), table(1, PLACE)),
        ("longer than the file", resealed(entry(LAST) + 24, &long(last.length + row)), table(LAST, END)),
        ("a length that overflows", resealed(entry(1) + 24, &long(u64::MAX)), table(1, END)),
        ("into the next one", resealed(entry(0) + 24, &long(second.offset)), table(1, PLACE)),
        (
            "the last one shorter",
            resealed(entry(LAST) + 24, &long(last.length - row)),
            OpenError::TooLong { declared: there - row, there },
        ),
        ("element size 0", resealed(entry(2) + 8, &[0]), table(2, ELEMENT)),
        ("another element size", resealed(entry(2) + 8, &[7]), table(2, ELEMENT)),
        ("a kind twice", resealed(entry(3), &[2]), table(3, "this kind of section is there twice")),
        (
            "an unknown kind that is required",
            resealed(entry(3), &[99]),
            table(3, "a required section of an unknown kind"),
        ),
    ];
    for (name, file, error) in cases {
        assert_eq!(refusal(&file), Some(error), "{name}");
    }
}

#[test]
fn an_edit_without_its_checksum_is_found_by_the_checksum() {
    let sections = entries(&FILE);
    for at in [24, 32, 60, 120, entry(0), entry(3) + 32, entry(LAST) + 47] {
        let file = edited(at, &[!FILE[at]]);
        assert!(matches!(refusal(&file), Some(OpenError::HeaderChecksum { .. })), "byte {at}");
    }
    for section in &sections {
        let range = range(section);
        for at in [range.start, range.start + range.len() / 2, range.end - 1] {
            match refusal(&edited(at, &[!FILE[at]])) {
                Some(OpenError::SectionChecksum { section: name, stored, computed }) => {
                    assert_eq!((name, stored), (section.name(), section.checksum));
                    assert_ne!(computed, stored);
                }
                other => panic!("byte {at} of \"{}\": {other:?}", section.name()),
            }
        }
    }
}

#[test]
fn every_byte_between_sections_has_to_be_zero() {
    let sections = entries(&FILE);
    let ends = std::iter::once(entry(sections.len())).chain(sections.iter().map(|entry| range(entry).end));
    let mut gaps = 0;
    for (end, section) in ends.zip(&sections) {
        for at in end..section.offset as usize {
            gaps += 1;
            assert_eq!(refusal(&edited(at, &[1])), Some(OpenError::Gap { before: section.offset }), "{at}");
        }
    }
    assert!(gaps > 64, "the file has gaps: {gaps} bytes");
}

#[test]
fn every_missing_section_is_named() {
    for kind in SectionKind::ALL.into_iter().filter(|kind| kind.is_required()) {
        let file = with(|pieces| pieces.sections.retain(|section| section.kind != kind as u32));
        assert_eq!(refusal(&file), Some(OpenError::MissingSection(kind.name())));
    }
}

#[test]
fn unknown_sections_are_ignored_where_they_are_optional() {
    let unknown = |required| {
        let section = Section { kind: 99, required, element_size: 3, bytes: b"sixsix".to_vec() };
        with(|pieces| pieces.sections.insert(4, section))
    };
    assert_eq!(refusal(&unknown(false)), None);
    assert_eq!(refusal(&unknown(true)), Some(table(4, "a required section of an unknown kind")));
    let mut damaged = unknown(false);
    let at = entries(&damaged)[4].offset as usize;
    damaged[at] ^= 1;
    match refusal(&damaged) {
        Some(OpenError::SectionChecksum { section, .. }) => assert_eq!(section, "kind 99"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sections_may_stand_in_any_order() {
    assert_eq!(refusal(&with(|pieces| pieces.sections.reverse())), None);
}

#[test]
fn the_state_of_the_vectorizer_is_optional_and_comes_back_as_it_was() {
    let state = Section {
        kind: SectionKind::Vectorizer as u32,
        required: false,
        element_size: 1,
        bytes: b"fitted".to_vec(),
    };
    let file = with(|pieces| pieces.sections.push(state));
    assert_eq!(kindred::file::Index::open(file).unwrap().vectorizer_state(), b"fitted");
    assert_eq!(kindred::file::Index::open(FILE.as_slice()).unwrap().vectorizer_state(), b"");
}

#[test]
fn a_file_cut_anywhere_is_incomplete() {
    let table_end = entry(entries(&FILE).len());
    for length in 0..FILE.len() {
        let needed = match length {
            0..HEADER_LENGTH => HEADER_LENGTH,
            length if length < table_end => table_end,
            _ => FILE.len(),
        };
        let error = OpenError::Incomplete { needed: needed as u64, there: length as u64 };
        assert!(error.is_incomplete());
        assert_eq!(refusal(&FILE[..length]), Some(error));
    }
}

#[test]
fn a_file_with_something_behind_it_is_too_long() {
    for behind in [1, 63, 64, 5000] {
        let mut file = FILE.clone();
        file.resize(FILE.len() + behind, 0);
        let (declared, there) = (FILE.len() as u64, file.len() as u64);
        assert_eq!(refusal(&file), Some(OpenError::TooLong { declared, there }));
    }
}
