//! Damage at random, seeded: what is not refused must still be answered from without harm.

use std::cell::Cell;

use kindred::file::format::{ENTRY_LENGTH, HEADER_LENGTH, NONE, SectionKind};
use kindred::file::{Index, Ordinal};
use kindred::query::{Answer, AnswerError, Question, SearchMode, Snapshot, answer, profile};

use crate::index_support::pieces::{Pieces, entries, range, reseal};
use crate::index_support::random::Random;
use crate::{FILE, K, PROFILES, TWINS, ZERO, refusal};

const FLIPS: usize = 10_000;
const MUTATIONS: usize = 3_000;
const CHANGES: usize = 1_000;

#[test]
fn every_bit_of_header_and_table_counts() {
    let mut file = FILE.clone();
    for at in 0..HEADER_LENGTH + entries(&FILE).len() * ENTRY_LENGTH {
        for bit in 0..8 {
            file[at] ^= 1 << bit;
            assert!(refusal(&file).is_some(), "bit {bit} of byte {at}");
            file[at] ^= 1 << bit;
        }
    }
    assert_eq!(refusal(&file), None);
}

#[test]
fn every_flipped_bit_is_found() {
    let mut random = Random::new(11);
    let mut file = FILE.clone();
    let sections = entries(&FILE);
    let in_a_section = |at: usize| sections.iter().any(|section| range(section).contains(&at));
    let table_end = HEADER_LENGTH + sections.len() * ENTRY_LENGTH;
    let mut places = [0; 3];
    for _ in 0..FLIPS {
        let (at, bit) = (random.below(file.len()), random.below(8));
        places[if at < table_end { 0 } else { 1 + usize::from(in_a_section(at)) }] += 1;
        file[at] ^= 1 << bit;
        assert!(refusal(&file).is_some(), "bit {bit} of byte {at}");
        file[at] ^= 1 << bit;
    }
    assert_eq!(refusal(&file), None);
    assert!(places.iter().all(|&flips| flips > 100), "header and table, gaps, sections: {places:?}");
}

/// A number that is likely to do harm where a number stands.
fn harmful(random: &mut Random, size: usize, there: u64) -> u64 {
    let profiles = PROFILES as u64;
    match random.below(12) {
        0 => 0,
        1 => 1,
        2 => u64::MAX,
        3 => u64::from(NONE),
        4 => u64::from(NONE) - 1,
        5 => there.wrapping_add(1),
        6 => there.wrapping_sub(1),
        7 => profiles,
        8 => profiles - 2,
        9 => random.below(PROFILES) as u64,
        10 => there ^ (1 << random.below(size * 8)),
        _ => random.bits(),
    }
}

/// Changes a number of the header's counts, of the table or of a section, and makes the checksums right.
fn mutated(random: &mut Random) -> Vec<u8> {
    let mut file = FILE.clone();
    let sections = entries(&file);
    for _ in 0..=random.below(3) {
        let (place, size) = match random.below(8) {
            0 => (24..60, 4),
            1 => (HEADER_LENGTH..HEADER_LENGTH + sections.len() * ENTRY_LENGTH, 8),
            _ => {
                let section = &sections[random.below(sections.len())];
                // Vectors are made of elements of many numbers.
                (range(section), section.element_size.min(8) as usize)
            }
        };
        let size = if place.len() % size == 0 { size } else { 4 };
        let at = place.start + random.below(place.len() / size) * size;
        let mut there = [0; 8];
        there[..size].copy_from_slice(&file[at..at + size]);
        let number = if random.below(4) == 0 {
            // What stands elsewhere in the same place: numbers that are right, but not here.
            let from = place.start + random.below(place.len() / size) * size;
            file.copy_within(from..from + size, at);
            continue;
        } else {
            harmful(random, size, u64::from_le_bytes(there))
        };
        file[at..at + size].copy_from_slice(&number.to_le_bytes()[..size]);
    }
    reseal(&mut file);
    file
}

