//! What the server does about what happens in its directory.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use super::fixture::{Place, assert_problem, await_description, await_version, file_name, numbered_source};
use super::http::{Connection, get};
use super::process::{Server, eventually, index_builder, read};

/// Two versions of a few profiles; only the first is in the index directory, the second is given as bytes.
fn one_served_one_at_hand() -> (Place, Server, Vec<u8>) {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    place.build(&numbered_source(2, 20));
    let second = read(&place.version_file(2));
    fs::remove_file(place.version_file(2)).unwrap();
    let server = Server::start(&place.index());
    await_version(&server, 1);
    (place, server, second)
}

/// Puts a file into the directory as a builder does.
fn publish(path: &Path, bytes: &[u8]) {
    let aside = path.with_extension("aside");
    fs::write(&aside, bytes).unwrap();
    fs::rename(&aside, path).unwrap();
}

fn answers_from(server: &Server, version: u64) {
    let response = get(server.address, "/recommend/p3/5");
    assert_eq!((response.status, response.version()), (200, Some(version)), "{response:?}");
}

#[test]
fn a_bad_newest_file_is_refused_with_a_reason_and_the_next_good_one_taken() {
    let (place, server, good) = one_served_one_at_hand();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let mut newer_format = good.clone();
    newer_format[8..12].copy_from_slice(&999u32.to_le_bytes());
    let longer = [good.as_slice(), b"more"].concat();
    let bad = [
        (b"{\"_id\": 1}".to_vec(), "magic"),
        (good[..good.len() - 1].to_vec(), "incomplete"),
        (good[..100].to_vec(), "incomplete"),
        (Vec::new(), "incomplete"),
        (flipped(40), "checksum"),
        (flipped(good.len() - 1), "checksum"),
        (newer_format, "format version 999"),
        (longer, "declared"),
    ];
    for (number, (bytes, reason)) in (1..).zip(&bad) {
        let version = 1 + number;
        publish(&place.version_file(version), bytes);
        let index = await_description(&server, &format!("version {version} is refused"), |index| {
            index["refused"] == number
        });
        assert_eq!(index["version"], 1);
        assert_eq!(index["degraded"], true, "the newest file is not the one that is served");
        let refused = &index["last_refused"];
        assert_eq!(refused["file"], file_name(version));
        assert!(refused["reason"].as_str().unwrap().contains(reason), "{reason}: {refused}");
        assert!(refused["at"].as_str().unwrap().ends_with('Z'), "{refused}");
        answers_from(&server, 1);
    }
    let refusals = format!("kindred_refused_files_total {}", bad.len());
    assert!(get(server.address, "/metrics").text().contains(&refusals));
    publish(&place.version_file(50), &good);
    let index = await_version(&server, 50);
    assert_eq!(
        (index["degraded"].as_bool(), index["refused"].as_u64()),
        (Some(false), Some(bad.len() as u64))
    );
}

#[test]
fn a_directory_or_a_dangling_link_by_a_versions_name_harms_nothing() {
    let (place, server, good) = one_served_one_at_hand();
    fs::create_dir(place.version_file(2)).unwrap();
    symlink(place.path().join("nowhere"), place.version_file(3)).unwrap();
    publish(&place.version_file(4), &good);
    await_version(&server, 4);
    // The link's target comes after the link.
    symlink(place.path().join("later"), place.version_file(5)).unwrap();
    fs::write(place.path().join("later"), &good).unwrap();
    await_version(&server, 5);
}

#[test]
fn the_records_of_builds_are_no_versions() {
    let (place, server, good) = one_served_one_at_hand();
    assert!(place.index().join("index-00000001.build.json").exists(), "the builder left one");
    for name in ["index-00000008.build.json", ".index-00000009.build.json.tmp"] {
        fs::write(place.index().join(name), &good).unwrap();
    }
    // A bad file is refused only by a look that comes after them.
    publish(&place.version_file(2), b"no index");
    let index = await_description(&server, "the directory was looked at", |index| index["refused"] == 1);
    assert_eq!((&index["version"], &index["last_refused"]["file"]), (&1.into(), &file_name(2).into()));
    fs::remove_file(place.version_file(2)).unwrap();
    publish(&place.version_file(3), &good);
    let index = await_version(&server, 3);
    assert_eq!((&index["refused"], &index["degraded"]), (&1.into(), &false.into()));
}

#[test]
fn a_bad_newest_file_at_the_start_leaves_the_one_before() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    publish(&place.version_file(2), b"no index");
    let server = Server::start(&place.index());
    let index = await_description(&server, "the older one is served, and the newer refused", |index| {
        index["version"] == 1 && index["refused"] == 1
    });
    assert_eq!(index["degraded"], true);
    assert_eq!(get(server.address, "/health/ready").status, 200);
    answers_from(&server, 1);
}

