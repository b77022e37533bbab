//! The same profiles through every format: the same index.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Float32Builder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use common::{Place, Value, json, jsonl};
use parquet::arrow::ArrowWriter;

/// Profiles with a field of every kind that all formats have, some of them null.
fn profiles() -> Vec<Value> {
    let profile = |n: usize| {
        json!({
            "_id": format!("p{n}"),
            "name": format!("Name, \"{}\"", n % 50),
            "age": (!n.is_multiple_of(7)).then_some(18 + n % 60),
            "height": 1.5 + n as f64 / 1000.0,
            "tags": (!n.is_multiple_of(5)).then(|| ["a", "b", "ü"][..n % 3 + 1].to_vec()),
            "v": [n as f64 / 8.0, 0.1, (n % 13) as f64, -1.5],
        })
    };
    (0..120).map(profile).collect()
}

fn table(profiles: &[Value]) -> RecordBatch {
    let mut texts = [StringBuilder::new(), StringBuilder::new()];
    let (mut age, mut height) = (Int64Builder::new(), Float64Builder::new());
    let mut tags = ListBuilder::new(StringBuilder::new());
    let mut vectors = FixedSizeListBuilder::new(Float32Builder::new(), 4);
    for profile in profiles {
        for (text, name) in texts.iter_mut().zip(["_id", "name"]) {
            text.append_value(profile[name].as_str().unwrap());
        }
        age.append_option(profile["age"].as_i64());
        height.append_value(profile["height"].as_f64().unwrap());
        let list = profile["tags"].as_array();
        tags.append_option(list.map(|list| list.iter().map(Value::as_str).collect::<Vec<_>>()));
        profile["v"]
            .as_array()
            .unwrap()
            .iter()
            .for_each(|n| vectors.values().append_value(n.as_f64().unwrap() as f32));
        vectors.append(true);
    }
    let [mut id, mut name] = texts;
    let columns: [(&str, ArrayRef); 6] = [
        ("_id", Arc::new(id.finish())),
        ("name", Arc::new(name.finish())),
        ("age", Arc::new(age.finish())),
        ("height", Arc::new(height.finish())),
        ("tags", Arc::new(tags.finish())),
        ("v", Arc::new(vectors.finish())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn parquet_of(table: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), table.schema(), None).unwrap();
    writer.write(table).unwrap();
    writer.into_inner().unwrap()
}

fn csv(profiles: &[Value]) -> String {
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        other => format!("\"{}\"", other.to_string().replace('"', "\"\"")),
    };
    let row = |profile: &Value| profile.as_object().unwrap().values().map(cell).collect::<Vec<_>>().join(",");
    std::iter::once("_id,name,age,height,tags,v".to_owned())
        .chain(profiles.iter().map(row))
        .collect::<Vec<_>>()
        .join("\n")
}

/// All that `inspect` says of a version but what depends on where the profiles came from.
fn content(place: &Place) -> Value {
    let mut inspected = place.inspect(1);
    let map = inspected.as_object_mut().unwrap();
    let names = ["file", "bytes", "checksum", "created", "source"];
    names.iter().for_each(|name| assert!(map.shift_remove(*name).is_some(), "{name}"));
    let sections = map["sections"].as_array_mut().unwrap();
    sections.retain(|section| section["name"] != "metadata");
    assert!(sections.len() > 4, "{sections:?}");
    sections.iter_mut().for_each(|section| drop(section.as_object_mut().unwrap().shift_remove("offset")));
    inspected
}

#[test]
fn every_format_gives_the_same_index() {
    let profiles = profiles();
    let table = table(&profiles);
    let mut file = FileWriter::try_new(Vec::new(), &table.schema()).unwrap();
    file.write(&table).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &table.schema()).unwrap();
    stream.write(&table).unwrap();
    let files = [
        ("profiles.jsonl", jsonl(&profiles).into_bytes()),
        ("profiles.csv", csv(&profiles).into_bytes()),
        ("profiles.pickle", serde_pickle::to_vec(&profiles, serde_pickle::SerOptions::default()).unwrap()),
        ("profiles.parquet", parquet_of(&table)),
        ("profiles.feather", file.into_inner().unwrap()),
        ("profiles.arrow", stream.into_inner().unwrap()),
    ];
    for vectorizer in ["field:v", "hashing"] {
        let mut first = None;
        for (name, bytes) in &files {
            let place = Place::empty();
            place.write(name, bytes);
            place.build_from(name, &["--vectorizer", vectorizer, "--dimension", "4"]).done();
            assert_eq!(place.inspect(1)["source"]["name"], *name);
            let content = content(&place);
            assert_eq!(content["profiles"], 120);
            assert_eq!(&content, first.get_or_insert_with(|| content.clone()), "{vectorizer} {name}");
        }
    }
}

