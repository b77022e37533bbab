//! What is answered when something is not in order, and which problem comes first.

use std::fmt::Write as _;

use super::fixture::{Place, assert_problem, small_server};
use super::http::{Connection, get};
use super::process::Server;

/// A server whose directory is empty.
fn empty_server() -> (Place, Server) {
    let place = Place::new();
    std::fs::create_dir(place.index()).unwrap();
    let server = Server::start(&place.index());
    (place, server)
}

fn assert_each_is(server: &Server, status: u16, targets: &[&str]) {
    let mut connection = Connection::open(server.address).unwrap();
    for target in targets {
        assert_problem(&connection.get(target), status, target);
    }
}

#[test]
fn n_that_is_no_number_in_its_range_is_named_with_the_range() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for n in [
        "0",
        "00",
        "0000000000",
        "1001",
        "9999999999",
        "00000000001",
        "12345678901",
        "+5",
        "-1",
        "%2B5",
        "5.0",
        "1e2",
        "abc",
        "0x5",
        "%20",
        "5%20",
        "%205",
        "%EF%BC%95",
        "%D9%A3",
        "5%00",
        "5,0",
        "",
    ] {
        for target in [format!("/recommend?id=east&n={n}"), format!("/recommend/east/{n}")] {
            if target.ends_with('/') {
                continue; // Nothing behind the last slash: another path, tried below.
            }
            let detail = assert_problem(&connection.get(&target), 400, &target);
            assert!(detail.contains('n') && detail.contains("1 to 1000"), "{target}: {detail}");
        }
    }
    let detail = assert_problem(&connection.get("/recommend?id=east"), 400, "without n");
    assert!(detail.starts_with("n is missing") && detail.contains("1 to 1000"), "{detail}");
}

#[test]
fn the_largest_n_is_a_setting() {
    let place = Place::new();
    place.build(&super::fixture::small_source());
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--max-n", "5"]);
    });
    super::fixture::await_version(&server, 1);
    assert_eq!(get(server.address, "/recommend/east/5").ids().len(), 5);
    let detail = assert_problem(&get(server.address, "/recommend/east/6"), 400, "6");
    assert!(detail.contains("1 to 5"), "{detail}");
}

#[test]
fn ef_is_from_1_to_4096_and_below_n_it_is_n() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for ef in ["1", "4", "5", "6", "4096", "0000000005"] {
        assert_eq!(connection.get(&format!("/recommend/east/5?ef={ef}")).ids().len(), 5, "ef = {ef}");
    }
    for ef in ["0", "4097", "", "-5", "+5", "5.0", "x", "00000000005", "99999999999"] {
        let target = format!("/recommend/east/5?ef={ef}");
        let detail = assert_problem(&connection.get(&target), 400, &target);
        assert!(detail.contains("ef") && detail.contains("1 to 4096"), "{target}: {detail}");
    }
}

#[test]
fn broken_escapes_and_what_is_no_utf_8_are_bad_requests() {
    let (_place, server) = small_server();
    let mut targets = Vec::new();
    for broken in ["%zz", "%F", "%FF", "a%", "a%2", "%C3", "%ED%A0%80", "%80abc", "%+1", "%%41"] {
        targets.push(format!("/recommend/{broken}/5"));
        targets.push(format!("/recommend?id={broken}&n=5"));
        targets.push(format!("/profiles/{broken}"));
        targets.push(format!("/profiles?id={broken}"));
        targets.push(format!("/recommend/east/{broken}"));
        targets.push(format!("/recommend/east/5?exact={broken}"));
        targets.push(format!("/recommend/east/5?{broken}=true"));
    }
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    assert_each_is(&server, 400, &targets);
}

#[test]
fn raw_bytes_that_no_target_may_have_never_hang_or_break_the_server() {
    let (_place, mut server) = small_server();
    for target in [
        b"/profiles/\xff".as_slice(),
        b"/recommend/east/\xef\xbc\x95",
        b"/profiles?id=\xff",
        b"/profiles/\x01",
        b"profiles",
        b"*",
        b"http://[",
    ] {
        let response = Connection::open(server.address).unwrap().request("GET", target, &[]);
        assert!(matches!(response.status, 400 | 404), "{target:?}: {response:?}");
    }
    server.assert_runs();
    assert_eq!(get(server.address, "/profiles/east").status, 200);
}

