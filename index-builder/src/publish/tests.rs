//! Publishing from one process; what crashes and signals leave is tested in `tests/publish.rs`.

use std::ffi::OsString;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kindred::directory::pin;
use kindred::directory::small_file::replace_file;
use kindred::directory::versions::{LOCK_FILE, PIN_FILE, list, record_name};

use super::*;

/// Publishes a small file and gives its version.
fn publish(directory: &Path, keep: usize) -> Published {
    let publisher = Publisher::lock(directory).unwrap();
    let mut temporary = publisher.create().unwrap();
    temporary.write_all(b"content").unwrap();
    temporary.commit(keep, |_| true).unwrap()
}

fn versions(directory: &Path) -> Vec<u64> {
    list(directory).unwrap().into_iter().map(|file| file.version).collect()
}

fn names(directory: &Path) -> Vec<OsString> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_appears_whole_under_its_version() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("not").join("there");
    let publisher = Publisher::lock(&directory).unwrap();
    assert_eq!(publisher.directory(), directory);
    let mut temporary = publisher.create().unwrap();
    temporary.write_all(b"....and the rest").unwrap();
    temporary.seek(SeekFrom::Start(0)).unwrap();
    temporary.write_all(b"head").unwrap();
    assert_eq!(temporary.version(), 1);
    assert!(temporary.path().exists());
    assert!(versions(&directory).is_empty());
    let published = temporary.commit(3, |_| true).unwrap();
    let path = directory.join("index-00000001.knd");
    assert_eq!(published, Published { version: 1, path: path.clone(), bytes: 16, removed: vec![] });
    assert_eq!(fs::read(&path).unwrap(), b"headand the rest");
    assert_eq!(names(&directory), [LOCK_FILE, "index-00000001.knd"]);
    for path in [path, directory.join(LOCK_FILE)] {
        assert_eq!(mode(&path) & !0o640, 0, "{}", path.display());
    }
}

#[test]
fn a_number_is_never_given_twice() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    assert_eq!(publish(directory, 3).version, 1);
    assert_eq!(publish(directory, 3).version, 2);
    for file in list(directory).unwrap() {
        fs::remove_file(file.path).unwrap();
    }
    assert_eq!(publish(directory, 3).version, 3);
    // A version that came by another way counts, and so do those that the mark has seen.
    fs::write(directory.join("index-00000009.knd"), "").unwrap();
    assert_eq!(publish(directory, 3).version, 10);
    fs::remove_file(directory.join(LOCK_FILE)).unwrap();
    assert_eq!(publish(directory, 3).version, 11);
}

#[test]
fn a_lock_file_that_holds_no_number_does_not_stop_a_build() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    publish(directory, 3);
    for (content, version) in [("00000", 2), ("not a number at all, and rather long", 3)] {
        fs::write(directory.join(LOCK_FILE), content).unwrap();
        assert_eq!(publish(directory, 3).version, version);
    }
    fs::remove_file(directory.join("index-00000003.knd")).unwrap();
    assert_eq!(publish(directory, 3).version, 4);
}

#[test]
fn there_is_no_version_above_the_highest_number() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("index-18446744073709551615.knd"), "").unwrap();
    let publisher = Publisher::lock(directory.path()).unwrap();
    let error = publisher.next_version().unwrap_err();
    assert!(matches!(error, PublishError::VersionsExhausted { highest: u64::MAX }));
    assert_eq!(error.exit_code(), 1);
}

#[test]
fn a_second_build_is_told_that_one_is_running() {
    let directory = tempfile::tempdir().unwrap();
    let first = Publisher::lock(directory.path()).unwrap();
    let error = Publisher::lock(directory.path()).unwrap_err();
    assert!(matches!(error, PublishError::Busy { .. }));
    assert!(error.can_retry());
    assert_eq!(error.exit_code(), 75);
    drop(first);
    Publisher::lock(directory.path()).unwrap();
}

#[test]
fn a_build_that_ends_early_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let publisher = Publisher::lock(directory.path()).unwrap();
    let mut temporary = publisher.create().unwrap();
    temporary.write_all(b"half").unwrap();
    drop(temporary);
    assert_eq!(names(directory.path()), [LOCK_FILE]);
    assert_eq!(publisher.next_version().unwrap(), 1);
}

#[test]
fn what_dead_builds_left_is_removed_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let kept = [".index-1.knd.tmp", ".index-00000007.knd", ".other.tmp", "index-00000007.knd.tmp"];
    for name in kept.iter().chain(&[".index-00000007.knd.tmp", ".index-00000008.knd.tmp"]) {
        fs::write(directory.path().join(name), "").unwrap();
    }
    let publisher = Publisher::lock(directory.path()).unwrap();
    let mut expected = [&kept[..], &[LOCK_FILE]].concat();
    expected.sort_unstable();
    assert_eq!(names(directory.path()), expected);
    drop(publisher);
}

