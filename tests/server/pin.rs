//! Which versions there are, and pinning one over HTTP.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::fixture::{Place, assert_problem, await_ready, numbered_source};
use super::http::{Connection, Response};
use super::keys::line_of;
use super::process::{Server, eventually, index_builder, kindred};

const READER: &str = "reader-secret-0001";
const OBSERVER: &str = "observer-secret-02";
const OPERATOR: &str = "operator-secret-03";

/// So rarely that nothing in these tests waits for it: events do not come through either where a file system has none,
/// and a pin must not need them.
const POLL: [&str; 2] = ["--poll-interval", "1h"];

/// A server with keys of each scope, and a place for versions.
struct Pinning {
    place: Place,
    server: Server,
}

impl Pinning {
    /// Serves so many versions, whose profiles say which one they are of.
    fn start(versions: u64) -> Pinning {
        Self::start_as(versions, kindred())
    }

    fn start_as(versions: u64, mut command: Command) -> Pinning {
        let place = Place::new();
        for version in 1..=versions {
            assert_eq!(place.build(&numbered_source(version, 20)), version);
        }
        let lines = [("app", "read", READER), ("watch", "observe", OBSERVER), ("ops", "admin", OPERATOR)];
        let keys = place.path().join("keys");
        let lines = lines.map(|(name, scopes, secret)| line_of(name, scopes, secret));
        fs::write(&keys, lines.concat()).unwrap();
        command.arg("--index-dir").arg(place.index()).args(["--bind", "127.0.0.1:0"]).args(POLL);
        command.arg("--api-keys").arg(keys);
        let server = Server::spawn(command);
        await_ready(&server);
        Pinning { place, server }
    }

    fn ask(&self, method: &str, target: &str, key: &str) -> Response {
        let mut connection = Connection::open(self.server.address).unwrap();
        connection.request(method, target.as_bytes(), &[("X-API-Key", key)])
    }

    fn pin(&self, version: u64) -> Response {
        self.ask("POST", &format!("/index/pin/{version}"), OPERATOR)
    }

    fn unpin(&self) -> Response {
        self.ask("DELETE", "/index/pin", OPERATOR)
    }

    fn versions(&self) -> Value {
        let response = self.ask("GET", "/index/versions", OBSERVER);
        assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
        response.json()
    }

    fn served(&self) -> Option<u64> {
        self.ask("GET", "/profiles/p1", READER).version()
    }

    fn await_served(&self, version: u64) {
        eventually(&format!("version {version} is served"), || {
            (self.served() == Some(version)).then_some(())
        });
    }

    fn pin_file(&self) -> Option<String> {
        fs::read_to_string(self.place.index().join("PINNED")).ok()
    }
}

#[test]
fn a_pin_takes_effect_at_once_and_no_request_fails_meanwhile() {
    let pinning = Pinning::start(3);
    assert_eq!(pinning.served(), Some(3));
    let (stop, wrong) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = Connection::open(pinning.server.address).unwrap();
            while !stop.load(Ordering::Relaxed) {
                let answer = connection.request("GET", b"/profiles/p1", &[("X-API-Key", READER)]);
                // The document is of the version that the header names.
                let is_right = answer.status == 200 && answer.json()["build"].as_u64() == answer.version();
                wrong.fetch_or(!is_right, Ordering::Relaxed);
            }
        });
        for (version, before) in [(1, 3), (2, 1)] {
            let response = pinning.pin(version);
            assert_eq!(response.status, 200, "{response:?}");
            assert_eq!(response.header("cache-control"), Some("no-store"));
            let answer = response.json();
            assert_eq!(answer["pinned"], version);
            assert!([json!(before), json!(version)].contains(&answer["served"]), "{answer}");
            assert_eq!(pinning.pin_file(), Some(format!("{version}\n")));
            pinning.await_served(version);
        }
        assert_eq!(pinning.pin(2).json(), json!({"pinned": 2, "served": 2}), "again");
        let answer = pinning.unpin().json();
        assert_eq!(answer["pinned"], Value::Null);
        pinning.await_served(3);
        assert_eq!(pinning.pin_file(), None);
        assert_eq!(pinning.unpin().json(), json!({"pinned": null, "served": 3}), "again");
        stop.store(true, Ordering::Relaxed);
    });
    assert!(!wrong.load(Ordering::Relaxed));
    let log = pinning.server.log();
    for said in ["version 1 is pinned, by the key ops", "no version is pinned any more, by the key ops"] {
        assert!(log.contains(said), "{said:?} is not in {log}");
    }
    assert!(!log.contains("secret"), "{log}");
}

#[test]
fn only_a_key_with_the_scope_admin_pins() {
    let pinning = Pinning::start(2);
    for (method, target) in [("POST", "/index/pin/1"), ("DELETE", "/index/pin"), ("POST", "/index/pin/x")] {
        for (key, status) in [("", 401), ("wrong-secret-0001", 401), (READER, 403), (OBSERVER, 403)] {
            assert_problem(&pinning.ask(method, target, key), status, &format!("{method} {target} {key}"));
        }
    }
    for (key, status) in [("", 401), (READER, 403), (OPERATOR, 403), (OBSERVER, 200)] {
        assert_eq!(pinning.ask("GET", "/index/versions", key).status, status, "{key}");
    }
    for (method, target, allow) in [
        ("GET", "/index/pin/1", "POST"),
        ("DELETE", "/index/pin/1", "POST"),
        ("POST", "/index/pin", "DELETE"),
        ("POST", "/index/versions", "GET, HEAD"),
    ] {
        let response = pinning.ask(method, target, OPERATOR);
        assert_problem(&response, 405, target);
        assert_eq!(response.header("allow"), Some(allow), "{method} {target}");
    }
    assert_eq!(pinning.pin_file(), None);
    assert_eq!(pinning.served(), Some(2));
}

