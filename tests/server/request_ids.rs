//! `X-Request-Id`: every answer has one.

use std::collections::HashSet;

use super::fixture::small_server;
use super::http::{Connection, get};
use super::process::Server;

#[test]
fn every_answer_has_the_id_of_its_request_or_a_new_one() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let etag = connection.get("/profiles/7").header("etag").unwrap().to_owned();
    let too_long = format!("/recommend/{}/5", "x".repeat(9000));
    let mut made = HashSet::new();
    for (method, target, status) in [
        ("GET", "/recommend/east/5", 200),
        ("HEAD", "/recommend/east/5", 200),
        ("GET", "/recommend/east/5?exact=true", 200),
        ("GET", "/profiles/7", 304),
        ("GET", "/recommend/east/0", 400),
        ("GET", "/recommend/nobody/5", 404),
        ("GET", "/nowhere", 404),
        ("POST", "/metrics", 405),
        ("GET", "/recommend/zero/5", 422),
        ("GET", too_long.as_str(), 414),
        ("GET", "/metrics", 200),
        ("GET", "/health/ready", 200),
    ] {
        let condition = if status == 304 { etag.as_str() } else { "\"none\"" };
        let mut ask = |headers: &[(&str, &str)]| {
            let headers = [headers, &[("If-None-Match", condition)]].concat();
            let response = connection.request(method, target.as_bytes(), &headers);
            assert_eq!(response.status, status, "{method} {target}");
            response.header("x-request-id").unwrap_or_else(|| panic!("no id: {target}")).to_owned()
        };
        for id in ["a", "0af7651916cd43dd8448eb211c80319c", "a/b?c=\"d\"{}", &"i".repeat(128)] {
            assert_eq!(ask(&[("X-Request-Id", id)]), id, "{method} {target}");
        }
        for id in ["", "two words", "t\tab", "é", &"i".repeat(129)] {
            let new = ask(&[("X-Request-Id", id)]);
            assert!(new.len() <= 128 && new.bytes().all(|byte| byte.is_ascii_graphic()), "{new:?}");
            assert!(made.insert(new), "{method} {target}");
        }
        assert!(made.insert(ask(&[])), "{method} {target}");
    }
}

#[test]
fn an_answer_without_an_index_has_an_id_too() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let response = get(server.address, "/recommend/east/5");
    assert_eq!(response.status, 503);
    assert!(response.header("x-request-id").is_some(), "{response:?}");
}
