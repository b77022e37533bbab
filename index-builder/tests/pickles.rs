//! Builds from pickles: those that are read as the manifest of `tests/golden/pickles` says, and those that are refused
//! soon, in bounded memory, and without running anything.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{BUILDER, Place, Ran, Value, command, gzip, ids, json, run};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/pickles");

/// The address space that a refusal may take, in KiB: the program, its threads, and nothing that a pickle asks for.
const ADDRESS_SPACE_KIB: u32 = 1_000_000;

fn golden(name: &str) -> PathBuf {
    Path::new(GOLDEN).join(name)
}

/// Copies a golden file to where the place's builds look for it.
fn place_of(golden_name: &str, name: &str) -> Place {
    let place = Place::empty();
    place.write(name, fs::read(golden(golden_name)).unwrap());
    place
}

#[test]
fn a_pickle_that_is_not_read_is_exit_1_with_what_was_found() {
    let cases: [(&str, &[&str]); 13] = [
        ("executes", &["posix.system", "not read", "a list of dicts"]),
        ("nested_200000_deep", &["nested deeper than"]),
        ("billion_laughs", &["found a tuple", "a list of dicts"]),
        ("dup_append_bomb", &["contains itself"]),
        ("declares_2_to_the_60_bytes", &["ends before the pickle does"]),
        ("truncated", &["truncated"]),
        ("empty_file", &["empty"]),
        ("not_a_pickle", &["not a pickle"]),
        ("persistent_id", &["persistent id"]),
        ("contains_itself", &["contains itself"]),
        ("a_number", &["found an integer", "a list of dicts", "a dict from id to dict"]),
        ("list_of_numbers", &["first element is an integer", "a list of dicts"]),
        ("data_frame", &["pandas.DataFrame", "not read", "a list of dicts"]),
    ];
    let limited = format!("ulimit -v {ADDRESS_SPACE_KIB} && exec \"$0\" \"$@\"");
    for (name, parts) in cases {
        let file = format!("{name}.pickle");
        let place = place_of(&format!("bad/{file}"), &file);
        let mut shell = Command::new("sh");
        shell.args(["-c", &limited, BUILDER]).args(place.build_args_from(&file, &["--threads", "2"]));
        shell.current_dir(place.path("")).stdin(Stdio::null());
        Ran::from(shell.output().unwrap()).fails(1, &[&[file.as_str()], parts].concat());
        place.assert_nothing_published();
        assert!(!place.path("PWNED").exists(), "a pickle was executed");
    }
}

#[test]
fn every_file_that_must_be_refused_is_refused() {
    for entry in fs::read_dir(golden("bad")).unwrap() {
        let path = entry.unwrap().path();
        let out = Place::empty().index();
        run(["build".as_ref(), "--profiles".as_ref(), path.as_os_str(), "--out".as_ref(), out.as_os_str()])
            .fails(1, &[]);
    }
}

#[test]
fn a_record_with_text_that_is_not_unicode_is_skipped() {
    let place = place_of("bad/lone_surrogate.pickle", "profiles.pickle");
    place
        .build_from("profiles.pickle", &["--max-skipped", "1"])
        .fails(1, &["no record has a valid id", "1 x text is not Unicode: record 1"]);
}

#[test]
fn the_minimal_profile_of_the_original_service_works_in_every_protocol() {
    for protocol in 0..6 {
        let place = place_of(&format!("good/seed_people.p{protocol}"), "people.pickle");
        place.build_from("people.pickle", &[]).done();
        assert_eq!(
            place.query(&[], "5c5d2e3f4a1b2c3d4e5f6071", "5"),
            json!([{"name": "Zoë", "surname": "O'Neil", "_id": "5c5d2e3f4a1b2c3d4e5f6072"}])
        );
    }
}

#[test]
fn a_dict_from_id_to_dict_has_its_keys_as_ids() {
    let place = place_of("good/dict_by_id.p4", "people.pkl");
    place.build_from("people.pkl", &[]).done();
    let answer = place.query(&["--exact"], "a", "5");
    assert_eq!(ids(&answer), ["b"]);
    assert_eq!(answer[0]["name"], "Bob");
}

#[test]
fn numpy_vectors_of_every_precision_are_vectors() {
    for kind in ["f2", "f4", "f8"] {
        let place = place_of(&format!("good/numpy_vectors_{kind}.p5"), "people.pickle");
        let summary =
            place.build_from("people.pickle", &["--vectorizer", "field:embedding", "--json"]).json();
        assert_eq!((&summary["profiles"], &summary["dimension"]), (&json!(3), &json!(4)), "{kind}");
        assert_eq!(place.query(&[], "0", "5"), json!([{"_id": 1}, {"_id": 2}]), "{kind}");
        place
            .build_from("people.pickle", &["--vectorizer", "field:embedding", "--expose", "embedding"])
            .done();
        let answer: Value = place.try_query(2, &[], "0", "1").json();
        assert_eq!(answer, json!([{"_id": 1, "embedding": [1.0, 2.0, 3.0, 4.0]}]), "{kind}");
    }
}

#[test]
fn a_pickle_may_be_compressed_and_come_from_standard_input() {
    let bytes = gzip(&fs::read(golden("good/seed_people.p2")).unwrap());
    let place = Place::empty();
    let path = place.write("people.pickle", bytes);
    assert_eq!(place.build_from("people.pickle", &["--json"]).json()["profiles"], 2);
    let out = place.index();
    let args = ["build", "--profiles", "-", "--format", "pickle", "--out", out.to_str().unwrap(), "--json"];
    let ran = command(args).stdin(fs::File::open(path).unwrap()).output().unwrap();
    assert_eq!(Ran::from(ran).json()["profiles"], 2);
}

#[test]
fn several_pickles_in_a_file_are_all_read_and_it_is_said() {
    let path = |name: &str| format!("{}/../tests/golden/library_pickles/{name}", env!("CARGO_MANIFEST_DIR"));
    let place = Place::empty();
    for name in ["good/three_dumps.p4", "good/dump_of_each.p5", "good/three_dumps.p4.gz"] {
        place.write("people.pkl", fs::read(path(name)).unwrap());
        // They have nothing to compare, so somebody who has comes with them.
        let dancers = place
            .write("dancers.jsonl", "{\"_id\":\"x\",\"b\":\"dance\"}\n{\"_id\":\"y\",\"b\":\"tango\"}\n");
        let more = ["--json", "--max-zero", "1", "--profiles", dancers.to_str().unwrap()];
        let summary = place.build_from("people.pkl", &more).json();
        assert_eq!(summary["profiles"], 5, "{name}");
        assert!(summary["notes"].to_string().contains("3 pickles follow one another"), "{summary}");
    }
    let place = Place::empty();
    place.write("people.pkl", fs::read(path("bad/padding.pickle")).unwrap());
    place
        .build_from("people.pkl", &[])
        .fails(1, &["people.pkl", "something follows the pickle that ends at byte"]);
    place.assert_nothing_published();
}