#[test]
fn ids_that_nobody_has_are_not_found() {
    let (_place, server) = small_server();
    let longest = "x".repeat(512);
    let escaped = "%C3%A9".repeat(256);
    assert_each_is(
        &server,
        404,
        &[
            "/recommend/nobody/5",
            "/recommend?id=nobody&n=5",
            "/recommend/nobody/5?exact=true",
            "/recommend/nobody/5?ef=10",
            "/profiles/nobody",
            "/profiles?id=nobody",
            "/profiles/EAST",
            "/profiles/east%20",
            "/profiles/%00",
            "/profiles/%EF%BF%BD",
            &format!("/profiles/{longest}"),
            &format!("/profiles?id={escaped}"),
        ],
    );
    let response = get(server.address, "/profiles/nobody");
    assert_eq!(response.header("x-index-version"), Some("1"), "the index has said so");
    assert_eq!(response.header("cache-control"), Some("private, no-cache"));
    assert!(response.header("etag").is_some());
    assert!(response.json()["detail"].as_str().unwrap().contains("nobody"));
}

#[test]
fn what_cannot_be_an_id_is_a_bad_request() {
    let (_place, server) = small_server();
    let too_long = "x".repeat(513);
    assert_each_is(
        &server,
        400,
        &[
            "/profiles?id=",
            "/recommend",
            "/recommend?n=5",
            "/recommend?id=&n=5",
            "/recommend//5",
            &format!("/profiles/{too_long}"),
            &format!("/recommend/{too_long}/5"),
        ],
    );
}

#[test]
fn a_zero_vector_has_a_profile_but_no_recommendations() {
    let (_place, server) = small_server();
    assert_eq!(get(server.address, "/profiles/zero").text(), r#"{"_id":"zero","name":"nothing to compare"}"#);
    for target in [
        "/recommend/zero/5",
        "/recommend?id=zero&n=5",
        "/recommend/zero/5?exact=true",
        "/recommend/zero/5?ef=5",
    ] {
        let response = get(server.address, target);
        let detail = assert_problem(&response, 422, target);
        assert!(detail.contains("zero vector"), "{detail}");
        assert_eq!(response.header("x-index-version"), Some("1"), "{target}");
    }
}

#[test]
fn a_profile_that_has_nobody_beside_zero_vectors_is_served() {
    let place = Place::new();
    place.build("{\"_id\": \"a\", \"v\": [0, 0]}\n{\"_id\": \"b\", \"v\": [0, 1]}\n");
    let server = Server::start(&place.index());
    super::fixture::await_version(&server, 1);
    assert_eq!(get(server.address, "/profiles/a").status, 200);
    assert_eq!(get(server.address, "/recommend/b/1").text(), "[]");
    assert_problem(&get(server.address, "/recommend/a/1"), 422, "nothing to compare");
    assert_problem(&get(server.address, "/recommend/c/1"), 404, "no such profile");
}

#[test]
fn unknown_and_repeated_parameters_and_values_are_bad_requests() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for (target, named) in [
        ("/recommend/east/5?page=2", "page"),
        ("/recommend/east/5?n=5", "n"),
        ("/recommend/east/5?id=east", "id"),
        ("/recommend/east/5?Exact=true", "Exact"),
        ("/recommend/east/5?exact=1", "exact"),
        ("/recommend/east/5?exact=TRUE", "exact"),
        ("/recommend/east/5?exact=", "exact"),
        ("/recommend/east/5?exact", "exact"),
        ("/recommend/east/5?distances=yes", "distances"),
        ("/recommend/east/5?exact=true&exact=true", "exact"),
        ("/recommend/east/5?distances=true&distances=false", "distances"),
        ("/recommend/east/5?ef=10&ef=10", "ef"),
        ("/recommend?id=east&id=east&n=5", "id"),
        ("/recommend?id=east&n=5&n=5", "n"),
        ("/profiles/east?id=east", "id"),
        ("/profiles?id=east&n=5", "n"),
        ("/profiles/east?x", "x"),
        ("/random?seed=1", "seed"),
        ("/map?x", "x"),
        ("/index?x=1", "x"),
        ("/index/events?x=1", "x"),
    ] {
        let detail = assert_problem(&connection.get(target), 400, target);
        assert!(detail.contains(named), "{target}: {detail}");
    }
}

