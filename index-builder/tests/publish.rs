//! What crashes, signals and limits leave in an index directory. The tests start their own binary again: the test
//! [`publishes_a_file`] is the program that is crashed.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use index_builder::door::program::Cleanup;
use index_builder::door::publish::Publisher;
use kindred::directory::versions::list;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};

/// Where the program publishes; a directory of its own without.
const DIRECTORY: &str = "KINDRED_TEST_DIRECTORY";
/// Set where the program is to wait for a signal, half-way.
const WAITS: &str = "KINDRED_TEST_WAITS";
/// Set to the largest file that the program may write.
const LIMIT_BYTES: &str = "KINDRED_TEST_LIMIT_BYTES";
const CONTENT_BYTES: usize = 3 << 20;
/// The exit code of an error.
const FAILED: i32 = 41;

#[test]
fn publishes_a_file() {
    let own = tempfile::tempdir().unwrap();
    let directory = std::env::var_os(DIRECTORY).map_or(own.path().to_owned(), PathBuf::from);
    let cleanup = Cleanup::default();
    if std::env::var_os(DIRECTORY).is_some() {
        cleanup.on_signals().unwrap();
    }
    if let Some(limit) = std::env::var(LIMIT_BYTES).ok().and_then(|limit| limit.parse().ok()) {
        setrlimit(Resource::Fsize, Rlimit { current: Some(limit), maximum: Some(limit) }).unwrap();
    }
    let publisher = Publisher::lock(&directory).unwrap().with_cleanup(&cleanup);
    let mut temporary = publisher.create().unwrap();
    if let Err(error) = temporary.write_all(&vec![7; CONTENT_BYTES]) {
        assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
        drop(temporary);
        std::process::exit(FAILED);
    }
    if std::env::var_os(WAITS).is_some() {
        eprintln!("waiting");
        loop {
            std::thread::park();
        }
    }
    temporary.set_record(b"{}".to_vec());
    let published = temporary.commit(2, |_| true).unwrap();
    assert_eq!(published.bytes, CONTENT_BYTES as u64);
}

/// The program, to be started.
fn program(directory: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "publishes_a_file", "--nocapture"]).env(DIRECTORY, directory);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn versions(directory: &Path) -> Vec<u64> {
    list(directory).unwrap().into_iter().map(|file| file.version).collect()
}

/// The versions that have a record, ascending.
#[cfg(any(debug_assertions, feature = "crash-points"))]
fn records(directory: &Path) -> Vec<u64> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut records: Vec<u64> =
        names.filter_map(|name| kindred::directory::versions::parse_record_name(&name)).collect();
    records.sort_unstable();
    records
}

fn temporaries(directory: &Path) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".tmp")).count()
}

/// Every version in the directory is a whole one.
#[cfg(any(debug_assertions, feature = "crash-points"))]
fn assert_whole(directory: &Path) {
    for file in list(directory).unwrap() {
        assert_eq!(fs::read(&file.path).unwrap(), vec![7; CONTENT_BYTES], "{}", file.path.display());
    }
}

#[cfg(any(debug_assertions, feature = "crash-points"))]
#[test]
fn a_crash_leaves_whole_versions_and_the_next_build_cleans_up() {
    use std::os::unix::process::ExitStatusExt;

    use index_builder::door::publish::{CRASH_AT, CRASH_POINTS};
    use kindred::directory::pin;

    for point in CRASH_POINTS {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        for _ in 0..2 {
            assert!(program(directory).status().unwrap().success());
        }
        pin::write(directory, 1).unwrap();
        let status = program(directory).env(CRASH_AT, point).status().unwrap();
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{point}");
        let is_published = matches!(point, "after-rename" | "before-removal");
        assert_eq!(versions(directory), if is_published { &[1, 2, 3][..] } else { &[1, 2] }, "{point}");
        let record = usize::from(point == "record-written");
        assert_eq!(temporaries(directory), usize::from(!is_published) + record, "{point}");
        assert_whole(directory);

        assert!(program(directory).status().unwrap().success());
        assert_eq!(temporaries(directory), 0, "{point}");
        // A number that the mark may have given away is passed over.
        let is_marked = matches!(point, "before-record" | "record-written" | "before-rename");
        let next = if is_published || is_marked { 4 } else { 3 };
        let left = if is_published { [1, 3, next] } else { [1, 2, next] };
        assert_eq!(versions(directory), left, "{point}");
        assert_eq!(records(directory), left, "{point}");
        assert_whole(directory);
    }
}

#[test]
fn a_signal_ends_the_build_with_its_own_code_and_leaves_nothing() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let directory = tempfile::tempdir().unwrap();
        let mut child = program(directory.path()).env(WAITS, "1").stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.contains("waiting")));
        assert_eq!(temporaries(directory.path()), 1);
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(temporaries(directory.path()), 0);
        assert!(versions(directory.path()).is_empty());
    }
}

#[test]
fn a_limit_on_file_sizes_is_an_error_and_no_death() {
    let directory = tempfile::tempdir().unwrap();
    let status = program(directory.path()).env(LIMIT_BYTES, "1500000").status().unwrap();
    assert_eq!(status.code(), Some(FAILED));
    assert_eq!(temporaries(directory.path()), 0);
    assert!(versions(directory.path()).is_empty());
}

#[test]
fn a_killed_build_gives_its_lock_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = program(directory.path()).env(WAITS, "1").stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("waiting")));
    assert!(Publisher::lock(directory.path()).unwrap_err().can_retry());
    child.kill().unwrap();
    child.wait().unwrap();
    Publisher::lock(directory.path()).unwrap();
    assert_eq!(temporaries(directory.path()), 0);
}
