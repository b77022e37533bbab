//! Where profiles come from: formats, standard input, gzip.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs::File;
use std::io::Write;
use std::process::Stdio;

use common::{Place, Ran, command, gzip, json, jsonl, numbered};

const CSV: &str = "\u{feff}_id,name,age,v\r\n007,Ann,30,\"[1,0.5]\"\r\n8,\"Bob, jr\",,\"[0.5,1]\"\r\n";

#[test]
fn lines_an_array_and_a_table_give_the_same_answers() {
    let profiles = [
        json!({"_id": "007", "name": "Ann", "age": 30, "v": [1, 0.5]}),
        json!({"_id": "8", "name": "Bob, jr", "age": null, "v": [0.5, 1]}),
    ];
    let texts = [
        ("profiles.jsonl", jsonl(&profiles)),
        ("profiles.ndjson", jsonl(&profiles)),
        ("profiles.json", json!(profiles).to_string()),
        ("profiles.csv", CSV.to_owned()),
    ];
    for (name, text) in texts {
        let place = Place::empty();
        place.write(name, text);
        place.build_from(name, &["--vectorizer", "field:v"]).done();
        assert_eq!(
            place.try_query(1, &[], "007", "5").done(),
            r#"[{"_id":"8","name":"Bob, jr","age":null}]"#
        );
        let format = name.rsplit_once('.').unwrap().1.replace("nd", "");
        let source = &place.inspect(1)["source"];
        assert_eq!(source["name"], name);
        assert_eq!(
            source["format"],
            if format == "json" && name.contains("nd") { "jsonl".to_owned() } else { format }
        );
    }
}

#[test]
fn a_format_that_is_given_counts_more_than_the_extension() {
    let place = Place::empty();
    place.write("profiles.txt", CSV);
    place.build_from("profiles.txt", &["--format", "csv"]).done();
    place.write("profiles.csv", jsonl(&numbered(4)));
    assert_eq!(place.build_from("profiles.csv", &["--format", "jsonl", "--json"]).json()["profiles"], 4);
}

#[test]
fn gzip_is_recognised_by_its_bytes_whatever_the_name() {
    let bytes = gzip(jsonl(&numbered(5)).as_bytes());
    for name in ["profiles.jsonl", "profiles.jsonl.gz", "profiles.dat"] {
        let place = Place::empty();
        place.write(name, &bytes);
        let summary = place.build_from(name, &["--format", "jsonl", "--json"]).json();
        assert_eq!(summary["profiles"], 5, "{name}");
    }
    let place = Place::empty();
    place.write("plain.jsonl.gz", jsonl(&numbered(5)));
    assert_eq!(place.build_from("plain.jsonl.gz", &["--json"]).json()["profiles"], 5);
}

#[test]
fn a_truncated_or_damaged_gzip_file_is_exit_1_with_its_path() {
    let bytes = gzip(jsonl(&numbered(50)).as_bytes());
    let place = Place::empty();
    place.write("profiles.jsonl", &bytes[..bytes.len() - 9]);
    place.build(&[]).fails(1, &["profiles.jsonl", "truncated"]);
    let mut damaged = bytes.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    place.write("profiles.jsonl", &damaged);
    place.build(&[]).fails(1, &["profiles.jsonl", "damaged"]);
    place.assert_nothing_published();
}

/// A build from standard input into the place's index.
fn from_stdin(place: &Place, more: &[&str]) -> std::process::Command {
    let out = place.index();
    let args = ["build", "--profiles", "-", "--out", out.to_str().unwrap(), "--json"];
    command(args.into_iter().chain(more.iter().copied()))
}

#[test]
fn standard_input_is_read_from_a_pipe_and_from_a_file() {
    for bytes in [jsonl(&numbered(6)).into_bytes(), gzip(jsonl(&numbered(6)).as_bytes())] {
        let place = Place::empty();
        let mut build = from_stdin(&place, &["--format", "jsonl"]);
        let mut child =
            build.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let piped = Ran::from(child.wait_with_output().unwrap()).json();
        let file = File::open(place.write("profiles", &bytes)).unwrap();
        let read = Ran::from(from_stdin(&place, &["--format", "jsonl"]).stdin(file).output().unwrap()).json();
        assert_eq!((&piped["profiles"], &read["profiles"]), (&json!(6), &json!(6)));
        assert_eq!(place.inspect(1)["source"], json!({"name": "-", "format": "jsonl"}));
        assert_eq!(place.names(), ["builder.lock", "index-00000001.knd", "index-00000002.knd"]);
    }
}

