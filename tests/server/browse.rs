//! Looking around over HTTP: ids by prefix, a profile at random, the distance of two.

use super::fixture::{
    Place, assert_problem, await_version, encoded, numbered_source, small_server, small_source,
};
use super::http::{Connection, get};
use super::process::{Server, eventually, index_builder};

#[test]
fn profiles_are_found_by_the_beginning_of_their_id() {
    let (_place, server) = small_server();
    let ids = |target: &str| get(server.address, target).ids();
    let everybody = ids("/profiles?prefix=&limit=100");
    assert_eq!(everybody.len(), small_source().lines().count());
    let texts: Vec<String> =
        everybody.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect();
    assert!(texts.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()), "{texts:?}");
    for all in ["/profiles?prefix=", "/profiles", "/profiles?", "/profiles?limit=10"] {
        assert_eq!(ids(all), everybody[..10], "as many as are given unasked: {all}");
    }
    assert_eq!(ids("/profiles?limit=3"), everybody[..3]);
    let one = get(server.address, "/profiles?id=east");
    for more in ["&limit=1", "&prefix=", "&prefix=ea", "&limit=5&prefix=east"] {
        assert_eq!(get(server.address, &format!("/profiles?id=east{more}")).text(), one.text(), "{more}");
    }
    for other in ["w", "easter"] {
        let target = format!("/profiles?id=east&prefix={other}");
        let detail = assert_problem(&get(server.address, &target), 404, &target);
        assert_eq!(detail, format!("the id \"east\" does not begin with the prefix {other:?}"));
    }
    assert_eq!(ids("/profiles?prefix=1"), [18_446_744_073_709_551_615u64]);
    for (place, text) in texts.iter().enumerate() {
        let target = format!("/profiles?prefix={}&limit=1", encoded(text));
        assert_eq!(ids(&target), everybody[place..=place], "{text}");
    }
    assert!(ids(&format!("/profiles?prefix={}", "x".repeat(512))).is_empty());
    let response = get(server.address, "/profiles?prefix=a");
    assert_eq!((response.version(), response.header("cache-control")), (Some(1), Some("private, no-cache")));
    let etag = response.header("etag").unwrap();
    let again = Connection::open(server.address).unwrap().request(
        "GET",
        b"/profiles?prefix=a",
        &[("If-None-Match", etag)],
    );
    assert_eq!((again.status, again.body.len()), (304, 0));
    for (query, part) in [
        ("id=east&limit=0", "1 to 100"),
        ("id=east&prefix=e&prefix=e", "only once"),
        ("prefix=a&limit=0", "1 to 100"),
        ("prefix=a&limit=101", "1 to 100"),
        ("prefix=a&prefix=b", "only once"),
        (&format!("prefix={}", "x".repeat(513)), "0 to 512 bytes, not 513"),
    ] {
        let target = format!("/profiles?{query}");
        let detail = assert_problem(&get(server.address, &target), 400, &target);
        assert!(detail.contains(part), "{target}: {detail}");
    }
}

#[test]
fn every_profile_that_may_be_seen_comes_at_random_and_no_other() {
    let place = Place::new();
    place.build(&numbered_source(1, 4));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let index = place.index();
    index_builder(["suppress", &index.display().to_string(), "p1"]);
    eventually("p1 has gone", || (get(server.address, "/profiles/p1").status == 404).then_some(()));
    let mut seen = std::collections::BTreeSet::new();
    eventually("the three others have come", || {
        let response = get(server.address, "/random");
        assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
        assert_eq!((response.version(), response.header("etag")), (Some(1), None));
        seen.insert(response.json()["_id"].as_str().unwrap().to_owned());
        (seen.len() == 3).then_some(())
    });
    assert_eq!(seen.iter().collect::<Vec<_>>(), ["p0", "p2", "p3"]);
    index_builder(["suppress", &index.display().to_string(), "p0", "p2", "p3"]);
    eventually("nobody is left", || {
        let response = get(server.address, "/random");
        (response.status == 404).then(|| assert_problem(&response, 404, "random"))
    });
}

#[test]
fn the_distance_of_two_profiles_is_what_recommendations_show() {
    let (_place, server) = small_server();
    let shown = get(server.address, "/recommend/east/1000?distances=true");
    let mut compared = 0;
    for entry in shown.text()[1..].split("{\"distance\":").skip(1) {
        let (number, rest) = entry.split_once(",\"profile\":").unwrap();
        let document: serde_json::Value =
            serde_json::Deserializer::from_str(rest).into_iter().next().unwrap().unwrap();
        let id = &document["_id"];
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let response = get(server.address, &format!("/distance?from=east&to={}", encoded(&id)));
        assert_eq!((response.status, response.version()), (200, Some(1)), "{id}");
        assert_eq!(response.text(), format!("{{\"distance\":{number}}}"), "{id}");
        assert!(response.header("etag").is_some());
        compared += 1;
    }
    assert_eq!(compared, small_source().lines().count() - 2, "all but itself and the zero vector");
    for (query, status, part) in [
        ("from=east&to=nobody", 404, "nobody"),
        ("from=nobody&to=zero", 404, "nobody"),
        ("from=zero&to=east", 422, "zero"),
        ("from=east&to=zero", 422, "zero"),
        ("from=east", 400, "to is missing"),
        ("to=east", 400, "from is missing"),
        ("from=&to=east", 400, "from must have 1 to 512 bytes"),
    ] {
        let target = format!("/distance?{query}");
        let detail = assert_problem(&get(server.address, &target), status, &target);
        assert!(detail.contains(part), "{target}: {detail}");
    }
}