/// Asks for everything that can be asked, and checks that what comes back is bounded.
fn ask<B: AsRef<[u8]>>(index: &Index<B>, check: impl Fn(usize, &Result<Answer, AnswerError>)) {
    for id in [TWINS[0], TWINS[1], "103", "130", "159", ZERO, "", "nobody"] {
        let _ = index.find(id);
        let _ = profile(&Snapshot::of(index), id);
        for mode in [SearchMode::Default, SearchMode::Ef(1), SearchMode::Ef(usize::MAX), SearchMode::Exact] {
            for n in [0, 1, 5, usize::MAX] {
                let question = Question { how: mode, distances: n != 5, ..Question::about(id, n) };
                check(n, &answer(&Snapshot::of(index), &question));
            }
        }
    }
    for ordinal in [0, 1, PROFILES as u32, NONE] {
        let _ = (index.id(Ordinal(ordinal)), index.document(Ordinal(ordinal)));
    }
    let _ = (index.metadata(), index.vectorizer_state());
}

/// Work and size of an answer from an index of `nodes` nodes whose documents have so many bytes in all.
fn assert_bounded(answer: &Answer, n: usize, nodes: usize, levels: usize, links: usize, documents: usize) {
    const AROUND: usize = 64;
    let profiles = n.min(PROFILES);
    assert!(answer.body.len() <= 2 + documents + profiles * AROUND, "{} bytes", answer.body.len());
    let (hops, distances) = (answer.work.hops as usize, answer.work.distances as usize);
    assert!(hops <= nodes * (levels + 1), "{hops} hops in {nodes} nodes");
    assert!(distances <= 2 * nodes + 1 + levels * nodes * links, "{distances} distances in {nodes} nodes");
}

#[test]
fn whatever_is_not_refused_is_answered_from_without_harm() {
    let mut random = Random::new(12);
    let mut opened = 0;
    for _ in 0..MUTATIONS {
        let Ok(index) = Index::open(mutated(&mut random)) else { continue };
        opened += 1;
        let header = *index.header();
        let documents = Pieces::of(index.bytes()).bytes(SectionKind::Documents).len();
        ask(&index, |n, answer| match answer {
            Ok(answer) => {
                let (nodes, levels) = (header.nodes as usize, header.levels as usize);
                assert_bounded(answer, n, nodes, levels, header.m as usize, documents);
            }
            Err(AnswerError::Damaged(damaged)) => panic!("nothing has changed since opening: {damaged}"),
            Err(AnswerError::OtherDimension { .. }) => panic!("no vector was asked about"),
            Err(AnswerError::UnknownId | AnswerError::ZeroVector) => {}
        });
    }
    // Neighbours, vectors' last bits, documents' text and unused bytes can be other than they were.
    assert!((MUTATIONS / 20..MUTATIONS).contains(&opened), "{opened} of {MUTATIONS} were opened");
}

/// Bytes that are replaced by others after they were opened, as those of a map can be.
struct Changing {
    before: Vec<u8>,
    after: Vec<u8>,
    changed: Cell<bool>,
}

impl AsRef<[u8]> for Changing {
    fn as_ref(&self) -> &[u8] {
        if self.changed.get() { &self.after } else { &self.before }
    }
}

fn opened_then_changed(after: Vec<u8>) -> Index<Changing> {
    let index = Index::open(Changing { before: FILE.clone(), after, changed: Cell::new(false) }).unwrap();
    index.bytes().changed.set(true);
    index
}

/// Another file of the same length, a shorter one, or the same one with some words overwritten.
fn changed(random: &mut Random) -> Vec<u8> {
    match random.below(4) {
        0 => FILE[..random.below(FILE.len())].to_vec(),
        1 => (0..FILE.len()).map(|_| random.bits() as u8).collect(),
        2 => FILE.iter().map(|_| 0xff).collect(),
        _ => {
            let mut file = FILE.clone();
            for _ in 0..1 + random.below(200) {
                let at = random.below(file.len() / 8) * 8;
                let number = harmful(random, 8, u64::from(file[at]));
                file[at..at + 8].copy_from_slice(&number.to_le_bytes());
            }
            file
        }
    }
}

