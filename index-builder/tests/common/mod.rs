//! Runs the real `index-builder` in a temporary directory.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kindred::random::SplitMix64;
pub use serde_json::{Value, json};
use tempfile::TempDir;

/// The program.
pub const BUILDER: &str = env!("CARGO_BIN_EXE_index-builder");

/// What `index-builder` gave.
#[derive(Debug)]
pub struct Ran {
    /// The exit code, if it was not killed.
    pub code: Option<i32>,
    /// The signal that killed it.
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Asserts success; gives standard output.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.stdout
    }

    /// Asserts success; gives standard output as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        let text = self.done();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Asserts an exit code, nothing on standard output, and that the message holds all of `parts`.
    #[track_caller]
    pub fn fails(self, code: i32, parts: &[&str]) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.stdout, "");
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in: {}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }
}

/// Runs the program.
pub fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ran {
    command(args).output().unwrap().into()
}

/// The program, about to be run, with nothing on its standard input.
pub fn command<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(BUILDER);
    command.args(args).stdin(Stdio::null()).env_remove("SOURCE_DATE_EPOCH").env_remove("KINDRED_CRASH_AT");
    command
}

/// A temporary directory with `profiles.jsonl` and the index directory `index`.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// A place without profiles.
    pub fn empty() -> Place {
        Place { folder: TempDir::new().unwrap() }
    }

    /// A place with these profiles.
    pub fn with(profiles: &[Value]) -> Place {
        let place = Place::empty();
        place.write("profiles.jsonl", jsonl(profiles));
        place
    }

    /// A place with a few profiles, of which each has an id, a name and a vector in `v`.
    pub fn with_vectors(count: usize) -> Place {
        Place::with(&numbered(count))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The index directory.
    pub fn index(&self) -> PathBuf {
        self.path("index")
    }

    /// The record of the build of a version.
    pub fn record(&self, version: u64) -> PathBuf {
        self.index().join(format!("index-{version:08}.build.json"))
    }

    /// The file of a version.
    pub fn version(&self, version: u64) -> PathBuf {
        self.index().join(format!("index-{version:08}.knd"))
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The arguments of a build from `profiles.jsonl` into `index`, and further ones.
    pub fn build_args(&self, more: &[&str]) -> Vec<String> {
        self.build_args_from("profiles.jsonl", more)
    }

    /// The same from another file.
    pub fn build_args_from(&self, profiles: &str, more: &[&str]) -> Vec<String> {
        let paths = [self.path(profiles), self.index()].map(|path| path.to_str().unwrap().to_owned());
        let [profiles, out] = paths;
        let args = ["build".to_owned(), "--profiles".to_owned(), profiles, "--out".to_owned(), out];
        args.into_iter().chain(more.iter().map(|&arg| arg.to_owned())).collect()
    }

    pub fn build(&self, more: &[&str]) -> Ran {
        run(self.build_args(more))
    }

    /// Builds from another file than `profiles.jsonl`.
    pub fn build_from(&self, profiles: &str, more: &[&str]) -> Ran {
        run(self.build_args_from(profiles, more))
    }

    /// Builds from the vectors in `v`; gives the summary.
    #[track_caller]
    pub fn build_vectors(&self, more: &[&str]) -> Value {
        self.build(&[&["--vectorizer", "field:v", "--json"], more].concat()).json()
    }

    /// The answer of `query` to version 1, its flags before the file.
    #[track_caller]
    pub fn query(&self, flags: &[&str], id: &str, n: &str) -> Value {
        self.try_query(1, flags, id, n).json()
    }

    pub fn try_query(&self, version: u64, flags: &[&str], id: &str, n: &str) -> Ran {
        let file = self.version(version);
        let mut args: Vec<&OsStr> = vec!["query".as_ref(), file.as_ref()];
        args.extend(flags.iter().map(AsRef::<OsStr>::as_ref));
        args.extend(["--", id, n].map(AsRef::<OsStr>::as_ref));
        run(args)
    }

    /// What `inspect --json` says of a version.
    #[track_caller]
    pub fn inspect(&self, version: u64) -> Value {
        run(["inspect".as_ref(), self.version(version).as_os_str(), "--json".as_ref()]).json()
    }

    /// The documents of the answer to the most that can be wanted: all profiles with a vector but one.
    #[track_caller]
    pub fn others(&self, id: &str) -> Vec<Value> {
        let Value::Array(documents) = self.query(&[], id, "1000000") else { panic!("no array") };
        documents
    }

    /// The names of all that is in the index directory, sorted.
    pub fn names(&self) -> Vec<String> {
        names(&self.index())
    }

    /// The names of the versions, sorted.
    pub fn versions(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| name.ends_with(".knd")).collect()
    }

    /// Builds a version from these profiles, by their vectors in `v`.
    pub fn build_of(&self, profiles: &[Value], more: &[&str]) -> Ran {
        self.write("profiles.jsonl", jsonl(profiles));
        self.build(&[&["--vectorizer", "field:v", "--json"], more].concat())
    }

    /// Asserts that nothing has been published and nothing left but the lock.
    #[track_caller]
    pub fn assert_nothing_published(&self) {
        if self.index().exists() {
            assert_eq!(self.names(), ["builder.lock"]);
        }
    }
}

/// The names of all that is in a directory, sorted, but for the records of builds whose versions are there too: those
/// belong to them. A record without its version shows.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    let has_version = |name: &str| {
        name.strip_suffix(".build.json").is_some_and(|stem| directory.join(format!("{stem}.knd")).exists())
    };
    names.retain(|name| name.starts_with('.') || !has_version(name));
    names
}

/// Profiles `p0`, `p1`... with vectors of eight numbers in `v`, which the seed decides.
pub fn scattered(count: usize, seed: u64) -> Vec<Value> {
    let mut random = SplitMix64(seed);
    let mut number = || (random.bits() % 2_001) as f64 / 1_000.0 - 1.0;
    let mut vector = || (0..8).map(|_| number()).collect::<Vec<f64>>();
    (0..count).map(|n| json!({"_id": format!("p{n}"), "v": vector()})).collect()
}

/// Profiles `p0`, `p1`... with vectors of four numbers in `v`, all of them different.
pub fn numbered(count: usize) -> Vec<Value> {
    let vector = |n: usize| [1.0, n as f64 / 10.0, (n % 7) as f64, (n % 3) as f64 - 1.0];
    (0..count).map(|n| json!({"_id": format!("p{n}"), "name": format!("Name {n}"), "v": vector(n)})).collect()
}

/// One object a line.
pub fn jsonl(profiles: &[Value]) -> String {
    profiles.iter().map(|profile| format!("{profile}\n")).collect()
}

/// The ids of an answer.
pub fn ids(answer: &Value) -> Vec<&str> {
    answer.as_array().unwrap().iter().map(|profile| profile["_id"].as_str().unwrap()).collect()
}

/// A FIFO.
pub fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Bytes as gzip makes them.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Dropped after writing, which ends the input; what is compressed here fits into a pipe.
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().stdout
}

/// Takes the lock of an index directory, as a build that is running has it.
pub fn hold_lock(directory: &Path) -> File {
    fs::create_dir_all(directory).unwrap();
    let file = File::create(directory.join("builder.lock")).unwrap();
    file.lock().unwrap();
    file
}
