//! What may be wrong with a vector, what is not wrong although it looks so, and the gates.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, Value, ids, json, numbered};
use kindred::random::SplitMix64;

/// A line with an id and a vector as it is written.
fn line(id: impl std::fmt::Display, vector: &str) -> String {
    format!("{{\"_id\":\"{id}\",\"v\":{vector}}}\n")
}

fn place_of(lines: impl IntoIterator<Item = String>) -> Place {
    let place = Place::empty();
    place.write("profiles.jsonl", lines.into_iter().collect::<String>());
    place
}

#[test]
fn one_profile_is_an_index_and_its_recommendations_are_an_empty_list() {
    for flags in [&["--vectorizer", "field:v"][..], &[]] {
        let place = Place::with_vectors(1);
        place.build(flags).done();
        assert_eq!(place.try_query(1, &[], "p0", "10").done(), "[]");
        assert_eq!(place.try_query(1, &["--exact", "--distances"], "p0", "10").done(), "[]");
        assert_eq!(place.try_query(1, &["--ef", "10"], "p0", "10").done(), "[]");
    }
}

#[test]
fn a_vector_that_cannot_be_used_is_skipped_and_counted() {
    let bad = ["[1,2]", "[1,2,3,4]", "[]", "[1,NaN,3]", "[1,2,Infinity]", "[-Infinity,2,3]", "[1,2,1e999]"];
    let none = ["null", "\"text\"", "[1,null,3]", "[1,\"2\",3]", "{\"a\":1}", "7", "[[1],[2],[3]]"];
    let good = (0..3).map(|n| line(format!("good{n}"), &format!("[{n},1,2]")));
    let bad = bad.iter().chain(&none).enumerate().map(|(n, vector)| line(format!("bad{n}"), vector));
    let place = place_of(good.chain(bad).chain(["{\"_id\":\"bare\"}\n".to_owned()]));
    let summary = place.build_vectors(&["--max-skipped", "1"]);
    assert_eq!((&summary["profiles"], &summary["dimension"]), (&json!(3), &json!(3)));
    assert_eq!(
        summary["skipped"],
        json!({
            "vector of another length": 3, "vector not finite": 4, "vector missing": 2,
            "vector not a list of numbers": 6,
        })
    );
    assert_eq!(ids(&place.query(&[], "good0", "100")).len(), 2);
}

#[test]
fn numbers_that_are_too_large_for_single_precision_are_not_finite() {
    let place = place_of([line("a", "[1,2]"), line("b", "[2,1]"), line("c", "[1e39,1]")]);
    let summary = place.build_vectors(&["--max-skipped", "1"]);
    assert_eq!(summary["skipped"], json!({"vector not finite": 1}));
}

#[test]
fn vectors_have_the_dimension_that_is_asked_for_or_the_most_frequent_one() {
    let lines = || [line("a", "[1,2]"), line("b", "[2,1]"), line("c", "[1,2,3]")];
    let summary = place_of(lines()).build_vectors(&["--max-skipped", "1"]);
    assert_eq!((&summary["dimension"], &summary["profiles"]), (&json!(2), &json!(2)));
    let summary = place_of(lines()).build_vectors(&["--max-skipped", "1", "--dimension", "3"]);
    assert_eq!((&summary["dimension"], &summary["profiles"]), (&json!(3), &json!(1)));
    let place = place_of(lines());
    place
        .build(&["--vectorizer", "field:v", "--max-skipped", "1", "--dimension", "5"])
        .fails(1, &["no profile has a vector", "3 x vector of another length: a, b, c"]);
    place.assert_nothing_published();
    let summary = place_of(lines()).build(&["--dimension", "17", "--json"]).json();
    assert_eq!(summary["dimension"], 17, "of hashed vectors too");
}

#[test]
fn a_field_that_no_profile_has_gives_no_vectors() {
    let place = Place::with_vectors(3);
    place
        .build(&["--vectorizer", "field:w", "--max-skipped", "1"])
        .fails(1, &["no record can be used: 3 records read", "3 x vector missing: p0, p1, p2"]);
    place.assert_nothing_published();
}