#[test]
fn a_published_file_is_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let publisher = Publisher::lock(directory.path()).unwrap();
    let temporary = publisher.create().unwrap();
    let path = directory.path().join("index-00000001.knd");
    fs::write(&path, "by a foreign hand").unwrap();
    let error = temporary.commit(1, |_| true).unwrap_err();
    assert!(matches!(error, PublishError::Exists { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"by a foreign hand");
    assert_eq!(names(directory.path()), [LOCK_FILE, "index-00000001.knd"]);
    assert_eq!(publisher.next_version().unwrap(), 2);
}

#[test]
fn the_newest_versions_and_the_pinned_one_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    for _ in 0..4 {
        publish(directory, 10);
    }
    pin::write(directory, 2).unwrap();
    assert_eq!(publish(directory, 3).removed, [1]);
    assert_eq!(versions(directory), [2, 3, 4, 5]);
    assert_eq!(publish(directory, 1).removed, [3, 4]);
    assert_eq!(versions(directory), [2, 5, 6]);
    pin::unpin(directory).unwrap();
    assert_eq!(publish(directory, 0).removed, [2, 5]);
    assert_eq!(versions(directory), [6, 7]);
}

#[test]
fn nothing_is_removed_while_the_pin_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    publish(directory, 1);
    fs::write(directory.join(PIN_FILE), "one").unwrap();
    assert!(publish(directory, 1).removed.is_empty());
    assert_eq!(versions(directory), [1, 2]);
}

#[test]
fn a_version_that_cannot_be_removed_is_no_error() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    fs::create_dir(directory.join("index-00000001.knd")).unwrap();
    let published = publish(directory, 1);
    assert_eq!((published.version, published.removed), (2, vec![]));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Publisher::lock(&file.join("below")).unwrap_err();
    assert!(error.to_string().contains("file/below"), "{error}");
    assert!(Publisher::lock(&file).unwrap_err().to_string().contains("file"));
    assert_eq!(error.exit_code(), 1);
}

/// Publishes a small file with a record that names it.
fn publish_recorded(directory: &Path, keep: usize) -> Published {
    let publisher = Publisher::lock(directory).unwrap();
    let mut temporary = publisher.create().unwrap();
    temporary.write_all(b"content").unwrap();
    temporary.set_record(format!("record of {}", temporary.version()).into_bytes());
    temporary.commit(keep, |_| true).unwrap()
}

#[test]
fn a_record_comes_and_goes_with_its_version() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    for version in 1..=3 {
        assert_eq!(publish_recorded(directory, 2).version, version);
        let path = directory.join(record_name(version));
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("record of {version}"));
        assert_eq!(mode(&path) & !0o640, 0);
    }
    let both = [
        "index-00000002.build.json",
        "index-00000002.knd",
        "index-00000003.build.json",
        "index-00000003.knd",
    ];
    assert_eq!(names(directory), [&[LOCK_FILE][..], &both].concat());
    // A version without a record is removed as well as one with.
    fs::remove_file(directory.join(record_name(2))).unwrap();
    assert_eq!(publish(directory, 1).removed, [2]);
    assert_eq!(publish(directory, 1).removed, [3]);
    assert_eq!(names(directory), [LOCK_FILE, "index-00000004.knd", "index-00000005.knd"]);
}

#[test]
fn a_record_without_a_version_is_removed_by_the_next_build_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    publish_recorded(directory, 3);
    let foreign =
        ["index-2.build.json", "index-00000002.json", ".index-2.build.json.tmp", "notes.build.json"];
    for name in foreign.iter().chain(&["index-00000007.build.json", ".index-00000008.build.json.tmp"]) {
        fs::write(directory.join(name), "").unwrap();
    }
    drop(Publisher::lock(directory).unwrap());
    let own = [LOCK_FILE, "index-00000001.build.json", "index-00000001.knd"];
    let mut expected = [&foreign[..], &own].concat();
    expected.sort_unstable();
    assert_eq!(names(directory), expected);
}

#[test]
fn a_version_that_is_not_published_leaves_no_record() {
    let directory = tempfile::tempdir().unwrap();
    let publisher = Publisher::lock(directory.path()).unwrap();
    let mut temporary = publisher.create().unwrap();
    temporary.set_record(b"record".to_vec());
    fs::write(directory.path().join("index-00000001.knd"), "by a foreign hand").unwrap();
    assert!(matches!(temporary.commit(1, |_| true).unwrap_err(), PublishError::Exists { .. }));
    assert_eq!(names(directory.path()), [LOCK_FILE, "index-00000001.knd"]);
    let mut temporary = publisher.create().unwrap();
    temporary.set_record(b"record".to_vec());
    let in_the_way = directory.path().join(record_name(2));
    fs::create_dir(&in_the_way).unwrap();
    let message = temporary.commit(1, |_| true).unwrap_err().to_string();
    assert!(message.contains("index-00000002.build.json"), "{message}");
    fs::remove_dir(in_the_way).unwrap();
    assert_eq!(names(directory.path()), [LOCK_FILE, "index-00000001.knd"]);
}

#[test]
fn a_file_that_others_read_has_its_permissions_whatever_the_umask_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.prom");
    for content in ["first", "second"] {
        replace_file(&path, content.as_bytes(), 0o644).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), (content, 0o644));
    }
    assert_eq!(names(directory.path()), ["file.prom"]);
    let missing = directory.path().join("missing").join("file.prom");
    assert!(replace_file(&missing, b"", 0o644).unwrap_err().to_string().contains("missing/file.prom"));
}