#[test]
fn a_file_that_changes_after_it_was_opened_does_no_harm() {
    let mut random = Random::new(13);
    for _ in 0..CHANGES {
        let index = opened_then_changed(changed(&mut random));
        ask(&index, |n, answer| {
            if let Ok(answer) = answer {
                // Documents can overlap now, but there are no more of them.
                assert!(answer.body.len() <= 2 + n.min(PROFILES) * (FILE.len() + 64));
                assert!(answer.work.hops <= (PROFILES * 65) as u64);
            }
        });
    }
}

#[test]
fn what_is_gone_from_under_an_open_index_is_reported_as_damage() {
    let index = opened_then_changed(Vec::new());
    assert!(index.document(Ordinal(0)).is_err());
    assert!(index.id(Ordinal(0)).is_err());
    assert_eq!(index.find(TWINS[0]), None);
    let documents = range(&entries(&FILE)[10]);
    let mut without_documents = FILE.clone();
    without_documents.truncate(documents.start);
    let index = opened_then_changed(without_documents);
    let question = Question::about(TWINS[0], 3);
    assert!(matches!(answer(&Snapshot::of(&index), &question), Err(AnswerError::Damaged(_))));
    assert!(matches!(profile(&Snapshot::of(&index), TWINS[0]), Err(AnswerError::Damaged(_))));
}

#[test]
fn a_row_that_holds_no_profile_any_more_is_reported_as_damage() {
    let neighbours = range(entries(&FILE).last().unwrap());
    let nodes = range(&entries(&FILE)[2]);
    let ask = |file: Vec<u8>, n, distances| {
        let question = Question { distances, ..Question::about("103", n) };
        answer(&Snapshot::of(&opened_then_changed(file)), &question)
    };
    for ordinal in [PROFILES as u32, NONE - 1] {
        let mut file = FILE.clone();
        file[neighbours.clone()]
            .chunks_exact_mut(4)
            .for_each(|slot| slot.copy_from_slice(&ordinal.to_le_bytes()));
        for n in [1, K, K + 1, 1_000] {
            for distances in [false, true] {
                let answer = ask(file.clone(), n, distances);
                assert!(matches!(answer, Err(AnswerError::Damaged(_))), "{ordinal} {n} {answer:?}");
            }
        }
    }
    // Neighbours that have no vector any more.
    let mut file = FILE.clone();
    let own = Index::open(FILE.as_slice()).unwrap().find("103").unwrap().0 as usize;
    for (profile, node) in file[nodes].chunks_exact_mut(4).enumerate().filter(|(profile, _)| *profile != own)
    {
        assert!(profile < PROFILES);
        node.copy_from_slice(&NONE.to_le_bytes());
    }
    assert!(matches!(ask(file, K, true), Err(AnswerError::Damaged(_))));
    // Without rows the graph answers; what comes is an answer of the same profiles.
    let mut file = FILE.clone();
    file.truncate(neighbours.start);
    let answer = ask(file, K, true).unwrap();
    assert!(!answer.work.table);
    assert_eq!(answer.body, ask(FILE.clone(), K, true).unwrap().body);
}

#[test]
fn a_distance_that_is_no_number_any_more_is_reported_as_damage() {
    let vectors = range(&entries(&FILE)[1]);
    let mut file = FILE.clone();
    file[vectors].chunks_exact_mut(4).for_each(|number| number.copy_from_slice(&f32::NAN.to_le_bytes()));
    let index = opened_then_changed(file);
    let question = Question { how: SearchMode::Exact, distances: true, ..Question::about("103", 3) };
    assert!(matches!(answer(&Snapshot::of(&index), &question), Err(AnswerError::Damaged(_))));
}
