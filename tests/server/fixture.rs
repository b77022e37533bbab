//! Sources, directories and servers that several tests need.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kindred::random::SplitMix64;
use serde_json::Value;
use tempfile::TempDir;

use super::http::{Response, get};
use super::process::{Server, build, eventually};

/// Ids that paths, queries and shells stumble over.
pub const ODD_IDS: [&str; 17] = [
    "a/b",
    "with blank",
    "😀",
    "a+b",
    "50%",
    "%2F",
    ".",
    "..",
    "a?b=c&d",
    "a#b",
    "é",
    "e\u{301}",
    "\"quoted\\\"",
    "-5",
    "--",
    "\u{a0}\u{ad}",
    "ü/../ü",
];

/// Numbers that are the same on every machine.
pub struct Random(SplitMix64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(SplitMix64(seed))
    }

    pub fn next(&mut self) -> u64 {
        self.0.bits()
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A whole number around zero, small enough to be the same as text, f32 and f64.
    pub fn coordinate(&mut self) -> i32 {
        i32::try_from(self.below(20_001)).unwrap() - 10_000
    }
}

/// A temporary place with an index directory in it.
pub struct Place {
    place: TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place { place: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.place.path()
    }

    pub fn index(&self) -> PathBuf {
        self.path().join("index")
    }

    pub fn version_file(&self, version: u64) -> PathBuf {
        self.index().join(file_name(version))
    }

    /// Builds a version from these lines.
    pub fn build(&self, lines: &str) -> u64 {
        self.build_into(&self.index(), lines)
    }

    pub fn build_into(&self, directory: &Path, lines: &str) -> u64 {
        let source = self.path().join("profiles.jsonl");
        std::fs::write(&source, lines).unwrap();
        build(&source, directory)["version"].as_u64().unwrap()
    }
}

pub fn file_name(version: u64) -> String {
    format!("index-{version:08}.knd")
}

/// A few profiles whose nearest are known by hand; ids of all kinds, one zero vector.
pub fn small_source() -> String {
    let mut lines = String::from(concat!(
        "{\"name\": \"east\", \"_id\": \"east\", \"v\": [1, 0], \"tags\": [\"a\", 1, 2.5, null, true]}\n",
        "{\"_id\": 7, \"v\": [3, 4], \"name\": \"integer\"}\n",
        "{\"_id\": -9223372036854775808, \"v\": [0, 5], \"name\": \"smallest\"}\n",
        "{\"_id\": 18446744073709551615, \"v\": [-2, 0], \"name\": \"largest\"}\n",
        "{\"_id\": \"zero\", \"v\": [0, 0], \"name\": \"nothing to compare\"}\n",
    ));
    for (number, id) in ODD_IDS.iter().enumerate() {
        let id = Value::from(*id);
        writeln!(lines, "{{\"_id\": {id}, \"v\": [-1, -{}], \"name\": \"odd\"}}", number + 1).unwrap();
    }
    lines
}

/// Profiles in a plane, in a half circle, all of them with the number of their build.
pub fn numbered_source(build: u64, profiles: usize) -> String {
    let mut lines = String::new();
    for number in 0..profiles {
        let y = number as f64 / 100.0;
        writeln!(lines, "{{\"_id\": \"p{number}\", \"build\": {build}, \"v\": [1, {y}]}}").unwrap();
    }
    lines
}

/// Random vectors, enough of them that the graph is searched, some profiles with the same vector.
pub fn random_vectors(profiles: usize, dimension: usize) -> Vec<Vec<i32>> {
    let mut random = Random::new(7);
    let mut vectors: Vec<Vec<i32>> = Vec::with_capacity(profiles);
    for number in 0..profiles {
        let vector = if number % 50 == 49 {
            vectors[number - 7].clone()
        } else {
            (0..dimension).map(|_| random.coordinate()).collect()
        };
        vectors.push(vector);
    }
    vectors
}

/// The source of [`random_vectors`]; ids are `p0`, `p1` ...
pub fn source_of(vectors: &[Vec<i32>]) -> String {
    let mut lines = String::new();
    for (number, vector) in vectors.iter().enumerate() {
        writeln!(lines, "{{\"_id\": \"p{number}\", \"v\": {vector:?}}}").unwrap();
    }
    lines
}

/// Serves the small source, ready.
pub fn small_server() -> (Place, Server) {
    let place = Place::new();
    assert_eq!(place.build(&small_source()), 1);
    let server = Server::start(&place.index());
    await_version(&server, 1);
    (place, server)
}

/// What `/index` says; `None` while nothing is served.
pub fn description(server: &Server) -> Option<Value> {
    let response = get(server.address, "/index");
    (response.status == 200).then(|| response.json())
}

/// Waits until a version is served.
pub fn await_version(server: &Server, version: u64) -> Value {
    await_description(server, &format!("version {version} is served"), |index| index["version"] == version)
}

/// Waits until an index is served, whoever may ask about it.
pub fn await_ready(server: &Server) {
    eventually("an index is served", || (get(server.address, "/health/ready").status == 200).then_some(()));
}

/// Waits until `/index` is as it should be.
pub fn await_description(server: &Server, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    eventually(what, || description(server).filter(|index| is_so(index)))
}

/// Percent-encodes every byte that is not a letter or a digit.
pub fn encoded(id: &str) -> String {
    let mut text = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").unwrap();
        }
    }
    text
}

/// Fails unless the answer is a problem document for its status. Gives `detail`.
pub fn assert_problem(response: &Response, status: u16, what: &str) -> String {
    assert_eq!(response.status, status, "{what}: {response:?}");
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{what}");
    let document = response.json();
    assert_eq!(document["status"], status, "{what}: {document}");
    for name in ["type", "title", "detail"] {
        let text = document[name].as_str().unwrap_or_else(|| panic!("{what}: {name} in {document}"));
        assert!(!text.is_empty(), "{what}: {name} in {document}");
    }
    let retry_after = response.header("retry-after").map(|seconds| seconds.parse::<u32>().unwrap());
    assert_eq!(retry_after.is_some(), [429, 503].contains(&status), "{what}: {response:?}");
    assert_eq!(response.header("allow").is_some(), status == 405, "{what}: {response:?}");
    document["detail"].as_str().unwrap().to_owned()
}