#[test]
fn a_pinned_version_that_is_missing_leaves_the_highest_and_says_degraded() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    fs::write(place.index().join("PINNED"), "9\n").unwrap();
    let server = Server::start(&place.index());
    let index = await_version(&server, 1);
    assert_eq!(index["degraded"], true);
    index_builder(["unpin".as_ref(), place.index().as_os_str()]);
    await_description(&server, "nothing is wrong any more", |index| index["degraded"] == false);
}

/// Waits until a lower version is served, and that this was said everywhere.
fn await_going_back(server: &Server, from: u64, to: u64) {
    let index = await_version(server, to);
    assert_eq!(index["degraded"], false, "it is what the directory asks for: {index}");
    answers_from(server, to);
    let said = format!("gone back from {} to {}", file_name(from), file_name(to));
    eventually("the log says so", || server.log().contains(&said).then_some(()));
    assert!(server.log().contains("degraded: serving"), "it was said at once: {}", server.log());
    let events = get(server.address, "/index/events").json();
    let back =
        events["events"].as_array().unwrap().iter().find(|event| event["kind"] == "back").unwrap().clone();
    assert_eq!(back["version"], to, "{back}");
    assert!(back["reason"].as_str().unwrap().contains(&file_name(from)), "{back}");
    assert!(get(server.address, "/metrics").text().contains("kindred_went_back_total 1"));
}

#[test]
fn a_newest_file_that_is_removed_is_followed_back_to_what_a_restart_would_serve() {
    let place = Place::new();
    for version in 1..=3 {
        place.build(&numbered_source(version, 20));
    }
    let server = Server::start(&place.index());
    await_version(&server, 3);
    fs::remove_file(place.version_file(3)).unwrap();
    await_going_back(&server, 3, 2);
    // The builder gives no number twice.
    assert_eq!(place.build(&numbered_source(4, 20)), 4);
    await_version(&server, 4);
}

#[test]
fn a_link_that_is_switched_to_a_directory_with_lower_versions_is_followed() {
    let place = Place::new();
    let release = |number: u64| place.path().join(format!("release-{number}"));
    for (number, builds) in [(1u64, 2), (2, 5)] {
        for _ in 0..builds {
            place.build_into(&release(number), &numbered_source(number, 20));
        }
    }
    symlink(release(2), place.index()).unwrap();
    let server = Server::start(&place.index());
    await_version(&server, 5);
    let aside = place.path().join("aside");
    symlink(release(1), &aside).unwrap();
    fs::rename(&aside, place.index()).unwrap();
    await_going_back(&server, 5, 2);
    assert_eq!(get(server.address, "/recommend/p3/1").json()[0]["build"], 1);
}

