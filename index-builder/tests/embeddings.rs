//! Vectors that a model has made: in a field, in many fields, in a file beside the profiles.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, Ran, Value, ids, json, run, scattered};

/// Profiles with a name and a vector of eight numbers in `field`.
fn with_vectors(count: usize, field: &str) -> Vec<Value> {
    let named = |(n, mut profile): (usize, Value)| {
        let vector = profile["v"].take();
        let city = if n.is_multiple_of(2) { "Bonn" } else { "Rome" };
        json!({"_id": profile["_id"], "name": format!("Name {n}"), "city": city, field: vector})
    };
    scattered(count, 7).into_iter().enumerate().map(named).collect()
}

/// A .npy file of version 1.0 with rows of single-precision numbers.
fn npy(rows: &[Vec<f64>]) -> Vec<u8> {
    let header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}\n",
        rows.len(),
        rows.first().map_or(0, Vec::len)
    );
    let numbers: Vec<u8> = rows.iter().flatten().flat_map(|&number| (number as f32).to_le_bytes()).collect();
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &numbers].concat()
}

fn rows(profiles: &[Value]) -> Vec<Vec<f64>> {
    let row = |profile: &Value| serde_json::from_value(profile["v"].clone()).unwrap();
    profiles.iter().map(row).collect()
}

/// A build with paths of the place behind `--profiles`, `--vectors` and `--ids`.
fn build(place: &Place, files: &[(&str, &str)], more: &[&str]) -> Ran {
    let path = |name: &str| match name {
        "row" => name.to_owned(),
        name => place.path(name).to_str().unwrap().to_owned(),
    };
    let files = files.iter().flat_map(|&(flag, name)| [flag.to_owned(), path(name)]);
    let out = ["--out".to_owned(), place.index().to_str().unwrap().to_owned()];
    let more = more.iter().map(|&word| word.to_owned());
    run(["build".to_owned()].into_iter().chain(files).chain(out).chain(more))
}

/// The answer of a version to p0, with its distances.
fn answer(place: &Place, version: u64) -> String {
    place.try_query(version, &["--distances", "--exact"], "p0", "10").done()
}

#[test]
fn the_one_field_of_equally_long_lists_of_numbers_is_the_vector() {
    let place = Place::with(&with_vectors(60, "embedding"));
    place.build(&["--vectorizer", "field:embedding"]).done();
    let ran = place.build(&["--json"]);
    assert!(ran.stderr.contains("note: the field \"embedding\" holds a list of 8 numbers"), "{}", ran.stderr);
    let summary = ran.json();
    assert_eq!((&summary["vectorizer"], &summary["dimension"]), (&json!("field:embedding"), &json!(8)));
    assert!(summary["notes"][0].as_str().unwrap().contains("--vectorizer hashing"), "{summary}");
    assert_eq!(answer(&place, 1), answer(&place, 2));
    assert_eq!(
        place.query(&[], "p0", "1")[0].as_object().unwrap().keys().len(),
        3,
        "the vector is not returned"
    );
    let exposed = place.build(&["--expose", "embedding"]);
    exposed.done();
    assert_eq!(place.try_query(3, &[], "p0", "1").json()[0]["embedding"].as_array().unwrap().len(), 8);
}

#[test]
fn a_vector_in_a_map_or_in_text_is_found_as_well() {
    let nested =
        |profile: Value| json!({"_id": profile["_id"], "_source": {"title": "t", "embedding": profile["v"]}});
    let place = Place::with(&scattered(30, 7).into_iter().map(nested).collect::<Vec<_>>());
    let summary = place.build(&["--json"]).json();
    assert_eq!(summary["vectorizer"], "field:_source.embedding");
    assert_eq!(place.query(&[], "p0", "1")[0]["_source"], json!({"title": "t"}));
    place.build(&["--vectorizer", "field:_source.embedding"]).done();
    assert_eq!(answer(&place, 1), answer(&place, 2));
    let text = |profile: Value| json!({"_id": profile["_id"], "e": profile["v"].to_string()});
    let place = Place::with(&scattered(30, 7).into_iter().map(text).collect::<Vec<_>>());
    assert_eq!(place.build(&["--json"]).json()["vectorizer"], "field:e");
}

