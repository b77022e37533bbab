//! What a build leaves behind besides the version: its record beside the file, and the metrics of a collector.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{BUILDER, Place, Ran, Value, command, hold_lock, json, make_fifo, numbered, run, scattered};
use rustix::process::{Pid, Signal, kill_process};

fn record(place: &Place, version: u64) -> Value {
    serde_json::from_slice(&fs::read(place.record(version)).unwrap()).unwrap()
}

#[test]
fn a_record_says_what_each_step_took_and_what_was_left_out() {
    let unusable =
        |n: usize| json!({"_id": format!("odd{n}"), "name": "secret".repeat(1_000), "v": "no list"});
    let place =
        Place::with(&[numbered(30), (0..25).map(unusable).collect(), vec![json!({"_id": null})]].concat());
    let summary = place.build_vectors(&["--max-skipped", "1", "--threads", "2"]);
    let record = record(&place, 1);
    assert_eq!(record["checksum"], place.inspect(1)["checksum"]);
    assert_eq!((&record["threads"], &record["compared"]), (&json!(2), &Value::Null));
    assert!(record["started"].as_str().unwrap().ends_with('Z'));
    let steps = record["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["read", "vectorize", "graph", "table", "map", "verify", "publish"]);
    let peak = record["peak_memory_bytes"].as_u64().unwrap();
    let total = record["seconds"].as_f64().unwrap();
    for step in steps {
        assert!((0.0..=total).contains(&step["seconds"].as_f64().unwrap()), "{step}");
        assert!((1..=peak).contains(&step["peak_memory_bytes"].as_u64().unwrap()), "{step}");
    }
    let source = fs::metadata(place.path("profiles.jsonl")).unwrap().len();
    assert!(steps[0]["bytes_read"].as_u64().unwrap() >= source, "{}", steps[0]);
    assert!(
        steps[6]["bytes_written"].as_u64().unwrap() >= summary["bytes"].as_u64().unwrap(),
        "{}",
        steps[6]
    );
    let skipped = &record["skipped"];
    assert_eq!(skipped["id null"], json!({"count": 1, "first": ["record 56"]}));
    let odd = &skipped["vector not a list of numbers"];
    assert_eq!((&odd["count"], odd["first"].as_array().unwrap().len()), (&json!(25), 10));
    assert_eq!(odd["first"][0], "odd0");
    assert!(!record.to_string().contains("secret"), "never a profile");
    assert_eq!(fs::metadata(place.record(1)).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_record_goes_with_its_version_and_one_without_a_version_is_cleaned_up() {
    let place = Place::with_vectors(5);
    for _ in 0..3 {
        place.build(&[]).done();
    }
    fs::write(place.record(99), "{}").unwrap();
    place.build(&["--keep", "1"]).done();
    assert_eq!(place.names(), ["builder.lock", "index-00000003.knd", "index-00000004.knd"]);
    assert_eq!(record(&place, 4)["checksum"], place.inspect(4)["checksum"]);
    for version in [1, 2, 99] {
        assert!(!place.record(version).exists(), "{version}");
    }
}

#[test]
fn versions_without_a_record_are_as_good_as_others() {
    let place = Place::with_vectors(5);
    place.build(&[]).done();
    fs::remove_file(place.record(1)).unwrap();
    let (file, index) = (place.version(1), place.index());
    for args in [["verify".as_ref(), file.as_os_str()], ["inspect".as_ref(), index.as_os_str()]] {
        run(args).done();
    }
    place.build(&["--max-drift", "0.5"]).done();
    let list = run(["list".as_ref(), index.as_os_str()]).done();
    assert_eq!(list.lines().count(), 2, "{list}");
}

#[test]
fn what_the_gates_compared_is_in_the_record() {
    let place = Place::empty();
    place.build_of(&scattered(50, 1), &[]).done();
    let summary = place.build_of(&scattered(50, 1), &["--max-drift", "0.5"]).json();
    assert_eq!(record(&place, 2)["compared"], summary["compared"]);
    assert_eq!(summary["compared"]["version"], 1);
}

/// The metrics of a place, and the arguments that ask for them.
fn metrics_file(place: &Place) -> (PathBuf, [String; 2]) {
    let path = place.path("kindred.prom");
    let argument = path.to_str().unwrap().to_owned();
    (path, ["--metrics-file".to_owned(), argument])
}

/// The value of a metric, its labels in the name.
fn metric(path: &Path, name: &str) -> Option<f64> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn the_metrics_of_a_build_are_written_when_it_is_done() {
    let place = Place::with(&[numbered(30), vec![json!({"_id": null})]].concat());
    let (path, [flag, argument]) = metrics_file(&place);
    let summary = place.build_vectors(&["--max-skipped", "1", &flag, &argument]);
    let same = [
        ("kindred_build_version", "version"),
        ("kindred_build_profiles", "profiles"),
        ("kindred_build_nodes", "nodes"),
        ("kindred_build_index_bytes", "bytes"),
        ("kindred_build_recall", "recall_at_10"),
    ];
    for (name, of_summary) in same {
        assert_eq!(metric(&path, name), summary[of_summary].as_f64(), "{name}");
    }
    assert_eq!(metric(&path, "kindred_build_success"), Some(1.0));
    assert_eq!(metric(&path, "kindred_build_skipped_records{reason=\"id null\"}"), Some(1.0));
    assert_eq!(metric(&path, "kindred_build_failure{reason=\"recall\"}"), Some(0.0));
    for step in ["read", "vectorize", "graph", "table", "map", "verify", "publish"] {
        let seconds = format!("kindred_build_step_duration_seconds{{step=\"{step}\"}}");
        assert!(metric(&path, &seconds).is_some(), "{step}");
        let bytes = format!("kindred_build_step_peak_memory_bytes{{step=\"{step}\"}}");
        assert!(metric(&path, &bytes).unwrap() > 0.0, "{step}");
    }
    let ended = metric(&path, "kindred_build_timestamp_seconds").unwrap();
    assert!(ended > 1.7e9);
    assert_eq!(metric(&path, "kindred_build_last_success_timestamp_seconds"), Some(ended));
    let text = fs::read_to_string(&path).unwrap();
    let metrics: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    for name in metrics {
        for about in ["HELP", "TYPE"] {
            assert!(text.contains(&format!("# {about} {name} ")), "{about} of {name}");
        }
    }
}

#[test]
fn a_build_that_fails_says_why_and_keeps_what_is_known_of_the_last_success() {
    let place = Place::empty();
    let (path, [flag, argument]) = metrics_file(&place);
    let metrics = [flag.as_str(), argument.as_str()];
    // Before there was any success.
    place.write("profiles.jsonl", "no json at all\n[");
    place.build(&[&metrics[..], &["--max-skipped", "0"]].concat()).fails(1, &[]);
    assert_eq!(metric(&path, "kindred_build_success"), Some(0.0));
    assert_eq!(metric(&path, "kindred_build_last_success_timestamp_seconds"), Some(0.0));
    assert_eq!(metric(&path, "kindred_build_version"), None);
    place.build_of(&scattered(60, 1), &metrics).done();
    let kept = [
        "kindred_build_last_success_timestamp_seconds",
        "kindred_build_version",
        "kindred_build_profiles",
        "kindred_build_index_bytes",
    ];
    let before = kept.map(|name| metric(&path, name).unwrap());
    let bad = json!({"_id": "bad", "v": "none"});
    let cases: [(Vec<Value>, &[&str], i32, &str); 4] = [
        ([scattered(60, 1), vec![bad]].concat(), &[], 1, "skipped"),
        (scattered(60, 2), &["--max-drift", "0.5"], 1, "drift"),
        (scattered(30, 1), &["--min-profiles-ratio", "0.9"], 1, "profiles"),
        (scattered(60, 1), &["--fields", "v"], 2, "usage"),
    ];
    for (profiles, flags, code, reason) in cases {
        place.build_of(&profiles, &[&metrics, flags].concat()).fails(code, &[]);
        assert_eq!(metric(&path, "kindred_build_success"), Some(0.0), "{reason}");
        let failure = format!("kindred_build_failure{{reason=\"{reason}\"}}");
        assert_eq!(metric(&path, &failure), Some(1.0), "{reason}");
        let text = fs::read_to_string(&path).unwrap();
        let failures =
            text.lines().filter(|line| line.starts_with("kindred_build_failure{") && line.ends_with(" 1"));
        assert_eq!(failures.count(), 1, "{text}");
        assert_eq!(kept.map(|name| metric(&path, name).unwrap()), before, "{reason}");
    }
    place.build_of(&scattered(60, 1), &metrics).done();
    assert_eq!(metric(&path, "kindred_build_version"), Some(2.0));
    assert!(metric(&path, kept[0]).unwrap() >= before[0]);
}

#[test]
fn a_source_and_a_directory_that_fail_are_told_apart() {
    let place = Place::with_vectors(5);
    let (path, [flag, argument]) = metrics_file(&place);
    place.build_from("missing.jsonl", &[&flag, &argument]).fails(1, &["missing.jsonl"]);
    assert_eq!(metric(&path, "kindred_build_failure{reason=\"source\"}"), Some(1.0));
    // A source that is missing is noticed before a directory is made.
    place.write("index", "a file");
    place.build(&[&flag, &argument]).fails(1, &["index"]);
    assert_eq!(metric(&path, "kindred_build_failure{reason=\"publish\"}"), Some(1.0));
}

#[test]
fn everybody_may_read_the_metrics_whatever_the_umask_is() {
    let place = Place::with_vectors(5);
    let (path, [flag, argument]) = metrics_file(&place);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 077 && exec \"$@\"", "sh", BUILDER]).args(place.build_args(&[&flag, &argument]));
    Ran::from(shell.stdin(Stdio::null()).output().unwrap()).done();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    let beside: Vec<String> = common::names(path.parent().unwrap());
    assert_eq!(beside, ["index", "kindred.prom", "profiles.jsonl"], "nothing is left of the writing");
}

#[test]
fn metrics_that_cannot_be_written_are_a_warning_and_the_build_is_what_it_is() {
    let place = Place::with_vectors(5);
    let path = place.path("missing/kindred.prom");
    let ran = place.build(&["--json", "--metrics-file", path.to_str().unwrap()]);
    assert!(
        ran.stderr.contains("--metrics-file") && ran.stderr.contains("missing/kindred.prom"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.json()["version"], 1);
}

#[test]
fn a_build_that_finds_another_one_running_leaves_the_metrics_to_it() {
    let place = Place::with_vectors(5);
    let (path, [flag, argument]) = metrics_file(&place);
    place.build(&[&flag, &argument]).done();
    let before = fs::read(&path).unwrap();
    let lock = hold_lock(&place.index());
    place.build(&[&flag, &argument]).fails(75, &["another build is running"]);
    assert_eq!(fs::read(&path).unwrap(), before);
    drop(lock);
}

#[test]
fn a_build_that_a_signal_ends_says_so() {
    let place = Place::empty();
    let (path, [flag, argument]) = metrics_file(&place);
    make_fifo(&place.path("profiles.jsonl"));
    let build = command(place.build_args(&[&flag, &argument]));
    // Also where whoever runs the tests ignores signals, as `nohup` does.
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal=INT").arg(build.get_program()).args(build.get_args()).stdin(Stdio::null());
    let child = heeding.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Opens when the builder has opened the other end.
    let source = File::options().write(true).open(place.path("profiles.jsonl")).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert_eq!(metric(&path, "kindred_build_failure{reason=\"interrupted\"}"), Some(1.0));
    assert_eq!(metric(&path, "kindred_build_success"), Some(0.0));
    drop(source);
}
