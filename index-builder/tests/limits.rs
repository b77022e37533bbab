//! Builds that get too little: descriptors, room, permission. Each is exit 1 with the cause, and the version that was
//! published before is what it was. Full disks and read-only mounts are in `tests/system/faults.sh`.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{BUILDER, Place, Ran, json};

/// A place with version 1, and its bytes.
fn published() -> (Place, Vec<u8>) {
    // Enough that the file takes a few hundred kilobytes and the documents a few dozen.
    let profiles: Vec<_> =
        (0..400).map(|n| json!({"_id": n, "word": format!("word{n}"), "age": n})).collect();
    let place = Place::with(&profiles);
    place.build(&[]).done();
    let bytes = fs::read(place.version(1)).unwrap();
    (place, bytes)
}

#[track_caller]
fn assert_untouched(place: &Place, first: &[u8], what: &str) {
    assert_eq!(place.names(), ["builder.lock", "index-00000001.knd"], "{what}");
    assert_eq!(fs::read(place.version(1)).unwrap(), first, "{what}");
}

/// A build by a shell that does something before, with what there is to the program before its arguments.
fn build_after(place: &Place, before: &str, wrapper: &[&str]) -> Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{before} && exec \"$@\""), "sh"]).args(wrapper).arg(BUILDER);
    shell.args(place.build_args(&["--threads", "2"])).env_remove("SOURCE_DATE_EPOCH");
    shell.stdin(Stdio::null()).output().unwrap().into()
}

#[test]
fn too_few_descriptors_are_exit_1_and_leave_what_was_there() {
    // The loader needs one of them before the builder can say anything.
    const FEWEST: u32 = 4;
    const PLENTY: u32 = 64;
    // Each of these runs out at another step.
    const TOO_FEW: u32 = 6;
    let (place, first) = published();
    for descriptors in FEWEST..PLENTY {
        let ran = build_after(&place, &format!("ulimit -n {descriptors}"), &[]);
        if ran.code == Some(0) {
            assert!(descriptors > TOO_FEW);
            assert_eq!(fs::read(place.version(1)).unwrap(), first);
            assert_eq!(place.names(), ["builder.lock", "index-00000001.knd", "index-00000002.knd"]);
            return;
        }
        ran.fails(1, &["Too many open files"]);
        assert_untouched(&place, &first, &format!("{descriptors} descriptors"));
    }
    panic!("{PLENTY} descriptors are not enough");
}

/// The same as a quota: a write that is refused in the middle.
#[test]
fn a_limit_on_file_sizes_is_exit_1_and_leaves_what_was_there() {
    let (place, first) = published();
    for blocks in [0, 1, 16, 128] {
        build_after(&place, &format!("ulimit -f {blocks}"), &[]).fails(1, &["File too large"]);
        assert_untouched(&place, &first, &format!("{blocks} blocks"));
    }
    assert_eq!(place.build(&["--json"]).json()["version"], 2);
}

/// Root may do everything by its capabilities; without them the owner's permissions hold for it as well.
fn without_privileges() -> &'static [&'static str] {
    if rustix::process::geteuid().is_root() {
        &["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]
    } else {
        &[]
    }
}

/// Sets permissions until it is dropped, so that the place can be removed.
struct Permitted<'a> {
    path: &'a Path,
    before: Permissions,
}

impl<'a> Permitted<'a> {
    fn set(path: &'a Path, mode: u32) -> Permitted<'a> {
        let before = fs::metadata(path).unwrap().permissions();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        Permitted { path, before }
    }
}

impl Drop for Permitted<'_> {
    fn drop(&mut self) {
        fs::set_permissions(self.path, self.before.clone()).unwrap();
    }
}

#[test]
fn what_is_not_permitted_is_exit_1_with_its_path_and_leaves_what_was_there() {
    let (place, first) = published();
    let (index, lock) = (place.index(), place.index().join("builder.lock"));
    let profiles = place.path("profiles.jsonl");
    let cases = [
        ("a directory that cannot be written to", &index, 0o555, &index),
        ("a directory that cannot be entered", &index, 0o600, &index),
        ("a directory that cannot be listed", &index, 0o300, &index),
        ("a lock that cannot be written to", &lock, 0o440, &lock),
        ("a lock of nobody's", &lock, 0o000, &lock),
        ("profiles that cannot be read", &profiles, 0o000, &profiles),
    ];
    for (what, path, mode, named) in cases {
        let permitted = Permitted::set(path, mode);
        let ran = build_after(&place, "true", without_privileges());
        let message = ran.fails(1, &["Permission denied", named.to_str().unwrap()]);
        assert_eq!(message.matches("Permission denied").count(), 1, "{message}");
        drop(permitted);
        assert_untouched(&place, &first, what);
    }
    assert_eq!(place.build(&["--json"]).json()["version"], 2);
}

#[test]
fn a_directory_that_may_not_be_made_is_exit_1_with_its_path() {
    let place = Place::with_vectors(3);
    fs::create_dir(place.path("closed")).unwrap();
    let closed = place.path("closed");
    let permitted = Permitted::set(&closed, 0o555);
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\"", "sh"]).args(without_privileges()).arg(BUILDER);
    let mut args = place.build_args(&[]);
    args[4] = closed.join("index").to_str().unwrap().to_owned();
    let ran = Ran::from(shell.args(args).output().unwrap());
    ran.fails(1, &["Permission denied", "closed/index"]);
    drop(permitted);
    assert_eq!(fs::read_dir(&closed).unwrap().count(), 0);
}
