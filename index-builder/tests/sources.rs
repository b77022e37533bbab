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
fn a_table_that_cannot_be_read_without_loss_is_exit_1_with_its_line() {
    let cases: [(&str, &[u8], &[&str]); 9] = [
        ("quote.csv", b"_id,n\na,1\nb,\"2\nc,3\nd,4\n", &["quote.csv, line 3:", "never closed"]),
        ("behind.csv", b"_id,n\n\"a\"b,1\n", &["behind.csv, line 2:", "cell 1"]),
        ("open.csv", b"_id,n\na,\"x \\\"y\\\" \nb,2\n", &["open.csv, line 2:"]),
        ("title.csv", b"Members 2024\n\n_id;name\n1;Ann\n", &["title.csv, line 1:", "title", "line 3"]),
        ("latin1.csv", b"_id,n\na,M\xfcller\nb,caf\xe9\n", &["latin1.csv, line 2:", "iconv -f WINDOWS-1252"]),
        (
            "header.csv",
            b"_id,Stra\xdfe\na,b\n",
            &["header.csv, line 1:", "column 2", "iconv -f WINDOWS-1252"],
        ),
        ("excel.csv", b"PK\x03\x04\x14\0", &["excel.csv:", "Excel"]),
        ("cut.csv", b"_id,v\na,[0.1 0.2 ... 0.9]\n", &["cut.csv, line 2:", "\"v\"", "cut"]),
        ("wide.csv", b"_id,n\na,b,c\nd,e,f\n", &["wide.csv, line 1:", "2 cells", "3 cells"]),
    ];
    let place = Place::empty();
    for (name, table, parts) in cases {
        place.write(name, table);
        place.build_from(name, &["--max-skipped", "1"]).fails(1, parts);
    }
    place.assert_nothing_published();
}

#[test]
fn a_table_with_another_separator_is_read_and_the_separator_said() {
    let profile = json!([{"_id": "b", "name": "Bob", "age": 31}]);
    for (name, separator, note) in [
        ("p.csv", ";", "semicolons"),
        ("p.csv", "\t", "tabs"),
        ("p.csv", "|", "pipes"),
        ("p.csv", ",", ""),
        ("p.tsv", "\t", ""),
        ("p.tab.gz", "\t", ""),
    ] {
        let place = Place::empty();
        let table = "_id~name~age\na~Ann~30\nb~Bob~31\n".replace('~', separator);
        place.write(name, if name.ends_with("gz") { gzip(table.as_bytes()) } else { table.into_bytes() });
        let notes = place.build_from(name, &["--json"]).json()["notes"].clone();
        let is_said =
            notes.as_array().is_some_and(|notes| notes.iter().any(|text| text.to_string().contains(note)));
        assert_eq!(is_said, !note.is_empty(), "{notes}");
        assert_eq!(place.query(&[], "a", "1"), profile);
    }
    let place = Place::empty();
    place.write("p.csv", "_id~name~age\na~Ann~30\nb~Bob~31\n");
    place.build_from("p.csv", &["--separator", "~"]).done();
    assert_eq!(place.query(&[], "a", "1"), profile);
}

#[test]
fn a_separator_that_cannot_be_is_wrong_usage() {
    let place = Place::with(&numbered(4));
    place.build(&["--separator", ";"]).fails(2, &["--separator", "CSV"]);
    for separator in ["", ";;", "\"", "§"] {
        place.build(&["--format", "csv", "--separator", separator]).fails(2, &["--separator", "one ASCII"]);
    }
}

#[test]
fn lists_of_the_same_things_in_another_order_are_at_no_distance() {
    let place = Place::empty();
    let rows =
        ["\"['jazz', 'go']\"", "\"['go', 'jazz']\"", "\"[\"\"go\"\", \"\"jazz\"\"]\"", "\"['chess']\""];
    let rows: Vec<String> = rows.iter().zip(0..).map(|(list, id)| format!("{id},{list}\n")).collect();
    place.write("p.csv", format!("_id,interests\n{}", rows.concat()));
    place.build_from("p.csv", &[]).done();
    let hits = place.query(&["--distances"], "0", "3");
    assert_eq!((&hits[0]["distance"], &hits[1]["distance"]), (&json!(0.0), &json!(0.0)), "{hits}");
    assert_eq!(hits[2]["profile"]["interests"], json!(["chess"]));
}

