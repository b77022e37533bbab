//! The page about an index file.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Place, Ran, json, run, scattered};

/// An id that is HTML, and in a group of profiles with one vector.
const HOSTILE: &str = "<script>alert('1')</script>\"&";

fn report(path: &Path, flags: &[&str]) -> Ran {
    let args = ["report".as_ref(), path.as_os_str()];
    run(args.into_iter().chain(flags.iter().map(AsRef::as_ref)))
}

#[track_caller]
fn assert_holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
}

/// Two versions: of the second, three profiles share a vector, one is zero and two records were skipped.
fn two_versions() -> Place {
    let place = Place::empty();
    place.build_of(&scattered(200, 1), &[]).done();
    let mut profiles = scattered(196, 1);
    let shared = profiles[0]["v"].clone();
    profiles.push(json!({"_id": HOSTILE, "v": shared}));
    profiles.push(json!({"_id": "twin", "v": shared}));
    profiles.push(json!({"_id": "zero", "v": [0, 0, 0, 0, 0, 0, 0, 0]}));
    profiles.push(json!({"_id": "<i>odd</i>", "v": "none"}));
    profiles.push(json!({"_id": null}));
    place.build_of(&profiles, &["--max-skipped", "1", "--m", "8"]).done();
    place
}

#[test]
fn the_page_says_what_there_is_to_know() {
    let place = two_versions();
    let page = report(&place.version(2), &[]).done();
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert_holds(
        &page,
        &[
            "<h1>Version 2</h1>",
            "Compared with version 1",
            "All kept profiles were looked at.",
            "<td>16 → 8</td>",
            "196 vectors",
            "3 profiles share 1 vector",
            "1 profile with nothing to compare",
            "vector not a list of numbers",
            "<code>record 201</code>",
            "Time and memory of the build",
            "vectorize",
            "<th scope=\"row\">m</th><td>8</td>",
        ],
    );
    // With a beam as wide as there are vectors nothing is missed.
    let rows: Vec<&str> =
        page.split("<tr").filter(|row| row.contains("<th scope=\"row\">256</th>")).collect();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].contains("<td>1.0000</td>"), "{}", rows[0]);
}

#[test]
fn the_page_loads_nothing_and_text_of_others_is_text() {
    let place = two_versions();
    let page = report(&place.version(2), &[]).done();
    assert!(
        page.contains("&lt;script&gt;alert(") && page.contains("&lt;i&gt;odd&lt;/i&gt;"),
        "both are shown"
    );
    for part in ["<script", "<i>", "http:", "https:", "//", "src=", "href=", "url(", "@import", "<link"] {
        assert!(!page.contains(part), "{part} is in {page}");
    }
    assert_holds(&page, &["default-src 'none'", "prefers-color-scheme: dark"]);
}

#[test]
fn the_same_files_give_the_same_page_wherever_it_goes() {
    let place = two_versions();
    let page = report(&place.index(), &[]).done();
    assert_eq!(page, report(&place.version(2), &["--out", "-"]).done(), "a directory: what would be served");
    let out = place.path("report.html");
    assert_eq!(report(&place.version(2), &["--out", out.to_str().unwrap()]).done(), "");
    assert_eq!(fs::read_to_string(&out).unwrap(), page);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o007, 0, "there are ids in it");
    let nowhere = place.path("missing/report.html");
    report(&place.version(2), &["--out", nowhere.to_str().unwrap()]).fails(1, &["missing/report.html"]);
}

#[test]
fn what_cannot_be_said_is_said() {
    let place = two_versions();
    let against = |older: u64| place.version(older).into_os_string().into_string().unwrap();
    assert_holds(&report(&place.version(1), &[]).done(), &["There is no earlier version to compare with."]);
    assert_holds(
        &report(&place.version(1), &["--against", &against(2)]).done(),
        &["Compared with version 2"],
    );
    report(&place.version(1), &["--against", &against(7)]).fails(1, &["index-00000007.knd"]);
    fs::write(place.version(1), "rubbish").unwrap();
    fs::write(place.record(2), "{").unwrap();
    let page = report(&place.version(2), &[]).done();
    assert_holds(
        &page,
        &["cannot be compared with", "index-00000001.knd", "record of the build cannot be used"],
    );
    // The record of another file of that name.
    let record = r#"{"checksum":"0000000000000000","builder":"","started":"","seconds":1,"threads":1,"steps":[],"skipped":{}}"#;
    fs::write(place.record(2), record).unwrap();
    assert_holds(
        &report(&place.version(2), &[]).done(),
        &["belongs to a file with the checksum", "not recorded"],
    );
    fs::remove_file(place.record(2)).unwrap();
    let page = report(&place.version(2), &[]).done();
    assert!(
        page.contains("No record of the build is beside the file.") && !page.contains("cannot be used"),
        "{page}"
    );
    report(&place.version(1), &[]).fails(1, &["index-00000001.knd"]);
    report(&place.version(3), &[]).fails(1, &["index-00000003.knd", "No such file"]);
}

#[test]
fn the_smallest_indexes_have_a_page_too() {
    let sources = [
        vec![json!({"_id": "alone", "v": [1, 2]})],
        vec![json!({"_id": "nothing", "v": [0, 0]}), json!({"_id": "one", "v": [1, 2]})],
        vec![json!({"_id": "one", "v": [1, 2]}), json!({"_id": "two", "v": [1, 2]})],
        vec![json!({"_id": "one", "v": [1, 2]}), json!({"_id": "two", "v": [2, 1]})],
    ];
    let place = Place::empty();
    for (version, profiles) in (1..).zip(&sources) {
        place.build_of(profiles, &[]).done();
        let page = report(&place.version(version), &[]).done();
        assert_holds(&page, &["Searches of the graph", "Skipped records"]);
        assert!(!page.contains("NaN") && !page.contains(">inf"), "{page}");
    }
}
