//! Vectors of a .npy file with ids of their own.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, Ran, gzip, json, run};

/// A .npy file of version 1.0.
fn npy(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), numbers].concat()
}

fn singles(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Three vectors of two numbers, in a place with their ids.
fn three() -> Place {
    let place = Place::empty();
    place.write("v.npy", npy("<f4", "(3, 2)", &singles(&[1.0, 0.0, 0.9, 0.1, 0.0, 2.0])));
    place.write("ids.txt", "a\nb\n7\n");
    place
}

fn build(place: &Place, vectors: &str, ids: &str, more: &[&str]) -> Ran {
    let [vectors, ids, out] =
        [place.path(vectors), place.path(ids), place.index()].map(|path| path.to_str().unwrap().to_owned());
    let args = ["build", "--vectors", &vectors, "--ids", &ids, "--out", &out];
    run(args.iter().chain(more).copied())
}

#[test]
fn vectors_and_ids_make_an_index_of_ids() {
    let place = three();
    let summary = build(&place, "v.npy", "ids.txt", &["--json"]).json();
    assert_eq!((&summary["profiles"], &summary["dimension"]), (&json!(3), &json!(2)));
    assert_eq!(place.query(&[], "a", "5"), json!([{"_id": "b"}, {"_id": "7"}]));
    let inspected = place.inspect(1);
    assert_eq!(inspected["source"], json!({"name": "v.npy", "format": "npy"}));
    assert_eq!(inspected["vectorizer"]["name"], "field:vector");
}

#[test]
fn doubles_and_compressed_files_give_the_same_vectors() {
    let numbers: Vec<u8> =
        [1.0_f64, 0.0, 0.9, 0.1, 0.0, 2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    let place = three();
    build(&place, "v.npy", "ids.txt", &[]).done();
    place.write("doubles.npy", npy("<f8", "(3, 2)", &numbers));
    place.write("v.npy.gz", gzip(&std::fs::read(place.path("v.npy")).unwrap()));
    for (version, name) in [(2, "doubles.npy"), (3, "v.npy.gz")] {
        build(&place, name, "ids.txt", &[]).done();
        let distances = |version| place.try_query(version, &["--distances"], "a", "5").done();
        assert_eq!(distances(version), distances(1), "{name}");
    }
}

#[test]
fn a_vector_that_cannot_be_used_is_skipped_with_its_id() {
    let place = three();
    place.write("v.npy", npy("<f4", "(3, 2)", &singles(&[1.0, 0.0, f32::NAN, 0.1, 0.0, 2.0])));
    build(&place, "v.npy", "ids.txt", &[]).fails(1, &["vector not finite: b", "--max-skipped"]);
    place.write("ids.txt", "a\n\n7\n");
    place.write("v.npy", npy("<f4", "(3, 2)", &singles(&[1.0, 0.0, 1.0, 0.1, 0.0, 2.0])));
    let summary = build(&place, "v.npy", "ids.txt", &["--max-skipped", "0.5", "--json"]).json();
    assert_eq!(summary["skipped"], json!({"id empty": 1}));
}

#[test]
fn a_file_that_is_not_read_is_exit_1_with_its_path_and_the_reason() {
    let place = three();
    let whole = std::fs::read(place.path("v.npy")).unwrap();
    let cases: [(Vec<u8>, &str); 9] = [
        (whole[..whole.len() - 1].to_vec(), "truncated"),
        ([&whole[..], b"\0"].concat(), "more bytes"),
        (b"PK\x03\x04 a zip file".to_vec(), "no .npy file"),
        (npy("<i4", "(3, 2)", b""), "\"<i4\""),
        (npy("<f4", "(3,)", b""), "(3,)"),
        (npy("<f4", "(0, 2)", b""), "no rows"),
        (npy("<f4", "(3, 0)", b""), "1 to 65536"),
        (npy("<f4", "(3, 99999999999)", b""), "1 to 65536"),
        (npy("<f4", "(9000000000000000000, 2)", b""), "9000000000000000000 rows"),
    ];
    for (bytes, part) in cases {
        place.write("bad.npy", bytes);
        build(&place, "bad.npy", "ids.txt", &[]).fails(1, &["bad.npy", part]);
    }
    place.write("few.txt", "a\nb\n");
    build(&place, "v.npy", "few.txt", &[]).fails(1, &["v.npy", "3 rows", "few.txt has 2 lines"]);
    build(&place, "v.npy", "missing.txt", &[]).fails(1, &["missing.txt"]);
    build(&place, "missing.npy", "ids.txt", &[]).fails(1, &["missing.npy"]);
    place.assert_nothing_published();
}

#[test]
fn vectors_exclude_what_is_said_of_profiles() {
    let place = three();
    let excluded: [&[&str]; 7] = [
        &["--profiles", "x.jsonl"],
        &["--query", "select 1"],
        &["--format", "csv"],
        &["--id-field", "id"],
        &["--vectorizer", "hashing"],
        &["--fields", "a"],
        &["--ignore-fields", "a"],
    ];
    for flags in excluded {
        build(&place, "v.npy", "ids.txt", flags).fails(2, &["--vectors", flags[0]]);
    }
    let (vectors, out) = (place.path("v.npy"), place.index());
    let (vectors, out) = (vectors.to_str().unwrap(), out.to_str().unwrap());
    run(["build", "--vectors", "-", "--ids", "-", "--out", out]).fails(2, &["standard input", "--ids"]);
    run(["build", "--vectors", vectors, "--out", out]).fails(2, &["--ids"]);
    run(["build", "--profiles", "x.jsonl", "--ids", vectors, "--out", out]).fails(2, &["--vectors"]);
    run(["build", "--profiles", vectors, "--out", out]).fails(2, &["v.npy", "--vectors", "--ids"]);
    assert!(!place.index().exists());
}
