//! Looking around in an index: by prefix, at random, and the distance of two profiles, against references written out
//! here.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use std::collections::{BTreeMap, BTreeSet};

use index_support::build::{Recipe, document, index_file, line};
use index_support::random::Random;
use kindred::answer::{
    AnswerError, RecommendRequest, SearchMode, distance_between, profiles_with_prefix, random_profile,
    recommend,
};
use kindred::index::{Index, Suppressed, SuppressedIds};
use serde_json::{Value, json};

/// Ids that sort otherwise than people, numbers or UTF-16 do, 150 of them with one prefix.
fn ids() -> Vec<Value> {
    let odd = ["", "A", "a", "aa", "ab", "a\u{301}", "é", "\u{e9}e", "~", "\u{ff5e}", "😀", "😀b", "!"];
    let odd = odd.into_iter().filter(|id| !id.is_empty()).map(Value::from);
    let numbers = (0..150).map(|number: u64| json!(1000 + number * 7));
    odd.chain(numbers).collect()
}

fn key(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The index, and the documents by id. A `BTreeMap` has them bytewise.
fn index() -> (Index<Vec<u8>>, BTreeMap<String, String>) {
    let mut random = Random(5);
    let lines: String = ids().iter().map(|id| line(id, &random.vector(4))).collect();
    let lines = lines + &line(&json!("zero"), &[0.0; 4]);
    let mut documents: BTreeMap<String, String> = ids().iter().map(|id| (key(id), document(id))).collect();
    documents.insert("zero".to_owned(), document(&json!("zero")));
    (Index::open(index_file(&Recipe::default(), &lines)).unwrap(), documents)
}

fn suppressing(index: &Index<Vec<u8>>, ids: &BTreeSet<String>) -> Suppressed {
    let ids = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
    Suppressed::in_index(&index.view(), &SuppressedIds(ids))
}

/// Nobody, a few at the edges of prefixes, and everybody but two.
fn suppressed_sets(documents: &BTreeMap<String, String>) -> Vec<BTreeSet<String>> {
    let edges = ["1000", "1007", "2043", "a", "aa", "😀b", "zero"].map(str::to_owned);
    let all_but_two = documents.keys().filter(|id| !["1084", "é"].contains(&id.as_str()));
    vec![BTreeSet::new(), edges.into(), all_but_two.cloned().collect(), documents.keys().cloned().collect()]
}

#[test]
fn a_prefix_gives_the_first_that_begin_with_it_by_bytes() {
    let (index, documents) = index();
    for left_out in suppressed_sets(&documents) {
        let suppressed = suppressing(&index, &left_out);
        for prefix in [
            "",
            "1",
            "10",
            "1084",
            "1084x",
            "2",
            "3",
            "A",
            "a",
            "aa",
            "ab",
            "é",
            "e",
            "😀",
            "~",
            "\u{10ffff}",
        ] {
            let seen = documents.iter().filter(|(id, _)| !left_out.contains(*id));
            let expected: Vec<&str> = seen
                .filter(|(id, _)| id.starts_with(prefix))
                .map(|(_, document)| document.as_str())
                .collect();
            for limit in [1, 2, 10, 100, 1000] {
                let body = profiles_with_prefix(&index, &suppressed, prefix, limit).unwrap();
                let expected = &expected[..limit.min(expected.len())];
                assert_eq!(
                    String::from_utf8(body).unwrap(),
                    format!("[{}]", expected.join(",")),
                    "{prefix:?} {limit} without {}",
                    left_out.len()
                );
            }
        }
    }
}

#[test]
fn evenly_spaced_numbers_give_every_profile_that_may_be_seen_equally_often() {
    let (index, documents) = index();
    for left_out in suppressed_sets(&documents) {
        let suppressed = suppressing(&index, &left_out);
        let visible: Vec<&String> = documents
            .iter()
            .filter(|(id, _)| !left_out.contains(*id))
            .map(|(_, document)| document)
            .collect();
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let rounds = 3 * visible.len() as u64;
        for round in 0..rounds {
            // The middle of each part of the range.
            let random = (u128::from(2 * round + 1) << 63) / u128::from(rounds);
            let document = random_profile(&index, &suppressed, random as u64).unwrap().unwrap();
            *counts.entry(String::from_utf8(document).unwrap()).or_default() += 1;
        }
        assert_eq!(counts, visible.iter().map(|&document| (document.clone(), 3)).collect());
        for random in [0, u64::MAX] {
            assert_eq!(random_profile(&index, &suppressed, random).unwrap().is_some(), !visible.is_empty());
        }
    }
}

#[test]
fn the_distance_of_two_is_the_text_that_recommendations_show() {
    let (index, documents) = index();
    let distance = |from: &str, to: &str| distance_between(&index, &Suppressed::NOBODY, from, to);
    for from in ["1000", "a", "é"] {
        let request =
            RecommendRequest { id: from, n: documents.len(), mode: SearchMode::Exact, distances: true };
        let body = String::from_utf8(recommend(&index, &request).unwrap().body).unwrap();
        for to in documents.keys().filter(|to| *to != from && *to != "zero") {
            let answer = String::from_utf8(distance(from, to).unwrap().unwrap()).unwrap();
            let shown = format!("{},\"profile\":{}}}", answer.strip_suffix('}').unwrap(), documents[to]);
            assert!(body.contains(&shown), "{shown} is not what recommendations to {from} show");
        }
        assert_eq!(distance(from, from).unwrap().unwrap(), br#"{"distance":0.0}"#);
    }
}

#[test]
fn who_is_to_blame_for_no_distance_is_told() {
    let (index, _) = index();
    let suppressed = suppressing(&index, &["aa".to_owned()].into());
    let ask = |from, to| distance_between(&index, &suppressed, from, to);
    for unknown in ["nobody", "aa", ""] {
        assert_eq!(ask(unknown, "a"), Err(AnswerError::UnknownId), "{unknown:?}");
        assert_eq!(ask("a", unknown), Ok(Err(AnswerError::UnknownId)), "{unknown:?}");
    }
    assert_eq!(ask("zero", "nobody"), Err(AnswerError::ZeroVector));
    assert_eq!(ask("a", "zero"), Ok(Err(AnswerError::ZeroVector)));
}
