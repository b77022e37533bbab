//! A newest file that is no index: every kind is refused with its reason, and the next good one is taken.

use std::fs;

use super::super::fixture::Place;
use super::kinds::{cuts, kinds};
use super::scene::{Scene, good, publish};

#[test]
fn each_kind_of_bad_newest_file_is_refused_and_the_next_good_one_taken() {
    let mut scene = Scene::new();
    let (one, other) = (good(&scene.place, 8), good(&scene.place, 9));
    let mut served = 1;
    for kind in kinds(&one.bytes, &other.bytes).into_iter().chain(cuts(&one.bytes)) {
        println!("{}", kind.name);
        let bad = scene.place.version_file(served + 1);
        kind.place(&bad);
        scene.refuses(served + 1, kind.reason, served);
        publish(&scene.place.version_file(served + 2), &other.bytes);
        scene.takes(served + 2, &other);
        served += 2;
    }
    scene.server.assert_runs();
}

#[test]
fn each_kind_of_bad_file_at_the_start_leaves_the_older_good_one() {
    let spare = Place::new();
    let (one, other) = (good(&spare, 8), good(&spare, 9));
    for kind in kinds(&one.bytes, &other.bytes) {
        println!("{}", kind.name);
        let place = Place::new();
        fs::create_dir(place.index()).unwrap();
        publish(&place.version_file(1), &one.bytes);
        kind.place(&place.version_file(2));
        let mut scene = Scene::serving(place);
        scene.learn(1);
        scene.refuses(2, kind.reason, 1);
        publish(&scene.place.version_file(3), &other.bytes);
        scene.takes(3, &other);
    }
}

/// A file that is refused can become good under its own name.
#[test]
fn a_refused_name_that_becomes_good_is_taken() {
    let mut scene = Scene::new();
    let (one, other) = (good(&scene.place, 8), good(&scene.place, 9));
    for (served, kind) in (1..).zip(kinds(&one.bytes, &other.bytes)) {
        println!("{}", kind.name);
        let path = scene.place.version_file(served + 1);
        kind.place(&path);
        scene.refuses(served + 1, kind.reason, served);
        if path.is_dir() {
            // A file cannot be renamed onto a directory.
            fs::remove_dir(&path).unwrap();
        }
        publish(&path, &other.bytes);
        scene.takes(served + 1, &other);
    }
}
