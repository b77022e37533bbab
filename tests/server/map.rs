//! The map over HTTP: where everybody lies, and who lies there.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use kindred::file::format::SectionKind;
use kindred::file::{Index, MappedFile};
use serde_json::Value;

use super::fixture::{Place, assert_problem, await_version, encoded, numbered_source, small_server};
use super::http::{Connection, Response, get};
use super::process::{Server, eventually, index_builder};

const NO_PLACE: [u8; 4] = [0xff; 4];

/// The bytes of the section in a file, as they lie there.
fn section(place: &Place, version: u64) -> Vec<u8> {
    let path = place.version_file(version);
    let index = Index::open(MappedFile::open(&path).unwrap()).unwrap();
    let entry = *index.sections().iter().find(|entry| entry.kind == SectionKind::Map as u32).unwrap();
    std::fs::read(path).unwrap()[entry.offset as usize..][..entry.length as usize].to_vec()
}

fn request(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Response {
    Connection::open(address).unwrap().request("GET", target.as_bytes(), headers)
}

/// An id as a request has it: integers as their decimal text.
fn id_text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn id_at(address: SocketAddr, place: usize) -> Value {
    get(address, &format!("/map/{place}")).json()["_id"].clone()
}

#[test]
fn the_map_is_the_section_of_the_file_and_each_place_has_its_profile() {
    let (place, server) = small_server();
    let map = get(server.address, "/map");
    assert_eq!((map.status, map.version()), (200, Some(1)));
    assert_eq!(map.header("content-type"), Some("application/octet-stream"));
    assert_eq!(map.header("cache-control"), Some("private, no-cache"));
    assert!(map.body == section(&place, 1), "not the bytes of the file");
    assert_eq!(get(server.address, "/map").body, map.body, "what was kept is the same");
    let everybody = get(server.address, "/profiles?prefix=&limit=100").ids();
    let places = map.body.as_chunks::<4>().0;
    assert_eq!(places.len(), everybody.len());
    let mut different = BTreeSet::new();
    for (ordinal, id) in everybody.iter().enumerate() {
        let response = get(server.address, &format!("/map/{ordinal}"));
        assert_eq!((&response.json()["_id"], response.version()), (id, Some(1)));
        let same = get(server.address, &format!("/map/place?id={}", encoded(&id_text(id))));
        assert_eq!((same.json(), same.version()), (serde_json::json!({ "place": ordinal }), Some(1)));
        assert_eq!(response.header("etag"), map.header("etag"));
        assert_eq!(places[ordinal] == NO_PLACE, id == "zero", "{id}");
        different.insert(places[ordinal]);
    }
    assert!(different.len() > 10, "{different:?}");
}

#[test]
fn a_profile_that_is_not_there_has_no_place() {
    let (_place, server) = small_server();
    assert_problem(&get(server.address, "/map/place?id=nobody"), 404, "nobody");
    assert_problem(&get(server.address, "/map/place"), 400, "id");
}

#[test]
fn a_place_without_a_profile_is_named() {
    let (_place, server) = small_server();
    let beyond = get(server.address, "/profiles?prefix=&limit=100").ids().len();
    for place in [beyond, 4_000_000_000] {
        let response = get(server.address, &format!("/map/{place}"));
        let detail = assert_problem(&response, 404, "beyond");
        assert_eq!(detail, format!("no profile has the place {place} on the map"));
        assert_eq!(response.version(), Some(1));
        assert!(response.json()["type"].as_str().unwrap().ends_with(":unknown-place"));
    }
    for odd in ["-1", "x", "1.0", "4294967296", "00000000001", "%20"] {
        let detail = assert_problem(&get(server.address, &format!("/map/{odd}")), 400, odd);
        assert!(detail.contains("place must be a whole number from 0 to 4294967295"), "{odd}: {detail}");
    }
    assert_problem(&get(server.address, "/map?x=1"), 400, "a parameter");
    assert_problem(&get(server.address, "/map/"), 404, "no place at all");
}

#[test]
fn who_has_left_is_not_on_the_map() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let before = get(server.address, "/map");
    let ids = get(server.address, "/profiles?prefix=&limit=100").ids();
    let gone = ids.iter().position(|id| id == "p7").unwrap();
    assert_eq!(id_at(server.address, gone), "p7");
    index_builder(["suppress", &place.index().display().to_string(), "p7"]);
    eventually("p7 has gone", || (get(server.address, "/profiles/p7").status == 404).then_some(()));
    let after = get(server.address, "/map");
    let mut expected = before.body.clone();
    expected[4 * gone..][..4].copy_from_slice(&NO_PLACE);
    assert!(before.body != expected && after.body == expected, "p7 alone has no place any more");
    assert_ne!(after.header("etag"), before.header("etag"));
    let detail = assert_problem(&get(server.address, &format!("/map/{gone}")), 404, "suppressed");
    assert_eq!(detail, format!("no profile has the place {gone} on the map"));
    assert_eq!(id_at(server.address, gone + 1), ids[gone + 1], "the others keep their places");
    let old = before.header("etag").unwrap();
    assert_problem(&request(server.address, "/map/0", &[("If-Match", old)]), 412, "an older map");
}

