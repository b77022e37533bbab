//! Answers against a reference that is written out here: every profile compared with every other, sorted by
//! (distance, id).
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use index_support::build::{Recipe, document, index_file, line};
use index_support::pieces::Pieces;
use index_support::random::Random;
use kindred::distance::distance;
use kindred::file::Index;
use kindred::file::format::{NONE, SectionKind};
use kindred::query::{
    AnswerError, EXACT_UP_TO_NODES, MAX_EF, Question, SearchMode, Snapshot, answer, profile,
};
use serde_json::{Value, json};

/// What goes into an index, and what has to come out.
#[derive(Default)]
struct Reference {
    lines: String,
    /// By id: the document, and the unit vector where there is one.
    profiles: BTreeMap<String, (String, Option<Vec<f32>>)>,
}

impl Reference {
    fn of(profiles: impl IntoIterator<Item = (Value, Vec<f32>)>) -> Reference {
        let mut reference = Reference::default();
        profiles.into_iter().for_each(|(id, vector)| reference.add(&id, &vector));
        reference
    }

    fn add(&mut self, id: &Value, vector: &[f32]) {
        self.lines += &line(id, vector);
        let key = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        self.profiles.insert(key, (document(id), unit(vector)));
    }

    fn index(&self) -> Index<Vec<u8>> {
        Index::open(index_file(&Recipe::default(), &self.lines)).unwrap()
    }

    /// The others with a vector, nearest first. A `BTreeMap` gives ids bytewise, and sorting keeps that among equals.
    fn nearest(&self, id: &str) -> Vec<(f32, &str)> {
        let query = self.profiles[id].1.as_ref().unwrap();
        let others = self.profiles.iter().filter(|(other, _)| *other != id);
        let mut nearest: Vec<(f32, &str)> = others
            .filter_map(|(other, (document, vector))| Some((vector.as_ref()?, other, document)))
            .map(|(vector, _, document)| {
                // Profiles that share a vector are at distance 0, whatever rounding makes of it.
                (if vector == query { 0.0 } else { distance(query, vector) }, document.as_str())
            })
            .collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0));
        nearest
    }

    fn body(&self, id: &str, n: usize) -> String {
        let documents: Vec<&str> = self.nearest(id).into_iter().take(n).map(|(_, other)| other).collect();
        format!("[{}]", documents.join(","))
    }

    fn body_with_distances(&self, id: &str, n: usize) -> String {
        let items = self.nearest(id).into_iter().take(n).map(|(distance, document)| {
            format!(r#"{{"distance":{},"profile":{document}}}"#, serde_json::to_string(&distance).unwrap())
        });
        format!("[{}]", items.collect::<Vec<_>>().join(","))
    }
}

/// The vector divided by its length; none for zero.
fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    (length > 0.0).then(|| vector.iter().map(|&x| (f64::from(x) / length) as f32).collect())
}

fn ask(index: &Index<Vec<u8>>, id: &str, n: usize, mode: SearchMode, distances: bool) -> String {
    let answer =
        answer(&Snapshot::of(index), &Question { how: mode, distances, ..Question::about(id, n) }).unwrap();
    String::from_utf8(answer.body).unwrap()
}

fn refusal(index: &Index<Vec<u8>>, id: &str) -> AnswerError {
    answer(&Snapshot::of(index), &Question::about(id, 5)).unwrap_err()
}

/// All that an answer may be asked for, compared with the reference.
fn assert_as_reference(index: &Index<Vec<u8>>, reference: &Reference, id: &str, n: usize) {
    let (plain, with_distances) = (reference.body(id, n), reference.body_with_distances(id, n));
    // A graph that is asked for everything gives everything, or the rest comes from exact search.
    for mode in [SearchMode::Exact, SearchMode::Default, SearchMode::Ef(reference.profiles.len())] {
        assert_eq!(ask(index, id, n, mode, false), plain, "{id:?} {n} {mode:?}");
        assert_eq!(ask(index, id, n, mode, true), with_distances, "{id:?} {n} {mode:?}");
    }
}

#[test]
fn exact_answers_are_those_of_the_reference_to_the_byte() {
    let mut random = Random::new(21);
    for dimension in [1, 3, 16, 33, 100] {
        let count = 300;
        let reference = Reference::of((0..count).map(|i| (json!(i), random.vector(dimension))));
        let index = reference.index();
        for id in (0..count).step_by(23) {
            for n in [1, 2, 10, count - 1, count, 100_000] {
                assert_as_reference(&index, &reference, &id.to_string(), n);
            }
        }
    }
}

