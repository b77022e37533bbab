//! A server behind others: whom they ask for, which credential counts, and how long connections stay open.

use super::fixture::{Place, await_ready, numbered_source};
use super::http::Connection;
use super::process::{Server, eventually, kindred, kindred_output};

fn server(more: &[&str]) -> (Place, Server) {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let server = Server::start_with(&place.index(), |command| {
        command.args(more);
    });
    await_ready(&server);
    (place, server)
}

/// The status of a request that some proxy passes on.
fn passed_on(server: &Server, headers: &[(&str, &str)]) -> u16 {
    Connection::open(server.address).unwrap().request("GET", b"/profiles/p1", headers).status
}

#[test]
fn each_client_of_a_trusted_proxy_has_a_rate_of_its_own() {
    let (_place, server) = server(&["--rate-limit", "2/h", "--trusted-proxies", "127.0.0.0/8"]);
    for client in ["203.0.113.1", "203.0.113.2"] {
        for status in [200, 200, 429] {
            // What the client has put in front does not help it.
            let header = format!("198.51.100.{status}, {client}");
            assert_eq!(passed_on(&server, &[("X-Forwarded-For", &header)]), status, "{client}");
        }
    }
    assert_eq!(passed_on(&server, &[("Forwarded", "for=203.0.113.2;proto=https")]), 429, "the same client");
    assert_eq!(passed_on(&server, &[("Forwarded", "for=\"[2001:db8::1]:80\"")]), 200);
}

#[test]
fn who_is_no_trusted_proxy_says_nothing_about_clients() {
    let (_place, server) = server(&["--rate-limit", "2/h", "--trusted-proxies", "192.0.2.0/24"]);
    let statuses: Vec<u16> =
        (1..=3).map(|n| passed_on(&server, &[("X-Forwarded-For", &format!("203.0.113.{n}"))])).collect();
    assert_eq!(statuses, [200, 200, 429]);
}

#[test]
fn the_line_of_a_request_names_the_client() {
    let (_place, server) = server(&["--log-ids", "--trusted-proxies", "127.0.0.1,::1"]);
    assert_eq!(passed_on(&server, &[("X-Forwarded-For", "203.0.113.77")]), 200);
    eventually("the line is there", || server.log().contains("client=203.0.113.77").then_some(()));
    assert_eq!(passed_on(&server, &[]), 200);
    eventually("the line is there", || server.log().contains("client=127.0.0.1").then_some(()));
}

#[test]
fn what_is_no_network_is_wrong_usage() {
    for value in ["", "localhost", "10.0.0.0/33", "10.0.0.0/8;::1"] {
        let output = kindred_output(&["--index-dir", "x", "--trusted-proxies", value], &[]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{value:?}: {message}");
        assert!(message.contains("trusted_proxies") && message.contains("10.0.0.0/8"), "{message}");
    }
}

#[test]
fn either_credential_is_enough() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let make = |name: &str, scopes: &str| {
        let made =
            kindred().args(["hash-key", "--generate", "--name", name, "--scopes", scopes]).output().unwrap();
        let key = String::from_utf8(made.stderr).unwrap().trim().to_owned();
        (key, String::from_utf8(made.stdout).unwrap())
    };
    let (reader, one) = make("reader", "read");
    let (watcher, other) = make("watcher", "observe");
    let keys = place.path().join("keys");
    std::fs::write(&keys, format!("{one}{other}")).unwrap();
    let server = Server::start_with(&place.index(), |command| {
        command.arg("--api-keys").arg(&keys);
    });
    await_ready(&server);
    let bearer = |token: &str| format!("Bearer {token}");
    for (authorization, key, status) in [
        (bearer("a token of the proxy"), reader.as_str(), 200),
        (bearer("eyJ.of.somebody"), "wrong", 401),
        (bearer(&reader), "wrong", 200),
        (bearer(&watcher), reader.as_str(), 200),
        (bearer(&watcher), "wrong", 403),
        (bearer(&watcher), watcher.as_str(), 403),
        ("Basic dXNlcjpwYXNz".to_owned(), reader.as_str(), 200),
        (bearer(""), reader.as_str(), 200),
    ] {
        let headers = [("Authorization", authorization.as_str()), ("X-API-Key", key)];
        assert_eq!(passed_on(&server, &headers), status, "{headers:?}");
    }
}

#[test]
fn an_idle_connection_is_closed_after_the_time_that_is_set() {
    let (_place, brief) = server(&["--keep-alive", "1s"]);
    let mut connection = Connection::open(brief.address).unwrap();
    assert_eq!(connection.get("/profiles/p1").status, 200);
    connection.assert_nothing_more();
    let (_place, none) = server(&["--keep-alive", "0s"]);
    let mut connection = Connection::open(none.address).unwrap();
    let response = connection.get("/profiles/p1");
    assert_eq!(response.header("connection"), Some("close"));
    assert_eq!(response.header("keep-alive"), None);
    connection.assert_nothing_more();
}