#[test]
fn a_place_on_another_versions_map_is_refused() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let first = get(server.address, "/map").header("etag").unwrap().to_owned();
    let ask = |tag: &str| request(server.address, "/map/3", &[("If-Match", tag)]);
    for tag in [first.clone(), "*".to_owned(), format!("\"x\", {first}")] {
        let response = ask(&tag);
        assert_eq!((response.status, &response.json()["build"]), (200, &Value::from(1)), "{tag}");
    }
    for tag in [format!("W/{first}"), "\"x\"".to_owned(), first.replace('"', ""), String::new()] {
        assert_problem(&ask(&tag), 412, &tag);
    }
    place.build(&numbered_source(2, 19));
    await_version(&server, 2);
    let refused = ask(&first);
    assert_problem(&refused, 412, "the map of version 1");
    assert!(refused.json()["type"].as_str().unwrap().ends_with(":precondition-failed"));
    let second = get(server.address, "/map");
    assert_eq!((refused.version(), refused.header("etag")), (Some(2), second.header("etag")));
    assert_eq!(second.body.len(), 19 * 4);
    assert_eq!(ask(second.header("etag").unwrap()).json()["build"], 2);
    // If-Match is looked at before If-None-Match, and neither where there is nothing (RFC 9110, section 13.2).
    let both = |tag| [("If-Match", tag), ("If-None-Match", "*")];
    assert_eq!(request(server.address, "/map/3", &both(&first)).status, 412);
    assert_eq!(request(server.address, "/map/3", &both("*")).status, 304);
    assert_eq!(request(server.address, "/map/19", &both(&first)).status, 404);
    let metrics = get(server.address, "/metrics");
    assert!(metrics.text().contains(r#"route="/map/{place}",status="412""#), "{}", metrics.text());
}

#[test]
fn a_file_without_a_map_says_so() {
    let place = Place::new();
    let source = place.path().join("profiles.jsonl");
    std::fs::write(&source, numbered_source(1, 5)).unwrap();
    let (source, index) = (source.display().to_string(), place.index().display().to_string());
    index_builder(["build", "--profiles", &source, "--out", &index, "--vectorizer", "field:v", "--no-map"]);
    let server = Server::start(&place.index());
    await_version(&server, 1);
    for target in ["/map", "/map/0"] {
        for headers in [&[][..], &[("If-None-Match", "*")], &[("If-Match", "\"x\"")]] {
            let response = request(server.address, target, headers);
            let detail = assert_problem(&response, 404, target);
            assert!(detail.contains("--no-map"), "{detail}");
            assert!(response.json()["type"].as_str().unwrap().ends_with(":no-map"));
            assert_eq!(response.version(), Some(1), "an answer of this index");
        }
    }
    assert_eq!(get(server.address, "/profiles/p0").status, 200);
}

#[test]
fn many_at_once_get_the_same_map() {
    let place = Place::new();
    place.build(&numbered_source(1, 3_000));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let expected = section(&place, 1);
    let address = server.address;
    let all = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..16).map(|_| scope.spawn(move || get(address, "/map").body)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(all.into_iter().all(|body| body == expected));
}