/// More nodes than are searched exactly, in clusters.
static LARGE: LazyLock<(Reference, Index<Vec<u8>>)> = LazyLock::new(|| {
    let vectors = Random::new(22).clustered(6_000, 16, 60);
    let reference = Reference::of(vectors.into_iter().enumerate().map(|(i, vector)| (json!(i), vector)));
    let index = reference.index();
    assert!(index.header().nodes > EXACT_UP_TO_NODES);
    (reference, index)
});

/// The documents and distances of an answer.
fn items(body: &str) -> Vec<(f32, String)> {
    let items: Vec<Value> = serde_json::from_str(body).unwrap();
    let distance = |item: &Value| item["distance"].to_string().parse().unwrap();
    items.iter().map(|item| (distance(item), item["profile"].to_string())).collect()
}

#[test]
fn graph_answers_find_the_true_nearest() {
    const K: usize = 10;
    let (reference, index) = &*LARGE;
    for mode in [SearchMode::Default, SearchMode::Ef(100)] {
        let (mut found, mut asked) = (0, 0);
        for id in (0..6_000).step_by(31).map(|id| id.to_string()) {
            let truth = reference.nearest(&id);
            let answer = items(&ask(index, &id, K, mode, true));
            assert_eq!(answer.len(), K);
            assert!(answer.is_sorted_by(|a, b| a.0 <= b.0), "nearest first");
            let own = document(&json!(id.parse::<u64>().unwrap()));
            assert!(answer.iter().all(|(_, other)| *other != own), "{id} is not in its own answer");
            found += answer.iter().filter(|(distance, _)| *distance <= truth[K - 1].0).count();
            asked += K;
            for (distance, other) in answer {
                assert!(truth.contains(&(distance, other.as_str())), "{id}: {distance} of {other}");
            }
        }
        assert!(found * 100 >= asked * 99, "{mode:?}: {found} of {asked}");
    }
}

#[test]
fn a_large_index_is_walked_unless_it_is_asked_to_be_exact() {
    let (reference, index) = &*LARGE;
    let work = |n, mode| {
        let question = Question { how: mode, ..Question::about("7", n) };
        answer(&Snapshot::of(index), &question).unwrap().work
    };
    let (walked, exact) = (work(10, SearchMode::Default), work(10, SearchMode::Exact));
    assert!(!walked.exact && walked.hops > 0 && walked.distances < 3_000, "{walked:?}");
    assert!(exact.exact && exact.distances == u64::from(index.header().nodes), "{exact:?}");
    let wider = work(10, SearchMode::Ef(MAX_EF));
    assert!(wider.distances > walked.distances && wider.hops > walked.hops, "{wider:?}");
    assert_eq!(ask(index, "7", 50, SearchMode::Exact, true), reference.body_with_distances("7", 50));
    // All there are, in the reference's order, though the graph is asked for them.
    assert_eq!(ask(index, "7", 9_999, SearchMode::Default, true), reference.body_with_distances("7", 9_999));
}

#[test]
fn what_the_graph_does_not_reach_comes_from_exact_search() {
    let mut random = Random::new(23);
    let reference = Reference::of((0..200).map(|i| (json!(i), random.vector(8))));
    let mut pieces = Pieces::of(reference.index().bytes());
    let slots = pieces.words(SectionKind::Level0).len();
    (0..slots).for_each(|slot| pieces.set(SectionKind::Level0, slot, NONE));
    let index = Index::open(pieces.assemble()).unwrap();
    // The walk finds where it starts, five nodes at most, and that is not enough.
    for n in [6, 10, 1_000] {
        let question = Question { how: SearchMode::Ef(64), distances: true, ..Question::about("17", n) };
        let answer = answer(&Snapshot::of(&index), &question).unwrap();
        assert_eq!(String::from_utf8(answer.body).unwrap(), reference.body_with_distances("17", n));
        assert!(answer.work.exact);
    }
}

/// Documents of some ids in bytewise order, but for one of them.
fn in_order(mut ids: Vec<String>, but: &str) -> Vec<String> {
    ids.retain(|id| id != but);
    ids.sort_unstable();
    ids.into_iter().map(|id| document(&json!(id))).collect()
}