#[test]
fn a_profile_that_is_asked_about_is_read_as_the_source_was() {
    let joined = |profile: Value| {
        let numbers: Vec<String> = profile["v"].as_array().unwrap().iter().map(Value::to_string).collect();
        json!({"_id": profile["_id"], "e": numbers.join("; ")})
    };
    let profiles: Vec<Value> = scattered(30, 7).into_iter().map(joined).collect();
    let place = Place::with(&profiles);
    place.build(&["--vectorizer", "field:e", "--list-separator", "e=;"]).done();
    let asked = place.write("asked.json", profiles[3].to_string());
    let file = place.version(1);
    let args =
        ["query".as_ref(), file.as_os_str(), "--distances".as_ref(), "--profile".as_ref(), asked.as_os_str()];
    let answer = run(args.into_iter().chain(["1".as_ref()])).json();
    assert_eq!((&answer[0]["distance"], &answer[0]["profile"]["_id"]), (&json!(0.0), &json!("p3")));
}

#[test]
fn several_fields_that_may_be_the_vector_are_named_and_refused() {
    let two = |(n, profile): (usize, Value)| {
        let text: Vec<f64> = (0..9).map(|at| (at * n) as f64 + 0.5).collect();
        json!({"_id": profile["_id"], "image": profile["v"], "text": text, "n": n})
    };
    let place = Place::with(&scattered(20, 7).into_iter().enumerate().map(two).collect::<Vec<_>>());
    place.build(&[]).fails(
        1,
        &[
            "image (lists of 8 numbers)",
            "text (lists of 9 numbers)",
            "--vectorizer field:NAME",
            "--ignore-fields",
        ],
    );
    place.assert_nothing_published();
    assert_eq!(place.build(&["--ignore-fields", "text", "--json"]).json()["vectorizer"], "field:image");
    assert_eq!(place.build(&["--fields", "n", "--json"]).json()["vectorizer"], "hashing");
    assert_eq!(place.build(&["--fields", "image", "--json"]).json()["vectorizer"], "field:image");
}

#[test]
fn a_column_of_vectors_is_no_feature_unless_it_is_asked_for() {
    let place = Place::with(&with_vectors(40, "embedding"));
    let ran = place.build(&["--vectorizer", "hashing", "--json"]);
    assert!(ran.stderr.contains("\"embedding\" holds lists of 8 numbers"), "{}", ran.stderr);
    ran.done();
    place.build(&["--vectorizer", "hashing", "--ignore-fields", "embedding"]).done();
    assert_eq!(answer(&place, 1), answer(&place, 2));
    // Of few profiles: it is not the vector, and no feature.
    let mut few = with_vectors(40, "embedding");
    few.iter_mut().skip(10).for_each(|profile| drop(profile.as_object_mut().unwrap().remove("embedding")));
    let place = Place::with(&few);
    let summary = place.build(&["--json"]).json();
    assert_eq!(summary["vectorizer"], "hashing");
    assert!(summary["notes"][0].as_str().unwrap().contains("in 10 of 40 records"), "{summary}");
    place.build(&["--vectorizer", "hashing", "--fields", "embedding", "--max-zero", "1"]).done();
}

#[test]
fn lists_that_are_short_or_of_many_lengths_are_features() {
    let list = |n: usize| json!({"_id": n, "short": [1, 2, 3], "liked": (0..8 + n % 7).collect::<Vec<_>>(), "x": "y"});
    let place = Place::with(&(0..30).map(list).collect::<Vec<_>>());
    let summary = place.build(&["--json"]).json();
    assert_eq!((&summary["vectorizer"], &summary["notes"]), (&json!("hashing"), &json!([])));
}

#[test]
fn a_profile_without_the_vector_is_skipped_as_with_field() {
    let mut profiles = with_vectors(98, "e");
    profiles.push(json!({"_id": "none", "e": null}));
    profiles.push(json!({"_id": "short", "e": [1, 2]}));
    let place = Place::with(&profiles);
    place.build(&[]).fails(1, &["vector missing: none", "--max-skipped"]);
    let summary = place.build(&["--max-skipped", "0.05", "--json"]).json();
    assert_eq!(summary["skipped"], json!({"vector missing": 1, "vector of another length": 1}));
    assert_eq!(summary["examples"]["vector missing"], "none");
    assert!(
        summary["notes"].to_string().contains("8 numbers in 98 profiles, 2 numbers in 1 profile"),
        "{summary}"
    );
}

