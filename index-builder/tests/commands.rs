//! The commands that look at published files: inspect, verify, query, list, pin, unpin.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::ffi::OsStr;
use std::fs;

use common::{Place, Ran, Value, ids, json, numbered, run};

/// A command with the index directory and what comes behind it.
fn on_index(place: &Place, command: &str, more: &[&str]) -> Ran {
    let index = place.index();
    let args = [command.as_ref(), index.as_os_str()];
    run(args.into_iter().chain(more.iter().map(AsRef::<OsStr>::as_ref)))
}

fn verify(place: &Place, version: u64) -> Ran {
    run(["verify".as_ref(), place.version(version).as_os_str()])
}

#[test]
fn an_answer_is_the_nearest_profiles_in_order_without_the_one_that_is_asked_about() {
    let place = Place::with(&[
        json!({"_id": "north", "v": [0, 1]}),
        json!({"_id": "north east", "v": [2, 2]}),
        json!({"_id": "east", "v": [3, 0]}),
        json!({"_id": "south", "v": [0, -0.5]}),
    ]);
    place.build_vectors(&[]);
    for flags in [&[][..], &["--exact"], &["--ef", "4"], &["--ef", "1"]] {
        assert_eq!(
            place.try_query(1, flags, "north", "3").done(),
            r#"[{"_id":"north east"},{"_id":"east"},{"_id":"south"}]"#
        );
        assert_eq!(place.try_query(1, flags, "north", "1").done(), r#"[{"_id":"north east"}]"#);
    }
    let text = place.try_query(1, &["--distances"], "north", "99").done();
    let expected = json!([
        {"distance": 0.29289323, "profile": {"_id": "north east"}},
        {"distance": 1.0, "profile": {"_id": "east"}},
        {"distance": 2.0, "profile": {"_id": "south"}},
    ]);
    assert_eq!(text, expected.to_string());
}

#[test]
fn equal_distances_are_in_the_order_of_ids() {
    let profiles =
        ["d", "b", "e", "a", "c"].map(|id| json!({"_id": id, "v": if id == "c" { [1, 0] } else { [0, 1] }}));
    let place = Place::with(&profiles);
    place.build_vectors(&[]);
    assert_eq!(ids(&place.query(&[], "c", "3")), ["a", "b", "d"]);
}

#[test]
fn what_cannot_be_asked_is_wrong_usage_and_what_has_no_answer_is_exit_1() {
    let place = Place::with_vectors(10);
    place.build_vectors(&[]);
    let query = |flags: &[&str], n: &str| place.try_query(1, flags, "p0", n);
    for n in ["0", "-1", "ten", "1.5", "4294967296"] {
        query(&[], n).fails(2, &["<N>", n]);
    }
    query(&["--ef", "0"], "5").fails(2, &["--ef", "0", "1 to 4096"]);
    query(&["--ef", "4097"], "5").fails(2, &["--ef", "4097", "1 to 4096"]);
    query(&["--ef", "ten"], "5").fails(2, &["--ef", "ten", "a whole number from 1 to 4096"]);
    query(&["--ef", "10", "--exact"], "5").fails(2, &["--ef", "--exact"]);
    place.try_query(1, &[], "nobody", "5").fails(1, &["\"nobody\"", "no profile has this id"]);
    place.try_query(1, &[], "", "5").fails(1, &["no profile has this id"]);
    place.try_query(2, &[], "p0", "5").fails(1, &["index-00000002.knd", "No such file", "are: 1"]);
}

#[test]
fn a_vector_or_a_profile_that_is_not_in_the_index_can_be_asked_about() {
    let place = Place::with(&[json!({"_id": "north", "v": [0, 1]}), json!({"_id": "east", "v": [3, 0]})]);
    place.build_vectors(&[]);
    let query = |flags: &[&str]| {
        let file = place.version(1);
        let args = [&["query", file.to_str().unwrap()], flags].concat();
        run(args)
    };
    let expected =
        r#"[{"distance":0.0,"profile":{"_id":"east"}},{"distance":1.0,"profile":{"_id":"north"}}]"#;
    assert_eq!(query(&["--vector", "[0.1,0]", "--distances", "2"]).done(), expected);
    let write = |text: &str| place.write("asked.json", text).to_str().unwrap().to_owned();
    let profile = write("{\"name\": \"new\", \"v\": [7, 0]}");
    assert_eq!(query(&["--profile", &profile, "--distances", "5"]).done(), expected);
    let marked = write("\u{feff}{\"name\": null, \"v\": [7, 0]}");
    assert_eq!(query(&["--profile", &marked, "--distances", "5"]).done(), expected);
    let profile = write("{\"name\": \"new\", \"v\": [7, 0]}");
    assert_eq!(query(&["--vector=[-1,-0.5]", "--exact", "1"]).done(), r#"[{"_id":"north"}]"#);
    for (vector, code, part) in [
        ("[1,0", 2, "a list of numbers is allowed"),
        ("{}", 2, "a list of numbers is allowed"),
        ("[1,\"x\"]", 2, "a list of numbers is allowed"),
        ("[1]", 1, "the vector has 1 number, and those of the index have 2"),
        ("[0,0]", 1, "its vector is zero"),
        ("[1e39,0]", 1, "not finite"),
    ] {
        query(&["--vector", vector, "1"]).fails(code, &[part]);
    }
    for (text, part) in
        [("[]", "a JSON object is expected"), ("{\"v\":", "behind 5 bytes"), ("{}", "\"v\": vector missing")]
    {
        query(&["--profile", &write(text), "1"]).fails(1, &["--profile", part]);
    }
    query(&["--profile", "/nowhere.json", "1"]).fails(1, &["/nowhere.json"]);
    query(&["--vector", "[1,0]", "north", "1"]).fails(2, &["--vector", "ID"]);
    query(&["--vector", "[1,0]", "--profile", &profile, "1"]).fails(2, &["--profile"]);
    query(&["5"]).fails(2, &["ID"]);
}

#[test]
fn inspect_says_what_a_file_holds_and_what_built_it() {
    let place = Place::with(&[numbered(20), vec![json!({"_id": null})]].concat());
    let flags =
        ["--max-skipped", "1", "--m", "8", "--ef-construction", "50", "--seed", "7", "--expose", "name"];
    let summary = place.build_vectors(&flags);
    let told = place.inspect(1);
    for name in ["version", "profiles", "nodes", "dimension", "recall_at_10", "reachable", "bytes", "m"] {
        assert_eq!(told[name], summary[name], "{name}");
    }
    assert_eq!(told["bytes"], fs::metadata(place.version(1)).unwrap().len());
    assert_eq!((&told["m"], &told["m0"], &told["default_ef"]), (&json!(8), &json!(16), &summary["ef"]));
    assert_eq!((&told["graph"]["ef_construction"], &told["graph"]["seed"]), (&json!(50), &json!(7)));
    assert_eq!((&told["id_field"], &told["exposed"]), (&json!("_id"), &json!(["name"])));
    assert_eq!((&told["read"], &told["skipped"]), (&json!(21), &json!({"id null": 1})));
    assert_eq!(told["vectorizer"]["name"], "field:v");
    assert_eq!(told["source"], json!({"name": "profiles.jsonl", "format": "jsonl"}));
    assert!(told["builder"].as_str().unwrap().starts_with("index-builder "));
    let sections = told["sections"].as_array().unwrap();
    assert!(sections.iter().any(|section| section["name"] == "vectors" && section["length"] == 20 * 4 * 4));
    let text = run(["inspect".as_ref(), place.version(1).as_os_str()]).done();
    for part in ["profiles         20", "field:v", "ef_construction 50", "vectors", "id null"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn a_file_has_a_map_unless_it_is_not_wanted() {
    let place = Place::with(&[numbered(20), vec![json!({"_id": "zero", "v": [0, 0, 0, 0]})]].concat());
    let section = |told: &Value| {
        told["sections"].as_array().unwrap().iter().find(|section| section["name"] == "map").cloned()
    };
    let (with, without) = (place.build_vectors(&[]), place.build_vectors(&["--no-map"]));
    let told = place.inspect(1);
    let map = section(&told).unwrap();
    assert_eq!(
        (&map["kind"], &map["required"], &map["element_size"]),
        (&json!(17), &json!(false), &json!(4))
    );
    assert_eq!(map["length"], 21 * 4);
    let explained = told["map"]["explained_variance"].as_f64().unwrap();
    assert!((0.5..=1.0).contains(&explained), "{explained}");
    assert_eq!(with["map"], told["map"]);
    let told = place.inspect(2);
    assert_eq!((section(&told), told.get("map"), &without["map"]), (None, None, &Value::Null));
}

#[test]
fn inspect_of_a_directory_is_of_the_version_that_would_be_served() {
    let place = Place::with_vectors(3);
    fs::create_dir(place.index()).unwrap();
    on_index(&place, "inspect", &[]).fails(1, &["index", "has no version", "index-builder build --out"]);
    place.build(&[]).done();
    place.build(&[]).done();
    assert_eq!(on_index(&place, "inspect", &["--json"]).json()["version"], 2);
    on_index(&place, "pin", &["1"]).done();
    assert_eq!(on_index(&place, "inspect", &["--json"]).json()["version"], 1);
    fs::remove_file(place.version(1)).unwrap();
    let ran = on_index(&place, "inspect", &["--json"]);
    assert!(ran.stderr.contains("the pinned version 1 is not there"), "{}", ran.stderr);
    assert_eq!(ran.json()["version"], 2, "as a server that finds no such version");
}

#[test]
fn verify_takes_a_good_file_and_refuses_any_other() {
    let place = Place::with_vectors(10);
    place.build(&[]).done();
    let told = verify(&place, 1).done();
    assert!(told.contains("index-00000001.knd: good: 10 profiles"), "{told}");
    let good = fs::read(place.version(1)).unwrap();
    let middle = good.len() / 2;
    let mut flipped = good.clone();
    flipped[middle] ^= 1;
    let bad: [&[u8]; 6] =
        [&[], b"{\"_id\":1}", &good[..good.len() - 1], &good[..100], &[&good[..], &[0]].concat(), &flipped];
    for bytes in bad {
        fs::write(place.version(2), bytes).unwrap();
        verify(&place, 2).fails(1, &["index-00000002.knd"]);
        place.try_query(2, &[], "p0", "1").fails(1, &["index-00000002.knd"]);
        on_index(&place, "pin", &["2"]).fails(1, &["index-00000002.knd"]);
    }
    verify(&place, 3).fails(1, &["index-00000003.knd", "No such file"]);
    let ran = on_index(&place, "verify", &[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.stdout.contains("index-00000001.knd: good: 10 profiles, 10 nodes"), "{ran:#?}");
    assert!(ran.stderr.contains("index-00000002.knd"), "{ran:#?}");
    assert!(!place.names().contains(&"PINNED".to_owned()));
}

#[test]
fn list_shows_every_version_and_which_one_is_pinned_served_or_damaged() {
    let place = Place::with_vectors(3);
    on_index(&place, "list", &[]).fails(1, &["index", "No such file"]);
    for _ in 0..3 {
        place.build(&[]).done();
    }
    on_index(&place, "pin", &["2"]).done();
    fs::write(place.version(3), "rubbish").unwrap();
    let list = on_index(&place, "list", &[]).done();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[0].trim_start().starts_with("1 ") && lines[0].contains("3 profiles"), "{list}");
    assert!(lines[1].trim_start().starts_with("2 ") && lines[1].ends_with("pinned"), "{list}");
    assert!(lines[2].contains("damaged: ") && !lines[2].contains("pinned"), "{list}");
    fs::remove_file(place.version(2)).unwrap();
    let list = on_index(&place, "list", &[]).done();
    assert!(list.contains("2  missing  pinned"), "{list}");
}

#[test]
fn a_pin_is_verified_written_and_taken_back() {
    let place = Place::with_vectors(3);
    place.build(&[]).done();
    place.build(&[]).done();
    assert!(on_index(&place, "unpin", &[]).done().contains("nothing was pinned"));
    assert!(on_index(&place, "pin", &["1"]).done().contains("pinned version 1"));
    assert_eq!(fs::read(place.index().join("PINNED")).unwrap(), b"1\n");
    assert!(on_index(&place, "pin", &["2"]).done().contains("pinned version 2"));
    on_index(&place, "pin", &["3"]).fails(1, &["there is no version 3", "are: 1, 2"]);
    for bad in ["0", "-1", "two", "18446744073709551616"] {
        on_index(&place, "pin", &["--", bad]).fails(2, &[bad]);
    }
    assert_eq!(fs::read(place.index().join("PINNED")).unwrap(), b"2\n", "a pin that fails changes nothing");
    assert!(on_index(&place, "unpin", &[]).done().contains("unpinned"));
    assert_eq!(place.names(), ["builder.lock", "index-00000001.knd", "index-00000002.knd"]);
}

#[test]
fn a_build_goes_on_while_the_pin_is_damaged_and_removes_nothing() {
    let place = Place::with_vectors(3);
    for _ in 0..2 {
        place.build(&[]).done();
    }
    fs::write(place.index().join("PINNED"), "two").unwrap();
    on_index(&place, "list", &[]).fails(1, &["PINNED", "two"]);
    let ran = place.build(&["--keep", "1", "--json"]);
    assert!(ran.stderr.contains("pin"), "{}", ran.stderr);
    assert_eq!((&ran.json()["removed"], place.versions().len()), (&json!([]), 3));
    on_index(&place, "unpin", &[]).done();
    place.build(&["--keep", "1"]).done();
    assert_eq!(place.versions(), ["index-00000003.knd", "index-00000004.knd"]);
}

#[test]
fn a_directory_stands_for_the_version_that_would_be_served() {
    let place = Place::with_vectors(10);
    for _ in 0..3 {
        place.build_vectors(&[]);
    }
    fs::write(place.version(3), "rubbish").unwrap();
    let expected = place.try_query(2, &[], "p0", "3").done();
    let ran = on_index(&place, "query", &["p0", "3"]);
    assert!(ran.stderr.contains("index-00000003.knd"), "what is passed over is told: {}", ran.stderr);
    assert_eq!(ran.done(), expected);
    let index = place.index();
    let index = index.to_str().unwrap();
    let new = run(["diff", index, index, "--json"]).json()["new"]["file"].clone();
    assert!(new.as_str().unwrap().ends_with("index-00000002.knd"), "{new}");
    run(["report", index, "--against", index, "--out", place.path("r.html").to_str().unwrap()]).done();
    on_index(&place, "pin", &["1"]).done();
    assert!(on_index(&place, "inspect", &["--json"]).json()["file"].as_str().unwrap().ends_with("1.knd"));
    fs::remove_file(place.version(3)).unwrap();
    assert_eq!(on_index(&place, "verify", &[]).done().lines().count(), 2);
    for version in [1, 2] {
        fs::write(place.version(version), "rubbish").unwrap();
    }
    on_index(&place, "query", &["p0", "3"]).fails(1, &["no version of it is good"]);
}

#[test]
fn an_id_that_is_not_there_is_answered_with_those_that_are_near() {
    let place = Place::with_vectors(12);
    place.build_vectors(&[]);
    for (id, said) in [
        ("p", "Ids that begin so: p0, p1, p10, p11, p2, ..."),
        ("P3", "Did you mean \"p3\"?"),
        (" p3 ", "Did you mean \"p3\"?"),
        ("p1x", "Ids that begin with \"p1\": p1, p10, p11"),
    ] {
        place.try_query(1, &[], id, "3").fails(1, &["no profile has this id", said]);
    }
    let told = place.try_query(1, &[], "zebra", "3").fails(1, &["no profile has this id"]);
    assert!(!told.contains("begin"), "{told}");
    on_index(&place, "suppress", &["p3"]).done();
    place.try_query(1, &[], "p3", "3").fails(1, &["it is suppressed", "unsuppress"]);
    on_index(&place, "query", &["p3"]).fails(2, &["\"p3\" is given", "an ID and N are needed", "ID 10"]);
}

#[test]
fn a_path_that_is_no_index_directory_is_told_from_one_without_versions() {
    let place = Place::with_vectors(3);
    let file = place.write("file", "");
    let commands: [&[&str]; 5] =
        [&["list"], &["pin", "1"], &["unpin"], &["suppress", "p0"], &["unsuppress", "p0"]];
    for command in commands {
        let with = |path: &std::path::Path| {
            let rest = command[1..].iter().map(|&arg| arg.to_owned());
            run([command[0].to_owned(), path.display().to_string()].into_iter().chain(rest))
        };
        with(&place.index()).fails(1, &["No such file or directory"]);
        with(&file).fails(1, &["a directory is expected"]);
    }
    fs::create_dir(place.index()).unwrap();
    let listed = on_index(&place, "list", &[]);
    assert!(
        listed.stderr.contains("has no version") && listed.stderr.contains("build --out"),
        "{}",
        listed.stderr
    );
    assert_eq!(listed.done(), "");
    on_index(&place, "pin", &["1"]).fails(1, &["there is no version 1", "build --out"]);
    on_index(&place, "verify", &[]).fails(1, &["has no version"]);
}