#[test]
fn ten_thousand_identical_profiles_are_at_distance_0_in_the_order_of_ids() {
    let ids: Vec<String> = (0..10_000).map(|i| format!("p{i}")).collect();
    let index = Reference::of(ids.iter().map(|id| (json!(id), vec![0.3, -0.4, 0.5]))).index();
    assert_eq!((index.header().profiles, index.header().nodes), (10_000, 1));
    for (id, n) in [("p0", 10), ("p5000", 1_000), ("p9999", 20_000)] {
        let expected = in_order(ids.clone(), id);
        for mode in [SearchMode::Default, SearchMode::Exact, SearchMode::Ef(n)] {
            let answer = items(&ask(&index, id, n, mode, true));
            assert!(answer.iter().all(|&(distance, _)| distance == 0.0));
            let documents: Vec<&String> = answer.iter().map(|(_, document)| document).collect();
            assert_eq!(documents, expected.iter().take(n).collect::<Vec<_>>(), "{id} {n} {mode:?}");
        }
    }
}

#[test]
fn ten_thousand_multiples_of_one_vector_are_at_distance_0_in_the_order_of_ids() {
    let mut random = Random::new(24);
    let original = random.vector(24);
    let ids: Vec<String> = (0..10_000).map(|i| format!("p{i}")).collect();
    let scaled = |random: &mut Random| -> Vec<f32> {
        let factor = 0.001 + 500.0 * (1.0 + random.signed());
        original.iter().map(|component| component * factor).collect()
    };
    let mut reference = Reference::of(ids.iter().map(|id| (json!(id), scaled(&mut random))));
    reference.add(&json!("another"), &random.vector(24));
    let index = reference.index();
    assert_eq!((index.header().profiles, index.header().nodes), (10_001, 2));
    for (id, n) in [("p0", 10), ("p77", 1_000)] {
        let expected = in_order(ids.clone(), id);
        let answer = items(&ask(&index, id, n, SearchMode::Default, true));
        assert!(answer.iter().all(|&(distance, _)| distance == 0.0));
        assert!(answer.iter().map(|(_, document)| document).eq(expected.iter().take(n)));
    }
    // From elsewhere they are all at one distance, and in the same order.
    let answer = items(&ask(&index, "another", 500, SearchMode::Default, true));
    assert!(answer[0].0 > 0.0 && answer.iter().all(|&(distance, _)| distance == answer[0].0));
    assert!(answer.iter().map(|(_, document)| document).eq(in_order(ids, "another").iter().take(500)));
    let last = items(&ask(&index, "p3", 10_000, SearchMode::Ef(1), true)).pop().unwrap();
    assert_eq!(last.1, document(&json!("another")), "the only one that is not the same comes last");
}

#[test]
fn equal_distances_are_in_the_order_of_ids() {
    // All vectors of -1, 0 and 1 in four dimensions: many angles come many times, and 0 has none.
    let digit = |number: usize, place: u32| (number / 3usize.pow(place) % 3) as f32 - 1.0;
    let reference = Reference::of((0..81).map(|i| (json!(i), (0..4).map(|place| digit(i, place)).collect())));
    let index = reference.index();
    for id in (0..81).filter(|&id| id != 40).map(|id: i32| id.to_string()) {
        let ties = reference.nearest(&id).windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
        assert!(ties > 20, "{id}: {ties}");
        for n in [1, 7, 40, 80] {
            assert_as_reference(&index, &reference, &id, n);
        }
    }
    assert_eq!(refusal(&index, "40"), AnswerError::ZeroVector);
}

#[test]
fn integers_are_ordered_as_their_text_and_come_back_as_integers() {
    let ids = [json!(7), json!(10), json!("9"), json!(-1), json!(u64::MAX), json!("07"), json!(i64::MIN)];
    let reference = Reference::of(ids.map(|id| (id, vec![1.0, 2.0])));
    let index = reference.index();
    let answer: Vec<Value> =
        serde_json::from_str(&ask(&index, "07", 10, SearchMode::Default, false)).unwrap();
    let ids: Vec<String> = answer.iter().map(|document| document["_id"].to_string()).collect();
    let expected = ["-1", "-9223372036854775808", "10", "18446744073709551615", "7", "\"9\""];
    assert_eq!(ids, expected);
    assert_as_reference(&index, &reference, "7", 10);
}