#[test]
fn vectors_as_numpy_and_pytorch_print_them_are_vectors() {
    let place = Place::empty();
    let table = "_id,v\na,\"[np.float64(0.5), np.float64(1.0)]\"\nb,[0.5 1. ]\nc,\"[ 0.5\n  1. ]\"\n\
                 d,\"array([0.5, 1. ], dtype=float32)\"\ne,\"tensor([0.5000, 1.0000])\"\nf,\"[1.0, -0.5]\"\n";
    place.write("p.csv", table);
    place.build_from("p.csv", &["--vectorizer", "field:v"]).done();
    let hits = place.query(&["--distances"], "a", "5");
    let distances: Vec<f64> = (0..5).map(|at| hits[at]["distance"].as_f64().unwrap()).collect();
    assert_eq!(distances, [0.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn nothing_in_a_column_of_numbers_is_served_as_null() {
    let place = Place::empty();
    let rows: String = (0..298).map(|row| format!("{row},90001,g\n")).collect();
    place.write("p.csv", format!("_id,zip,group\n{rows}x,K1A 0B1,g\ny,NA,g\nz,,g\n"));
    place.build_from("p.csv", &[]).done();
    let all = place.others("0");
    let zip_of = |id: &str| all.iter().find(|document| document["_id"] == id).unwrap()["zip"].clone();
    assert_eq!(zip_of("1"), json!(90001));
    assert_eq!((zip_of("x"), zip_of("y"), zip_of("z")), (json!("K1A 0B1"), json!("NA"), json!(null)));
}

#[test]
fn a_column_without_a_name_that_counts_rows_is_not_served_and_no_feature() {
    let place = Place::empty();
    place.write("p.csv", ",_id,name\n0,a,Ann\n1,b,Ann\n2,c,Bob\n");
    let summary = place.build_from("p.csv", &["--json"]).json();
    assert!(summary["notes"][0].as_str().unwrap().contains("count the rows"), "{summary}");
    let hits = place.query(&["--distances"], "a", "1");
    assert_eq!(hits, json!([{"profile": {"_id": "b", "name": "Ann"}, "distance": 0.0}]));
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
    let lines = "{\"_id\":1,\"x\":NaN,\"y\":1e999}{\"_id\":2,\"x\":1,\"x\":2}\n{\"_id\":3,\"z\":\"a\"}\n";
    place.write("profiles.jsonl", lines);
    let summary = place.build(&["--json", "--max-zero", "1"]).json();
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

#[test]
fn words_that_connect_to_a_database_are_not_shown() {
    let place = Place::empty();
    for (given, part) in [
        ("host=db dbname=people password=s3cret", "has a password in it"),
        ("Server=db;Uid=eve;Pwd=s3cret;", "has a password in it"),
        ("jdbc:postgresql://db/people?user=eve&password=s3cret", "jdbc:postgresql://"),
    ] {
        let ran = common::run(["build", "--profiles", given, "--out", place.index().to_str().unwrap()]);
        let message = ran.fails(2, &[part, "postgres://"]);
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn tables_that_were_put_one_behind_the_other_have_no_profile_of_names() {
    let place = Place::empty();
    let rows =
        |first: usize| (first..first + 120).map(|n| format!("{n},{}\n", 20 + n % 50)).collect::<String>();
    place.write("people.csv", format!("_id,age\n{}\u{feff}_id,age\n{}", rows(0), rows(120)));
    let summary = place.build_from("people.csv", &["--json"]).json();
    assert_eq!(summary["profiles"], 240);
    assert_eq!(summary["skipped"], json!({"the names of the columns once more": 1}));
}

#[test]
fn lists_without_quotes_are_lists_where_every_cell_is_one() {
    let place = Place::empty();
    place.write("people.csv", "_id,tags\na,\"[jazz, go]\"\nb,\"[go, jazz]\"\nc,[tea]\n");
    place.build_from("people.csv", &[]).done();
    let nearest = &place.query(&["--distances"], "a", "1")[0];
    assert_eq!(*nearest, json!({"distance": 0.0, "profile": {"_id": "b", "tags": ["go", "jazz"]}}));
}

#[test]
fn a_thousand_and_a_little_more_than_one_are_not_mixed_up() {
    let place = Place::empty();
    let cells = ["950", "1.200", "12.500", "3.400"];
    let rows: String = cells.iter().enumerate().map(|(n, cell)| format!("{n};{cell}\n")).collect();
    place.write("people.csv", format!("_id;pay\n{rows}"));
    let summary = place.build_from("people.csv", &["--json"]).json();
    assert!(summary["notes"].to_string().contains("\\\"pay\\\""), "{summary}");
    assert_eq!(place.query(&["--exact"], "0", "1"), json!([{"_id": "1", "pay": 1200}]));
}
