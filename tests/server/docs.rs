//! The server's description of itself: the OpenAPI document, and the page that shows it.

use super::fixture::{Place, assert_problem, small_server};
use super::http::{Connection, get};
use super::keys::line_of;
use super::process::Server;

#[test]
fn the_document_is_there_without_an_index_and_without_a_key_and_shows_the_settings() {
    let place = Place::new();
    let keys = place.path().join("keys");
    std::fs::write(&keys, line_of("app", "read", "reader-secret-0001")).unwrap();
    let server = Server::start_with(&place.index(), |command| {
        command.arg("--api-keys").arg(&keys).args(["--max-n", "77"]);
    });
    let response = get(server.address, "/openapi.json");
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    let document = response.json();
    assert_eq!(document["openapi"], "3.1.0");
    let recommend = &document["paths"]["/recommend/{id}/{n}"]["get"];
    assert_eq!(recommend["parameters"][1]["schema"]["maximum"], 77);
    assert_eq!(recommend["security"].as_array().unwrap().len(), 2);
    let etag = response.header("etag").unwrap();
    let mut connection = Connection::open(server.address).unwrap();
    let again = connection.request("GET", b"/openapi.json", &[("If-None-Match", etag)]);
    assert_eq!((again.status, again.header("etag")), (304, Some(etag)));
    let head = connection.request("HEAD", b"/openapi.json", &[]);
    assert_eq!((head.status, head.header("etag")), (200, Some(etag)));
    assert_eq!(get(server.address, "/openapi.json?pretty=true").body, response.body, "nothing is asked here");
    assert_eq!(get(server.address, "/docs").status, 200);
}

#[test]
fn what_is_large_and_the_same_for_all_is_packed_for_those_who_take_that() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let unpacked = |bytes: &[u8]| {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut text).unwrap();
        text
    };
    for path in [
        "/",
        "/explorer/explorer.js",
        "/explorer/explorer.css",
        "/docs/swagger-ui-bundle.js",
        "/openapi.json",
    ] {
        let plain = connection.get(path);
        assert_eq!((plain.status, plain.header("content-encoding")), (200, None), "{path}");
        let browser = [("Accept-Encoding", "gzip, deflate, br, zstd")];
        let packed = connection.request("GET", path.as_bytes(), &browser);
        assert_eq!((packed.status, packed.header("content-encoding")), (200, Some("gzip")), "{path}");
        assert!(
            packed.body.len() < plain.body.len() / 2,
            "{path}: {} of {}",
            packed.body.len(),
            plain.body.len()
        );
        assert!(unpacked(&packed.body) == plain.body, "{path}");
        assert_eq!(packed.header("content-type"), plain.header("content-type"), "{path}");
        let tags = [&plain, &packed].map(|answer| answer.header("etag").unwrap().to_owned());
        assert_ne!(tags[0], tags[1], "{path}: two contents have two tags");
        for answer in [&plain, &packed] {
            assert_eq!(answer.header("vary"), Some("accept-encoding"), "{path}");
        }
        let known = [browser[0], ("If-None-Match", tags[1].as_str())];
        let again = connection.request("GET", path.as_bytes(), &known);
        assert_eq!((again.status, again.header("etag")), (304, Some(tags[1].as_str())), "{path}");
        assert_eq!((again.header("vary"), again.header("content-encoding")), (Some("accept-encoding"), None));
        let head = connection.request("HEAD", path.as_bytes(), &browser);
        assert_eq!(head.header("content-length"), packed.header("content-length"), "{path}");
        let refused =
            connection.request("GET", path.as_bytes(), &[("Accept-Encoding", "gzip;q=0, identity")]);
        assert_eq!(refused.header("content-encoding"), None, "{path}");
    }
    let metrics = connection.request("GET", b"/metrics", &[("Accept-Encoding", "gzip")]);
    assert_eq!((metrics.status, metrics.header("content-encoding")), (200, Some("gzip")));
    assert_eq!(metrics.header("vary"), Some("accept-encoding"));
    assert!(String::from_utf8(unpacked(&metrics.body)).unwrap().contains("kindred_index_version 1"));
    let answer = connection.request("GET", b"/recommend/east/3", &[("Accept-Encoding", "gzip")]);
    assert_eq!(
        (answer.header("content-encoding"), answer.header("vary")),
        (None, None),
        "answers are not packed"
    );
}

#[test]
fn the_page_and_all_that_it_loads_are_served_from_here() {
    let (_place, server) = small_server();
    let page = get(server.address, "/docs");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe-eval"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let assets: Vec<&str> = page.text().split('"').filter_map(|part| part.strip_prefix("docs/")).collect();
    assert!(assets.len() >= 4, "{assets:?}");
    for asset in assets {
        let response = get(server.address, &format!("/docs/{asset}"));
        let media_type = if asset.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert_eq!(response.status, 200, "{asset}");
        assert!(response.header("content-type").unwrap().starts_with(media_type), "{asset}");
        let etag = response.header("etag").unwrap();
        let again = Connection::open(server.address).unwrap().request(
            "GET",
            format!("/docs/{asset}").as_bytes(),
            &[("If-None-Match", etag)],
        );
        assert_eq!((again.status, again.body.len()), (304, 0), "{asset}");
    }
    for other in ["/docs/", "/docs/README.md", "/docs/..%2Fapp.rs", "/docs/page.html"] {
        assert_problem(&get(server.address, other), 404, other);
    }
    let json = get(server.address, "/profiles/east");
    assert_eq!(
        json.header("content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'"),
        "only pages may load anything"
    );
}
