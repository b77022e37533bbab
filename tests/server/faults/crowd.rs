//! A directory full of files that are no versions, by names that look almost right. A million of them are in
//! `tests/system/faults.sh`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::fixture::{Place, await_description};
use super::scene::{Scene, good, publish};

const FILES: u64 = 20_000;
/// Fewer, because each of them is opened and logged.
const BAD_VERSIONS: u64 = 3_000;

/// Names that stand for no version, nor for what a dead build has left.
fn almost_right(number: u64) -> String {
    match number % 10 {
        0 => format!("index-{number:07}.knd"),
        1 => format!("index-{number:09}.knd"),
        2 => format!("index-{number:08}.knd.tmp"),
        3 => format!(".index-{number:08}.knd"),
        4 => format!("INDEX-{number:08}.knd"),
        5 => format!("index-{number:07}a.knd"),
        6 => format!("index-{number:08}.KND"),
        7 => format!("index-99999999999999999999{number}.knd"),
        8 => format!("index--{number:07}.knd"),
        _ => format!("index-{number:08}.knd~"),
    }
}

/// One file under many names, which are all that the programs see of it: a disk makes them sooner than as many files.
fn named_alike(names: u64, content: &str, name: impl Fn(u64) -> PathBuf) {
    fs::write(name(0), content).unwrap();
    for number in 1..names {
        fs::hard_link(name(0), name(number)).unwrap();
    }
}

fn names(directory: &Path) -> BTreeSet<OsString> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

#[test]
fn a_crowd_of_names_that_look_almost_right_hides_nothing_and_loses_nothing() {
    let mut scene = Scene::new();
    let index = scene.place.index();
    let name = |number| index.join(almost_right(number));
    named_alike(FILES, "", name);
    let crowd = names(&index);
    assert_eq!(crowd.len() as u64, FILES + 1);
    scene.answers_from(1);
    // A dead build's file among them is found and removed.
    let leftover = index.join(".index-00000002.knd.tmp");
    fs::write(&leftover, "").unwrap();
    let build = scene.build_command(2).output().unwrap();
    assert!(build.status.success(), "{build:?}");
    assert!(!leftover.exists());
    let good = scene.learn(2);
    scene.takes(2, &good);
    let new = ["index-00000002.knd", "index-00000002.build.json", "builder.lock"].map(OsString::from);
    assert_eq!(names(&index), crowd.into_iter().chain(new).collect());
    // A server that starts among them finds the same.
    let mut restarted = Scene::serving(scene.place);
    restarted.takes(2, &good);
}

#[test]
fn a_crowd_of_bad_versions_leaves_the_older_good_one_and_each_is_refused_once() {
    let place = Place::new();
    fs::create_dir(place.index()).unwrap();
    let (first, next) = (good(&place, 1), good(&place, 2));
    publish(&place.version_file(1), &first.bytes);
    named_alike(BAD_VERSIONS, "no index", |number| place.version_file(2 + number));
    let mut scene = Scene::serving(place);
    await_description(&scene.server, "all are refused", |index| index["refused"] == BAD_VERSIONS);
    scene.has_refused(BAD_VERSIONS);
    scene.learn(1);
    scene.answers_from(1);
    let version = 2 + BAD_VERSIONS;
    publish(&scene.place.version_file(version), &next.bytes);
    scene.takes(version, &next);
}
