//! Keys: who may ask, what changes while the server runs, and what is said about it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::Signal;

use super::fixture::{Place, assert_problem, await_ready, numbered_source};
use super::http::{Connection, Response};
use super::process::{Server, eventually, kindred, kindred_output};

const READER: &str = "reader-secret-0001";
const OBSERVER: &str = "observer-secret-02";

/// Runs `kindred hash-key` and gives its exit code, standard output and standard error.
fn hash_key(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = kindred();
    command.arg("hash-key").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever does not want the key has ended before it is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

pub fn line_of(name: &str, scopes: &str, secret: &str) -> String {
    let (code, line, errors) = hash_key(&["--name", name, "--scopes", scopes], secret);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    line
}

struct Keyed {
    place: Place,
    server: Server,
}

impl Keyed {
    fn start(more: &[&str]) -> Keyed {
        let place = Place::new();
        place.build(&numbered_source(1, 20));
        let keys = place.path().join("keys");
        let lines = [line_of("front-end", "read", READER), line_of("prometheus", "observe", OBSERVER)];
        std::fs::write(&keys, lines.concat()).unwrap();
        let server = Server::start_with(&place.index(), |command| {
            command.arg("--api-keys").arg(&keys).args(more);
        });
        await_ready(&server);
        Keyed { place, server }
    }

    fn keys(&self) -> PathBuf {
        self.place.path().join("keys")
    }

    fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        Connection::open(self.server.address).unwrap().request("GET", target.as_bytes(), headers)
    }

    fn status(&self, target: &str, key: &str) -> u16 {
        self.get(target, &[("X-API-Key", key)]).status
    }
}

