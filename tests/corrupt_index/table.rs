//! Every row of the table of sections, and each in the same ways: a section that is new cannot be left out here.

use kindred::file::format::{NONE, SectionKind};
use kindred::file::{Index, OpenError};

use crate::index_support::pieces::{Pieces, Section, entries, range};
use crate::{FILE, PROFILES, refusal};

/// What is done to a section, below checksums that are right.
enum Damage {
    /// Its content is refused after this.
    Content(fn(&mut Pieces)),
    /// It may hold anything: who uses it judges it.
    None,
}

/// A case for each kind. There is no rest: without a case for a new section this does not compile.
fn damage(kind: SectionKind) -> Damage {
    use SectionKind::*;
    Damage::Content(match kind {
        Metadata => |file| file.bytes(Metadata)[0] = b'[',
        Vectors => |file| file.set(Vectors, 0, f32::NAN.to_bits()),
        NodeOfProfile => |file| file.set(NodeOfProfile, PROFILES - 1, 0),
        NodeStarts => |file| file.set(NodeStarts, 0, 1),
        NodeProfiles => |file| file.set(NodeProfiles, 5, 1),
        Level0 => |file| file.set(Level0, 0, NONE - 1),
        UpperStarts => |file| file.set(UpperStarts, 0, 1),
        UpperLevels => |file| file.set(UpperLevels, 0, NONE - 1),
        IdStarts => |file| file.set_long(IdStarts, 0, 1),
        Ids => |file| file.bytes(Ids)[0] = 0xff,
        DocumentStarts => |file| file.set_long(DocumentStarts, 0, 1),
        Documents => |file| file.bytes(Documents)[0] = b'[',
        Vectorizer => return Damage::None,
        IdHash => |file| file.bytes(IdHash).fill(0xff),
        Neighbours => |file| file.set(Neighbours, 0, 0),
        Codes => |file| file.bytes(Codes)[0] ^= 64,
        Map => |file| file.set(Map, 0, NONE),
        VectorLengths => |file| file.set(VectorLengths, 0, f32::NAN.to_bits()),
    })
}

/// The good file with every section there is.
fn full() -> Pieces {
    let mut pieces = Pieces::of(&FILE);
    let (kind, required) = (SectionKind::Vectorizer as u32, false);
    pieces.sections.push(Section { kind, required, element_size: 1, bytes: b"fitted".to_vec() });
    pieces
}

/// The section that an error is about.
fn section(error: &OpenError) -> Option<&str> {
    match error {
        OpenError::Content { section, .. } | OpenError::SectionLength { section, .. } => Some(section),
        OpenError::SectionChecksum { section, .. } => Some(section),
        OpenError::MissingSection(section) => Some(section),
        OpenError::Metadata(_) => Some(SectionKind::Metadata.name()),
        _ => None,
    }
}

fn kind_of(section: &Section) -> SectionKind {
    SectionKind::from_number(section.kind).unwrap()
}

#[test]
fn the_file_has_every_section_that_there_is() {
    let (pieces, all) = (full(), SectionKind::ALL);
    assert_eq!(refusal(&pieces.assemble()), None);
    for kind in all {
        let found = pieces.sections.iter().filter(|section| section.kind == kind as u32).count();
        assert_eq!(found, 1, "{}", kind.name());
    }
    assert!(pieces.sections.iter().all(|section| section.required == kind_of(section).is_required()));
}

#[test]
fn the_content_of_every_section_is_checked() {
    for kind in SectionKind::ALL {
        let Damage::Content(damage) = damage(kind) else { continue };
        let mut pieces = full();
        damage(&mut pieces);
        let error = refusal(&pieces.assemble()).unwrap_or_else(|| panic!("{} is not checked", kind.name()));
        assert_eq!(section(&error), Some(kind.name()), "{error}");
        // Without the checks of content it does no harm.
        if kind != SectionKind::Metadata {
            let file = pieces.assemble();
            let index = Index::open_unverified(file.as_slice()).unwrap();
            assert!(index.find("nobody").is_none());
        }
    }
}

#[test]
fn every_section_is_as_long_as_it_should() {
    for place in 0..full().sections.len() {
        let kind = kind_of(&full().sections[place]);
        if matches!(damage(kind), Damage::None) {
            continue;
        }
        for longer in [false, true] {
            let mut pieces = full();
            let Section { bytes, element_size, .. } = &mut pieces.sections[place];
            let length = bytes.len();
            let element = *element_size as usize;
            bytes.resize(if longer { length + element } else { length - element }, 0);
            assert!(refusal(&pieces.assemble()).is_some(), "\"{}\" of {} bytes", kind.name(), length);
        }
    }
}

#[test]
fn every_section_is_under_its_checksum() {
    let file = full().assemble();
    for entry in entries(&file) {
        let mut damaged = file.clone();
        damaged[range(&entry).start] ^= 1;
        let error = refusal(&damaged).unwrap();
        assert!(matches!(error, OpenError::SectionChecksum { .. }), "{error}");
        assert_eq!(section(&error), Some(entry.name().as_str()));
    }
}

#[test]
fn a_file_may_lack_any_optional_section_and_no_required_one() {
    for kind in SectionKind::ALL {
        let mut pieces = full();
        pieces.sections.retain(|section| section.kind != kind as u32);
        let expected = match kind {
            // The metadata describe it.
            SectionKind::Neighbours => Some(SectionKind::Metadata.name()),
            kind => kind.is_required().then_some(kind.name()),
        };
        let error = refusal(&pieces.assemble());
        assert_eq!(error.as_ref().and_then(section), expected, "{}: {error:?}", kind.name());
    }
}
