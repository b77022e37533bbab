//! A server that gets no memory for the next file.

use std::fmt::Write as _;
use std::fs;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::super::process::eventually;
use super::scene::{Good, Scene, publish};

/// What the server may use besides what it uses already: enough to answer, too little for the next file.
const ROOM_BYTES: u64 = 6 << 20;
const LARGE_BYTES: usize = 2 * ROOM_BYTES as usize;
/// Attempts to open the file, one a poll.
const ATTEMPTS: usize = 5;

/// The address space that a process uses.
fn used_bytes(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1024
}

/// The profiles of a build, and some with documents that are long.
fn large_source() -> String {
    let filling = "x".repeat(LARGE_BYTES / 16);
    let mut lines = Scene::source(2);
    for number in 0..16 {
        writeln!(lines, "{{\"_id\": \"large{number}\", \"filling\": \"{filling}\", \"v\": [-1, {number}]}}")
            .unwrap();
    }
    lines
}

#[test]
fn a_file_that_cannot_be_mapped_is_refused_and_taken_when_there_is_memory_again() {
    let mut scene = Scene::new();
    let directory = scene.place.path().join("elsewhere");
    assert_eq!(scene.place.build_into(&directory, &large_source()), 1);
    let large = Good::at(&directory.join("index-00000001.knd"));
    assert!(large.bytes.len() > LARGE_BYTES);
    let pid = scene.server.pid();
    let current = Some(used_bytes(pid) + ROOM_BYTES);
    let before = prlimit(Some(pid), Resource::As, Rlimit { current, maximum: None }).unwrap();
    publish(&scene.place.version_file(2), &large.bytes);
    scene.refuses(2, "Cannot allocate memory", 1);
    // It is tried again at every poll, and counted once.
    eventually("it is tried again", || {
        (scene.server.log().matches("opening").count() > ATTEMPTS).then_some(())
    });
    assert_eq!(scene.server.log().matches("refused index-00000002.knd").count(), 1);
    scene.answers_from(1);
    prlimit(Some(pid), Resource::As, before).unwrap();
    scene.takes(2, &large);
    scene.server.assert_runs();
}