#[test]
fn ids_of_any_text_are_found_and_no_others() {
    let longest = "é".repeat(256);
    let ids = [
        "/",
        "a/b",
        "a%2Fb",
        "a b",
        "a+b",
        "?",
        "#",
        ".",
        "..",
        "\u{a0}\u{ad}",
        "👩‍👩‍👧",
        "\"",
        "\\",
        "[]",
        &longest,
    ];
    let mut random = Random::new(25);
    let reference = Reference::of(ids.map(|id| (json!(id), random.vector(5))));
    let index = reference.index();
    for id in ids {
        assert_as_reference(&index, &reference, id, 4);
        assert_eq!(profile(&Snapshot::of(&index), id).unwrap(), document(&json!(id)).as_bytes());
    }
    for unknown in ["", "a", "A/B", "a/b ", "é", "👩", &longest[2..], &format!("{longest}é"), "~"] {
        assert_eq!(index.find(unknown), None, "{unknown:?}");
        assert_eq!(refusal(&index, unknown), AnswerError::UnknownId);
        assert_eq!(profile(&Snapshot::of(&index), unknown), Err(AnswerError::UnknownId));
    }
}

#[test]
fn one_profile_has_no_others() {
    let index = Reference::of([(json!("only"), vec![1.0, 2.0])]).index();
    for mode in [SearchMode::Default, SearchMode::Ef(10), SearchMode::Exact] {
        assert_eq!(ask(&index, "only", 10, mode, true), "[]");
    }
    assert_eq!(profile(&Snapshot::of(&index), "only").unwrap(), document(&json!("only")).as_bytes());
}

#[test]
fn zero_vectors_have_a_document_and_are_never_recommended() {
    let mut random = Random::new(26);
    let vector = |i: i32, random: &mut Random| if i % 3 == 0 { vec![0.0; 6] } else { random.vector(6) };
    let reference = Reference::of((0..90).map(|i| (json!(i), vector(i, &mut random))));
    let index = reference.index();
    assert_eq!((index.header().profiles, index.header().nodes), (90, 60));
    assert_as_reference(&index, &reference, "1", 1_000);
    assert_eq!(refusal(&index, "3"), AnswerError::ZeroVector);
    assert_eq!(profile(&Snapshot::of(&index), "3").unwrap(), document(&json!(3)).as_bytes());
}

#[test]
fn an_index_of_zero_vectors_alone_is_valid() {
    let index = Reference::of((0..5).map(|i| (json!(i), vec![0.0, -0.0]))).index();
    assert_eq!((index.header().profiles, index.header().nodes), (5, 0));
    for id in ["0", "4"] {
        assert_eq!(refusal(&index, id), AnswerError::ZeroVector);
        assert!(profile(&Snapshot::of(&index), id).is_ok());
    }
    assert_eq!(refusal(&index, "5"), AnswerError::UnknownId);
}

#[test]
fn distances_are_the_shortest_text_that_reads_back_as_the_same_single() {
    let mut random = Random::new(27);
    // From far apart to nearly the same, so that distances of all sizes come.
    let near = |i: i32, random: &mut Random| -> Vec<f32> {
        let spread = 0.5f32.powi(i % 24);
        (0..8).map(|_| 1.0 + spread * random.signed()).collect()
    };
    let index = Reference::of((0..500).map(|i| (json!(i), near(i, &mut random)))).index();
    let body =
        ask(&index, "0", 499, SearchMode::Exact, true) + &ask(&index, "23", 499, SearchMode::Exact, true);
    let texts: Vec<&str> =
        body.split("\"distance\":").skip(1).map(|rest| rest.split(',').next().unwrap()).collect();
    assert_eq!(texts.len(), 998);
    for text in &texts {
        let number: f32 = text.parse().unwrap();
        let digits = |text: &str| {
            let mantissa = text.split('e').next().unwrap().replace('.', "");
            mantissa.trim_matches('0').to_owned()
        };
        // The standard library prints the fewest digits that read back as the same number.
        assert_eq!(digits(text), digits(&format!("{number:e}")), "{text}");
    }
    assert!(texts.iter().any(|text| text.contains('e')), "small ones have an exponent");
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let vectors = Random::new(28).clustered(1_000, 16, 20);
    // Some share a vector, and some have none.
    let vector = |i: usize| if i.is_multiple_of(50) { vec![0.0; 16] } else { vectors[i % 900].clone() };
    let lines: String = (0..1_000).map(|i| line(&json!(i), &vector(i))).collect();
    let recipe = Recipe { m: 5, ef_construction: 40, seed: 9 };
    let on_threads = |count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| index_file(&recipe, &lines))
    };
    let file = on_threads(1);
    for threads in [1, 2, 3, 8] {
        assert!(on_threads(threads) == file, "{threads} threads");
    }
    let other = index_file(&Recipe { seed: 10, ..recipe }, &lines);
    assert!(other != file, "the seed matters");
}
