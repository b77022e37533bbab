//! Vectors of .npy files and their like with ids of their own, and word vectors, which bring theirs.

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
        (b"PK\x03\x04 a zip file".to_vec(), ".npz file cannot be read"),
        (npy("|O", "(3, 2)", b""), "Python objects"),
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

/// A file that another program wrote.
fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn fortran_order_and_archives_of_numpy_give_the_same_vectors() {
    let place = Place::empty();
    place.write("ids.txt", "a\nb\nc\nd\ne\nf\n");
    let numbers: Vec<f32> = (0..24).map(|n| (n as f32 - 9.0) / 4.0).collect();
    place.write("plain.npy", npy("<f4", "(6, 4)", &singles(&numbers)));
    build(&place, "plain.npy", "ids.txt", &[]).done();
    let answer = place.try_query(1, &["--distances"], "a", "5").done();
    for (version, name) in (2..).zip(["numpy-fortran.npy", "numpy-one.npz", "numpy-compressed.npz"]) {
        place.write(name, golden(name));
        build(&place, name, "ids.txt", &[]).done();
        assert_eq!(place.try_query(version, &["--distances"], "a", "5").done(), answer, "{name}");
    }
    place.write("two.npz", golden("numpy-two.npz"));
    build(&place, "two.npz", "ids.txt", &[]).fails(1, &["two.npz", "2 arrays (first, second)", "numpy.save"]);
    for second in ["numpy-one.npz", "numpy-compressed.npz", "numpy-two.npz"] {
        place.write("both.npz", [golden("numpy-one.npz"), golden(second)].concat());
        build(&place, "both.npz", "ids.txt", &[]).fails(1, &["both.npz", "one behind the other"]);
    }
    let whole = golden("numpy-compressed.npz");
    for length in (4..whole.len()).step_by(3) {
        place.write("cut.npz", &whole[..length]);
        build(&place, "cut.npz", "ids.txt", &[]).fails(1, &["cut.npz"]);
    }
    let mut flipped = golden("numpy-one.npz");
    flipped[200] ^= 1;
    place.write("flipped.npz", flipped);
    build(&place, "flipped.npz", "ids.txt", &[]).fails(1, &["flipped.npz", "damaged"]);
}

#[test]
fn vectors_behind_their_length_are_read_and_a_cut_is_found() {
    let place = three();
    build(&place, "v.npy", "ids.txt", &[]).done();
    let answer = place.query(&["--distances"], "a", "5");
    let row = |numbers: [f32; 2]| [&2_u32.to_le_bytes()[..], &singles(&numbers)].concat();
    let rows = [[1.0, 0.0], [0.9, 0.1], [0.0, 2.0]].map(row).concat();
    place.write("v.fvecs", &rows);
    place.write("v.fvecs.gz", gzip(&rows));
    for name in ["v.fvecs", "v.fvecs.gz"] {
        build(&place, name, "ids.txt", &["--keep", "1"]).done();
    }
    let distances = place.try_query(3, &["--distances"], "a", "5").json();
    assert_eq!(distances, answer);
    assert_eq!(place.inspect(3)["source"], json!({"name": "v.fvecs.gz", "format": "fvecs"}));
    place.write("v.bvecs", [[2, 0, 0, 0, 9, 1], [2, 0, 0, 0, 8, 2], [2, 0, 0, 0, 0, 255]].concat());
    let summary = build(&place, "v.bvecs", "ids.txt", &["--json"]).json();
    assert_eq!((&summary["profiles"], &summary["dimension"]), (&json!(3), &json!(2)));
    let cut = &rows[..rows.len() - 1];
    let mut other = rows.clone();
    other[12] = 3;
    let cases: [(&[u8], &str); 4] = [
        (cut, "row 2"),
        (&other, "row 1 (from 0) has 3 numbers"),
        (b"\0\0\0\0", "0 numbers"),
        (b"ab", "no vector"),
    ];
    for (bytes, part) in cases {
        place.write("bad.fvecs", bytes);
        build(&place, "bad.fvecs", "ids.txt", &[]).fails(1, &["bad.fvecs", part]);
    }
}

#[test]
fn word_vectors_bring_their_ids() {
    let place = Place::empty();
    let lines = "king 1 0.1 0\nqueen 0.9 0.2 0\n. . . 0 0 1\n";
    place.write("words.glove", lines);
    place.write("words.vec", format!("3 3\n{lines}"));
    place.write("words.txt", lines);
    let given: [(&str, &[&str]); 3] =
        [("words.glove", &[]), ("words.vec", &[]), ("words.txt", &["--format", "glove"])];
    for (version, (name, format)) in (1..).zip(given) {
        let ran = place.build_from(name, &[&["--vectorizer", "field:vector"], format].concat());
        assert!(ran.stderr.contains("note: ") && ran.stderr.contains("field:vector"), "{}", ran.stderr);
        ran.done();
        let answer = place.try_query(version, &[], "king", "2").json();
        assert_eq!(answer, json!([{"_id": "queen"}, {"_id": ". . ."}]), "{name}");
    }
    place.write("cut.vec", format!("4 3\n{lines}"));
    place
        .build_from("cut.vec", &["--vectorizer", "field:vector"])
        .fails(1, &["cut.vec", "4 words", "truncated"]);
    place.write("twice.glove", format!("{lines}king 1 1 1\n"));
    place.build_from("twice.glove", &["--vectorizer", "field:vector"]).fails(1, &["king"]);
    place.write("words.txt.bz2", "BZh");
    place.build_from("words.txt.bz2", &[]).fails(2, &["words.txt.bz2", "compressed", "--profiles -"]);
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
