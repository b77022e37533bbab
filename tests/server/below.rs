//! What never becomes a request of a route is answered in our words all the same, with an id, and is counted.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::fixture::{assert_problem, small_server};
use super::http::{Connection, Response, get};
use super::process::Server;

/// Sends bytes and takes one answer, after which the connection is closed.
fn refused(server: &Server, bytes: &[u8]) -> Response {
    let mut connection = Connection::open(server.address).unwrap();
    connection.write(bytes).unwrap();
    let response = connection.receive("GET").unwrap();
    connection.assert_nothing_more();
    response
}

fn counted(server: &Server, reason: &str) -> u64 {
    let metrics = get(server.address, "/metrics");
    let name = format!("kindred_http_unrouted_answers_total{{reason=\"{reason}\"}} ");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
    line.unwrap_or_else(|| panic!("{name}")).parse().unwrap()
}

#[test]
fn what_is_no_request_is_told_so_with_an_id_and_counted() {
    let (_place, server) = small_server();
    let bad = [
        "GET /a|b{c}`d HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://[/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /random HTTP/1.1\r\n\r\n",
        "GET /random HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /random HTTP/1.1\r\nHost: localhost\r\nBad Name: 1\r\n\r\n",
        "POST /recommend HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "GET /x HTTP/2.0\r\nHost: localhost\r\n\r\n",
        "rubbish\r\n\r\n",
    ];
    let mut ids = Vec::new();
    for text in bad {
        let response = refused(&server, text.as_bytes());
        let detail = assert_problem(&response, 400, text);
        assert!(detail.contains("percent-encoded"), "{detail}");
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        ids.push(response.header("x-request-id").unwrap().to_owned());
    }
    // What can be read is a question like any other.
    assert_problem(&get(server.address, "/profiles/[a]"), 404, "brackets");
    assert_eq!(counted(&server, "malformed"), ids.len() as u64);
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "each has its own id");
}

#[test]
fn the_answers_before_a_malformed_request_are_what_they_were() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let good = "GET /profiles/east HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let bad = "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n";
    connection.write(format!("{good}{good}{bad}").as_bytes()).unwrap();
    for _ in 0..2 {
        let response = connection.receive("GET").unwrap();
        assert_eq!((response.status, response.json()["_id"].as_str()), (200, Some("east")));
    }
    assert_problem(&connection.receive("GET").unwrap(), 400, "the third");
    connection.assert_nothing_more();
}

#[test]
fn headers_that_are_too_large_are_told_so() {
    let (_place, server) = small_server();
    let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}", "x".repeat(200_000));
    let mut stream = TcpStream::connect(server.address).unwrap();
    let mut reading = stream.try_clone().unwrap();
    // The connection may be closed before all is sent.
    let _ = stream.write_all(head.as_bytes());
    let mut answer = Vec::new();
    let _ = reading.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 431 ") && answer.contains("head-too-large"), "{answer}");
    assert_eq!(counted(&server, "head_too_large"), 1);
}

#[test]
fn a_debug_line_names_the_id() {
    let place = super::fixture::Place::new();
    place.build(&super::fixture::small_source());
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--log-level", "debug"]);
    });
    let response = refused(&server, b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let id = response.header("x-request-id").unwrap().to_owned();
    super::process::eventually("the line is there", || server.log().contains(&id).then_some(()));
}

#[test]
fn a_preflight_that_is_refused_is_a_problem_document_and_counted() {
    let place = super::fixture::Place::new();
    place.build(&super::fixture::small_source());
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--cors-origins", "https://app.example"]);
    });
    let preflight = |origin: &str, method: &str, headers: &str| {
        let asked = [
            ("Origin", origin),
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", headers),
        ];
        Connection::open(server.address).unwrap().request("OPTIONS", b"/recommend", &asked)
    };
    for (origin, method, headers) in [
        ("https://evil.example", "GET", "x-api-key"),
        ("https://app.example", "PATCH", "x-api-key"),
        ("https://app.example", "GET", "x-unknown"),
    ] {
        let response = preflight(origin, method, headers);
        let what = format!("{origin} {method} {headers}");
        assert_problem(&response, 400, &what);
        assert!(response.header("x-request-id").is_some(), "{what}");
        assert_eq!(response.header("access-control-allow-origin"), None, "{what}");
    }
    assert_eq!(counted(&server, "preflight"), 3);
    let tracing = "traceparent, tracestate, baggage, x-request-id, authorization, content-type";
    for method in ["GET", "POST", "DELETE"] {
        let response = preflight("https://app.example", method, tracing);
        assert_eq!(response.status, 200, "{method}: {response:?}");
        assert!(response.header("access-control-allow-methods").unwrap().contains("DELETE"), "{response:?}");
    }
    assert_eq!(counted(&server, "preflight"), 3, "these are answered");
    let answer = Connection::open(server.address).unwrap().request(
        "GET",
        b"/random",
        &[("Origin", "https://app.example")],
    );
    let exposed = answer.header("access-control-expose-headers").unwrap().to_ascii_lowercase();
    for name in [
        "etag",
        "retry-after",
        "x-request-id",
        "x-index-version",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
    ] {
        assert!(exposed.split(',').any(|exposed| exposed.trim() == name), "{name}: {exposed}");
    }
}