#[test]
fn vectors_of_two_lengths_are_counted_with_both() {
    let line =
        |n: usize| json!({"_id": n, "e": vec![0.5 + n as f64; if n.is_multiple_of(3) { 12 } else { 9 }]});
    let place = Place::with(&(0..30).map(line).collect::<Vec<_>>());
    for vectorizer in ["field:e", "auto"] {
        place.build(&["--vectorizer", vectorizer]).fails(
            1,
            &[
                "9 numbers in 20 profiles, 12 numbers in 10 profiles",
                "10 x vector of another length",
                "--max-skipped",
            ],
        );
    }
    place.build(&["--vectorizer", "field:e", "--dimension", "768"]).fails(
        1,
        &[
            "--dimension asks for vectors of 768 numbers",
            "9 numbers in 20 profiles",
            "no profile has a vector",
        ],
    );
}

#[test]
fn a_field_without_vectors_is_named_with_those_that_have_some() {
    let place = Place::with(&with_vectors(3, "embedding"));
    place.build(&["--vectorizer", "field:embeddings"]).fails(
        1,
        &[
            "\"embeddings\", which no record has",
            "lists of numbers: embedding (lists of 8 numbers)",
            "others: _id, name, city",
        ],
    );
}

#[test]
fn vectors_in_a_file_belong_to_the_profiles_in_their_order() {
    let profiles = scattered(50, 7);
    let place = Place::with(&profiles);
    place.build(&["--vectorizer", "field:v", "--expose", "name"]).fails(2, &["--expose", "\"name\""]);
    place.build(&["--vectorizer", "field:v"]).done();
    let bare: Vec<Value> =
        profiles.iter().map(|profile| json!({"_id": profile["_id"], "name": "N"})).collect();
    place.write("docs.jsonl", common::jsonl(&bare));
    place.write("x.npy", npy(&rows(&profiles)));
    let files = [("--profiles", "docs.jsonl"), ("--vectors", "x.npy")];
    let summary = build(&place, &files, &["--json"]).json();
    assert_eq!((&summary["profiles"], &summary["dimension"]), (&json!(50), &json!(8)));
    assert_eq!(summary["source"], json!({"name": "docs.jsonl, x.npy", "format": "jsonl, npy"}));
    let ids_of = |version| {
        let answer = place.try_query(version, &["--exact"], "p0", "49").json();
        ids(&answer).iter().map(|&id| id.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids_of(1), ids_of(2));
    assert_eq!(place.try_query(2, &[], "p0", "1").json()[0]["name"], "N");
    // A record that is skipped uses up its row.
    place.write("docs.jsonl", format!("{{\"_id\":null}}\n{}", common::jsonl(&bare[1..])));
    build(&place, &files, &["--max-skipped", "0.1"]).done();
    let others = |version| {
        let answer = place.try_query(version, &["--exact"], "p7", "40").json();
        ids(&answer).iter().filter(|&&id| id != "p0").take(30).map(|&id| id.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(others(3), others(2));
}

#[test]
fn as_many_rows_as_records_or_nothing_is_built() {
    let profiles = scattered(5, 7);
    let place = Place::with(&profiles);
    for count in [4, 6] {
        place.write("x.npy", npy(&rows(&scattered(count, 7))));
        build(&place, &[("--profiles", "profiles.jsonl"), ("--vectors", "x.npy")], &[])
            .fails(1, &["x.npy", &format!("{count} rows"), "profiles.jsonl has 5 records"]);
    }
    place.assert_nothing_published();
    build(&place, &[("--profiles", "profiles.jsonl"), ("--vectors", "absent.npy")], &[])
        .fails(1, &["absent.npy"]);
    build(&place, &[("--profiles", "profiles.jsonl"), ("--vectors", "x.npy"), ("--ids", "row")], &[])
        .fails(2, &["--ids", "--profiles"]);
    build(&place, &[("--vectors", "x.npy")], &[]).fails(2, &["--ids row", "--profiles"]);
    run(["build", "--profiles", "-", "--format", "jsonl", "--vectors", "-", "--out", "x"])
        .fails(2, &["standard input", "--vectors"]);
}

#[test]
fn rows_without_ids_are_numbered() {
    let place = Place::empty();
    place.write("x.npy", npy(&rows(&scattered(12, 7))));
    let summary = build(&place, &[("--vectors", "x.npy"), ("--ids", "row")], &["--json"]).json();
    assert_eq!((&summary["profiles"], &summary["id_field"]), (&json!(12), &json!("_id")));
    let mut answer: Vec<i64> =
        place.others("0").iter().map(|profile| profile["_id"].as_i64().unwrap()).collect();
    answer.sort_unstable();
    assert_eq!(answer, (1..12).collect::<Vec<_>>());
}

/// A table with a column for each number, in an order of their names that is not that of the numbers.
fn wide(count: usize) -> String {
    let profiles = scattered(count, 7);
    let numbers = [10, 9, 1, 2, 3, 4, 5, 6];
    let header = numbers.map(|number| format!("dim_{number}")).join(",");
    let row = |(profile, row): (&Value, Vec<f64>)| {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        format!("{},Name,{}\n", profile["_id"].as_str().unwrap(), cells.join(","))
    };
    let rows: String = profiles.iter().zip(rows(&profiles)).map(row).collect();
    format!("_id,name,{header}\n{rows}")
}

#[test]
fn columns_of_a_wide_table_are_the_numbers_of_the_vector() {
    let place = Place::with(&scattered(40, 7));
    place.build(&["--vectorizer", "field:v"]).done();
    place.write("wide.csv", wide(40));
    let summary = place.build_from("wide.csv", &["--vectorizer", "columns:dim_*", "--json"]).json();
    assert_eq!((&summary["vectorizer"], &summary["dimension"]), (&json!("columns:dim_*"), &json!(8)));
    assert!(summary["notes"][0].as_str().unwrap().contains("dim_1, dim_2, ... dim_10"), "{summary}");
    let nearest = |version| ids(&place.try_query(version, &["--exact"], "p0", "39").json()).join(" ");
    assert_eq!(nearest(1), nearest(2));
    assert_eq!(
        place.try_query(2, &[], "p0", "1").json()[0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["_id", "name"]
    );
    // A profile with these fields can be asked about, in any order; one that lacks some cannot.
    let ask = |profile: Value| {
        let file = place.write("ask.json", profile.to_string());
        let version = place.version(2);
        run(["query".as_ref(), "--profile".as_ref(), file.as_os_str(), version.as_os_str(), "1".as_ref()])
    };
    let row = &rows(&scattered(1, 7))[0];
    let names = ["dim_10", "dim_9", "dim_1", "dim_2", "dim_3", "dim_4", "dim_5", "dim_6"];
    let whole: Value =
        names.iter().zip(row).map(|(name, number)| ((*name).to_owned(), json!(number))).collect();
    assert_eq!(ids(&ask(whole).json()), ["p0"]);
    ask(json!({"dim_1": 1})).fails(1, &["\"dim_2\"", "missing"]);
}

#[test]
fn cells_that_are_no_numbers_are_skipped_and_counted() {
    let place = Place::empty();
    place.write("wide.jsonl", "{\"_id\":\"a\",\"x\":1,\"y\":2}\n{\"_id\":\"b\",\"x\":1,\"y\":\"2.5\"}\n{\"_id\":\"c\",\"x\":1}\n{\"_id\":\"d\",\"x\":1,\"y\":null}\n{\"_id\":\"e\",\"x\":1,\"y\":\"two\"}\n");
    let build = |columns: &str| {
        place.build_from("wide.jsonl", &["--vectorizer", columns, "--max-skipped", "1", "--json"])
    };
    let summary = build("columns:y, x").json();
    assert_eq!(
        summary["skipped"],
        json!({"number of the vector missing": 2, "number of the vector not a number": 1})
    );
    assert_eq!(summary["examples"]["number of the vector not a number"], "e");
    build("columns:z*").fails(2, &["\"z*\"", "The fields are: _id, x, y"]);
    build("columns:").fails(2, &["columns:dim_*"]);
    build("columns:[").fails(2, &["\"[\""]);
}

#[test]
fn a_column_that_is_split_into_lists_is_no_number_in_the_build_nor_in_a_question() {
    let place = Place::empty();
    place.write("wide.jsonl", "{\"_id\":\"a\",\"x\":1,\"y\":2}\n{\"_id\":\"b\",\"x\":1,\"y\":\"2.5\"}\n");
    let flags = ["--vectorizer", "columns:x,y", "--list-separator", "y=;", "--max-skipped", "1", "--json"];
    let summary = place.build_from("wide.jsonl", &flags).json();
    assert_eq!(summary["skipped"], json!({"number of the vector not a number": 1}));
    let ask = |profile: Value| {
        let (file, version) = (place.write("ask.json", profile.to_string()), place.version(1));
        run(["query".as_ref(), "--profile".as_ref(), file.as_os_str(), version.as_os_str(), "1".as_ref()])
    };
    assert_eq!(ids(&ask(json!({"x": 1, "y": 2.5})).json()), ["a"]);
    ask(json!({"x": 1, "y": "2.5"})).fails(1, &["\"y\""]);
}

#[test]
fn vectors_are_found_as_models_and_tables_write_them() {
    let profiles = scattered(30, 7);
    let numbers = |profile: &Value| -> Vec<String> {
        profile["v"].as_array().unwrap().iter().map(Value::to_string).collect()
    };
    let plain = Place::with(&profiles);
    plain.build(&[]).done();
    for name in ["a list in a list", "texts in a list", "blanks", "commas"] {
        let form = |profile: &Value| match name {
            "a list in a list" => json!([profile["v"]]),
            "texts in a list" => json!(numbers(profile)),
            "blanks" => json!(numbers(profile).join(" ")),
            _ => json!(numbers(profile).join(",")),
        };
        let written: Vec<Value> =
            profiles.iter().map(|profile| json!({"_id": profile["_id"], "v": form(profile)})).collect();
        let place = Place::with(&written);
        assert_eq!(place.build(&["--json"]).json()["vectorizer"], "field:v", "{name}");
        assert_eq!(
            place.query(&["--distances"], "p3", "5"),
            plain.query(&["--distances"], "p3", "5"),
            "{name}"
        );
    }
}

#[test]
fn a_few_vectors_that_cannot_be_used_do_not_make_the_others_tags() {
    for bad in [json!([0.5, null, 1, 2, 3, 4, 5, 6]), json!("error"), json!([0.5])] {
        let mut profiles = scattered(30, 7);
        for profile in profiles.iter_mut().step_by(4) {
            profile["v"] = bad.clone();
        }
        let place = Place::with(&profiles);
        place.build(&[]).fails(1, &["--max-skipped", "8 x vector"]);
        let summary = place.build(&["--json", "--max-skipped", "0.5"]).json();
        assert_eq!((&summary["vectorizer"], &summary["profiles"]), (&json!("field:v"), &json!(22)), "{bad}");
    }
}

#[test]
fn a_field_that_holds_no_vectors_is_named_with_those_that_do() {
    let place = Place::with(&scattered(30, 7));
    place.write("profiles.jsonl", common::jsonl(&[json!({"_id": 1, "age": 30, "v": [1, 2]})]));
    place
        .build(&["--vectorizer", "field:age"])
        .fails(1, &["the field \"age\", which holds no list of numbers", "v (lists of 2 numbers)"]);
}

#[test]
fn many_fields_with_numbers_at_their_ends_may_be_one_vector() {
    let row = |n: usize| {
        let fields = (0..8).map(|at| (format!("emb_{at}"), json!((n * at % 7) as f64 + 0.5)));
        let mut row: serde_json::Map<String, Value> = fields.collect();
        row.insert("_id".to_owned(), json!(n));
        Value::Object(row)
    };
    let place = Place::with(&(0..20).map(row).collect::<Vec<_>>());
    let notes = place.build(&["--json"]).json()["notes"].to_string();
    assert!(notes.contains("--vectorizer 'columns:emb_[0-9]*'"), "{notes}");
    let summary = place.build(&["--json", "--vectorizer", "columns:emb_[0-9]*"]).json();
    assert_eq!(summary["dimension"], 8);
}
