//! Versions beside each other: `diff`, and the gates that refuse what differs too much.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use common::{Place, Ran, Value, ids, json, run, scattered};

const COUNT: usize = 300;

fn diff(place: &Place, old: u64, new: u64, flags: &[&str]) -> Ran {
    let files = [place.version(old), place.version(new)].map(PathBuf::into_os_string);
    run(["diff".into()].into_iter().chain(files).chain(flags.iter().map(Into::into)))
}

/// The profiles of [`scattered`], some with another vector, some gone, some new.
fn slightly_changed() -> Vec<Value> {
    let mut profiles = scattered(COUNT, 1);
    for changed in [10, 20, 30] {
        profiles[changed]["v"] = json!([1, 2, 3, 4, 5, 6, 7, changed]);
    }
    for n in 0..3 {
        profiles[n + 40]["_id"] = json!(format!("new{n}"));
    }
    profiles.truncate(COUNT - 2);
    profiles
}

#[test]
fn what_came_went_and_changed_is_counted() {
    let place = Place::empty();
    let old =
        [("a", [1, 0], "x"), ("b", [2, 1], "x"), ("c", [1, 1], "x"), ("d", [0, 1], "x"), ("z", [0, 0], "x")];
    let new =
        [("b", [2, 1], "x"), ("c", [1, 1], "y"), ("d", [0, 1], "x"), ("e", [1, 3], "x"), ("z", [0, 0], "y")];
    for profiles in [old, new] {
        let profiles = profiles.map(|(id, v, name)| json!({"_id": id, "v": v, "name": name}));
        place.build_of(&profiles, &["--m", "8"]).done();
    }
    let told = diff(&place, 1, 2, &["--json"]).json();
    assert_eq!(["added", "removed", "kept", "sample"].map(|name| told[name].as_u64().unwrap()), [1, 1, 4, 4]);
    assert_eq!(told["documents_changed"], 2);
    // b, c and d each had three others, of which a is gone; the zero vector had nobody.
    let ten = &told["first_ten"];
    assert_eq!((&ten["compared"], &ten["one_or_two"], &ten["none"]), (&json!(3), &json!(3), &json!(0)));
    for share in ["changed_share", "gone_share"] {
        assert!((ten[share].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9, "{ten}");
    }
    assert_eq!((&told["vectorizer_changed"], &told["parameters"]), (&json!(false), &json!([])));
    assert_eq!((&told["old"]["version"], &told["new"]["profiles"]), (&json!(1), &json!(5)));
    let text = diff(&place, 1, 2, &[]).done();
    for part in
        ["1 added, 1 removed, 4 kept", "2 changed  50.0 %", "0.3333 changed", "field:v, the same", "100.0 %"]
    {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn parameters_and_vectorizers_that_are_not_the_same_are_told() {
    let place = Place::with_vectors(30);
    place.build_vectors(&["--m", "8"]);
    place.build(&["--m", "12", "--neighbours", "0", "--dimension", "16"]).done();
    let told = diff(&place, 1, 2, &["--json"]).json();
    assert_eq!(told["vectorizer_changed"], true);
    let changed: Vec<&str> = told["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|changed| changed["name"].as_str().unwrap())
        .collect();
    for name in ["vectorizer", "m", "dimension", "neighbour table"] {
        assert!(changed.contains(&name), "no {name} in {changed:?}");
    }
    assert!(!changed.contains(&"seed"), "{changed:?}");
    let text = diff(&place, 1, 2, &[]).done();
    assert!(text.contains("field:v -> hashing") && text.contains("m: 8 -> 12"), "{text}");
}

/// The first ten ids that `query` answers for a profile.
fn first_ten(place: &Place, version: u64, id: &str) -> BTreeSet<String> {
    let answer = place.try_query(version, &[], id, "10").json();
    ids(&answer).into_iter().map(str::to_owned).collect()
}

#[test]
fn the_first_ten_are_those_of_the_answers() {
    let place = Place::empty();
    place.build_of(&scattered(COUNT, 1), &[]).done();
    // Without a table: the answers come from searches.
    place.build_of(&slightly_changed(), &["--neighbours", "0"]).done();
    let kept = (0..COUNT - 2).filter(|n| !(40..43).contains(n)).map(|n| format!("p{n}"));
    let (mut lost, mut changes, mut asked) = (0, [0u64; 5], 0);
    for id in kept {
        let (old, new) = (first_ten(&place, 1, &id), first_ten(&place, 2, &id));
        assert_eq!((old.len(), new.len()), (10, 10));
        let changed = old.difference(&new).count();
        lost += changed;
        asked += 1;
        changes[[0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4][changed]] += 1;
    }
    let told = diff(&place, 1, 2, &["--json"]).json();
    let ten = &told["first_ten"];
    let names = ["none", "one_or_two", "three_to_five", "six_to_nine", "all"];
    assert_eq!(names.map(|name| ten[name].as_u64().unwrap()), changes);
    let share = lost as f64 / f64::from(10 * asked);
    assert!(share > 0.0 && (ten["changed_share"].as_f64().unwrap() - share).abs() < 1e-9, "{share}: {ten}");
    assert_eq!(told["kept"], asked);
    // A sample is smaller and the same each time.
    let sampled = diff(&place, 1, 2, &["--sample", "50", "--json"]).json();
    assert_eq!((&sampled["sample"], &sampled["kept"]), (&json!(50), &told["kept"]));
    assert_eq!(sampled, diff(&place, 1, 2, &["--sample", "50", "--json"]).json());
    assert_eq!(told, diff(&place, 1, 2, &["--sample", "0", "--json"]).json(), "0: all");
}

#[test]
fn a_file_that_cannot_be_compared_is_named() {
    let place = Place::with_vectors(5);
    place.build_vectors(&[]);
    fs::write(place.version(2), "rubbish").unwrap();
    diff(&place, 1, 2, &[]).fails(1, &["index-00000002.knd"]);
    diff(&place, 3, 1, &[]).fails(1, &["index-00000003.knd", "No such file"]);
    diff(&place, 1, 1, &["--sample", "some"]).fails(2, &["--sample", "some"]);
}

const GATES: [&str; 4] = ["--max-drift", "0.5", "--min-profiles-ratio", "0.9"];

fn drift(ran: Ran) -> f64 {
    ran.json()["compared"]["drift"].as_f64().unwrap()
}

#[test]
fn the_same_source_and_one_that_changed_a_little_pass() {
    let place = Place::empty();
    let first = place.build_of(&scattered(COUNT, 1), &GATES);
    assert!(first.stderr.contains("no earlier version"), "{}", first.stderr);
    assert_eq!(first.json()["compared"], Value::Null);
    let again = place.build_of(&scattered(COUNT, 1), &GATES).json();
    let expected = json!({
        "version": 1, "profiles": 300, "profiles_ratio": 1.0, "drift": 0.0, "gone_share": 0.0, "sample": 300
    });
    assert_eq!(again["compared"], expected);
    let changed = drift(place.build_of(&slightly_changed(), &GATES));
    assert!(changed > 0.0 && changed < 0.2, "{changed}");
    assert_eq!(place.versions().len(), 3);
}

#[test]
fn a_broken_vectorizer_is_refused_with_what_was_measured_and_what_is_allowed() {
    let place = Place::empty();
    place.build_of(&scattered(COUNT, 1), &[]).done();
    let broken = scattered(COUNT, 2);
    let message = place
        .build_of(&broken, &["--max-drift", "0.5"])
        .fails(1, &["300 kept profiles", "version 1", "--max-drift allows 0.5", "nothing is published"]);
    assert!(message.contains("a drift of 0.9"), "{message}");
    assert_eq!(place.names(), ["builder.lock", "index-00000001.knd"]);
    // At most what was measured is allowed, and without the gate everything is.
    assert!(drift(place.build_of(&broken, &["--max-drift", "1"])) > 0.9);
    assert_eq!(place.build_of(&scattered(COUNT, 1), &[]).json()["version"], 3);
}

#[test]
fn a_hashing_vectorizer_of_another_seed_is_refused() {
    let words = ["tea", "rain", "chess", "sea", "books", "bread", "dogs", "hills", "jazz", "salt", "wool"];
    let bio = |n: usize| {
        (0..4).map(|i| words[(n * (i + 3) + i * n / 7) % words.len()]).collect::<Vec<_>>().join(" ")
    };
    let profiles: Vec<Value> = (0..COUNT).map(|n| json!({"_id": n, "bio": bio(n), "age": n % 50})).collect();
    let place = Place::with(&profiles);
    let build = |seed: &str| place.build(&["--dimension", "16", "--seed", seed, "--max-drift", "0.2"]);
    build("1").done();
    build("1").done();
    build("2").fails(1, &["version 2", "--max-drift allows 0.2"]);
    assert_eq!(place.versions().len(), 2);
}

#[test]
fn half_a_source_is_refused_by_either_gate() {
    let place = Place::empty();
    place.build_of(&scattered(COUNT, 1), &[]).done();
    let half: Vec<Value> = scattered(COUNT, 1).into_iter().step_by(2).collect();
    let refused = place.build_of(&half, &["--min-profiles-ratio", "0.9"]);
    let message =
        refused.fails(1, &["150 profiles", "0.5000", "300 of version 1", "--min-profiles-ratio demands 0.9"]);
    // Before the graph: what is too little stays too little.
    assert!(!message.contains("graph:"), "{message}");
    place
        .build_of(&half, &["--max-drift", "0.3"])
        .fails(1, &["because profiles are gone", "--max-drift allows 0.3"]);
    assert_eq!(place.names(), ["builder.lock", "index-00000001.knd"]);
    place.build_of(&half, &["--min-profiles-ratio", "0.5", "--max-drift", "0.9"]).done();
    // More profiles are never too few.
    place.build_of(&scattered(COUNT, 1), &["--min-profiles-ratio", "1"]).done();
}

#[test]
fn a_source_in_which_nobody_has_the_same_id_has_changed_altogether() {
    let place = Place::empty();
    place.build_of(&scattered(COUNT, 1), &[]).done();
    let mut profiles = scattered(COUNT, 1);
    profiles.iter_mut().enumerate().for_each(|(n, profile)| profile["_id"] = json!(n));
    place
        .build_of(&profiles, &["--max-drift", "0.99"])
        .fails(1, &["no profile of version 1 was kept", "a drift of 1.0000"]);
}

#[test]
fn a_bad_version_is_passed_over_and_does_not_stop_its_repair() {
    let place = Place::empty();
    place.build_of(&scattered(COUNT, 1), &[]).done();
    fs::write(place.version(2), "rubbish").unwrap();
    let ran = place.build_of(&scattered(COUNT, 1), &GATES);
    assert!(ran.stderr.contains("index-00000002.knd"), "{}", ran.stderr);
    let summary = ran.json();
    assert_eq!((&summary["version"], &summary["compared"]["version"]), (&json!(3), &json!(1)));
    for version in [1, 3] {
        fs::write(place.version(version), "rubbish").unwrap();
    }
    // There is nothing that could be compared with, so even this is published.
    let ran = place.build_of(&scattered(10, 2), &GATES);
    assert!(ran.stderr.contains("no earlier version"), "{}", ran.stderr);
    assert_eq!(ran.json()["version"], 4);
}

#[test]
fn what_is_compared_with_is_what_a_server_would_take() {
    let place = Place::empty();
    place.build_of(&scattered(COUNT, 1), &[]).done();
    place.build_of(&scattered(COUNT, 2), &[]).done();
    let index = place.index().into_os_string().into_string().unwrap();
    place.build_of(&scattered(COUNT, 1), &GATES).fails(1, &["version 2"]);
    run(["pin", &index, "1"]).done();
    let summary = place.build_of(&scattered(COUNT, 1), &GATES).json();
    assert_eq!((&summary["compared"]["version"], &summary["compared"]["drift"]), (&json!(1), &json!(0.0)));
    // A pin that leads nowhere leaves the highest.
    fs::remove_file(place.version(1)).unwrap();
    assert_eq!(place.build_of(&scattered(COUNT, 1), &GATES).json()["compared"]["version"], 3);
    fs::write(place.index().join("PINNED"), "nonsense").unwrap();
    let ran = place.build_of(&scattered(COUNT, 1), &GATES);
    assert!(ran.stderr.contains("PINNED"), "{}", ran.stderr);
    assert_eq!(ran.json()["compared"]["version"], 4);
}

#[test]
fn suppressed_profiles_are_in_no_answer_that_is_compared() {
    let place = Place::empty();
    place.build_of(&scattered(COUNT, 1), &[]).done();
    let index = place.index().into_os_string().into_string().unwrap();
    let gone = ["p3", "p77", "p200"];
    run(["suppress", &index].into_iter().chain(gone)).done();
    // They leave the source, and nobody notices: they were in no answer before.
    let mut profiles = scattered(COUNT, 1);
    profiles.retain(|profile| !gone.contains(&profile["_id"].as_str().unwrap()));
    assert_eq!(drift(place.build_of(&profiles, &GATES)), 0.0);
    // A list that cannot be read stops no build that would be right without it.
    fs::remove_file(place.index().join("SUPPRESSED")).unwrap();
    fs::create_dir(place.index().join("SUPPRESSED")).unwrap();
    let ran = place.build_of(&profiles, &GATES);
    assert!(ran.stderr.contains("SUPPRESSED"), "{}", ran.stderr);
    ran.done();
}