#[test]
fn a_zero_vector_is_kept_but_neither_recommended_nor_compared() {
    let place = place_of([line("a", "[1,2]"), line("zero", "[0,-0.0]"), line("b", "[2,1]")]);
    let summary = place.build_vectors(&[]);
    let counts =
        ["profiles", "nodes", "zero_vectors", "reachable"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!((counts, &summary["skipped"]), ([3, 2, 1, 2], &json!({})));
    for flags in [&[][..], &["--exact"], &["--ef", "100"]] {
        assert_eq!(ids(&place.query(flags, "a", "100")), ["b"]);
        place.try_query(1, flags, "zero", "1").fails(1, &["\"zero\"", "nothing to compare"]);
    }
}

#[test]
fn an_index_of_zero_vectors_alone_is_refused_and_replaces_nothing() {
    let place = place_of((0..20).map(|n| line(n, "[0,1,2]")));
    place.build(&["--vectorizer", "field:v"]).done();
    place.write("profiles.jsonl", (0..20).map(|n| line(n, "[0,0,0]")).collect::<String>());
    for allowed in ["0.5", "1"] {
        place.build(&["--vectorizer", "field:v", "--max-zero", allowed]).fails(
            1,
            &[
                "all 20 vectors are zero, so nobody could be recommended; nothing is published",
                "Fields of the source: v",
            ],
        );
    }
    assert_eq!(place.versions(), ["index-00000001.knd"]);
}

#[test]
fn profiles_with_nothing_to_compare_are_no_index() {
    let place = Place::with(&[json!({"_id": "a"}), json!({"_id": "b", "age": null})]);
    place.build(&["--json"]).fails(1, &["all 2 vectors are zero", "Fields of the source: age"]);
    place.assert_nothing_published();
}

#[test]
fn more_zero_vectors_than_allowed_are_exit_1_with_the_figures() {
    let place = place_of((0..10).map(|n| line(n, if n < 6 { "[0,0]" } else { "[1,2]" })));
    let build = |more: &[&str]| place.build(&[&["--vectorizer", "field:v"], more].concat());
    build(&[]).fails(
        1,
        &["6 of 10 vectors are zero, a share of 0.6000", "--max-zero allows 0.5", "nothing is published"],
    );
    place.assert_nothing_published();
    let summary = build(&["--max-zero", "0.6", "--json"]).json();
    assert_eq!((&summary["zero_vectors"], &summary["examples"]["zero vector"]), (&json!(6), &json!("0")));
    build(&["--max-zero", "1.5"]).fails(2, &["--max-zero", "0 to 1"]);
}

/// The distances of an answer.
fn distances(answer: &Value) -> Vec<f64> {
    answer.as_array().unwrap().iter().map(|row| row["distance"].as_f64().unwrap()).collect()
}

#[test]
fn ten_thousand_identical_profiles_are_one_node_and_answered_in_the_order_of_ids() {
    let place = place_of((0..10_000).map(|n| line(format!("{n:05}"), "[0.3,0.1,0.7]")));
    let summary = place.build_vectors(&[]);
    assert_eq!((&summary["profiles"], &summary["nodes"]), (&json!(10_000), &json!(1)));
    for flags in [&[][..], &["--exact"], &["--ef", "10"]] {
        assert_eq!(ids(&place.query(flags, "00001", "4")), ["00000", "00002", "00003", "00004"]);
    }
    let answer = place.query(&["--distances"], "09999", "20000");
    assert_eq!(distances(&answer), [0.0; 9_999]);
}

#[test]
fn identical_profiles_work_with_the_built_in_vectorizer_too() {
    let place = Place::with(
        &(0..10_000).map(|n| json!({"_id": n, "bio": "likes tea", "age": 40})).collect::<Vec<_>>(),
    );
    assert_eq!(place.build(&["--json"]).json()["nodes"], 1);
    let answer = place.query(&["--distances"], "5000", "3");
    assert_eq!(distances(&answer), [0.0; 3]);
    assert_eq!(answer[2]["profile"]["_id"], 10, "0, 1 and 10 come first as bytes");
}

#[test]
fn ten_thousand_scaled_copies_are_at_distance_zero_in_the_order_of_ids() {
    let lines = (0..10_000).map(|n| {
        let scale = 1.0 + f64::from(n) * 0.37;
        line(format!("{n:05}"), &json!([0.3 * scale, 0.1 * scale, 0.7 * scale, -1.1 * scale]).to_string())
    });
    let place = place_of(lines);
    let summary = place.build_vectors(&[]);
    assert_eq!((&summary["profiles"], &summary["recall_at_10"]), (&json!(10_000), &json!(1.0)));
    for flags in [&["--distances"][..], &["--distances", "--exact"], &["--distances", "--ef", "64"]] {
        let answer = place.query(flags, "05000", "5");
        assert_eq!(distances(&answer), [0.0; 5]);
        let ids: Vec<&str> =
            answer.as_array().unwrap().iter().map(|row| row["profile"]["_id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["00000", "00001", "00002", "00003", "00004"]);
    }
}

#[test]
fn more_skipped_than_allowed_is_exit_1_with_the_figures() {
    let mut profiles = numbered(98);
    profiles.extend([json!({"_id": null}), json!({"_id": "short", "v": [1]})]);
    let place = Place::with(&profiles);
    let build = |more: &[&str]| place.build(&[&["--vectorizer", "field:v"], more].concat());
    build(&[]).fails(
        1,
        &["2 of 100", "0.02", "--max-skipped", "0.01", "id null", "vector of another length: short"],
    );
    build(&["--max-skipped", "0"]).fails(1, &["1 of 100", "0.01", "--max-skipped allows 0", "record 99"]);
    place.assert_nothing_published();
    build(&["--max-skipped", "0.02"]).done();
    assert_eq!(place.versions(), ["index-00000001.knd"]);
}

/// Vectors without any structure.
fn scattered(count: usize) -> impl Iterator<Item = String> {
    let mut random = SplitMix64(42);
    let mut number = move || random.signed() / 2.0;
    (0..count).map(move |n| line(n, &json!((0..24).map(|_| number()).collect::<Vec<f64>>()).to_string()))
}

#[test]
fn recall_below_the_gate_is_exit_1_with_the_figures() {
    let place = place_of(scattered(1_500));
    let poor = ["--vectorizer", "field:v", "--m", "2", "--ef-construction", "1", "--target-recall", "0"];
    place
        .build(&[&poor[..], &["--min-recall", "1"]].concat())
        .fails(1, &["recall@10 is 0.", "at ef 64", "--min-recall demands 1", "nothing is published"]);
    place.assert_nothing_published();
    let summary = place.build(&[&poor[..], &["--min-recall", "0", "--json"]].concat()).json();
    assert!(summary["recall_at_10"].as_f64().unwrap() < 1.0, "{summary}");
    assert_eq!((&summary["ef"], &summary["nodes"]), (&json!(64), &summary["reachable"]));
}

#[test]
fn the_default_ef_is_the_smallest_of_the_ladder_that_reaches_the_target() {
    let ladder = [64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096];
    let place = place_of(scattered(1_500));
    let flags = ["--m", "2", "--ef-construction", "1", "--min-recall", "0", "--target-recall"];
    let built = |target: &str| {
        let summary = place.build_vectors(&[&flags[..], &[target]].concat());
        (summary["ef"].as_u64().unwrap(), summary["recall_at_10"].as_f64().unwrap())
    };
    let (lowest, recall) = built("0");
    assert_eq!(lowest, 64);
    let (higher, reached) = built("0.999");
    assert!(ladder.contains(&higher) && higher > lowest, "{higher}");
    assert!(reached >= 0.999 && reached > recall, "{reached}");
    assert_eq!(place.inspect(2)["default_ef"], higher);
}
