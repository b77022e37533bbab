//! Builds that die, run into each other or stand still, in the directory of a server.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};

use index_builder::door::publish::{CRASH_AT, CRASH_POINTS};
use kindred::directory::versions;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::scene::Scene;

/// What is in the directory, by version.
fn versions(scene: &Scene) -> Vec<u64> {
    versions::list(&scene.place.index()).unwrap().into_iter().map(|file| file.version).collect()
}

fn newest(scene: &Scene) -> u64 {
    versions(scene).pop().unwrap()
}

/// Asserts that a build is done; gives what it has published.
fn published(scene: &Scene, output: &Output) -> u64 {
    assert!(output.status.success(), "{output:?}");
    newest(scene)
}

#[test]
fn a_build_killed_at_any_point_leaves_the_server_answering_and_the_next_build_working() {
    let mut scene = Scene::new();
    for point in CRASH_POINTS {
        let served = newest(&scene);
        let killed = scene.build_command(served + 1).env(CRASH_AT, point).output().unwrap();
        assert_eq!(killed.status.signal(), Some(Signal::KILL.as_raw()), "at {point}: {killed:?}");
        let is_published = newest(&scene) > served;
        assert_eq!(is_published, matches!(point, "after-rename" | "before-removal"), "{point}");
        if is_published {
            assert_eq!(scene.temporaries(), 0, "{point}");
            let good = scene.learn(served + 1);
            scene.takes(served + 1, &good);
        } else {
            // The index, and at one point the record of its build that has no name yet.
            assert_eq!(scene.temporaries(), 1 + usize::from(point == "record-written"), "{point}");
            scene.answers_from(served);
        }
        let kept = versions(&scene);
        let next = scene.build_command(served + 2).args(["--keep", "100"]).output().unwrap();
        let version = published(&scene, &next);
        assert!(version > served + u64::from(is_published), "{point}");
        assert_eq!(scene.temporaries(), 0, "{point}");
        assert_eq!(versions(&scene), [kept, vec![version]].concat(), "{point}");
        let good = scene.learn(version);
        scene.takes(version, &good);
    }
    scene.server.assert_runs();
}

/// A build that has the lock and waits for its source, and the source's other end.
fn waiting(scene: &Scene) -> (Child, fs::File) {
    let source = scene.place.path().join("waiting.jsonl");
    assert!(Command::new("mkfifo").arg(&source).status().unwrap().success());
    let mut build = scene.build_from(&source);
    let child = build.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // Opening waits for the build to open its end, which it does under the lock.
    (child, fs::OpenOptions::new().write(true).open(source).unwrap())
}

#[test]
fn a_build_that_is_stopped_holds_the_lock_and_the_next_is_told_so_at_once() {
    let mut scene = Scene::new();
    let (child, mut source) = waiting(&scene);
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::STOP).unwrap();
    let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped());
    // It cannot have waited for the first, which does nothing.
    let second = scene.build_command(2).output().unwrap();
    assert_eq!(second.status.code(), Some(75), "{second:?}");
    let message = String::from_utf8_lossy(&second.stderr);
    assert!(message.contains("another build is running"), "{message}");
    assert_eq!(versions(&scene), [1]);
    scene.answers_from(1);
    kill_process(pid, Signal::CONT).unwrap();
    source.write_all(Scene::source(2).as_bytes()).unwrap();
    drop(source);
    assert_eq!(published(&scene, &child.wait_with_output().unwrap()), 2);
    let good = scene.learn(2);
    scene.takes(2, &good);
}

#[test]
fn a_stopped_build_that_is_killed_gives_the_lock_back() {
    let mut scene = Scene::new();
    let (mut child, _source) = waiting(&scene);
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::STOP).unwrap();
    waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
    assert_eq!(scene.build_command(2).output().unwrap().status.code(), Some(75));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(published(&scene, &scene.build_command(2).output().unwrap()), 2);
    let good = scene.learn(2);
    scene.takes(2, &good);
}

#[test]
fn of_builds_at_once_each_publishes_a_version_of_its_own_or_is_told_to_try_later() {
    const BUILDS: u64 = 6;
    let mut scene = Scene::new();
    let commands: Vec<Command> = (2..2 + BUILDS).map(|build| scene.build_command(build)).collect();
    let children: Vec<Child> = commands
        .into_iter()
        .map(|mut build| {
            build.args(["--keep", "100"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut done = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(0) => done += 1,
            Some(75) => {
                let message = String::from_utf8_lossy(&output.stderr);
                assert!(message.contains("another build is running"), "{message}");
            }
            _ => panic!("{output:?}"),
        }
    }
    assert!(done >= 1);
    assert!(versions(&scene).into_iter().eq(1..=1 + done));
    assert_eq!(scene.temporaries(), 0);
    let good = scene.learn(1 + done);
    scene.takes(1 + done, &good);
}
