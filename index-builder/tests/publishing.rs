//! The index directory: made, locked, kept clean, pinned; version numbers that only go up.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{BUILDER, Place, Ran, hold_lock, json, run};

/// Runs the builder from a shell, after `before`.
fn build_in_shell(place: &Place, before: &str, more: &[&str]) -> Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{before} && exec \"$0\" \"$@\""), BUILDER]).args(place.build_args(more));
    shell.stdin(Stdio::null()).output().unwrap().into()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_directory_that_is_missing_is_made_and_its_files_are_for_the_owner_and_the_group() {
    let place = Place::with_vectors(3);
    let out = place.path("some/where/index");
    let mut args = place.build_args(&[]);
    args[4] = out.to_str().unwrap().to_owned();
    let mut shell = Command::new("sh");
    let ran = shell.args(["-c", "umask 022 && exec \"$0\" \"$@\"", BUILDER]).args(args).output().unwrap();
    Ran::from(ran).done();
    assert_eq!(mode(&out.join("index-00000001.knd")), 0o640);
    assert_eq!(mode(&out.join("builder.lock")), 0o640);
    assert_eq!(mode(&out) & 0o007, 0, "others have no way in");
    run(["pin", out.to_str().unwrap(), "1"]).done();
    assert_eq!(mode(&out.join("PINNED")) & 0o640, 0o640);
}

#[test]
fn a_hardened_umask_does_not_keep_the_server_out() {
    let place = Place::with_vectors(3);
    build_in_shell(&place, "umask 077", &[]).done();
    assert_eq!(mode(&place.version(1)), 0o640);
}

#[test]
fn a_directory_that_cannot_be_written_is_exit_1_with_its_path() {
    let place = Place::with_vectors(3);
    place.write("index", "a file");
    place.build(&[]).fails(1, &[place.index().to_str().unwrap()]);
    assert_eq!(fs::read(place.index()).unwrap(), b"a file");
    // Not even root can make a directory below a file, or in /proc.
    for out in [place.path("index/below"), "/proc/index".into()] {
        let mut args = place.build_args(&[]);
        args[4] = out.to_str().unwrap().to_owned();
        run(args).fails(1, &[out.to_str().unwrap()]);
    }
}

#[test]
fn another_build_that_is_running_is_exit_75_at_once() {
    let place = Place::with_vectors(3);
    place.build(&[]).done();
    let lock = hold_lock(&place.index());
    // The source would never end.
    common::make_fifo(&place.path("endless.jsonl"));
    place.build_from("endless.jsonl", &[]).fails(75, &["another build is running", "builder.lock"]);
    assert_eq!(place.versions(), ["index-00000001.knd"]);
    for looking in [&["list"][..], &["inspect"]] {
        run(looking.iter().copied().chain([place.index().to_str().unwrap()])).done();
    }
    drop(lock);
    assert_eq!(place.build(&["--json"]).json()["version"], 2);
}

#[test]
fn versions_ascend_and_are_never_used_twice() {
    let place = Place::with_vectors(3);
    let build = || place.build(&["--json"]).json()["version"].as_u64().unwrap();
    assert_eq!([build(), build()], [1, 2]);
    fs::remove_file(place.version(2)).unwrap();
    assert_eq!(build(), 3);
    fs::remove_file(place.version(1)).unwrap();
    fs::remove_file(place.version(3)).unwrap();
    assert_eq!(build(), 4, "also after all have been deleted");
    // A file that was copied in from elsewhere counts as well.
    fs::copy(place.version(4), place.version(41)).unwrap();
    assert_eq!(build(), 42);
}

#[test]
fn a_lock_file_that_is_damaged_does_not_stop_a_build() {
    let place = Place::with_vectors(3);
    place.build(&[]).done();
    place.build(&[]).done();
    fs::write(place.index().join("builder.lock"), "garbage").unwrap();
    let ran = place.build(&["--json"]);
    assert!(ran.stderr.contains("builder.lock"), "{}", ran.stderr);
    assert_eq!(ran.json()["version"], 3);
}