#[test]
fn without_keys_nobody_pins() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let server = Server::start(&place.index());
    await_ready(&server);
    for (method, target) in [("POST", "/index/pin/1"), ("DELETE", "/index/pin"), ("POST", "/index/pin/0")] {
        let mut connection = Connection::open(server.address).unwrap();
        let response = connection.request(method, target.as_bytes(), &[("X-API-Key", OPERATOR)]);
        let detail = assert_problem(&response, 403, target);
        assert!(detail.contains("--api-keys"), "{detail}");
        assert!(response.json()["type"].as_str().unwrap().ends_with(":keys-needed"));
    }
    assert!(!place.index().join("PINNED").exists());
}

#[test]
fn what_cannot_be_served_is_not_pinned() {
    let pinning = Pinning::start(3);
    let damaged = pinning.place.version_file(2);
    let mut bytes = fs::read(&damaged).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&damaged, bytes).unwrap();
    fs::create_dir(pinning.place.version_file(9)).unwrap();
    assert_eq!(pinning.pin(1).status, 200);
    pinning.await_served(1);
    for (version, status, part) in [
        (2, 409, "version 2 cannot be served: section"),
        (9, 409, "not a regular file"),
        (4, 404, "no version 4"),
        (u64::MAX, 404, "no version 18446744073709551615"),
    ] {
        let detail = assert_problem(&pinning.pin(version), status, part);
        assert!(detail.contains(part), "{detail}");
    }
    for version in ["0", "x", "-1", "18446744073709551616", "1%20"] {
        let response = pinning.ask("POST", &format!("/index/pin/{version}"), OPERATOR);
        assert!(assert_problem(&response, 400, version).contains("version must be a whole number"));
    }
    assert_eq!(pinning.pin_file().as_deref(), Some("1\n"), "a pin that fails changes nothing");
    assert_eq!(pinning.served(), Some(1));
}

#[test]
fn versions_are_listed_with_what_is_wrong_with_them() {
    let pinning = Pinning::start(2);
    fs::write(pinning.place.version_file(3), "no index").unwrap();
    fs::write(pinning.place.version_file(4), &fs::read(pinning.place.version_file(1)).unwrap()[..1000])
        .unwrap();
    assert_eq!(pinning.pin(1).status, 200);
    pinning.await_served(1);
    let listed = pinning.versions();
    assert_eq!((&listed["pinned"], &listed["omitted"]), (&json!(1), &json!(0)));
    let versions = listed["versions"].as_array().unwrap();
    let numbers: Vec<u64> = versions.iter().map(|entry| entry["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let bytes = fs::metadata(pinning.place.version_file(1)).unwrap().len();
    assert_eq!(versions[0]["file"], "index-00000001.knd");
    assert_eq!((&versions[0]["profiles"], &versions[0]["bytes"]), (&json!(20), &json!(bytes)));
    assert!(versions[0]["created"].as_str().unwrap().ends_with('Z'), "{}", versions[0]);
    for (number, state) in [(0, [true, true]), (1, [false, false]), (2, [false, false])] {
        assert_eq!(
            [&versions[number]["served"], &versions[number]["pinned"]],
            [&json!(state[0]), &json!(state[1])]
        );
    }
    for (number, problem) in [(2, "magic number"), (3, "incomplete")] {
        let entry = &versions[number];
        assert!(entry["problem"].as_str().unwrap().contains(problem), "{entry}");
        assert_eq!(entry.get("profiles"), None);
    }
    let directory = pinning.place.index();
    index_builder(["pin", &directory.display().to_string(), "2"]);
    fs::remove_file(pinning.place.version_file(2)).unwrap();
    let listed = pinning.versions();
    assert_eq!(listed["pinned"], 2);
    assert_eq!(listed["versions"][1]["pinned"], true);
    assert!(listed["versions"][1]["problem"].as_str().unwrap().contains("No such file"), "{listed}");
    fs::write(directory.join("PINNED"), "two").unwrap();
    let listed = pinning.versions();
    assert_eq!(listed["pinned"], Value::Null);
    assert!(listed["pin_problem"].as_str().unwrap().contains("two"), "{listed}");
    fs::rename(&directory, pinning.place.path().join("elsewhere")).unwrap();
    assert_problem(&pinning.ask("GET", "/index/versions", OBSERVER), 503, "no directory");
}

/// Root may write everywhere by its capabilities; without them the owner's permissions hold for it as well.
fn kindred_without_privileges() -> Command {
    if !rustix::process::geteuid().is_root() {
        return kindred();
    }
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--"]).arg(kindred().get_program());
    command
}

/// Makes a directory one that may only be read, until it is dropped, so that it can be removed.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn make(path: PathBuf) -> ReadOnly {
        fs::set_permissions(&path, Permissions::from_mode(0o555)).unwrap();
        ReadOnly(path)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        fs::set_permissions(&self.0, Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn a_server_that_may_only_read_its_directory_says_so() {
    let pinning = Pinning::start_as(2, kindred_without_privileges());
    fs::write(pinning.place.index().join("PINNED"), "2\n").unwrap();
    let _read_only = ReadOnly::make(pinning.place.index());
    for response in [pinning.pin(1), pinning.unpin()] {
        let detail = assert_problem(&response, 409, "read-only");
        assert!(detail.contains("may not write") && detail.contains("index-builder"), "{detail}");
    }
    assert_eq!(pinning.pin_file().as_deref(), Some("2\n"));
    assert_eq!(pinning.served(), Some(2));
    assert_eq!(pinning.versions()["pinned"], 2);
}
