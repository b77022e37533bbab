//! Directories that are no longer what they were. Going away, links that are swung and slow copies without more to them
//! are in `watching.rs`, mounts and a system without events in `tests/system/faults.sh`, and that two polls are enough
//! in the tests of the watcher itself.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;

use super::scene::{Scene, good, publish};

#[test]
fn a_directory_that_becomes_a_link_is_followed_wherever_the_link_is_swung() {
    let mut scene = Scene::new();
    let index = scene.place.index();
    let path = |name: &str| index.with_file_name(name);
    fs::rename(&index, path("away")).unwrap();
    for version in 2..=4 {
        let revision = path(&format!("revision-{version}"));
        fs::create_dir(&revision).unwrap();
        let good = good(&scene.place, version);
        publish(&revision.join(format!("index-{version:08}.knd")), &good.bytes);
        symlink(&revision, path("next")).unwrap();
        fs::rename(path("next"), &index).unwrap();
        scene.takes(version, &good);
    }
    // Back to where there are only older versions: what is served stays.
    symlink(path("away"), path("next")).unwrap();
    fs::rename(path("next"), &index).unwrap();
    scene.publishes(5);
    assert!(path("away").join("index-00000005.knd").is_file());
}

/// Each pause is long enough for the file to be refused.
#[test]
fn a_file_that_is_copied_in_with_long_pauses_is_taken_when_it_is_whole() {
    let mut scene = Scene::new();
    let good = good(&scene.place, 2);
    let pieces: Vec<&[u8]> = good.bytes.chunks(good.bytes.len().div_ceil(3)).collect();
    let path = scene.place.version_file(2);
    publish(&path, pieces[0]);
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    for piece in &pieces[1..] {
        scene.refuses(2, "incomplete", 1);
        file.write_all(piece).unwrap();
    }
    scene.takes(2, &good);
}

#[test]
fn a_link_that_was_refused_is_taken_when_what_it_leads_to_has_come() {
    let mut scene = Scene::new();
    let outside = scene.place.path().join("outside");
    symlink(&outside, scene.place.version_file(2)).unwrap();
    scene.refuses(2, "leads nowhere", 1);
    let two = good(&scene.place, 2);
    publish(&outside, &two.bytes);
    scene.takes(2, &two);
    // Nothing in the directory changes when it comes to lead to another file.
    let other = good(&scene.place, 3);
    publish(&outside, &other.bytes);
    scene.takes_another(2, &other);
}
