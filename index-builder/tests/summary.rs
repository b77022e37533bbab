//! What a build says: steps on standard error, the summary on standard output, for people or as JSON.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, json, numbered};

#[test]
fn the_summary_as_json_has_all_that_is_promised() {
    let place = Place::with(&[numbered(30), vec![json!({"_id": 1.5})]].concat());
    let ran = place.build(&["--vectorizer", "field:v", "--max-skipped", "1", "--json"]);
    assert_eq!(ran.stdout.lines().count(), 1, "one line, and nothing else");
    let summary = ran.json();
    assert_eq!(summary["version"], 1);
    assert_eq!(summary["file"], place.version(1).to_str().unwrap());
    assert_eq!(summary["bytes"], std::fs::metadata(place.version(1)).unwrap().len());
    let counts = ["read", "profiles", "nodes", "dimension", "duplicates", "reachable"];
    assert_eq!(counts.map(|name| summary[name].as_u64().unwrap()), [31, 30, 30, 4, 0, 30]);
    assert_eq!(summary["skipped"], json!({"id float": 1}));
    assert_eq!(summary["recall_at_10"], 1.0);
    assert_eq!(summary["map"], place.inspect(1)["map"]);
    let steps = ["read", "vectorize", "graph", "table", "map", "verify", "publish"]
        .map(|step| summary["seconds"][step].as_f64().unwrap());
    let total = summary["seconds"]["total"].as_f64().unwrap();
    assert!(steps.iter().all(|&seconds| (0.0..=total).contains(&seconds)), "{summary}");
}

#[test]
fn the_summary_for_people_says_the_same() {
    let place = Place::with(&[numbered(30), vec![json!({"_id": 1.5})], numbered(1)].concat());
    let text = place.build(&["--max-skipped", "1", "--on-duplicate-id", "first", "--dimension", "32"]).done();
    let version = format!("published     version 1: {}", place.version(1).display());
    let parts = [
        &version,
        "profiles      30 of 32 records, id in \"_id\"",
        "skipped       1\n  1 x id float: record 31",
        "duplicate ids 1",
        "vectors       32 numbers, by hashing",
        "reachable",
        "recall@10     1.0000 at ef 64",
        "map           ",
        "size          ",
        "seconds       read ",
        " total ",
    ];
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn every_step_is_a_line_on_standard_error_where_that_is_no_terminal() {
    let ran = Place::with_vectors(30).build(&["--json"]);
    let steps: Vec<&str> = ran.stderr.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(
        steps,
        ["read", "vectorize", "graph", "table", "table", "map", "verify", "publish"],
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains('\u{1b}'), "no colours: {}", ran.stderr);
    ran.done();
}

#[test]
fn a_failure_is_one_message_on_standard_error_and_no_summary() {
    let place = Place::with(&[json!({"_id": "a"}), json!({"_id": "a"})]);
    let message = place.build(&["--json"]).fails(1, &["index-builder: "]);
    assert!(!message.contains("RUST_BACKTRACE") && !message.contains("Error {"), "{message}");
}
