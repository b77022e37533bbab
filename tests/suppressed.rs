//! Answers without the profiles that are suppressed or excluded, against an index that never had them; and which questions
//! need a search.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use std::collections::BTreeSet;

use index_support::build::{Recipe, index_file, line};
use index_support::pieces::Pieces;
use index_support::random::Random;
use index_support::table;
use kindred::directory::SuppressedIds;
use kindred::file::Index;
use kindred::query::{
    Answer, AnswerError, EXACT_UP_TO_NODES, Plan, Question, SearchMode, Snapshot, Suppressed, answer,
    can_answer, has_profile, nearest, plan, profile,
};
use kindred::search::graph::Node;
use serde_json::{Value, json};

type Profiles = Vec<(u64, Vec<f32>)>;

fn lines(profiles: &Profiles, without: &BTreeSet<u64>) -> String {
    let kept = profiles.iter().filter(|(id, _)| !without.contains(id));
    kept.map(|(id, vector)| line(&json!(id), vector)).collect()
}

fn index(profiles: &Profiles, without: &BTreeSet<u64>) -> Index<Vec<u8>> {
    Index::open(index_file(&Recipe::default(), &lines(profiles, without))).unwrap()
}

fn with_table(profiles: &Profiles, k: usize) -> Index<Vec<u8>> {
    let mut pieces = Pieces::of(index(profiles, &BTreeSet::new()).bytes());
    let rows = table::rows(&mut pieces, k);
    table::add(&mut pieces, k, "exact", &rows);
    Index::open(pieces.assemble()).unwrap()
}

fn suppressed(index: &Index<Vec<u8>>, ids: &BTreeSet<u64>) -> Suppressed {
    let ids = ids.iter().map(|id| id.to_string().into_bytes()).collect();
    Suppressed::in_index(&index.view(), &SuppressedIds(ids))
}

fn question(id: &str, n: usize, how: SearchMode) -> Question<'_> {
    Question { how, distances: true, ..Question::about(id, n) }
}

fn text_of(answer: Result<Answer, AnswerError>) -> Result<String, AnswerError> {
    answer.map(|answer| String::from_utf8(answer.body).unwrap())
}

fn ids_of(body: &[u8]) -> Vec<u64> {
    let items: Vec<Value> = serde_json::from_slice(body).unwrap();
    items.iter().map(|item| item["profile"]["_id"].as_u64().unwrap()).collect()
}

/// Some profiles in a plane, several of them at the same place, and one zero vector.
fn profiles(count: u64) -> Profiles {
    let mut random = Random::new(77);
    let mut profiles: Profiles = (0..count).map(|id| (id, random.vector(6))).collect();
    for twin in 1..6 {
        profiles[twin].1 = profiles[0].1.clone();
    }
    profiles[9].1 = vec![0.0; 6];
    profiles
}

#[test]
fn answers_are_those_of_an_index_that_never_had_the_suppressed() {
    let all = profiles(120);
    let (plain, tabled) = (index(&all, &BTreeSet::new()), with_table(&all, 12));
    for gone in [
        BTreeSet::from([0]),
        BTreeSet::from([3, 9, 40, 41, 119]),
        (0..120).filter(|id| id % 3 == 1).collect(),
        (20..120).collect(),
    ] {
        let reference = index(&all, &gone);
        for file in [&plain, &tabled] {
            let hidden = suppressed(file, &gone);
            let snapshot = Snapshot::hiding(file, &hidden);
            assert_eq!(hidden.len(), gone.len());
            for (id, _) in &all {
                let text = id.to_string();
                if gone.contains(id) {
                    let asked = question(&text, 5, SearchMode::Default);
                    assert_eq!(answer(&snapshot, &asked), Err(AnswerError::UnknownId));
                    assert_eq!(can_answer(&snapshot, &asked), Err(AnswerError::UnknownId));
                    assert_eq!(profile(&snapshot, &text), Err(AnswerError::UnknownId));
                    assert_eq!(has_profile(&snapshot, &text), Err(AnswerError::UnknownId));
                    continue;
                }
                assert!(profile(&snapshot, &text).is_ok());
                let questions = [1, 7, 12, 13, 50, 1000].into_iter().flat_map(|n| {
                    [SearchMode::Default, SearchMode::Exact, SearchMode::Ef(120)].map(|mode| (n, mode))
                });
                for (n, mode) in questions {
                    let asked = question(&text, n, mode);
                    let expected = answer(&Snapshot::of(&reference), &question(&text, n, SearchMode::Exact));
                    let answer = answer(&snapshot, &asked);
                    assert_eq!(text_of(answer), text_of(expected), "{text} {n} {mode:?}");
                }
            }
        }
    }
}