#[test]
fn what_others_add_to_the_addresses_of_pages_and_probes_does_no_harm() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for path in [
        "/",
        "/explorer/explorer.js",
        "/docs",
        "/docs/start.js",
        "/openapi.json",
        "/health/live",
        "/health/status",
        "/health/ready",
        "/metrics",
    ] {
        for query in ["fbclid=x", "v=1", "verbose", "utm_source=a&utm_source=b", "%zz", "a=%ff", "=", "&"] {
            let target = format!("{path}?{query}");
            assert_eq!(connection.get(&target).status, 200, "{target}");
        }
    }
    for path in ["/explorer/none", "/docs/none"] {
        assert_problem(&connection.get(&format!("{path}?v=1")), 404, path);
    }
}

#[test]
fn unknown_paths_are_not_found_and_a_trailing_slash_makes_one() {
    let (_place, server) = small_server();
    assert_each_is(
        &server,
        404,
        &[
            "//",
            "/nowhere",
            "/recommend/",
            "/recommend/east",
            "/recommend/east/",
            "/recommend/east/5/",
            "/recommend/east/5/6",
            "/recommend/a/b/5",
            "/profiles/east/",
            "/profiles/a/b",
            "/index/",
            "/metrics/",
            "/health",
            "/health/",
            "/health/status/",
            "/health/other",
            "//index",
            "/INDEX",
            "/%69ndex",
            "/./index",
        ],
    );
}

#[test]
fn other_methods_are_refused_with_those_allowed() {
    let (_place, server) = small_server();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for target in ["/recommend/east/5", "/profiles/7", "/index", "/health/live", "/metrics"] {
            // A connection each: what follows such a request on it is the server's choice.
            let mut connection = Connection::open(server.address).unwrap();
            let response = connection.request(method, target.as_bytes(), &[("Content-Length", "0")]);
            assert_problem(&response, 405, &format!("{method} {target}"));
            let allowed: Vec<&str> = response.header("allow").unwrap().split(", ").collect();
            assert_eq!(allowed, ["GET", "HEAD"], "{method} {target}");
        }
    }
}

#[test]
fn without_an_index_the_server_lives_and_is_not_ready() {
    let (place, server) = empty_server();
    for target in ["/health/status", "/health/live", "/metrics"] {
        assert_eq!(get(server.address, target).status, 200, "{target}");
    }
    assert_each_is(
        &server,
        503,
        &[
            "/health/ready",
            "/index",
            "/recommend/east/5",
            "/recommend/east/5?exact=true",
            "/recommend?id=east&n=5",
            "/profiles/east",
            "/profiles?id=east",
        ],
    );
    let unknown = get(server.address, "/recommend/east/5");
    assert_eq!(unknown.header("etag"), None);
    assert_eq!(unknown.header("x-index-version"), None);
    place.build(&super::fixture::small_source());
    super::fixture::await_version(&server, 1);
    assert_eq!(get(server.address, "/health/ready").status, 200);
    assert_eq!(get(server.address, "/recommend/east/5").status, 200);
}

