//! Answers without the profiles that are suppressed, against an index that never had them.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use std::collections::BTreeSet;

use index_support::build::{Recipe, index_file, line};
use index_support::pieces::Pieces;
use index_support::random::Random;
use index_support::table;
use kindred::directory::SuppressedIds;
use kindred::file::Index;
use kindred::query::Suppressed;
use kindred::query::{
    Answer, AnswerError, EXACT_UP_TO_NODES, RecommendRequest, SearchMode, can_recommend, from_table,
    has_profile, nearest_profiles, profile, recommend, recommend_without,
};
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

fn request(id: &str, n: usize, mode: SearchMode) -> RecommendRequest<'_> {
    RecommendRequest { id, n, mode, distances: true }
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
            assert_eq!(hidden.len(), gone.len());
            for (id, _) in &all {
                let text = id.to_string();
                if gone.contains(id) {
                    let asked = request(&text, 5, SearchMode::Default);
                    assert_eq!(recommend_without(file, &hidden, &asked), Err(AnswerError::UnknownId));
                    assert_eq!(can_recommend(file, &hidden, &text), Err(AnswerError::UnknownId));
                    assert_eq!(profile(file, &hidden, &text), Err(AnswerError::UnknownId));
                    assert_eq!(has_profile(file, &hidden, &text), Err(AnswerError::UnknownId));
                    continue;
                }
                assert!(profile(file, &hidden, &text).is_ok());
                let questions = [1, 7, 12, 13, 50, 1000].into_iter().flat_map(|n| {
                    [SearchMode::Default, SearchMode::Exact, SearchMode::Ef(120)].map(|mode| (n, mode))
                });
                for (n, mode) in questions {
                    let asked = request(&text, n, mode);
                    let expected = recommend(&reference, &request(&text, n, SearchMode::Exact));
                    let answer = recommend_without(file, &hidden, &asked);
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
    let nearest = ids_of(&recommend(&file, &request("50", 12, SearchMode::Default)).unwrap().body);
    for (gone, n, alone) in [(0, 12, true), (0, 13, false), (1, 11, true), (1, 12, false), (12, 1, false)] {
        let hidden = suppressed(&file, &nearest[..gone].iter().copied().collect());
        let asked = request("50", n, SearchMode::Default);
        assert_eq!(from_table(&file, &hidden, &asked).unwrap().is_some(), alone, "{gone} {n}");
        let answer = recommend_without(&file, &hidden, &asked).unwrap();
        assert_eq!(ids_of(&answer.body).len(), n);
        assert_eq!(answer.work.table && !answer.work.exact && answer.work.hops == 0, alone, "{gone} {n}");
    }
    let ask = |id, mode| from_table(&file, &Suppressed::NOBODY, &request(id, 5, mode));
    assert_eq!(ask("50", SearchMode::Ef(64)), Ok(None));
    assert_eq!(ask("nobody", SearchMode::Default), Err(AnswerError::UnknownId));
}

#[test]
fn a_walk_that_finds_the_suppressed_goes_on_until_there_are_enough() {
    let mut random = Random::new(78);
    let vectors = random.clustered(6_000, 8, 40);
    let all: Profiles = (0..).zip(vectors).collect();
    let file = index(&all, &BTreeSet::new());
    assert!(file.header().nodes > EXACT_UP_TO_NODES);
    for id in ["17", "4711"] {
        let order = ids_of(&recommend(&file, &request(id, 3_000, SearchMode::Exact)).unwrap().body);
        for gone in [1, 10, 200, 2_000] {
            let hidden = suppressed(&file, &order[..gone].iter().copied().collect());
            let exact = recommend_without(&file, &hidden, &request(id, 10, SearchMode::Exact)).unwrap();
            assert_eq!(ids_of(&exact.body), order[gone..gone + 10]);
            let walked = recommend_without(&file, &hidden, &request(id, 10, SearchMode::Default)).unwrap();
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
            for (id, vector) in profiles.iter().step_by(7) {
                let id = id.to_string();
                let ordinal = index.find(&id).unwrap();
                for n in [1, 3, 10, 500] {
                    let nearest = nearest_profiles(&index, &suppressed, ordinal, n).unwrap();
                    let ids: Vec<u64> = nearest
                        .iter()
                        .map(|&nearest| String::from_utf8(index.id(nearest).unwrap().to_vec()).unwrap())
                        .map(|id| id.parse().unwrap())
                        .collect();
                    match recommend_without(&index, &suppressed, &request(&id, n, SearchMode::Default)) {
                        Ok(answer) => assert_eq!(ids, ids_of(&answer.body), "{id} {n}"),
                        Err(_) => {
                            assert!(out.contains(&id.parse().unwrap()) || vector.iter().all(|&x| x == 0.0));
                            assert!(ids.is_empty(), "{id} {n}: {ids:?}");
                        }
                    }
                }
            }
        }
    }
}