#[test]
fn a_table_answers_alone_for_as_long_as_enough_of_its_row_may_be_seen() {
    let all = profiles(120);
    let file = with_table(&all, 12);
    let whole = Snapshot::of(&file);
    let nearest = ids_of(&answer(&whole, &question("50", 12, SearchMode::Default)).unwrap().body);
    for (gone, n, alone) in [(0, 12, true), (0, 13, false), (1, 11, true), (1, 12, false), (12, 1, false)] {
        let hidden = suppressed(&file, &nearest[..gone].iter().copied().collect());
        let snapshot = Snapshot::hiding(&file, &hidden);
        let asked = question("50", n, SearchMode::Default);
        assert_eq!(is_ready(&snapshot, &asked), alone, "{gone} {n}");
        let answer = answer(&snapshot, &asked).unwrap();
        assert_eq!(ids_of(&answer.body).len(), n);
        assert_eq!(answer.work.table && !answer.work.exact && answer.work.hops == 0, alone, "{gone} {n}");
    }
}

/// Whether a question is answered without a search.
fn is_ready(snapshot: &Snapshot<'_, Vec<u8>>, question: &Question<'_>) -> bool {
    matches!(plan(snapshot, question).unwrap(), Plan::Ready(_))
}

#[test]
fn only_the_usual_search_for_a_profile_with_a_long_row_is_none() {
    let all = profiles(120);
    let (plain, tabled) = (index(&all, &BTreeSet::new()), with_table(&all, 12));
    let (plain, tabled) = (Snapshot::of(&plain), Snapshot::of(&tabled));
    for distances in [false, true] {
        let ask =
            |snapshot, n, how| is_ready(snapshot, &Question { how, distances, ..Question::about("50", n) });
        assert!(ask(&tabled, 1, SearchMode::Default) && ask(&tabled, 12, SearchMode::Default));
        assert!(!ask(&tabled, 13, SearchMode::Default), "the row has 12");
        assert!(!ask(&tabled, usize::MAX, SearchMode::Default));
        assert!(!ask(&tabled, 1, SearchMode::Ef(64)) && !ask(&tabled, 1, SearchMode::Exact));
        assert!(!ask(&plain, 1, SearchMode::Default), "there is no table");
    }
    let vector = tabled.base().view().vector_of(Node(0)).to_vec();
    assert!(!is_ready(&tabled, &Question::about(&vector, 1)), "there is no table for vectors");
    for how in [SearchMode::Default, SearchMode::Ef(64), SearchMode::Exact] {
        let refused = |question| {
            let question = Question { how, ..question };
            assert_eq!(plan(&tabled, &question).err(), can_answer(&tabled, &question).err());
            plan(&tabled, &question).err()
        };
        assert_eq!(refused(Question::about("nobody", 5)), Some(AnswerError::UnknownId));
        assert_eq!(refused(Question::about("9", 5)), Some(AnswerError::ZeroVector), "before a search");
        assert_eq!(refused(Question::about(&[0.0; 6][..], 5)), Some(AnswerError::ZeroVector));
        let other = AnswerError::OtherDimension { dimension: 6, found: 2 };
        assert_eq!(refused(Question::about(&[1.0, 0.0][..], 5)), Some(other));
        assert_eq!(refused(Question::about("50", 5)), None);
    }
}

#[test]
fn a_row_of_just_as_many_as_may_be_seen_is_all_there_is() {
    let few = profiles(10);
    let index = with_table(&few, 9);
    let hidden = suppressed(&index, &BTreeSet::from([3, 4]));
    let snapshot = Snapshot::hiding(&index, &hidden);
    // Besides itself, those that are suppressed and the zero vector.
    for n in [6, 7, 9, 10, 1_000, usize::MAX] {
        let asked = question("6", n, SearchMode::Default);
        assert!(is_ready(&snapshot, &asked), "{n}");
        assert_eq!(ids_of(&answer(&snapshot, &asked).unwrap().body).len(), 6, "{n}");
    }
    let exclude = snapshot.excluding(["0", "1", "2", "5", "7", "8"]);
    let nobody = Question { exclude, ..question("6", 5, SearchMode::Default) };
    assert_eq!(answer(&snapshot, &nobody).unwrap().body, b"[]");
}

#[test]
fn an_excluded_profile_may_be_asked_about_and_a_suppressed_one_not() {
    let all = profiles(120);
    for file in [index(&all, &BTreeSet::new()), with_table(&all, 12)] {
        let hidden = suppressed(&file, &BTreeSet::from([41]));
        let snapshot = Snapshot::hiding(&file, &hidden);
        let exclude = snapshot.excluding(["40", "41", "42", "42", "nobody"]);
        assert_eq!(exclude.len(), 2, "one of them is suppressed");
        let gone = suppressed(&file, &BTreeSet::from([40, 41, 42]));
        let without = Snapshot::hiding(&file, &gone);
        for how in [SearchMode::Default, SearchMode::Ef(120), SearchMode::Exact] {
            for n in [1, 5, 12, 13, 200] {
                let ask = |id| Question { exclude: exclude.clone(), ..question(id, n, how) };
                let answer_of = |id| answer(&snapshot, &ask(id));
                assert_eq!(answer_of("41"), Err(AnswerError::UnknownId));
                assert_eq!(can_answer(&snapshot, &ask("41")), Err(AnswerError::UnknownId));
                let about_excluded = ids_of(&answer_of("40").unwrap().body);
                assert_eq!(about_excluded.len(), n.min(116), "all with a vector but 40, 41 and 42");
                assert!(about_excluded.iter().all(|id| ![40, 41, 42].contains(id)));
                let expected = answer(&without, &question("50", n, how));
                assert_eq!(text_of(answer_of("50")), text_of(expected), "{n} {how:?}");
            }
        }
    }
}