#[test]
fn a_table_is_read_twice_even_from_a_pipe() {
    let place = Place::empty();
    let mut build = from_stdin(&place, &["--format", "csv", "--vectorizer", "field:v"]);
    let mut child =
        build.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(CSV.as_bytes()).unwrap();
    assert_eq!(Ran::from(child.wait_with_output().unwrap()).json()["profiles"], 2);
    assert_eq!(place.query(&[], "8", "1")[0]["_id"], "007");
}

#[test]
fn an_empty_standard_input_is_exit_1() {
    let place = Place::empty();
    Ran::from(from_stdin(&place, &["--format", "jsonl"]).output().unwrap())
        .fails(1, &["no record has a valid id"]);
    Ran::from(from_stdin(&place, &["--format", "csv"]).output().unwrap())
        .fails(1, &["standard input", "header"]);
    place.assert_nothing_published();
}

#[test]
fn a_header_that_comes_twice_is_exit_1_and_ragged_rows_are_skipped() {
    let place = Place::empty();
    place.write("twice.csv", "_id,name,name\n1,a,b\n");
    place.build_from("twice.csv", &[]).fails(1, &["twice.csv", "\"name\"", "2", "3"]);
    place.assert_nothing_published();
    place.write("ragged.csv", "_id,name\n1,a\n2\n3,c,d\n4,d\n");
    let summary = place.build_from("ragged.csv", &["--json", "--max-skipped", "0.5"]).json();
    assert_eq!(
        (&summary["profiles"], &summary["skipped"]),
        (&json!(2), &json!({"wrong number of cells": 2}))
    );
}

#[test]
fn what_is_not_as_its_format_says_is_exit_1_with_what_was_found() {
    let cases = [
        ("object.json", "{\"_id\":1}", "--format jsonl"),
        ("lines.json", "{\"_id\":1}\n{\"_id\":2}\n", "--format jsonl"),
        ("cut.json", "[{\"_id\":1},", "truncated"),
        ("number.json", "7", "array"),
        ("empty.json", "", "array"),
        ("empty.csv", "", "header"),
        ("garbage.json", "[{\"_id\":1}]garbage", "after the JSON array"),
        ("two.json", "[{\"_id\":1}]\n[{\"_id\":2}]\n", "after the JSON array"),
        ("trailing.json", "{\"data\":[{\"_id\":1}]} more", "after the JSON document"),
        ("array.jsonl", "[{\"_id\":1},{\"_id\":2}]", "--format json"),
        ("cut.jsonl", "{\"_id\":1}\n{\"_id\":2,\"na", "line 2: the last line has no line end"),
        ("utf16.json", "\u{0}{\u{0}}", "iconv"),
        ("page.json", "<!DOCTYPE html><html>", "HTML"),
    ];
    let place = Place::empty();
    for (name, text, part) in cases {
        place.write(name, text);
        place.build_from(name, &[]).fails(1, &[name, part]);
    }
    place.assert_nothing_published();
}