#[test]
fn a_volume_that_is_wiped_and_built_anew_is_followed() {
    let place = Place::new();
    for version in 1..=3 {
        place.build(&numbered_source(version, 20));
    }
    let server = Server::start(&place.index());
    await_version(&server, 3);
    for entry in fs::read_dir(place.index()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let index = await_description(&server, "it says that it is degraded", |index| index["degraded"] == true);
    assert_eq!(index["version"], 3, "there is nothing else");
    assert!(get(server.address, "/metrics").text().contains("kindred_index_degraded 1"));
    assert_eq!(place.build(&numbered_source(9, 20)), 1, "the mark is gone as well");
    await_going_back(&server, 3, 1);
    assert_eq!(get(server.address, "/recommend/p3/1").json()[0]["build"], 9);
}

#[test]
fn who_has_left_stays_out_of_what_is_served_while_its_directory_is_wiped() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    place.build(&numbered_source(2, 20));
    index_builder(["suppress".as_ref(), place.index().as_os_str(), "p3".as_ref()]);
    let server = Server::start(&place.index());
    await_version(&server, 2);
    assert_problem(&get(server.address, "/profiles/p3"), 404, "suppressed");
    for entry in fs::read_dir(place.index()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    await_description(&server, "the wiped directory was looked at", |index| index["degraded"] == true);
    assert_problem(&get(server.address, "/profiles/p3"), 404, "the list is gone, and the file as well");
    place.build(&numbered_source(1, 20));
    await_version(&server, 1);
    eventually("the new directory speaks for its own files", || {
        (get(server.address, "/profiles/p3").status == 200).then_some(())
    });
}

#[test]
fn a_served_file_that_is_deleted_is_served_on_while_a_higher_one_is_there_but_bad() {
    let place = Place::new();
    for version in 1..=2 {
        place.build(&numbered_source(version, 20));
    }
    let server = Server::start(&place.index());
    await_version(&server, 2);
    fs::remove_file(place.version_file(2)).unwrap();
    // A bad file is refused only by a look that comes after the deletion.
    publish(&place.version_file(3), b"no index");
    await_description(&server, "the directory was looked at", |index| index["refused"] == 1);
    answers_from(&server, 2);
    fs::remove_file(place.version_file(3)).unwrap();
    assert_eq!(place.build(&numbered_source(3, 20)), 3);
    await_version(&server, 3);
}

#[test]
fn a_missing_directory_is_waited_for() {
    let place = Place::new();
    let server = Server::start(&place.index());
    let live = get(server.address, "/health/live");
    assert_eq!((live.status, live.text()), (200, r#"{"status":"ok"}"#));
    for path in ["/health/ready", "/index", "/recommend/p1/1", "/profiles/p1"] {
        assert_problem(&get(server.address, path), 503, path);
    }
    place.build(&numbered_source(1, 20));
    await_version(&server, 1);
    assert_eq!(get(server.address, "/health/ready").status, 200);
}

#[test]
fn a_directory_that_goes_and_comes_again_is_watched_on() {
    for removed in [false, true] {
        let (place, server, _) = one_served_one_at_hand();
        if removed {
            fs::remove_dir_all(place.index()).unwrap();
        } else {
            fs::rename(place.index(), place.path().join("away")).unwrap();
        }
        eventually("the server misses the directory", || {
            server.log().contains("waiting for it").then_some(())
        });
        answers_from(&server, 1);
        let elsewhere = place.path().join("elsewhere");
        for build in 1..=3 {
            place.build_into(&elsewhere, &numbered_source(build, 20));
        }
        fs::rename(&elsewhere, place.index()).unwrap();
        await_version(&server, 3);
        answers_from(&server, 3);
        place.build(&numbered_source(4, 20));
        await_version(&server, 4);
    }
}

/// The directory is a link to a link, and the inner one is swung.
#[test]
fn a_directory_behind_a_link_that_is_swung_is_followed() {
    let place = Place::new();
    for build in 1..=2u64 {
        let directory = place.path().join(format!("data-{build}"));
        for _ in 0..build {
            place.build_into(&directory, &numbered_source(build, 20));
        }
    }
    let inner = place.path().join("..data");
    symlink("data-1", &inner).unwrap();
    symlink("..data", place.index()).unwrap();
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let aside = place.path().join("..data_tmp");
    symlink("data-2", &aside).unwrap();
    fs::rename(&aside, &inner).unwrap();
    await_version(&server, 2);
    assert_eq!(get(server.address, "/recommend/p3/1").json()[0]["build"], 2);
}

#[test]
fn a_file_that_is_copied_in_slowly_is_taken_when_it_is_whole() {
    let (place, server, good) = one_served_one_at_hand();
    let mut file = fs::File::create(place.version_file(2)).unwrap();
    let pieces: Vec<&[u8]> = good.chunks(good.len() / 4).collect();
    let mut connection = Connection::open(server.address).unwrap();
    for piece in &pieces[..pieces.len() - 1] {
        file.write_all(piece).unwrap();
        let response = connection.get("/recommend/p3/5");
        assert_eq!((response.status, response.version()), (200, Some(1)));
    }
    file.write_all(pieces[pieces.len() - 1]).unwrap();
    drop(file);
    await_version(&server, 2);
}

#[test]
fn a_served_file_that_is_cut_gives_503_and_then_the_next_readable_one() {
    let place = Place::new();
    for version in 1..=2 {
        place.build(&numbered_source(version, 20));
    }
    let mut server = Server::start(&place.index());
    await_version(&server, 2);
    fs::OpenOptions::new().write(true).open(place.version_file(2)).unwrap().set_len(4096).unwrap();
    let response = eventually("version 1 answers", || {
        let response = get(server.address, "/recommend/p3/5");
        if response.version() == Some(1) {
            return Some(response);
        }
        assert_problem(&response, 503, "while nothing else is served");
        None
    });
    let answer: Value = response.json();
    assert!(answer.as_array().unwrap().iter().all(|profile| profile["build"] == 1), "{answer}");
    server.assert_runs();
}

/// As Kubernetes mounts files: each name is a link through `..data`, which is swung to the next revision.
#[test]
fn files_behind_a_link_that_is_swung_are_followed() {
    let place = Place::new();
    let source = place.path().join("source");
    fs::create_dir(place.index()).unwrap();
    for version in 1..=2 {
        place.build_into(&source, &numbered_source(version, 20));
        let revision = place.index().join(format!("..revision-{version}"));
        fs::create_dir(&revision).unwrap();
        fs::rename(source.join(file_name(version)), revision.join(file_name(version))).unwrap();
    }
    let inner = place.index().join("..data");
    symlink("..revision-1", &inner).unwrap();
    symlink(Path::new("..data").join(file_name(1)), place.version_file(1)).unwrap();
    let server = Server::start(&place.index());
    await_version(&server, 1);
    // The next name may come before what it leads to, and the last one may stay when it leads nowhere any more.
    symlink(Path::new("..data").join(file_name(2)), place.version_file(2)).unwrap();
    answers_from(&server, 1);
    let aside = place.index().join("..data_tmp");
    symlink("..revision-2", &aside).unwrap();
    fs::rename(&aside, &inner).unwrap();
    fs::remove_dir_all(place.index().join("..revision-1")).unwrap();
    let index = await_version(&server, 2);
    assert_eq!(index["degraded"], false);
    // On a slow machine the second name has led nowhere for long enough to be refused.
    assert!(index["refused"].as_u64() <= Some(1), "{index}");
}

#[test]
fn another_file_under_the_served_version_is_taken() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let etag = get(server.address, "/profiles/p3").header("etag").unwrap().to_owned();
    let elsewhere = place.path().join("elsewhere");
    assert_eq!(place.build_into(&elsewhere, &numbered_source(77, 20)), 1);
    publish(&place.version_file(1), &read(&elsewhere.join(file_name(1))));
    let profile = eventually("the other file answers", || {
        let profile = get(server.address, "/profiles/p3");
        (profile.json()["build"] == 77).then_some(profile)
    });
    assert_eq!(profile.version(), Some(1));
    assert_ne!(profile.header("etag"), Some(etag.as_str()));
}

#[test]
fn a_file_that_stays_incomplete_is_refused_and_taken_when_it_is_completed() {
    let (place, server, good) = one_served_one_at_hand();
    let (last, rest) = good.split_last().unwrap();
    fs::write(place.version_file(2), rest).unwrap();
    let index = await_description(&server, "the incomplete file is refused", |index| index["refused"] == 1);
    assert!(index["last_refused"]["reason"].as_str().unwrap().contains("incomplete"), "{index}");
    answers_from(&server, 1);
    let mut file = fs::OpenOptions::new().append(true).open(place.version_file(2)).unwrap();
    file.write_all(&[*last]).unwrap();
    let index = await_version(&server, 2);
    assert_eq!((index["refused"].as_u64(), index["degraded"].as_bool()), (Some(1), Some(false)));
}

#[test]
fn a_pin_that_cannot_be_followed_leaves_what_is_served_and_says_degraded() {
    let (place, server, good) = one_served_one_at_hand();
    let pin = place.index().join("PINNED");
    for text in ["9\n", "nine\n", ""] {
        fs::write(&pin, text).unwrap();
        await_description(&server, &format!("degraded by {text:?}"), |index| index["degraded"] == true);
        answers_from(&server, 1);
        fs::remove_file(&pin).unwrap();
        await_description(&server, "no longer degraded", |index| index["degraded"] == false);
    }
    // A version that is bad is as good as none, until a good one comes by its number.
    fs::write(&pin, "2\n").unwrap();
    publish(&place.version_file(2), b"no index");
    let index = await_description(&server, "the pinned file is refused", |index| index["refused"] == 1);
    assert_eq!((index["version"].as_u64(), index["degraded"].as_bool()), (Some(1), Some(true)));
    publish(&place.version_file(3), &good);
    publish(&place.version_file(2), &good);
    let index = await_version(&server, 2);
    assert_eq!(index["degraded"], false);
}

#[test]
fn a_pinned_version_that_is_bad_at_the_start_leaves_the_highest_good_one() {
    let place = Place::new();
    for version in 1..=3 {
        place.build(&numbered_source(version, 20));
    }
    index_builder(["pin".as_ref(), place.index().as_os_str(), "2".as_ref()]);
    publish(&place.version_file(2), b"no index");
    let server = Server::start(&place.index());
    let index = await_description(&server, "the highest good one is served", |index| {
        index["version"] == 3 && index["refused"] == 1
    });
    assert_eq!(index["degraded"], true);
    assert_eq!(index["last_refused"]["file"], file_name(2));
}

#[test]
fn a_served_file_that_is_overwritten_in_place_answers_no_more() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let mut server = Server::start(&place.index());
    await_version(&server, 1);
    let mut bytes = read(&place.version_file(1));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    // Without truncation, which `fs::write` would begin with.
    fs::OpenOptions::new().write(true).open(place.version_file(1)).unwrap().write_all(&bytes).unwrap();
    for target in ["/recommend/p3/5", "/recommend/p3/5?exact=true", "/profiles/p3", "/health/ready"] {
        assert_problem(&get(server.address, target), 503, target);
    }
    assert_eq!(get(server.address, "/health/live").status, 200);
    assert_eq!(place.build(&numbered_source(2, 20)), 2);
    await_version(&server, 2);
    answers_from(&server, 2);
    server.assert_runs();
}
