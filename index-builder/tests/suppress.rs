//! `suppress` and `unsuppress`: members who have left are in no answer, also of versions that know them.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::ffi::OsStr;
use std::fs;

use common::{Place, Ran, ids, run};

fn on_index(place: &Place, command: &str, ids: &[&str]) -> Ran {
    let index = place.index();
    let args = [command.as_ref(), index.as_os_str()];
    run(args.into_iter().chain(ids.iter().map(AsRef::<OsStr>::as_ref)))
}

fn list(place: &Place) -> String {
    fs::read_to_string(place.index().join("SUPPRESSED")).unwrap_or_default()
}

#[test]
fn suppressed_ids_are_a_list_and_answers_go_without_them() {
    let place = Place::with_vectors(10);
    place.build_vectors(&[]);
    let all = place.query(&[], "p0", "9");
    let before = ids(&all);
    let not_yet = on_index(&place, "suppress", &["--even-if-unknown", before[0], "not built yet"]);
    assert!(not_yet.stderr.contains("has the id \"not built yet\""), "{}", not_yet.stderr);
    assert!(not_yet.done().contains("; 2 ids are suppressed in "));
    assert!(
        on_index(&place, "suppress", &[before[2], before[0]]).done().contains("; 3 ids are suppressed in ")
    );
    let mut expected = [before[0], before[2], "not built yet"];
    expected.sort_unstable();
    assert_eq!(list(&place).lines().collect::<Vec<_>>(), expected);
    for flags in [&[][..], &["--exact"], &["--ef", "64"]] {
        let answer = place.query(flags, "p0", "3");
        assert_eq!(ids(&answer), [before[1], before[3], before[4]], "{flags:?}");
    }
    place
        .try_query(1, &[], before[0], "3")
        .fails(1, &[before[0], "no profile has this id", "it is suppressed"]);
    assert!(
        on_index(&place, "unsuppress", &[before[0], before[2]]).done().contains("; 1 id is suppressed in ")
    );
    assert_eq!(ids(&place.query(&[], "p0", "9")), before);
    let ran = on_index(&place, "unsuppress", &["not built yet", "p0"]);
    assert!(ran.stderr.contains("not suppressed before: p0"), "{}", ran.stderr);
    assert!(ran.done().starts_with("unsuppressed not built yet; 0 ids are suppressed in "));
    assert!(!place.index().join("SUPPRESSED").exists());
    on_index(&place, "unsuppress", &["not built yet"]).fails(1, &["none of these ids", "no id is"]);
    on_index(&place, "suppress", &["p1"]).done();
    on_index(&place, "unsuppress", &["p2"]).fails(1, &["none of these ids", "suppressed are: p1"]);
}

#[test]
fn an_id_that_no_version_has_is_suppressed_and_exit_1() {
    let place = Place::with_vectors(12);
    place.build_vectors(&[]);
    let ran = on_index(&place, "suppress", &["p3", "p", "q"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.stdout.starts_with("suppressed p3, p, q; 3 ids are suppressed in "), "{}", ran.stdout);
    assert!(ran.stderr.contains("has the id \"p\""), "{}", ran.stderr);
    assert!(ran.stderr.contains("Ids that begin so: p0, p1, p10, p11, p2, ..."), "{}", ran.stderr);
    assert!(ran.stderr.contains("has the id \"q\"; it is suppressed all the same"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--even-if-unknown"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("\"p3\""), "{}", ran.stderr);
    assert_eq!(list(&place), "p\np3\nq\n");

    // Who is in an older version only may come back by a pin.
    place.build_of(&common::numbered(4), &[]).done();
    on_index(&place, "suppress", &["p7"]).done();
    fs::write(place.version(1), "damaged").unwrap();
    assert_eq!(on_index(&place, "suppress", &["p7"]).code, Some(1));
}

#[test]
fn building_and_its_lock_are_no_concern_of_the_list() {
    let place = Place::with_vectors(10);
    place.build_vectors(&[]);
    let lock = common::hold_lock(&place.index());
    on_index(&place, "suppress", &["--even-if-unknown", "p3", "--", "-5"]).done();
    drop(lock);
    assert_eq!(list(&place), "-5\np3\n");
    for _ in 0..4 {
        place.build(&[]).done();
    }
    assert_eq!(list(&place), "-5\np3\n", "--keep removes versions and nothing else");
}

#[test]
fn what_cannot_be_in_the_list_is_wrong_usage_and_a_missing_directory_exit_1() {
    let place = Place::with_vectors(3);
    on_index(&place, "suppress", &["p0"]).fails(1, &["index", "No such file"]);
    place.build(&[]).done();
    on_index(&place, "suppress", &[]).fails(2, &["<ID>"]);
    on_index(&place, "suppress", &[""]).fails(2, &["1 to 512 bytes"]);
    on_index(&place, "suppress", &[&"x".repeat(513)]).fails(2, &["1 to 512 bytes", "513"]);
    on_index(&place, "suppress", &["two\nlines"]).fails(2, &["one id a line"]);
    assert_eq!(list(&place), "");
    fs::create_dir(place.index().join("SUPPRESSED")).unwrap();
    on_index(&place, "suppress", &["p0"]).fails(1, &["SUPPRESSED"]);
    place.try_query(1, &[], "p0", "1").fails(1, &["SUPPRESSED"]);
}