#[test]
fn the_newest_versions_and_the_pinned_one_are_kept() {
    let place = Place::with_vectors(3);
    for _ in 0..4 {
        place.build(&[]).done();
    }
    assert_eq!(place.versions().len(), 3, "the default");
    run(["pin", place.index().to_str().unwrap(), "2"]).done();
    let summary = place.build(&["--keep", "2", "--json"]).json();
    assert_eq!(summary["removed"], json!([3]));
    assert_eq!(place.versions(), ["index-00000002.knd", "index-00000004.knd", "index-00000005.knd"]);
    run(["unpin", place.index().to_str().unwrap()]).done();
    let text = place.build(&["--keep", "1"]).done();
    assert!(text.contains("removed       versions 2, 4"), "{text}");
    assert_eq!(place.names(), ["builder.lock", "index-00000005.knd", "index-00000006.knd"]);
}

#[test]
fn damaged_versions_do_not_count_so_that_the_way_back_stays() {
    let place = Place::with_vectors(3);
    for _ in 0..3 {
        place.build(&[]).done();
    }
    for version in [2, 3] {
        let mut bytes = fs::read(place.version(version)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(place.version(version), bytes).unwrap();
    }
    let ran = place.build(&["--keep", "2", "--json"]);
    assert!(ran.stderr.contains("index-00000003.knd"), "{}", ran.stderr);
    assert_eq!(ran.json()["removed"], json!([]));
    let listed = run(["list", place.index().to_str().unwrap()]).done();
    let marks: Vec<bool> = listed.lines().map(|line| line.contains("damaged")).collect();
    assert_eq!(marks, [false, true, true, false], "{listed}");
    let served: Vec<bool> = listed.lines().map(|line| line.contains("served")).collect();
    assert_eq!(served, [false, false, false, true], "{listed}");
    run(["pin", place.index().to_str().unwrap(), "1"]).done();
    let listed = run(["list", place.index().to_str().unwrap()]).done();
    assert!(listed.lines().next().unwrap().ends_with("served  pinned"), "{listed}");
    run(["unpin", place.index().to_str().unwrap()]).done();
    assert_eq!(place.build(&["--keep", "2", "--json"]).json()["removed"], json!([1, 2, 3]));
}

#[test]
fn what_is_not_the_builders_is_left_alone() {
    let place = Place::with_vectors(3);
    fs::create_dir(place.index()).unwrap();
    let foreign = [".index-7.knd.tmp", ".profile", "index-7.knd", "notes.txt"];
    for name in foreign {
        fs::write(place.index().join(name), "x").unwrap();
    }
    place.build(&[]).done();
    let names = place.names();
    assert!(foreign.iter().all(|&name| names.iter().any(|other| other == name)), "{names:?}");
}

/// Enough profiles that the file takes a few hundred kilobytes and the documents a few dozen.
fn large() -> Place {
    Place::with(
        &(0..400).map(|n| json!({"_id": n, "word": format!("word{n}"), "age": n})).collect::<Vec<_>>(),
    )
}

#[test]
fn a_limit_on_file_sizes_is_exit_1_and_leaves_nothing() {
    // In blocks of 512 or 1,024 bytes: first no file at all, then the documents but not the index.
    for blocks in [0, 1, 128] {
        let place = large();
        build_in_shell(&place, &format!("ulimit -f {blocks}"), &[]).fails(1, &["File too large"]);
        assert_eq!(place.names(), ["builder.lock"], "{blocks}");
        assert_eq!(place.build(&["--json"]).json()["version"], 1, "{blocks}");
    }
}

#[test]
fn a_full_disk_at_the_last_moment_is_exit_1_and_leaves_nothing() {
    let place = Place::with_vectors(3);
    fs::create_dir(place.index()).unwrap();
    // The last that is written before the rename is the mark.
    symlink("/dev/full", place.index().join("builder.lock")).unwrap();
    place.build(&[]).fails(1, &["builder.lock", "No space left on device"]);
    assert_eq!(place.names(), ["builder.lock"]);
}

#[test]
fn any_niceness_from_0_to_19_is_taken_and_holds_for_the_children() {
    let place = Place::with_vectors(3);
    place.write(
        "model.py",
        "import os
def vectorize(profile):
    with open(os.path.join(os.path.dirname(__file__), 'niceness'), 'w') as out:
        out.write(str(os.nice(0)))
    return [1, len(profile['name'])]
",
    );
    let vectorizer = format!("python:{}", place.path("model.py").display());
    let own = rustix::process::getpriority_process(None).unwrap();
    for nice in [0, 10, 19] {
        place.build(&["--nice", &nice.to_string(), "--vectorizer", &vectorizer]).done();
        assert_eq!(fs::read_to_string(place.path("niceness")).unwrap(), (own + nice).min(19).to_string());
    }
}
