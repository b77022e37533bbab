//! Ctrl-C and its like: the exit code says so, and nothing is left behind.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs::File;
use std::io::Read;
use std::process::{Child, Command, Stdio};

use common::{Place, Ran, command, make_fifo};
use rustix::process::{Pid, Signal, kill_process};

/// Says that it runs, and then sleeps longer than any test.
const SLEEPER: &str = "import os, time
def vectorize(profile):
    global out
    out = open(os.path.join(os.path.dirname(__file__), 'fifo'), 'w')
    out.write('x')
    out.flush()
    time.sleep(3600)
";

/// The same command, which heeds signals even where whoever runs the tests ignores them, as `nohup` does.
fn heeding_signals(build: &Command) -> Command {
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal=HUP,INT,TERM").arg(build.get_program()).args(build.get_args());
    for (name, value) in build.get_envs() {
        match value {
            Some(value) => heeding.env(name, value),
            None => heeding.env_remove(name),
        };
    }
    heeding.stdin(Stdio::null());
    heeding
}

/// A build that is held up, in the place of earlier builds, and the FIFO's end: open for as long as Python runs.
fn held_up(place: &Place) -> (Child, File) {
    place.write("sleeper.py", SLEEPER);
    make_fifo(&place.path("fifo"));
    let vectorizer = format!("python:{}", place.path("sleeper.py").display());
    let mut build =
        heeding_signals(&command(place.build_args(&["--threads", "1", "--vectorizer", &vectorizer])));
    let child = build.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Opening waits for Python, reading for the function to be called.
    let mut fifo = File::open(place.path("fifo")).unwrap();
    fifo.read_exact(&mut [0]).unwrap();
    (child, fifo)
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_signal_ends_a_build_with_its_number_and_nothing_is_left() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let place = Place::with_vectors(5);
        place.build(&[]).done();
        let (child, mut fifo) = held_up(&place);
        send(&child, signal);
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{ran:#?}");
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        assert_eq!(place.names(), ["builder.lock", "index-00000001.knd"]);
        // The end of the FIFO is the end of the Python process, which had it open for writing.
        assert_eq!(fifo.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}

#[test]
fn the_lock_is_free_after_a_signal() {
    let place = Place::with_vectors(5);
    let (child, _fifo) = held_up(&place);
    place.build(&[]).fails(75, &["another build is running"]);
    send(&child, Signal::INT);
    assert_eq!(Ran::from(child.wait_with_output().unwrap()).code, Some(130));
    assert_eq!(place.build(&["--json"]).json()["version"], 1);
}

#[test]
fn a_signal_ends_a_build_that_waits_for_its_source() {
    let place = Place::empty();
    make_fifo(&place.path("profiles.jsonl"));
    let mut build = heeding_signals(&command(place.build_args(&[])));
    let child = build.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Opens when the builder has opened the other end, which is after it took care of signals.
    let source = File::options().write(true).open(place.path("profiles.jsonl")).unwrap();
    send(&child, Signal::INT);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert_eq!(place.names(), ["builder.lock"]);
    drop(source);
}

#[test]
fn a_killed_build_leaves_no_python_behind() {
    let place = Place::with_vectors(5);
    let (mut child, mut fifo) = held_up(&place);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(fifo.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert_eq!(place.build(&["--json"]).json()["version"], 1);
}