#[test]
fn the_first_of_several_problems_is_told() {
    let (_place, server) = small_server();
    let (_empty_place, empty) = empty_server();
    // The path, then the method, then the parameters, then whether there is an index, then the id, then its vector.
    for (server, method, target, status) in [
        (&empty, "POST", "/nowhere?x=%zz", 404),
        (&empty, "POST", "/recommend/east/5/", 404),
        (&empty, "POST", "/recommend/%zz/0", 405),
        (&server, "DELETE", "/recommend/nobody/5", 405),
        (&empty, "GET", "/recommend/east/0", 400),
        (&empty, "GET", "/recommend/%zz/5", 400),
        (&empty, "GET", "/recommend/east/5?x=1", 400),
        (&empty, "GET", "/index?x=1", 400),
        (&empty, "GET", "/profiles?x=1", 400),
        (&empty, "GET", "/recommend/east/5", 503),
        (&server, "GET", "/recommend/nobody/0", 400),
        (&server, "GET", "/recommend/zero/1001", 400),
        (&server, "GET", "/recommend/nobody/5", 404),
        (&server, "GET", "/recommend/zero/5", 422),
    ] {
        for if_none_match in ["*", "\"x\""] {
            let mut connection = Connection::open(server.address).unwrap();
            let headers = [("If-None-Match", if_none_match), ("Content-Length", "0")];
            let response = connection.request(method, target.as_bytes(), &headers);
            assert_problem(&response, status, &format!("{method} {target}"));
        }
    }
    let mut connection = Connection::open(server.address).unwrap();
    let headers = [("If-None-Match", "*")];
    assert_eq!(connection.request("GET", b"/recommend/east/5", &headers).status, 304);
    assert_eq!(connection.request("GET", b"/recommend/east/5?exact=true", &headers).status, 304);
}

#[test]
fn every_answer_leaves_a_kept_alive_connection_in_step() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for round in 0..20 {
        assert_problem(&connection.get("/recommend/east/0"), 400, "n");
        assert_problem(&connection.get("/nowhere"), 404, "path");
        assert_problem(&connection.get("/recommend/zero/1"), 422, "zero");
        assert_eq!(connection.get("/recommend/7/1").ids().len(), 1, "round {round}");
    }
}

#[test]
fn several_requests_sent_at_once_are_answered_in_their_order() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let mut requests = String::new();
    for n in 1..=9 {
        write!(requests, "/recommend/east/{n} ").unwrap();
    }
    let targets: Vec<&str> = requests.split_whitespace().collect();
    for target in &targets {
        connection.send("GET", target.as_bytes(), &[]).unwrap();
    }
    for (n, target) in (1..).zip(&targets) {
        assert_eq!(connection.receive("GET").unwrap().ids().len(), n, "{target}");
    }
}

#[test]
fn a_path_that_there_is_not_is_answered_with_the_one_that_was_meant() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for (target, meant) in [
        ("/recommend/east", "try /recommend/{id}/{n}; all paths: /docs"),
        ("/recommend/east/", "try /recommend/{id}/{n}; all paths: /docs"),
        ("/recommendations/east/3", "try /recommend/{id}/{n}; all paths: /docs"),
        ("/api/v1/recommend/east/3", "try /recommend/{id}/{n}"),
        ("/profile/east", "try /profiles/{id}"),
        ("/distance/east/7", "try /distance?from=...&to=..."),
        ("/versions", "try /index/versions"),
        ("/healthz", "try /health/status"),
        ("/nowhere", "there is nothing at this path; all paths: /docs"),
    ] {
        let detail = assert_problem(&connection.get(target), 404, target);
        assert!(detail.contains(meant), "{target}: {detail}");
    }
}

#[test]
fn a_parameter_that_is_not_allowed_is_named_with_its_value() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for (target, said) in [
        ("/recommend?id=east", "n is missing; it must be a whole number from 1 to 1000"),
        ("/recommend/east/many", "n must be a whole number from 1 to 1000, not \"many\""),
        ("/recommend/east/3&distances=true", "the first parameter follows a ?, as in 3?distances=..."),
        ("/recommend/east/3%3Fexact=true", "the first parameter follows a ?, as in 3?exact=..."),
        ("/recommend/east/3?distances=yes", "distances must be true or false, not \"yes\""),
        ("/recommend/east/3?ef=0", "ef must be a whole number from 1 to 4096, not \"0\""),
        ("/map/here", "place must be a whole number from 0 to 4294967295, not \"here\""),
    ] {
        let detail = assert_problem(&connection.get(target), 400, target);
        assert!(detail.contains(said), "{target}: {detail}");
    }
    let long = "9".repeat(1_000);
    let detail = assert_problem(&connection.get(&format!("/recommend/east/{long}")), 400, "a long number");
    assert!(detail.len() < 150, "what is given is shown in short: {detail}");
}
