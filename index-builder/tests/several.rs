//! Several files, patterns of files, and what else --profiles may name.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::net::TcpListener;

use common::{Place, gzip, json, jsonl, numbered, run};

/// `--profiles` and a path in the place, for each name.
fn also(place: &Place, names: &[&str]) -> Vec<String> {
    let path = |name: &&str| place.path(name).to_str().unwrap().to_owned();
    names.iter().flat_map(|name| ["--profiles".to_owned(), path(name)]).collect()
}

#[track_caller]
fn build(place: &Place, names: &[&str], more: &[&str]) -> common::Ran {
    let more: Vec<String> =
        also(place, &names[1..]).into_iter().chain(more.iter().map(|&arg| arg.to_owned())).collect();
    place.build_from(names[0], &more.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Twelve profiles in three files of two formats.
fn in_three_files() -> Place {
    let profiles = numbered(12);
    let place = Place::empty();
    place.write("part-2.jsonl", jsonl(&profiles[4..8]));
    place.write("part-10.jsonl.gz", gzip(jsonl(&profiles[..4]).as_bytes()));
    place.write("rest.json", json!(profiles[8..]).to_string());
    place
}

#[test]
fn files_and_patterns_are_one_source() {
    let place = in_three_files();
    let summary = build(&place, &["part-*", "rest.json"], &["--vectorizer", "field:v", "--json"]).json();
    assert_eq!((&summary["read"], &summary["profiles"]), (&json!(12), &json!(12)));
    assert_eq!(place.inspect(1)["source"], json!({"name": "part-*, rest.json", "format": "jsonl, json"}));
    let one = Place::with_vectors(12);
    one.build_vectors(&[]);
    assert_eq!(place.query(&[], "p3", "11"), one.query(&[], "p3", "11"));
}

#[test]
fn the_first_of_equal_ids_is_that_of_the_first_file_and_of_the_first_match() {
    let line = |from: &str| format!("{{\"_id\":\"p\",\"from\":\"{from}\",\"v\":[1,2]}}\n");
    let other = "{\"_id\":\"q\",\"v\":[2,1]}\n";
    let place = Place::empty();
    place.write("b.jsonl", format!("{other}{}", line("b")));
    place.write("a.jsonl", line("a"));
    let from = |names: &[&str], which: &str| {
        let versions = if place.index().exists() { place.versions().len() } else { 0 };
        build(&place, names, &["--vectorizer", "field:v", "--on-duplicate-id", which, "--keep", "99"]).done();
        let answer = place.try_query(versions as u64 + 1, &[], "q", "1").json();
        answer[0]["from"].as_str().unwrap().to_owned()
    };
    assert_eq!(from(&["b.jsonl", "a.jsonl"], "first"), "b");
    assert_eq!(from(&["b.jsonl", "a.jsonl"], "last"), "a");
    assert_eq!(from(&["?.jsonl"], "first"), "a");
    build(&place, &["b.jsonl", "a.jsonl"], &[])
        .fails(1, &["\"p\"", "b.jsonl, record 2", "a.jsonl, record 1", "--on-duplicate-id"]);
}

#[test]
fn what_is_skipped_is_named_with_its_file() {
    let place = Place::empty();
    place.write("a.jsonl", format!("{}[]\n", jsonl(&numbered(3))));
    place.write("b.jsonl", "{\"_id\":\"x\",\"v\":[1,1,1,1]}\n{\"_id\":true}\n\n{\"name\":\"y\"}\nnull\n");
    let summary = build(&place, &["a.jsonl", "b.jsonl"], &["--max-skipped", "1"]).done();
    for place in ["a.jsonl, line 4", "b.jsonl, record 2", "b.jsonl, record 3", "b.jsonl, line 5"] {
        assert!(summary.contains(place), "no {place:?} in {summary}");
    }
    assert!(!summary.contains("a.jsonl, record"), "{summary}");
}

#[test]
fn a_file_in_the_middle_that_cannot_be_read_is_named() {
    let place = in_three_files();
    place.write("broken.json", "[{\"_id\":1},");
    build(&place, &["part-*.jsonl", "broken.json", "rest.json"], &[]).fails(1, &["broken.json", "truncated"]);
    build(&place, &["part-2.jsonl", "missing.jsonl"], &[]).fails(1, &["missing.jsonl", "No such file"]);
    place.assert_nothing_published();
}

#[test]
fn a_pattern_without_matches_is_named_and_one_that_is_wrong_is_wrong_usage() {
    let place = in_three_files();
    build(&place, &["rest.json", "none-*.jsonl"], &[]).fails(1, &["none-*.jsonl", "no file matches"]);
    build(&place, &["part-[.jsonl"], &[]).fails(2, &["part-[.jsonl", "pattern"]);
    build(&place, &["part-*"], &["--profiles", "-"]).fails(2, &["standard input", "--format"]);
    build(&place, &["rest.json"], &["--profiles", "-", "--profiles", "-", "--format", "json"])
        .fails(2, &["standard input", "2 times"]);
    assert!(!place.index().exists());
}

#[test]
fn a_path_that_exists_is_no_pattern_and_a_pattern_does_not_match_what_is_hidden() {
    let place = Place::empty();
    place.write("[a].jsonl", jsonl(&numbered(3)));
    place.write("a.jsonl", jsonl(&numbered(4)));
    place.write(".hidden.jsonl", "damaged");
    assert_eq!(build(&place, &["[a].jsonl"], &["--json"]).json()["profiles"], 3);
    assert_eq!(build(&place, &["?.jsonl"], &["--json"]).json()["profiles"], 4);
    let all = build(&place, &["*.jsonl"], &["--json", "--on-duplicate-id", "last"]).json();
    assert_eq!((&all["read"], &all["profiles"]), (&json!(7), &json!(4)));
}

#[test]
fn a_directory_is_refused_with_what_could_be_meant() {
    let place = in_three_files();
    std::fs::create_dir(place.path("folder")).unwrap();
    build(&place, &["folder"], &[]).fails(1, &["folder: is a directory", "folder/*.jsonl"]);
    std::fs::create_dir(place.path("part-3.jsonl")).unwrap();
    build(&place, &["part-*"], &[]).fails(1, &["part-3.jsonl: is a directory"]);
}

#[test]
fn a_query_and_a_database_need_each_other() {
    let place = in_three_files();
    build(&place, &["rest.json"], &["--query", "select 1"]).fails(2, &["--query", "--profiles"]);
    let out = place.index();
    let out = out.to_str().unwrap();
    let from = |address: &str, more: &[&str]| {
        let args = ["build", "--out", out, "--profiles", address];
        run(args.iter().chain(more).copied())
    };
    from("postgres://ann:s3cret@db/people", &[]).fails(2, &["--query is missing"]);
    from("postgres://ann:s3cret@db/people", &["--query", " "]).fails(2, &["--query", "empty"]);
    from("postgres://ann:s3cret@db/people", &["--query", "select 1", "--format", "csv"])
        .fails(2, &["--format", "postgres://"]);
    from("s3://bucket/people.parquet", &[]).fails(2, &["s3://", "postgres://"]);
    let error = from("postgres://ann:s3cret@db:port/people", &["--query", "select 1"]).fails(2, &["address"]);
    assert!(!error.contains("s3cret"), "{error}");
    assert!(!place.index().exists());
}

#[test]
fn a_database_that_does_not_answer_is_exit_1_and_the_password_is_not_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = format!("postgres://ann:s3cret@127.0.0.1:{port}/people");
    let place = Place::empty();
    let out = place.index();
    let args =
        ["build", "--profiles", &address, "--query", "select 1 as _id", "--out", out.to_str().unwrap()];
    // Whoever connects is sent away at once.
    let closer = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let name = format!("postgres://127.0.0.1:{port}/people");
    let closed = run(args).fails(1, &[&name]);
    closer.join().unwrap();
    let refused = run(args).fails(1, &[&name, "onnect"]);
    for error in [closed, refused] {
        assert!(!error.contains("s3cret"), "{error}");
    }
    place.assert_nothing_published();
}
