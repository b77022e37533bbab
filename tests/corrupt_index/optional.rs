//! The sections that need not be there: where they are, they are right, and the metadata say so.

use kindred::file::format::{MAX_NEIGHBOURS, MAX_PLACE, NONE, SectionKind};
use kindred::file::{Index, OpenError};
use kindred::query::{Question, SearchMode, Snapshot, answer};
use serde_json::{Value, json};

use crate::index_support::pieces::{Pieces, Section};
use crate::index_support::table;
use crate::{FILE, K, PROFILES, ZERO, refusal, with};

/// What it is, what is done, and what is found.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Pieces), OpenError);

fn content(kind: SectionKind, element: u64, problem: &'static str) -> OpenError {
    OpenError::Content { section: kind.name(), element, problem }
}

fn metadata(message: &str) -> OpenError {
    OpenError::Metadata(message.to_owned())
}

fn assert_refused(cases: &[Case<'_>]) {
    for (name, edit, error) in cases {
        assert_eq!(refusal(&with(edit)).as_ref(), Some(error), "{name}");
    }
}

fn section(pieces: &mut Pieces, kind: SectionKind) -> &mut Section {
    pieces.sections.iter_mut().find(|section| section.kind == kind as u32).unwrap()
}

fn drop_section(pieces: &mut Pieces, kind: SectionKind) {
    pieces.sections.retain(|section| section.kind != kind as u32);
}

#[test]
fn files_without_the_optional_sections_are_good() {
    let file = with(|file| {
        drop_section(file, SectionKind::IdHash);
        drop_section(file, SectionKind::Neighbours);
        drop_section(file, SectionKind::Map);
        table::describe(file, &json!(null));
    });
    let index = Index::open(file.as_slice()).unwrap();
    assert_eq!(index.map(), None);
    assert_eq!(index.view().row_slots(), 0);
    assert_eq!(index.view().table_row(index.find(ZERO).unwrap()), None);
    assert_eq!(refusal(&with(|file| drop_section(file, SectionKind::IdHash))), None);
}

#[test]
fn an_id_hash_has_room_for_every_profile_and_holds_each_number_of_them() {
    use SectionKind::IdHash;
    const SIZE: &str = "the slots are no power of two, or fewer than two for each profile";
    const COUNT: &str = "not as many profiles as the file has";
    let slots = Pieces::of(&FILE).long_words(IdHash);
    assert_eq!(slots.len(), 128);
    let (empty, taken) = (
        slots.iter().position(|&slot| slot == u64::MAX).unwrap(),
        slots.iter().position(|&slot| slot != u64::MAX).unwrap(),
    );
    assert_refused(&[
        ("nothing in it", &|file| file.bytes(IdHash).clear(), content(IdHash, 0, SIZE)),
        ("half of it", &|file| file.bytes(IdHash).truncate(64 * 8), content(IdHash, 0, SIZE)),
        ("no power of two", &|file| file.bytes(IdHash).extend([0xff; 8]), content(IdHash, 0, SIZE)),
        (
            "no slots of 8 bytes",
            &|file| {
                section(file, IdHash).element_size = 1;
                file.bytes(IdHash).pop();
            },
            content(IdHash, 0, SIZE),
        ),
        ("a profile fewer", &|file| file.set_long(IdHash, taken, u64::MAX), content(IdHash, 0, COUNT)),
        ("a profile more", &|file| file.set_long(IdHash, empty, 0), content(IdHash, 0, COUNT)),
        (
            "no profile",
            &|file| file.set_long(IdHash, taken, PROFILES as u64),
            content(IdHash, taken as u64, "no profile"),
        ),
        (
            "no profile by far",
            &|file| file.set_long(IdHash, taken, u64::MAX - 1),
            content(IdHash, taken as u64, "no profile"),
        ),
    ]);
    let larger = with(|file| file.bytes(IdHash).extend([0xff; 128 * 8]));
    assert_eq!(refusal(&larger), None, "more room is allowed");
}

#[test]
fn the_rows_of_the_table_hold_other_profiles_that_have_a_vector() {
    use SectionKind::Neighbours;
    let rows = Pieces::of(&FILE).words(Neighbours);
    let zero = PROFILES - 1;
    assert!(rows[zero * K..].iter().all(|&slot| slot == NONE), "{ZERO} is the last of all ids");
    let last = zero * K - 1;
    let set = |slot: usize, number: u32| move |file: &mut Pieces| file.set(Neighbours, slot, number);
    let wrong = |slot: usize, problem| content(Neighbours, slot as u64, problem);
    assert_refused(&[
        ("no profile", &set(0, PROFILES as u32), wrong(0, "no profile")),
        ("no profile by far", &set(last, NONE - 1), wrong(last, "no profile")),
        ("its own", &set(7 * K + 3, 7), wrong(7 * K + 3, "the row's own profile")),
        ("its own, first of all", &set(0, 0), wrong(0, "the row's own profile")),
        ("a zero vector", &set(2 * K, zero as u32), wrong(2 * K, "a zero vector")),
        ("a neighbour of a zero vector", &set(zero * K, 1), wrong(zero * K, "a neighbour of a zero vector")),
        ("behind the end", &set(3 * K + 1, NONE), wrong(3 * K + 2, "a profile after the end of its row")),
        (
            "behind an end in the last slot but one",
            &set(last - 1, NONE),
            wrong(last, "a profile after the end of its row"),
        ),
        ("behind the end of an empty row", &set(K, NONE), wrong(K + 1, "a profile after the end of its row")),
    ]);
    assert_eq!(refusal(&with(set(K - 1, NONE))), None, "a row may be short");
}

#[test]
fn the_rows_are_checked_in_a_file_without_zero_vectors_too() {
    use SectionKind::Neighbours;
    let lines: String = (0..9).map(|i| crate::line(&json!(i), &[1.0, i as f32])).collect();
    let mut good = Pieces::of(&crate::index_file(&crate::Recipe::default(), &lines));
    let rows = table::rows(&mut good, 20);
    table::add(&mut good, 20, "exact", &rows);
    assert_eq!(refusal(&good.assemble()), None);
    for (slot, number, problem) in [
        (0, 9, "no profile"),
        (20, 1, "the row's own profile"),
        (3, NONE, "a profile after the end of its row"),
        (19, 4, "a profile after the end of its row"),
    ] {
        let mut pieces = good.clone();
        pieces.set(Neighbours, slot, number);
        let element = if number == NONE { slot + 1 } else { slot };
        assert_eq!(refusal(&pieces.assemble()), Some(content(Neighbours, element as u64, problem)));
    }
}

#[test]
fn the_table_has_a_row_for_each_profile() {
    use SectionKind::Neighbours;
    let length = (PROFILES * K * 4) as u64;
    let needs = |length: u64, needed: u64| OpenError::SectionLength { section: "neighbours", length, needed };
    let row = 4 * K as u64;
    let resized = |length: u64| move |file: &mut Pieces| file.bytes(Neighbours).resize(length as usize, 0);
    assert_refused(&[
        ("none", &resized(0), needs(0, length)),
        ("a row fewer", &resized(length - row), needs(length - row, length)),
        ("a row more", &resized(length + row), needs(length + row, length)),
    ]);
}

#[test]
fn what_the_metadata_say_of_the_table_is_what_is_there() {
    use SectionKind::Neighbours;
    const ROW: &str = "no row has this element size";
    let described = |k: usize| json!({ "neighbours": k, "kind": "exact", "recall": 1.0 });
    let sized = |size: u32| {
        move |file: &mut Pieces| {
            let table = section(file, Neighbours);
            table.element_size = size;
            // A multiple of everything that is tried.
            table.bytes.clear();
        }
    };
    assert_refused(&[
        (
            "described and not there",
            &|file| drop_section(file, Neighbours),
            metadata("a neighbour table is described that is not there"),
        ),
        (
            "there and not described",
            &|file| table::describe(file, &json!(null)),
            metadata("nothing is said of the neighbour table that is there"),
        ),
        (
            "another K",
            &|file| table::describe(file, &described(K + 1)),
            metadata("a neighbour table of 6 neighbours is described, and it has 5"),
        ),
        (
            "K 0",
            &|file| table::describe(file, &described(0)),
            metadata("a neighbour table of 0 neighbours is described, and it has 5"),
        ),
        ("elements of a byte", &sized(1), content(Neighbours, 0, ROW)),
        ("elements of 2 bytes", &sized(2), content(Neighbours, 0, ROW)),
        ("elements of 22 bytes", &sized(22), content(Neighbours, 0, ROW)),
        ("rows that are too long", &sized(4 * (MAX_NEIGHBOURS + 1)), content(Neighbours, 0, ROW)),
        ("rows of all there is", &sized(NONE - 3), content(Neighbours, 0, ROW)),
    ]);
    let unknown =
        with(|file| table::describe(file, &json!({ "neighbours": K, "kind": "guessed", "recall": 1.0 })));
    assert!(matches!(refusal(&unknown), Some(OpenError::Metadata(_))));
}

#[test]
fn codes_are_there_for_every_node_or_not_at_all() {
    use SectionKind::Codes;
    let length = section(&mut Pieces::of(&FILE), Codes).bytes.len() as u64;
    let error = OpenError::SectionLength { section: Codes.name(), length: length - 32, needed: length };
    let shorter = |file: &mut Pieces| {
        let codes = section(file, Codes);
        codes.bytes.truncate(codes.bytes.len() - 32);
    };
    assert_refused(&[("a code fewer", &shorter, error)]);
    // Quickly opened, it is found where the codes are used: a search compares what is there.
    let file = with(shorter);
    let index = Index::open_unverified(file.as_slice()).unwrap();
    let question = Question { how: SearchMode::Ef(60), ..Question::about("103", 3) };
    answer(&Snapshot::of(&index), &question).unwrap();
    // Without codes a search compares vectors.
    assert_eq!(refusal(&with(|file| drop_section(file, Codes))), None);
}

#[test]
fn the_map_has_a_place_for_whoever_has_a_vector_and_for_nobody_else() {
    use SectionKind::Map;
    let (zero, place) = (PROFILES - 1, |x: u16, y: u16| u32::from(x) | u32::from(y) << 16);
    let set = |profile: usize, word: u32| move |file: &mut Pieces| file.set(Map, profile, word);
    let wrong = |profile: usize, problem| content(Map, profile as u64, problem);
    const HALF: &str = "half a place";
    assert_refused(&[
        ("taken away", &set(7, NONE), wrong(7, "no place of a profile that has a vector")),
        ("x alone", &set(0, place(u16::MAX, 3)), wrong(0, HALF)),
        ("y alone", &set(zero - 1, place(0, u16::MAX)), wrong(zero - 1, HALF)),
        ("a zero vector's", &set(zero, place(9, 9)), wrong(zero, "the place of a zero vector")),
        ("half a zero vector's", &set(zero, place(u16::MAX, 9)), wrong(zero, "the place of a zero vector")),
    ]);
    for corner in [place(0, 0), place(MAX_PLACE, MAX_PLACE)] {
        assert_eq!(refusal(&with(set(3, corner))), None, "every place of the square is one");
    }
}

#[test]
fn the_map_is_as_long_as_there_are_profiles() {
    use SectionKind::Map;
    let length = 4 * PROFILES as u64;
    let needs =
        |length: u64| OpenError::SectionLength { section: Map.name(), length, needed: 4 * PROFILES as u64 };
    let resized = |length: u64| move |file: &mut Pieces| file.bytes(Map).resize(length as usize, 0);
    assert_refused(&[
        ("nothing in it", &resized(0), needs(0)),
        ("a place fewer", &resized(length - 4), needs(length - 4)),
        ("a place more", &resized(length + 4), needs(length + 4)),
    ]);
    // Quickly opened, a map that is not whole is none.
    for length in [0, length - 4, length + 4] {
        let file = with(resized(length));
        assert_eq!(Index::open_unverified(file.as_slice()).unwrap().map(), None, "{length} bytes");
    }
}

#[test]
fn a_code_is_as_near_to_its_vector_as_the_metadata_say() {
    use SectionKind::Codes;
    let described = |file: &mut Pieces, edit: &dyn Fn(&mut Value)| {
        let bytes = file.bytes(SectionKind::Metadata);
        let mut metadata: Value = serde_json::from_slice(bytes).unwrap();
        edit(&mut metadata["codes"]);
        *bytes = serde_json::to_vec(&metadata).unwrap();
    };
    const FAR: &str = "a code that is farther from its vector than the metadata say";
    const NUMBERS: &str = "the numbers of the codes are not possible";
    assert_refused(&[
        ("another code", &|file| file.bytes(Codes)[32 * 7 + 1] ^= 64, content(Codes, 7, FAR)),
        (
            "a smaller residual",
            &|file| described(file, &|codes| codes["residual"] = json!(0.0)),
            content(Codes, 0, FAR),
        ),
        (
            "another scale",
            &|file| described(file, &|codes| codes["scale"] = json!(1e-300)),
            content(Codes, 0, FAR),
        ),
        (
            "another mean",
            &|file| described(file, &|codes| codes["mean"][3] = json!(0.9)),
            content(Codes, 0, FAR),
        ),
        ("no scale", &|file| described(file, &|codes| codes["scale"] = json!(0.0)), metadata(NUMBERS)),
        ("a scale below", &|file| described(file, &|codes| codes["scale"] = json!(-9.0)), metadata(NUMBERS)),
        (
            "below nothing",
            &|file| described(file, &|codes| codes["residual"] = json!(-1.0)),
            metadata(NUMBERS),
        ),
        ("too large", &|file| described(file, &|codes| codes["mean"][0] = json!(1e39)), metadata(NUMBERS)),
        (
            "a number more",
            &|file| described(file, &|codes| codes["mean"].as_array_mut().unwrap().push(json!(0))),
            metadata("the mean of the codes has 5 numbers, and a vector has 4"),
        ),
    ]);
    let without = with(|file| described(file, &|codes| *codes = json!(null)));
    assert_eq!(refusal(&without), None, "older files say nothing of their codes");
}

#[test]
fn a_vector_had_a_length_that_is_one() {
    use SectionKind::VectorLengths;
    let zero = PROFILES - 1;
    let set = |profile: usize, length: f32| {
        move |file: &mut Pieces| file.set(VectorLengths, profile, length.to_bits())
    };
    let wrong = |profile: usize, problem| content(VectorLengths, profile as u64, problem);
    const ZERO_OR_NOT: &str = "a length of 0 of a vector that is not zero, or another of one that is";
    assert_refused(&[
        ("NaN", &set(0, f32::NAN), wrong(0, "no length")),
        ("infinite", &set(7, f32::INFINITY), wrong(7, "no length")),
        ("below 0", &set(zero - 1, -1.0), wrong(zero - 1, "no length")),
        ("below 0 by the least", &set(0, -f32::from_bits(1)), wrong(0, "no length")),
        ("0 of a vector", &set(3, 0.0), wrong(3, ZERO_OR_NOT)),
        ("1 of a zero vector", &set(zero, 1.0), wrong(zero, ZERO_OR_NOT)),
    ]);
    for length in [f32::from_bits(1), 1.0, f32::MAX] {
        assert_eq!(refusal(&with(set(3, length))), None, "{length}");
    }
    let index = Index::open(FILE.as_slice()).unwrap();
    let lengths = index.vector_lengths().unwrap();
    assert!(lengths[..zero].iter().all(|&length| length > 0.0) && lengths[zero] == 0.0);
    let shorter = with(|file| file.bytes(VectorLengths).truncate(4));
    assert_eq!(Index::open_unverified(shorter.as_slice()).unwrap().vector_lengths(), None);
    let without = with(|file| drop_section(file, VectorLengths));
    assert_eq!(Index::open(without.as_slice()).unwrap().vector_lengths(), None);
}