#[test]
fn a_search_may_take_place_on_another_thread() {
    fn is_sent<T: Send + 'static>(value: T) -> T {
        value
    }
    let all = profiles(120);
    let file = with_table(&all, 3);
    let hidden = suppressed(&file, &BTreeSet::from([7]));
    let snapshot = Snapshot::hiding(&file, &hidden);
    let vector = file.view().vector_of(Node(5)).to_vec();
    for how in [SearchMode::Default, SearchMode::Ef(50), SearchMode::Exact] {
        for about in [question("50", 20, how), Question { how, ..Question::about(&vector, 20) }] {
            let asked = Question { exclude: snapshot.excluding(["8"]), ..about };
            let Plan::Search(pending) = plan(&snapshot, &asked).unwrap() else { panic!("{asked:?}") };
            let pending = is_sent(pending);
            let searched = std::thread::scope(|scope| {
                scope.spawn(|| pending.search(&Snapshot::hiding(&file, &hidden))).join()
            });
            assert_eq!(searched.unwrap().unwrap(), answer(&snapshot, &asked).unwrap());
        }
    }
}

#[test]
fn a_walk_that_finds_the_suppressed_goes_on_until_there_are_enough() {
    let mut random = Random::new(78);
    let vectors = random.clustered(6_000, 8, 40);
    let all: Profiles = (0..).zip(vectors).collect();
    let file = index(&all, &BTreeSet::new());
    assert!(file.header().nodes > EXACT_UP_TO_NODES);
    for id in ["17", "4711"] {
        let whole = answer(&Snapshot::of(&file), &question(id, 3_000, SearchMode::Exact));
        let order = ids_of(&whole.unwrap().body);
        for gone in [1, 10, 200, 2_000] {
            let hidden = suppressed(&file, &order[..gone].iter().copied().collect());
            let snapshot = Snapshot::hiding(&file, &hidden);
            let exact = answer(&snapshot, &question(id, 10, SearchMode::Exact)).unwrap();
            assert_eq!(ids_of(&exact.body), order[gone..gone + 10]);
            let walked = answer(&snapshot, &question(id, 10, SearchMode::Default)).unwrap();
            let found = ids_of(&walked.body);
            assert_eq!(found.len(), 10);
            assert!(found.iter().all(|found| !order[..gone].contains(found)), "{id} {gone}: {found:?}");
            let right = found.iter().filter(|found| order[gone..gone + 10].contains(found)).count();
            assert!(right >= 9, "{id} {gone}: {right} of 10");
        }
    }
}

#[test]
fn ids_that_the_index_does_not_have_suppress_nobody() {
    let file = index(&profiles(20), &BTreeSet::new());
    let ids = SuppressedIds([&b"nobody"[..], b"\xff", b"021", b"20"].map(<[u8]>::to_vec).into());
    let hidden = Suppressed::in_index(&file.view(), &ids);
    assert!(hidden.is_empty());
    assert_eq!(hidden, Suppressed::NOBODY);
    let one = suppressed(&file, &BTreeSet::from([1]));
    let other = suppressed(&file, &BTreeSet::from([2]));
    assert!(one.fingerprint() != other.fingerprint() && one.fingerprint() != hidden.fingerprint());
}

#[test]
fn the_profiles_of_an_answer_are_given_without_their_documents() {
    let profiles = profiles(200);
    for index in [index(&profiles, &BTreeSet::new()), with_table(&profiles, 3), with_table(&profiles, 40)] {
        for out in [BTreeSet::new(), BTreeSet::from([2, 3, 50, 120])] {
            let suppressed = suppressed(&index, &out);
            let snapshot = Snapshot::hiding(&index, &suppressed);
            for (id, vector) in profiles.iter().step_by(7) {
                let id = id.to_string();
                for n in [1, 3, 10, 500] {
                    let asked = question(&id, n, SearchMode::Default);
                    let ids = nearest(&snapshot, &asked).map(|keys| {
                        let ordinals = keys.into_iter().map(|key| key.ordinal().unwrap());
                        let ids = ordinals.map(|it| std::str::from_utf8(index.id(it).unwrap()).unwrap());
                        ids.map(|id| id.parse().unwrap()).collect::<Vec<u64>>()
                    });
                    let answer = answer(&snapshot, &asked);
                    if answer.is_err() {
                        assert!(out.contains(&id.parse().unwrap()) || vector.iter().all(|&x| x == 0.0));
                    }
                    assert_eq!(ids, answer.map(|answer| ids_of(&answer.body)), "{id} {n}");
                }
            }
        }
    }
}
