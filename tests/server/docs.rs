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
    assert_problem(&get(server.address, "/openapi.json?pretty=true"), 400, "a parameter");
    assert_eq!(get(server.address, "/docs").status, 200);
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