#[test]
fn a_request_without_a_key_that_counts_learns_nothing() {
    let keyed = Keyed::start(&[]);
    for headers in [
        &[][..],
        &[("X-API-Key", "wrong-secret-0001")],
        &[("Authorization", "Bearer wrong-secret-0001")],
        &[("Authorization", "Basic cmVhZGVyLXNlY3JldC0wMDAx")],
        &[("Authorization", READER)],
    ] {
        for target in [
            "/recommend/p1/3",
            "/recommend/nobody/3",
            "/profiles/p1",
            "/map",
            "/map/0",
            "/index",
            "/index/events",
            "/metrics",
        ] {
            let response = keyed.get(target, headers);
            assert_problem(&response, 401, target);
            assert_eq!(response.header("www-authenticate"), Some("Bearer"), "{target}");
            assert!(response.version().is_none() && response.header("etag").is_none());
        }
    }
    for target in ["/health/live", "/health/ready", "/health/status"] {
        assert_eq!(keyed.get(target, &[]).status, 200, "{target}");
    }
    let bearer = format!("Bearer {READER}");
    assert_eq!(keyed.get("/recommend/p1/3", &[("Authorization", &bearer)]).status, 200);
    assert_eq!(keyed.status("/recommend/p1/3", READER), 200);
    assert_eq!((keyed.status("/index", READER), keyed.status("/index", OBSERVER)), (403, 200));
    assert_eq!((keyed.status("/metrics", READER), keyed.status("/metrics", OBSERVER)), (403, 200));
    assert_eq!((keyed.status("/profiles/p1", OBSERVER), keyed.status("/profiles/p1", READER)), (403, 200));
    for target in ["/map", "/map/0"] {
        assert_eq!((keyed.status(target, OBSERVER), keyed.status(target, READER)), (403, 200), "{target}");
    }
    let metrics = keyed.get("/metrics", &[("X-API-Key", OBSERVER)]);
    assert!(metrics.text().contains(r#"route="/index",status="401""#), "{}", metrics.text());
    let log = keyed.server.log();
    for secret in ["secret", "cmVhZGVy", "p1"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn keys_are_taken_when_their_file_changes_and_at_sighup_and_bad_ones_are_not() {
    let keyed = Keyed::start(&[]);
    assert_eq!(keyed.status("/profiles/p1", READER), 200);
    let other = "another-secret-03";
    let failures = || {
        let key = [("X-API-Key", OBSERVER)];
        let metrics = keyed.get("/metrics", &key);
        let line =
            metrics.text().lines().find_map(|line| line.strip_prefix("kindred_reload_failures_total "));
        line.map(str::to_owned)
    };
    let observer = line_of("prometheus", "observe", OBSERVER);
    std::fs::write(keyed.keys(), [observer.clone(), line_of("new", "read", other)].concat()).unwrap();
    eventually("the new key counts", || (keyed.status("/profiles/p1", other) == 200).then_some(()));
    assert_eq!(keyed.status("/profiles/p1", READER), 401, "it was taken back");
    std::fs::write(keyed.keys(), format!("{observer}my-new-key\n")).unwrap();
    eventually("the bad file was noticed", || (failures()? != "0").then_some(()));
    assert_eq!(keyed.status("/profiles/p1", other), 200, "what was read before still counts");
    let log = keyed.server.log();
    assert!(log.contains("line 2") && !log.contains("my-new-key"), "{log}");
    std::fs::remove_file(keyed.keys()).unwrap();
    eventually("the missing file was noticed", || (failures()? != "1").then_some(()));
    assert_eq!(keyed.status("/profiles/p1", other), 200);
    let utf16: Vec<u8> = observer.encode_utf16().flat_map(u16::to_be_bytes).collect();
    std::fs::write(keyed.keys(), [&[0xfe, 0xff], &utf16[..]].concat()).unwrap();
    eventually("the encoding was noticed", || keyed.server.log().contains("UTF-16").then_some(()));
    assert_eq!(keyed.status("/profiles/p1", other), 200);
    std::fs::write(keyed.keys(), format!("\u{feff}{observer}")).unwrap();
    eventually("the key has gone", || (keyed.status("/profiles/p1", other) == 401).then_some(()));
    let before = keyed.server.log().matches("keys count").count();
    keyed.server.signal(Signal::HUP);
    eventually("SIGHUP reads the keys again", || {
        (keyed.server.log().matches("keys count").count() > before).then_some(())
    });
    assert_eq!(keyed.status("/index", OBSERVER), 200);
    std::fs::write(keyed.keys(), "").unwrap();
    eventually("that nobody may ask is told", || {
        keyed.server.log().contains("there is no key in the file any more").then_some(())
    });
    assert_eq!(keyed.status("/index", OBSERVER), 401);
}

#[test]
fn sighup_ends_nothing_where_there_is_nothing_to_read() {
    let place = Place::new();
    let server = Server::start(&place.index());
    server.signal(Signal::HUP);
    eventually("it was heard", || server.log().contains("SIGHUP").then_some(()));
    assert_eq!(super::http::get(server.address, "/health/live").status, 200);
}

#[test]
fn a_file_of_keys_that_cannot_be_used_is_wrong_usage() {
    let place = Place::new();
    let keys = place.path().join("keys");
    let path = keys.display().to_string();
    let refused = |said: &[&str]| {
        let output = kindred_output(&["--index-dir", "x", "--bind", "127.0.0.1:0", "--api-keys", &path], &[]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        said.iter().for_each(|part| assert!(message.contains(part), "{part:?} is not in {message}"));
        assert!(!message.contains("plain-text-key"), "{message}");
    };
    refused(&[&path]);
    std::fs::write(&keys, "# keys\nplain-text-key\n").unwrap();
    refused(&[&path, "line 2", "NAME<TAB>SCOPES<TAB>SHA256-HEX"]);
    std::fs::write(&keys, "plain-text-key\tread\t1234\n").unwrap();
    refused(&[&path, "line 1", "64 hexadecimal digits"]);
}

#[test]
fn only_keys_or_a_clear_word_open_the_server_to_other_machines() {
    let output = kindred_output(&["--index-dir", "x", "--bind", "0.0.0.0:0"], &[]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("0.0.0.0:0") && message.contains("allow_anonymous"), "{message}");
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let mut command = kindred();
    command.arg("--index-dir").arg(place.index()).args(["--bind", "0.0.0.0:0", "--allow-anonymous"]);
    let server = Server::spawn(command);
    await_ready(&server);
}

#[test]
fn hash_key_refuses_what_is_no_key_and_makes_one_that_is() {
    let usual = ["--name", "app", "--scopes", "read,observe"];
    let (code, line, key) = hash_key(&[&usual[..], &["--generate"]].concat(), "");
    assert_eq!(code, Some(0));
    assert!(line.starts_with("app\tread,observe\t") && line.ends_with('\n'), "{line}");
    assert_eq!(line_of("app", "read,observe", key.trim_end()), line);
    for input in ["", "short-key\n", "two words in it", "a-key-and\nanother-one"] {
        let (code, line, errors) = hash_key(&usual, input);
        assert_eq!((code, line.as_str()), (Some(1), ""), "{input:?}");
        assert!(errors.contains("12 to 512"), "{errors}");
    }
    for (name, scopes, part) in [("a b", "read", "name"), ("app", "write", "read, observe, admin")] {
        let (code, _, errors) = hash_key(&["--name", name, "--scopes", scopes], "twelve-chars");
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains(part), "{errors}");
    }
    assert_eq!(hash_key(&["--name", "app"], "twelve-chars").0, Some(2));
}

#[test]
fn a_client_that_asks_too_often_is_refused_until_its_time_has_come() {
    let keyed = Keyed::start(&["--rate-limit", "5/h"]);
    let statuses: Vec<u16> = (0..8).map(|_| keyed.status("/profiles/p1", READER)).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
    let response = keyed.get("/profiles/p1", &[("X-API-Key", READER)]);
    assert_problem(&response, 429, "too often");
    assert_eq!(response.header("retry-after"), response.header("ratelimit-reset"));
    assert_eq!(
        (response.header("ratelimit-limit"), response.header("ratelimit-remaining")),
        (Some("5"), Some("0"))
    );
    let metrics = keyed.get("/metrics", &[("X-API-Key", OBSERVER)]);
    assert!(metrics.text().contains("\nkindred_rate_limited_requests_total 4\n"), "{}", metrics.text());
    assert_eq!(keyed.status("/index", OBSERVER), 200, "every key has a rate of its own");
    assert_eq!(keyed.get("/health/ready", &[]).status, 200);
}

#[test]
fn who_is_not_let_in_is_counted_by_what_is_wrong_with_the_key() {
    let keyed = Keyed::start(&[]);
    for (key, times) in [(READER, 3), ("unknown-secret-0", 2)] {
        for _ in 0..times {
            assert!([401, 403].contains(&keyed.status("/index", key)));
        }
    }
    assert_eq!(keyed.get("/index", &[]).status, 401);
    // Probes need no key.
    assert_eq!(keyed.get("/health/ready", &[]).status, 200);
    let metrics = keyed.get("/metrics", &[("X-API-Key", OBSERVER)]);
    for (reason, count) in [("scope", 3), ("unknown_key", 2), ("no_key", 1)] {
        let line = format!("\nkindred_auth_failures_total{{reason=\"{reason}\"}} {count}\n");
        assert!(metrics.text().contains(&line), "{line} is not in {}", metrics.text());
    }
}

#[test]
fn ids_are_in_the_log_only_if_that_is_wanted() {
    for wanted in [false, true] {
        let keyed = Keyed::start(if wanted { &["--log-ids"] } else { &["--log-level", "trace"] });
        for target in ["/profiles/p11", "/recommend/p12/3", "/profiles/unknown-id", "/recommend/p13/0"] {
            keyed.status(target, READER);
        }
        // The last line may be on its way still.
        let log = eventually("the log is complete", || {
            Some(keyed.server.log()).filter(|log| !wanted || log.contains("p13"))
        });
        for id in ["p11", "p12", "unknown-id", "p13"] {
            assert_eq!(log.contains(id), wanted, "{id} in {log}");
        }
        assert!(!log.contains(READER), "{log}");
    }
}

#[test]
fn pages_of_the_origins_that_were_named_may_read_answers() {
    let keyed = Keyed::start(&["--cors-origins", "https://app.example,http://localhost:3000"]);
    let ask = |origin: &str| keyed.get("/profiles/p1", &[("Origin", origin), ("X-API-Key", READER)]);
    for origin in ["https://app.example", "http://localhost:3000"] {
        let response = ask(origin);
        assert_eq!((response.status, response.header("access-control-allow-origin")), (200, Some(origin)));
    }
    assert_eq!(ask("https://evil.example").header("access-control-allow-origin"), None);
    for response in [ask("https://app.example"), ask("https://evil.example")] {
        assert!(response.header("x-request-id").is_some(), "{response:?}");
    }
    let exposed = ask("https://app.example").header("access-control-expose-headers").unwrap().to_owned();
    assert!(exposed.contains("x-request-id"), "{exposed}");
    let preflight = [
        ("X-Request-Id", "before-flight"),
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "x-api-key, x-request-id"),
    ];
    let mut connection = Connection::open(keyed.server.address).unwrap();
    let response = connection.request("OPTIONS", b"/profiles/p1", &preflight);
    assert_eq!(response.status, 200);
    assert!(response.header("access-control-allow-headers").unwrap().contains("x-api-key"));
    assert_eq!(response.header("x-request-id"), Some("before-flight"));
    let preflight = [
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-api-key"),
    ];
    let response = connection.request("OPTIONS", b"/recommend", &preflight);
    assert_eq!(response.status, 200);
    assert!(response.header("access-control-allow-methods").unwrap().contains("POST"));
    assert!(response.header("access-control-allow-headers").unwrap().contains("content-type"));
}
