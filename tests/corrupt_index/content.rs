//! What sections hold, below checksums that are right.

use kindred::file::OpenError;
use kindred::file::format::{NONE, SectionKind};
use kindred::profile::MAX_ID_BYTES;

use crate::index_support::pieces::Pieces;
use crate::{FILE, M, PROFILES, TWINS, ZERO, refusal, with};

const NODES: u32 = PROFILES as u32 - 2;

/// What it is, what is done, and what is found.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Pieces), OpenError);

fn content(kind: SectionKind, element: u64, problem: &'static str) -> OpenError {
    OpenError::Content { section: kind.name(), element, problem }
}

fn assert_refused(cases: &[Case<'_>]) {
    for (name, edit, error) in cases {
        assert_eq!(refusal(&with(edit)).as_ref(), Some(error), "{name}");
    }
}

/// The levels above 0 of each node.
fn levels_above(pieces: &mut Pieces) -> Vec<u32> {
    pieces.words(SectionKind::UpperStarts).windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn node_on_level(level: u32) -> usize {
    let found = levels_above(&mut Pieces::of(&FILE)).into_iter().position(|above| above == level);
    found.unwrap_or_else(|| panic!("no node has {level} levels above 0"))
}

#[test]
fn level_0_holds_nodes_and_lists_end_once() {
    use SectionKind::Level0;
    let list = 2 * M;
    let last = NODES as usize * list - 1;
    assert_refused(&[
        ("no node", &|file| file.set(Level0, 0, NODES), content(Level0, 0, "not a node of that level")),
        (
            "no node by far",
            &|file| file.set(Level0, 3 * list, NONE - 1),
            content(Level0, 3 * list as u64, "not a node of that level"),
        ),
        (
            "a neighbour behind the end",
            &|file| (0..list).for_each(|slot| file.set(Level0, slot, if slot == 1 { 0 } else { NONE })),
            content(Level0, 1, "a neighbour after the end of its list"),
        ),
        (
            "in the last slot of all",
            &|file| {
                (last - 1..=last).for_each(|slot| file.set(Level0, slot, if slot == last { 0 } else { NONE }))
            },
            content(Level0, last as u64, "a neighbour after the end of its list"),
        ),
    ]);
}

#[test]
fn the_levels_above_hold_nodes_that_live_there() {
    use SectionKind::{UpperLevels, UpperStarts};
    let (on_level_0, on_level_1) = (node_on_level(0) as u32, node_on_level(1) as u32);
    // The first list of all is on level 1; the second list of the first node that has two is on level 2.
    let two = node_on_level(2);
    let mut good = Pieces::of(&FILE);
    let on_level_2 = (good.words(UpperStarts)[two] as usize + 1) * M;
    assert_refused(&[
        (
            "no node",
            &|file| file.set(UpperLevels, 0, NODES),
            content(UpperLevels, 0, "not a node of that level"),
        ),
        (
            "a node of level 0 only",
            &|file| file.set(UpperLevels, 0, on_level_0),
            content(UpperLevels, 0, "not a node of that level"),
        ),
        (
            "a node of the level below",
            &|file| file.set(UpperLevels, on_level_2, on_level_1),
            content(UpperLevels, on_level_2 as u64, "not a node of that level"),
        ),
        (
            "a neighbour behind the end",
            &|file| {
                file.set(UpperLevels, 0, NONE);
                file.set(UpperLevels, 1, on_level_1);
            },
            content(UpperLevels, 1, "a neighbour after the end of its list"),
        ),
    ]);
}

#[test]
fn the_lists_above_level_0_start_one_after_the_other() {
    use SectionKind::{UpperLevels, UpperStarts};
    let mut good = Pieces::of(&FILE);
    let lists = *good.words(UpperStarts).last().unwrap();
    let length = good.bytes(UpperLevels).len() as u64;
    assert_refused(&[
        (
            "starts that do not begin at 0",
            &|file| file.set(UpperStarts, 0, 1),
            content(UpperStarts, 0, "does not run from the first to the last element"),
        ),
        (
            "starts that go back",
            &|file| file.set(UpperStarts, 1, lists),
            content(UpperStarts, 2, "goes back"),
        ),
        (
            "more lists than there are",
            &|file| file.set(UpperStarts, NODES as usize, lists + 1),
            OpenError::SectionLength { section: UpperLevels.name(), length, needed: length + M as u64 * 4 },
        ),
    ]);
}

#[test]
fn the_entry_point_is_a_node_of_the_top_level() {
    let good = Pieces::of(&FILE);
    let top = good.header.entry_point.unwrap();
    let below = node_on_level(0) as u32;
    let field = |value: u32| OpenError::HeaderField { field: "entry point", value: u64::from(value) };
    assert_refused(&[
        ("a node below", &|file| file.header.entry_point = Some(below), field(below)),
        ("no node", &|file| file.header.entry_point = Some(NODES), field(NODES)),
        ("none", &|file| file.header.entry_point = None, field(NONE)),
        (
            "levels that the graph has not",
            &|file| file.header.levels -= 1,
            content(SectionKind::UpperStarts, u64::from(top), "more levels than the graph has"),
        ),
    ]);
}

#[test]
fn the_profiles_of_nodes_start_one_after_the_other() {
    use SectionKind::{NodeProfiles, NodeStarts};
    let listed = PROFILES as u32 - 1;
    assert_refused(&[
        (
            "starts that do not begin at 0",
            &|file| file.set(NodeStarts, 0, 1),
            content(NodeStarts, 0, "does not run from the first to the last element"),
        ),
        (
            "starts that end early",
            &|file| file.set(NodeStarts, NODES as usize, listed - 1),
            content(NodeStarts, 0, "does not run from the first to the last element"),
        ),
        ("starts that go back", &|file| file.set(NodeStarts, 1, listed), content(NodeStarts, 2, "goes back")),
        (
            "a node without a profile",
            &|file| file.set(NodeStarts, 1, 0),
            content(NodeProfiles, 0, "a node without a profile"),
        ),
        (
            "a byte too many",
            &|file| {
                let profiles = file.sections.iter_mut().find(|section| section.kind == NodeProfiles as u32);
                let profiles = profiles.unwrap();
                profiles.element_size = 1;
                profiles.bytes.push(0);
            },
            content(NodeStarts, 0, "does not run from the first to the last element"),
        ),
    ]);
}

#[test]
fn profiles_and_nodes_name_each_other() {
    use SectionKind::{NodeOfProfile, NodeProfiles};
    let zero = PROFILES - 1;
    let mut good = Pieces::of(&FILE);
    assert_eq!(good.words(NodeOfProfile)[zero], NONE, "{ZERO} is the last of all ids");
    assert_eq!(good.words(SectionKind::NodeStarts)[..2], [0, 2], "{TWINS:?} share the first node");
    assert_refused(&[
        (
            "profiles that descend",
            &|file| {
                file.set(NodeProfiles, 0, 1);
                file.set(NodeProfiles, 1, 0);
            },
            content(NodeProfiles, 0, "the profiles of a node do not ascend"),
        ),
        (
            "a profile twice",
            &|file| file.set(NodeProfiles, 1, 0),
            content(NodeProfiles, 0, "the profiles of a node do not ascend"),
        ),
        (
            "a profile of another node",
            &|file| file.set(NodeProfiles, 5, 1),
            content(NodeProfiles, 5, "a profile of another node"),
        ),
        (
            "no profile",
            &|file| file.set(NodeProfiles, 5, PROFILES as u32),
            content(NodeProfiles, 5, "a profile of another node"),
        ),
        (
            "a profile that says it has no node",
            &|file| file.set(NodeOfProfile, 0, NONE),
            content(NodeProfiles, 0, "a profile of another node"),
        ),
        (
            "a zero vector that says it has a node",
            &|file| file.set(NodeOfProfile, zero, 0),
            content(NodeOfProfile, PROFILES as u64, "a profile whose node does not list it"),
        ),
        (
            "a node that is none",
            &|file| file.set(NodeOfProfile, zero, NODES),
            content(NodeOfProfile, PROFILES as u64, "a profile whose node does not list it"),
        ),
    ]);
}

#[test]
fn ids_are_sorted_unique_and_text() {
    use SectionKind::{IdStarts, Ids};
    const RUN: &str = "does not run from the first to the last element";
    const ORDER: &str = "ids are not sorted and unique";
    const LENGTH: &str = "an id is empty or too long";
    let mut good = Pieces::of(&FILE);
    let starts: Vec<usize> = good.long_words(IdStarts).into_iter().map(|start| start as usize).collect();
    let (bytes, last) = (starts[PROFILES] as u64, starts[PROFILES - 1]);
    let lengthened = |file: &mut Pieces, id_bytes: usize| {
        file.bytes(Ids).resize(last + id_bytes, b'z');
        file.set_long(IdStarts, PROFILES, (last + id_bytes) as u64);
    };
    assert_refused(&[
        ("starts that do not begin at 0", &|file| file.set_long(IdStarts, 0, 1), content(IdStarts, 0, RUN)),
        (
            "starts that end late",
            &|file| file.set_long(IdStarts, PROFILES, bytes + 1),
            content(IdStarts, 0, RUN),
        ),
        ("starts that go back", &|file| file.set_long(IdStarts, 7, bytes), content(IdStarts, 8, "goes back")),
        ("an empty id", &|file| file.set_long(IdStarts, 1, 0), content(Ids, 0, LENGTH)),
        (
            "an id of 513 bytes",
            &|file| lengthened(file, MAX_ID_BYTES + 1),
            content(Ids, PROFILES as u64 - 1, LENGTH),
        ),
        (
            "ids that descend",
            // The twins, which differ in their last byte.
            &|file| file.bytes(Ids)[starts[1] - 1] = b'9',
            content(Ids, 1, ORDER),
        ),
        ("an id twice", &|file| file.bytes(Ids).copy_within(0..starts[1], starts[1]), content(Ids, 1, ORDER)),
        (
            "not UTF-8",
            &|file| file.bytes(Ids)[last] = 0xff,
            content(Ids, PROFILES as u64 - 1, "an id is not UTF-8"),
        ),
    ]);
    assert_eq!(refusal(&with(|file| lengthened(file, MAX_ID_BYTES))), None, "512 bytes are allowed");
}

#[test]
fn documents_are_objects_of_text() {
    use SectionKind::{DocumentStarts, Documents};
    const RUN: &str = "does not run from the first to the last element";
    const OBJECT: &str = "not a JSON object";
    let mut good = Pieces::of(&FILE);
    let starts = good.long_words(DocumentStarts);
    let (end, second, bytes) = (starts[1] as usize, starts[2], starts[PROFILES]);
    assert_refused(&[
        ("an array", &|file| file.bytes(Documents)[0] = b'[', content(Documents, 0, OBJECT)),
        ("no end", &|file| file.bytes(Documents)[end - 1] = b' ', content(Documents, 0, OBJECT)),
        ("blank in front", &|file| file.bytes(Documents)[end] = b' ', content(Documents, 1, OBJECT)),
        ("not UTF-8", &|file| file.bytes(Documents)[end - 3] = 0xc0, content(Documents, 0, "not UTF-8")),
        ("an empty document", &|file| file.set_long(DocumentStarts, 1, 0), content(Documents, 0, OBJECT)),
        ("one for two", &|file| file.set_long(DocumentStarts, 1, second), content(Documents, 1, OBJECT)),
        (
            "cut elsewhere",
            &|file| file.set_long(DocumentStarts, 1, end as u64 - 1),
            content(Documents, 0, OBJECT),
        ),
        (
            "starts that go back",
            &|file| file.set_long(DocumentStarts, 1, bytes),
            content(DocumentStarts, 2, "goes back"),
        ),
        (
            "starts that do not begin at 0",
            &|file| file.set_long(DocumentStarts, 0, 1),
            content(DocumentStarts, 0, RUN),
        ),
        (
            "starts beyond the end",
            &|file| file.set_long(DocumentStarts, PROFILES, u64::MAX),
            content(DocumentStarts, 0, RUN),
        ),
    ]);
}

#[test]
fn vectors_are_finite_and_of_length_1() {
    let wrong = |node: u64| content(SectionKind::Vectors, node, "a vector that is not of length 1");
    let set = |file: &mut Pieces, element: usize, number: f32| {
        file.set(SectionKind::Vectors, element, number.to_bits());
    };
    let last = NODES as usize * 4 - 1;
    assert_refused(&[
        ("NaN", &|file| set(file, 0, f32::NAN), wrong(0)),
        ("NaN at the end", &|file| set(file, last, -f32::NAN), wrong(u64::from(NODES) - 1)),
        ("infinity", &|file| set(file, 9, f32::INFINITY), wrong(2)),
        ("the largest number", &|file| set(file, 9, f32::MIN), wrong(2)),
        ("too long", &|file| set(file, 4, 1.5), wrong(1)),
        ("zero", &|file| (4..8).for_each(|element| set(file, element, 0.0)), wrong(1)),
    ]);
}

#[test]
fn metadata_are_json_with_all_that_is_needed() {
    let texts = ["", "{", "[]", "{}", "{\"builder\": 1}", "\u{fffd}"];
    for text in texts {
        let file = with(|file| *file.bytes(SectionKind::Metadata) = text.as_bytes().to_vec());
        assert!(matches!(refusal(&file), Some(OpenError::Metadata(_))), "{text:?}");
    }
    let later = with(|file| {
        let metadata = file.bytes(SectionKind::Metadata);
        assert_eq!(metadata.pop(), Some(b'}'));
        metadata.extend_from_slice(br#","of a later program":[1]}"#);
    });
    assert_eq!(refusal(&later), None, "what is not known is ignored");
}
