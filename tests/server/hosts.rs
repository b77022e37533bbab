//! A server without keys is asked by names of its machine only, so that no page reads it by a name of its own.

use super::fixture::{Place, assert_problem, await_version, numbered_source, small_server};
use super::http::{Connection, Response};
use super::process::{Server, kindred_output};

/// One request with these lines after the first.
fn ask(server: &Server, request_line: &str, headers: &str) -> Response {
    let mut connection = Connection::open(server.address).unwrap();
    connection.write(format!("{request_line}\r\n{headers}\r\n").as_bytes()).unwrap();
    connection.receive("GET").unwrap()
}

#[test]
fn a_name_that_does_not_mean_this_machine_is_421_on_every_route() {
    let (_place, server) = small_server();
    for path in ["/random", "/profiles/east", "/index", "/metrics", "/", "/docs", "/health/ready", "/nothing"]
    {
        for host in ["evil.example:7703", "localhost.evil.example", "192.0.2.1", ""] {
            let what = format!("{path} of {host:?}");
            let response = ask(&server, &format!("GET {path} HTTP/1.1"), &format!("Host: {host}\r\n"));
            let detail = assert_problem(&response, 421, &what);
            assert!(detail.contains("--allowed-hosts"), "{what}: {detail}");
            assert!(response.header("x-request-id").is_some(), "{what}");
        }
        let response =
            ask(&server, &format!("GET http://evil.example{path} HTTP/1.1"), "Host: localhost\r\n");
        assert_problem(&response, 421, path);
    }
    for host in ["localhost", "LOCALHOST:1", "localhost.:5000", "a.localhost", "127.0.0.1:5000", "[::1]:5000"]
    {
        let response = ask(&server, "GET /random HTTP/1.1", &format!("Host: {host}\r\n"));
        assert_eq!(response.status, 200, "{host}: {response:?}");
    }
    // A client that is older than the header.
    assert_eq!(ask(&server, "GET /random HTTP/1.0", "").status, 200);
    assert_eq!(ask(&server, "GET http://localhost:5000/random HTTP/1.1", "Host: localhost\r\n").status, 200);
}

#[test]
fn names_that_are_allowed_are_answered_and_with_keys_all_are() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let server = Server::start_with(&place.index(), |command| {
        command.env("KINDRED_ALLOWED_HOSTS", "kindred.lan,*.example.com");
    });
    await_version(&server, 1);
    for (host, status) in
        [("kindred.lan:80", 200), ("a.example.com", 200), ("example.com", 421), ("lan", 421)]
    {
        let response = ask(&server, "GET /profiles/p1 HTTP/1.1", &format!("Host: {host}\r\n"));
        assert_eq!(response.status, status, "{host}");
    }
    let keys = place.path().join("keys");
    std::fs::write(&keys, "").unwrap();
    let server = Server::start_with(&place.index(), |command| {
        command.arg("--api-keys").arg(&keys);
    });
    assert_eq!(ask(&server, "GET /health/live HTTP/1.1", "Host: evil.example\r\n").status, 200);
}

#[test]
fn what_is_no_name_is_wrong_usage() {
    for value in ["", "http://a.example", "a:5000", "a,,b"] {
        let output = kindred_output(&["--index-dir", "x", "--allowed-hosts", value], &[]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{value:?}: {message}");
        assert!(message.contains("allowed_hosts") && message.contains("*.example.com"), "{message}");
    }
}
