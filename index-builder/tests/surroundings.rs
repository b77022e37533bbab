//! What surrounds the program and must not decide what comes of it: where its log goes, the umask, and the programs that
//! wrote its lists.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{BUILDER, Place, Ran, command, run};

/// Where a stream of the program goes.
#[derive(Debug, Clone, Copy)]
enum To {
    Here,
    /// A disk without room.
    Full,
    /// A pipe whose reader is gone.
    Gone,
}

impl To {
    fn stdio(self) -> Stdio {
        match self {
            To::Here => Stdio::piped(),
            To::Full => File::options().write(true).open("/dev/full").unwrap().into(),
            To::Gone => {
                let (reader, writer) = std::io::pipe().unwrap();
                drop(reader);
                writer.into()
            }
        }
    }
}

fn run_to(args: &[String], out: To, log: To) -> Ran {
    command(args).stdout(out.stdio()).stderr(log.stdio()).output().unwrap().into()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn a_build_is_published_wherever_its_log_goes() {
    let place = Place::with_vectors(30);
    let mut versions = 0;
    for log in [To::Full, To::Gone] {
        for out in [To::Here, To::Full, To::Gone] {
            let ran = run_to(&place.build_args(&["--vectorizer", "field:v"]), out, log);
            versions += 1;
            assert_eq!(ran.code, Some(0), "{out:?} {log:?}: {ran:#?}");
            assert!(place.version(versions).exists(), "{out:?} {log:?}");
        }
    }
    for (args, code) in [
        (place.build_args(&["--vectorizer", "field:missing", "--max-skipped", "0"]), 1),
        (place.build_args(&["--vectorizer", "nonsense"]), 2),
        (place.build_args(&["--m", "x"]), 2),
        (place.build_args_from("missing.jsonl", &[]), 1),
    ] {
        for log in [To::Here, To::Full, To::Gone] {
            assert_eq!(run_to(&args, To::Here, log).code, Some(code), "{args:?} {log:?}");
        }
    }
    assert!(!place.version(versions + 1).exists());
}

#[test]
fn a_build_on_a_terminal_that_is_gone_is_published() {
    let place = Place::with_vectors(30);
    let script = "import os, pty, subprocess, sys
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave)
os.close(slave)
os.close(master)
sys.exit(child.wait())
";
    let mut python = Command::new("python3");
    python.args(["-c", script, BUILDER]).args(place.build_args(&["--vectorizer", "field:v"]));
    let ran = Ran::from(python.output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(place.version(1).exists());
}

#[test]
fn a_vectorizer_that_prints_loses_its_lines_and_not_the_build() {
    let place = Place::with_vectors(10);
    let file = place.write(
        "printing.py",
        "import logging, sys\ndef vectorize(p):\n    print('a', file=sys.stderr)\n    print('b')\n    \
         logging.warning('c')\n    return p['v']\n",
    );
    let vectorizer = format!("python:{}", file.display());
    for log in [To::Full, To::Gone] {
        let ran = run_to(&place.build_args(&["--vectorizer", &vectorizer]), To::Here, log);
        assert_eq!(ran.code, Some(0), "{log:?}: {ran:#?}");
    }
    let shown = place.build(&["--vectorizer", &vectorizer]).stderr;
    assert!(["\na\n", "\nb\n", "WARNING:root:c"].iter().all(|part| shown.contains(part)), "{shown}");
}

#[test]
fn what_a_command_prints_is_either_its_purpose_or_can_be_lost() {
    let place = Place::with_vectors(30);
    place.build_vectors(&[]);
    let (index, file) = (place.index(), place.version(1));
    let (index, file) = (index.to_str().unwrap(), file.to_str().unwrap());
    let purpose = [
        words(&["inspect", index]),
        words(&["inspect", "--json", file]),
        words(&["query", file, "p1", "3"]),
        words(&["report", index]),
        words(&["diff", file, file]),
        words(&["list", index]),
        words(&["completions", "bash"]),
        words(&["--help"]),
        words(&["build", "--help"]),
        words(&["--version"]),
    ];
    for args in purpose {
        let full = run_to(&args, To::Full, To::Here);
        assert_eq!(full.code, Some(1), "{args:?}: {full:#?}");
        let lines: Vec<&str> = full.stderr.lines().collect();
        assert!(
            matches!(lines[..], [line] if line.starts_with("index-builder: standard output ")),
            "{full:#?}"
        );
        assert_eq!(run_to(&args, To::Full, To::Full).code, Some(1), "{args:?}");
        let gone = run_to(&args, To::Gone, To::Here);
        assert_eq!((gone.code, gone.stderr.as_str()), (Some(0), ""), "{args:?}");
        for log in [To::Full, To::Gone] {
            let here = run_to(&args, To::Here, log);
            assert!(here.code == Some(0) && !here.stdout.is_empty(), "{args:?} {log:?}: {here:#?}");
        }
    }
    let done = [
        words(&["verify", file]),
        words(&["pin", index, "1"]),
        words(&["unpin", index]),
        words(&["suppress", index, "p1", "p2"]),
    ];
    for args in done {
        for (out, says) in [(To::Full, true), (To::Gone, false)] {
            let ran = run_to(&args, out, To::Here);
            assert_eq!((ran.code, ran.stderr.is_empty()), (Some(0), !says), "{args:?} {out:?}: {ran:#?}");
            assert_eq!(run_to(&args, out, To::Full).code, Some(0), "{args:?}");
        }
    }
    for (out, id) in [(To::Full, "p1"), (To::Gone, "p2")] {
        assert_eq!(run_to(&words(&["unsuppress", index, id]), out, To::Gone).code, Some(0));
    }
    assert_eq!(run(["query", file, "p1", "3"]).code, Some(0), "who is not suppressed any more is found");
}

/// Runs the program as a job whose umask is this.
fn under_umask(umask: &str, args: &[String]) -> Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask \"$0\" && exec \"$@\"", umask, BUILDER]).args(args).stdin(Stdio::null());
    shell.output().unwrap().into()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_server_in_the_group_can_read_what_is_made_under_any_umask() {
    for umask in ["077", "027", "022", "0"] {
        let place = Place::with_vectors(30);
        let (deep, metrics) = (place.path("a/b/index"), place.path("kindred.prom"));
        let [profiles, out, prom] =
            [&place.path("profiles.jsonl"), &deep, &metrics].map(|path| path.to_str().unwrap().to_owned());
        let build = words(&[
            "build",
            "--profiles",
            &profiles,
            "--out",
            &out,
            "--vectorizer",
            "field:v",
            "--metrics-file",
            &prom,
        ]);
        let page = place.path("page.html");
        for args in [
            build,
            words(&["pin", &out, "1"]),
            words(&["suppress", &out, "p1"]),
            words(&["report", &out, "--out", page.to_str().unwrap()]),
        ] {
            assert_eq!(under_umask(umask, &args).code, Some(0), "{umask}: {args:?}");
        }
        for directory in [&place.path("a"), &place.path("a/b"), &deep] {
            assert_eq!(mode(directory), 0o750, "{umask}: {}", directory.display());
        }
        let mut names = 0;
        for entry in fs::read_dir(&deep).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o640, "{umask}: {}", path.display());
            names += 1;
        }
        assert_eq!(names, 6, "version, record, pin, list and two locks");
        assert_eq!((mode(&metrics), mode(&page)), (0o644, 0o640), "{umask}");
    }
}

