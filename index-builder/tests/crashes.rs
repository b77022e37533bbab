//! A builder that is killed at every named place: the versions are as they were or one more, and the next build
//! works, cleans up, and takes a higher number.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, Ran, command, run};
use index_builder::door::publish::{CRASH_AT, CRASH_POINTS};

const SIGKILL: i32 = 9;

/// What is in the directory after a death at a place, besides `builder.lock` and version 1.
fn left_behind(place: &str) -> &'static [&'static str] {
    match place {
        "temporary-created" | "half-written" | "before-mark" | "before-record" => {
            &[".index-00000002.knd.tmp"]
        }
        "record-written" => &[".index-00000002.build.json.tmp", ".index-00000002.knd.tmp"],
        "before-rename" => &[".index-00000002.knd.tmp", "index-00000002.build.json"],
        "after-rename" | "before-removal" => &["index-00000002.knd"],
        other => panic!("nobody said what a death at {other} leaves behind"),
    }
}

fn killed_at(place: &Place, point: &str, more: &[&str]) {
    let ran: Ran = command(place.build_args(more)).env(CRASH_AT, point).output().unwrap().into();
    assert_eq!((ran.signal, ran.code), (Some(SIGKILL), None), "at {point}: {ran:#?}");
}

#[test]
fn a_death_leaves_the_versions_and_a_hidden_file_at_most() {
    for point in CRASH_POINTS {
        let place = Place::with_vectors(40);
        place.build(&[]).done();
        let first = std::fs::read(place.version(1)).unwrap();
        killed_at(&place, point, &["--keep", "1"]);
        let mut expected = vec!["builder.lock", "index-00000001.knd"];
        expected.extend(left_behind(point));
        expected.sort_unstable();
        assert_eq!(place.names(), expected, "at {point}");
        assert_eq!(std::fs::read(place.version(1)).unwrap(), first, "at {point}");
        for name in place.versions() {
            run(["verify".as_ref(), place.index().join(name).as_os_str()]).done();
        }
    }
}

#[test]
fn the_next_build_works_and_cleans_up() {
    for point in CRASH_POINTS {
        let place = Place::with_vectors(40);
        killed_at(&place, point, &[]);
        killed_at(&place, point, &[]);
        let summary = place.build(&["--keep", "1", "--json"]).json();
        let version = summary["version"].as_u64().unwrap();
        // Two deaths after the rename have left two versions, of which the newer one stays.
        let mut expected = vec!["builder.lock".to_owned()];
        if matches!(point, "after-rename" | "before-removal") {
            expected.push(format!("index-{:08}.knd", version - 1));
        }
        expected.push(format!("index-{version:08}.knd"));
        assert_eq!(place.names(), expected, "after {point}");
        run(["verify".as_ref(), place.version(version).as_os_str()]).done();
    }
}

#[test]
fn a_number_that_a_server_may_have_seen_is_never_used_again() {
    for point in CRASH_POINTS {
        let place = Place::with_vectors(40);
        place.build(&[]).done();
        killed_at(&place, point, &[]);
        let seen = place.versions().len() as u64;
        for version in 1..=seen {
            std::fs::remove_file(place.version(version)).unwrap();
        }
        let next = place.build(&["--json"]).json()["version"].as_u64().unwrap();
        assert!(next > seen, "{next} after {seen} at {point}");
        if matches!(point, "before-record" | "record-written" | "before-rename") {
            assert_eq!(next, 3, "the mark says 2, whether or not it was published");
        }
    }
}

#[test]
fn a_hidden_file_is_not_served_listed_or_inspected() {
    let place = Place::with_vectors(40);
    killed_at(&place, "before-rename", &[]);
    let index = place.index();
    assert_eq!(run(["list".as_ref(), index.as_os_str()]).done(), "");
    run(["inspect".as_ref(), index.as_os_str()]).fails(1, &["has no version"]);
}

#[test]
fn a_name_that_is_no_crash_point_kills_nobody() {
    let place = Place::with_vectors(3);
    let ran = command(place.build_args(&[])).env(CRASH_AT, "elsewhere").output().unwrap();
    Ran::from(ran).done();
}