#[test]
fn the_list_in_a_document_is_named_by_the_error_and_read_with_the_option() {
    let place = Place::empty();
    let documents = [
        ("data", r#"{"data":[{"_id":"a","n":1},{"_id":"b","n":2},{"_id":"c","n":3}]}"#),
        (
            "results",
            r#"{"count":3,"results":[{"_id":"a","n":1},{"_id":"b","n":2},{"_id":"c","n":3}],"next":null}"#,
        ),
        (
            "hits.hits",
            r#"{"hits":{"total":3,"hits":[{"_id":"a","n":1},{"_id":"b","n":2},{"_id":"c","n":3}]}}"#,
        ),
        ("users", r#"{"posts":[],"users":{"a":{"n":1},"b":{"n":2},"c":{"n":3}}}"#),
    ];
    for (path, text) in documents {
        place.write("dump.json", text);
        if path != "users" {
            let hint = format!("is a list of 3 objects: --records {path}");
            place.build_from("dump.json", &[]).fails(1, &["dump.json", &hint]);
        }
        let summary = place.build_from("dump.json", &["--records", path, "--json"]).json();
        assert_eq!(summary["profiles"], 3, "{path}");
    }
    place.write("dump.json", r#"{"a":{"n":1},"b":{"n":2},"c":{"n":3}}"#);
    place.build_from("dump.json", &[]).fails(1, &["an object of 3 objects", "--records ."]);
    let summary = place.build_from("dump.json", &["--records", ".", "--id-field", "key", "--json"]).json();
    assert_eq!(summary["profiles"], 3);
    place.build_from("dump.json", &["--records", "x"]).fails(1, &["no member \"x\"", "\"a\", \"b\", \"c\""]);
    place.build_from("dump.json", &["--records", ""]).fails(2, &["--records"]);
    place.write("lines.jsonl", jsonl(&numbered(3)));
    place.build_from("lines.jsonl", &["--records", "data"]).fails(2, &["--records", "JSON document"]);
}

#[test]
fn an_export_of_mongodb_has_its_ids_and_values_as_they_are_meant() {
    let place = Place::empty();
    let lines = [
        r#"{"_id":{"$oid":"5c4e1f6a9d3b2a0017e8d210"},"name":"Ann","seen":{"$date":"2015-07-01T12:30:05Z"}}"#,
        r#"{"_id":{"$numberLong":"7"},"name":"Bob","age":{"$numberInt":"30"},"price":{"$oid":"x"}}"#,
    ];
    let expected = json!([{"_id": 7, "name": "Bob", "age": 30, "price": {"$oid": "x"}}]);
    for (name, text) in [("a.jsonl", lines.join("\n")), ("a.json", format!("[{}]", lines.join(",")))] {
        place.write(name, text);
        place.build_from(name, &[]).done();
    }
    for version in [1, 2] {
        let answer = place.try_query(version, &["--exact"], "5c4e1f6a9d3b2a0017e8d210", "1").json();
        assert_eq!(answer, expected);
        let ann = json!([{"_id": "5c4e1f6a9d3b2a0017e8d210", "name": "Ann", "seen": "2015-07-01T12:30:05"}]);
        assert_eq!(place.try_query(version, &["--exact"], "7", "1").json(), ann);
    }
}

#[test]
fn what_was_changed_in_reading_is_in_the_notes() {
    let place = Place::empty();
    let lines = "{\"_id\":1,\"x\":NaN,\"y\":1e999}{\"_id\":2,\"x\":1,\"x\":2}\n{\"_id\":3}\n";
    place.write("profiles.jsonl", lines);
    let summary = place.build(&["--json"]).json();
    assert_eq!(summary["profiles"], 3);
    let notes = summary["notes"].to_string();
    for words in ["NaN or infinite became null: 2", "kept their last value: 1", "line 1 is the first"] {
        assert!(notes.contains(words), "{notes}");
    }
}

#[test]
fn records_that_are_no_objects_or_not_unicode_are_skipped_with_their_line() {
    let place = Place::empty();
    let mut text = jsonl(&numbered(3)).into_bytes();
    text.extend_from_slice(b"[1,2]\n{\"_id\":\n{\"_id\":\"x\xff\"}\n{\"_id\":\"\\ud800\"}\n");
    place.write("profiles.jsonl", text);
    let summary = place.build(&["--max-skipped", "1"]).done();
    assert!(summary.contains("2 x text is not Unicode: line 6, line 7"), "{summary}");
    assert!(summary.contains("line 4") && summary.contains("line 5"), "{summary}");
}

#[test]
fn a_document_over_1_mib_is_skipped_unless_what_is_exposed_of_it_is_smaller() {
    let mut profiles = numbered(3);
    profiles.push(json!({"_id": "long", "bio": "x".repeat(1 << 20), "v": [1, 2, 3, 4]}));
    let place = Place::with(&profiles);
    let summary = place.build_vectors(&["--max-skipped", "1"]);
    assert_eq!(summary["skipped"], json!({"document over 1 MiB": 1}));
    let summary = place.build_vectors(&["--expose", "name"]);
    assert_eq!((&summary["profiles"], &summary["skipped"]), (&json!(4), &json!({})));
}

#[test]
fn numbers_that_are_none_become_null_in_what_is_returned() {
    let place = Place::empty();
    place.write(
        "profiles.jsonl",
        "{\"_id\":\"a\",\"v\":[1,2]}\n{\"_id\":\"b\",\"x\":NaN,\"y\":[1.5,-Infinity],\"z\":Infinity,\"v\":[2,1]}\n",
    );
    place.build_vectors(&[]);
    assert_eq!(place.query(&[], "a", "1"), json!([{"_id": "b", "x": null, "y": [1.5, null], "z": null}]));
}