#[test]
fn a_directory_that_hands_its_group_down_goes_on_doing_so() {
    let place = Place::with_vectors(30);
    let parent = place.path("shared");
    fs::create_dir(&parent).unwrap();
    fs::set_permissions(&parent, fs::Permissions::from_mode(0o2770)).unwrap();
    let out = parent.join("index");
    let args = words(&[
        "build",
        "--vectorizer",
        "field:v",
        "--profiles",
        place.path("profiles.jsonl").to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(under_umask("077", &args).code, Some(0));
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o7777, 0o2750);
}

/// A `.npy` file with rows of two numbers, and arguments that build from it.
fn build_with_ids(place: &Place, rows: u16, ids: &[u8]) -> Ran {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, 2), }}");
    let header = format!("{header:<117}\n");
    let numbers = (0..rows).flat_map(|row| [f32::from(row) + 1.0, 1.0]).flat_map(f32::to_le_bytes);
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let mut file = [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes()].concat();
    file.extend(numbers);
    let paths = [place.write("v.npy", file), place.write("ids.txt", ids), place.index()];
    let [vectors, ids, out] = paths.map(|path| path.to_str().unwrap().to_owned());
    run(["build", "--vectors", &vectors, "--ids", &ids, "--out", &out, "--min-recall", "0"])
}

#[test]
fn ids_are_read_as_other_programs_write_them() {
    let text = "\u{feff}a\r\né\r\n😀\r\n";
    let in_utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for ids in [text.as_bytes().to_vec(), in_utf16(u16::to_le_bytes), in_utf16(u16::to_be_bytes)] {
        let place = Place::empty();
        build_with_ids(&place, 3, &ids).done();
        let ids: Vec<String> =
            place.others("a").iter().map(|document| document["_id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids, ["é", "😀"]);
    }
}

#[test]
fn ids_that_are_none_are_refused_with_their_line() {
    let utf16: Vec<u8> = "a\nb\nc\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (ids, parts) in [
        (&utf16[..], ["ids.txt, line 1", "U+0000"]),
        (b"a\nb\x07\nc\n", ["ids.txt, line 2", "U+0007"]),
        (b"a\tAnn\nb\tBob\nc\tCy\n", ["ids.txt, line 1", "U+0009"]),
        (b"a\nb\n\nc\n", ["ids.txt has 4 lines", "1 of them blank, the first line 3"]),
    ] {
        let place = Place::empty();
        build_with_ids(&place, 3, ids).fails(1, &parts);
        place.assert_nothing_published();
    }
    let place = Place::empty();
    build_with_ids(&place, 3, b"a\n\nc\n").fails(1, &["id empty: record 2"]);
}

#[test]
fn lists_with_a_byte_order_mark_mean_what_they_say_and_utf16_is_named() {
    let place = Place::with_vectors(30);
    place.build_vectors(&[]);
    let index = place.index();
    let list = index.join("SUPPRESSED");
    fs::write(&list, "\u{feff}p1\r\np2 \r\n").unwrap();
    assert!(place.others("p3").iter().all(|document| document["_id"] != "p1"));
    let added = run(["suppress", index.to_str().unwrap(), "p4"]);
    assert!(added.stderr.contains("line 2 of SUPPRESSED"), "{added:#?}");
    assert!(added.done().starts_with("suppressed p4; 3 ids are suppressed in "));
    assert_eq!(fs::read_to_string(&list).unwrap(), "p1\np2 \np4\n");
    let utf16: Vec<u8> = "\u{feff}1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&list, &utf16).unwrap();
    run(["suppress", index.to_str().unwrap(), "5"]).fails(1, &["SUPPRESSED", "UTF-16"]);
    assert_eq!(fs::read(&list).unwrap(), utf16, "what is not understood is not written over");
    fs::write(index.join("PINNED"), &utf16).unwrap();
    run(["list", index.to_str().unwrap()]).fails(1, &["PINNED", "UTF-16"]);
}