#[test]
fn a_table_that_cannot_be_read_is_exit_1_with_its_path() {
    let place = Place::empty();
    let bytes = parquet_of(&table(&profiles()));
    place.write("cut.parquet", &bytes[..bytes.len() - 1]);
    place.build_from("cut.parquet", &[]).fails(1, &["cut.parquet", "truncated"]);
    // The end is there, and what it points to is not.
    let hollow = [&bytes[..4], &vec![0; 2000], &bytes[bytes.len() - 3000..]].concat();
    place.write("hollow.parquet", hollow);
    place.build_from("hollow.parquet", &[]).fails(1, &["hollow.parquet", "cannot be read"]);
    place.write("lines.arrow", "{\"_id\":1}\n");
    place.build_from("lines.arrow", &[]).fails(1, &["lines.arrow", "neither"]);
    place.assert_nothing_published();
}

/// A file that another program wrote, in a place.
fn golden(name: &str) -> Place {
    let place = Place::empty();
    place.write(name, std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap());
    place
}

#[test]
fn a_column_that_nothing_asks_for_does_not_refuse_its_file() {
    let place = golden("duckdb-interval.parquet");
    place.build_from("duckdb-interval.parquet", &[]).fails(1, &["\"iv\"", "INTERVAL"]);
    place.build_from("duckdb-interval.parquet", &["--ignore-fields", "iv"]).fails(1, &["\"iv\""]);
    place.build_from("duckdb-interval.parquet", &["--ignore-fields", "iv", "--expose", "x"]).done();
    place.build_from("duckdb-interval.parquet", &["--fields", "x", "--expose", "x"]).done();
    place.build_from("duckdb-interval.parquet", &["--fields", "x", "--expose", "iv"]).fails(1, &["\"iv\""]);
    let answer = place.query(&[], "k7", "1");
    assert!(answer[0]["x"].as_str().is_some_and(|text| text.starts_with("text ")), "{answer}");
}

#[test]
fn a_uuid_is_an_id_as_its_owner_writes_it() {
    let place = golden("duckdb.parquet");
    place.build_from("duckdb.parquet", &[]).done();
    let answer = place.query(&[], "11111111-2222-3333-4444-555555555550", "5");
    assert_eq!(answer[0]["_id"].as_str().map(str::len), Some(36));
}

#[test]
fn a_long_window_of_zstd_is_read_from_a_file_and_from_a_pipe() {
    let place = golden("long-window.jsonl.zst");
    // They have nothing to compare, so somebody who has comes with them.
    let dancers =
        place.write("dancers.jsonl", "{\"_id\":\"x\",\"b\":\"dance\"}\n{\"_id\":\"y\",\"b\":\"tango\"}\n");
    place
        .build_from("long-window.jsonl.zst", &["--max-zero", "1", "--profiles", dancers.to_str().unwrap()])
        .done();
    assert_eq!(place.inspect(1)["profiles"], 4);
}

#[test]
fn what_is_another_file_is_named_with_what_to_do() {
    let place = Place::empty();
    let long = |start: &[u8], at: usize| [&vec![b'x'; at][..], start, &[0; 600]].concat();
    for (name, bytes, part) in [
        ("p.jsonl", long(b"\xfd7zXZ\0", 0), "xz"),
        ("p.csv", [&b"BZh91AY&SY"[..], &[0; 600]].concat(), "bzip2"),
        ("p.json", long(b"\x04\x22\x4d\x18", 0), "lz4"),
        ("p.csv", long(b"PK\x03\x04", 0), "zip archive"),
        ("p.jsonl", common::gzip(&long(b"ustar\x0000", 257)), "tar archive"),
        ("p.jsonl.gz", common::gzip(&common::gzip(b"{}")), "compressed twice"),
        ("p.csv", long(b"PAR1", 0), "--format parquet"),
        ("p.json", long(b"SQLite format 3\0", 0), "SQLite"),
    ] {
        place.write(name, bytes);
        place.build_from(name, &[]).fails(1, &[name, part]);
    }
    for (name, part) in
        [("p.jsonl.br", "Brotli"), ("p.csv.xz", "compressed"), ("p.zip", "archive"), ("p.xlsx", "CSV")]
    {
        place.write(name, "x");
        place.build_from(name, &[]).fails(2, &[name, part]);
    }
    place.build_from("p.jsonl.br", &["--format", "jsonl"]).fails(2, &["Brotli"]);
    place.assert_nothing_published();
}
