//! Looking around over HTTP: ids by prefix, a profile at random, the distance of two.

use serde_json::json;

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

/// Some people, whose names and cities are returned and whose mail is not.
fn people(place: &Place) {
    let names = ["Tessa Dekker", "José Álvarez", "tess", "Ann"];
    let cities = ["Zürich", "Zürich", "Rome", "Rome"];
    let mut lines = String::new();
    for (number, (name, city)) in names.iter().zip(cities).enumerate() {
        let record = json!({"_id": format!("p{number}"), "name": name, "city": city, "age": 20 + 10 * number,
            "mail": format!("tessmail{number}@example.org"), "v": [1, number]});
        lines.push_str(&format!("{record}\n"));
    }
    let source = place.path().join("profiles.jsonl");
    std::fs::write(&source, lines).unwrap();
    let (source, index) = (source.display().to_string(), place.index().display().to_string());
    let build = ["build", "--profiles", &source, "--out", &index, "--vectorizer", "field:v"];
    index_builder(build.iter().copied().chain(["--expose", "name,city,age"]));
}

#[test]
fn profiles_are_found_by_what_their_texts_begin_with() {
    let place = Place::new();
    people(&place);
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let search = |query: &str| {
        let response = get(server.address, &format!("/search?{query}"));
        assert_eq!((response.status, response.version()), (200, Some(1)), "{query}");
        assert_eq!(response.header("cache-control"), Some("no-store"));
        let body = response.json();
        assert_eq!(body["complete"], true, "{query}");
        assert_eq!((&body["looked_at"], &body["profiles"]), (&json!(4), &json!(4)));
        let found = body["found"].as_array().unwrap().iter();
        found.map(|it| (it["field"].as_str().unwrap().to_owned(), it["profile"].clone())).collect::<Vec<_>>()
    };
    let ids = |query: &str| -> Vec<String> {
        search(query).iter().map(|(_, it)| it["_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("prefix=TES"), ["p2", "p0"]);
    assert_eq!(ids("prefix=dekk"), ["p0"]);
    assert_eq!(ids("prefix=jose"), ["p1"]);
    assert_eq!(ids("prefix=z%C3%BCr&limit=1"), ["p0"]);
    assert_eq!(ids("prefix=rome&field=city"), ["p2", "p3"]);
    assert_eq!(ids("prefix=rome&field=name"), [""; 0]);
    assert_eq!(ids("prefix=tessmail"), [""; 0], "what is not exposed is not searched");
    let (field, profile) = search("prefix=ann").remove(0);
    assert_eq!((field.as_str(), &profile), ("name", &get(server.address, "/profiles/p3").json()));
    index_builder(["suppress", &place.index().display().to_string(), "p2"]);
    eventually("tess has gone", || (ids("prefix=tess") == ["p0"]).then_some(()));
    let detail = assert_problem(&get(server.address, "/search?prefix=a&field=mail"), 404, "mail");
    assert_eq!(detail, "no field \"mail\" has texts; those that have: name, city");
    for (query, part) in [
        ("", "prefix is missing"),
        ("prefix=", "1 to 512 bytes, not 0"),
        ("prefix=a&field=", "1 to 512 bytes, not 0"),
        ("prefix=a&limit=0", "1 to 100"),
        ("prefix=a&limit=101", "1 to 100"),
        ("prefix=a&n=5", "known: prefix, field, limit"),
        ("prefix=a&field=x&field=y", "only once"),
    ] {
        let target = format!("/search?{query}");
        let detail = assert_problem(&get(server.address, &target), 400, &target);
        assert!(detail.contains(part), "{target}: {detail}");
    }
    let metrics = get(server.address, "/metrics");
    assert!(metrics.text().contains(r#"route="/search",status="200""#), "{}", metrics.text());
}

#[test]
fn the_map_has_colours_for_the_fields_that_are_exposed() {
    let place = Place::new();
    people(&place);
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let response = get(server.address, "/map/fields");
    assert_eq!((response.status, response.version()), (200, Some(1)));
    let expected = json!({"complete": true, "looked_at": 4, "profiles": 4, "fields": [
        {"field": "city", "kind": "category", "others": 0, "values": [
            {"value": "Rome", "profiles": 2}, {"value": "Zürich", "profiles": 2}]},
        {"field": "age", "kind": "number", "low": 20.0, "high": 50.0},
    ]});
    assert_eq!(response.json(), expected);
    let values = |field: &str| get(server.address, &format!("/map/values?field={field}")).body;
    assert_eq!(values("city"), [1, 1, 0, 0]);
    assert_eq!(values("age"), [0, 84, 169, 253]);
    let detail = assert_problem(&get(server.address, "/map/values?field=mail"), 404, "mail");
    assert!(detail.contains("those that have: city, age"), "{detail}");
    assert_problem(&get(server.address, "/map/values"), 400, "field");
    let tag = get(server.address, "/map").header("etag").unwrap().to_owned();
    let ask = |tag: &str| {
        let mut connection = Connection::open(server.address).unwrap();
        connection.request("GET", b"/map/values?field=city", &[("If-Match", tag)])
    };
    assert_eq!(ask(&tag).body, [1, 1, 0, 0]);
    assert_problem(&ask("\"x\""), 412, "another map");
    let fields_tag = response.header("etag").unwrap();
    assert_eq!(fields_tag, tag, "all profiles have been read");
    assert_eq!(ask(&tag).header("etag"), Some(fields_tag));
    let earlier = format!("{}-r3\"", tag.trim_end_matches('"'));
    assert_problem(&ask(&earlier), 412, "an earlier reading");
    index_builder(["suppress", &place.index().display().to_string(), "p2", "p3"]);
    let detail = eventually("two have gone", || {
        let response = get(server.address, "/map/values?field=city");
        (response.status == 404).then(|| assert_problem(&response, 404, "city"))
    });
    assert!(detail.ends_with("those that have: age"), "the only city is no colour: {detail}");
    let fields = get(server.address, "/map/fields").json();
    assert_eq!(fields["fields"], json!([{"field": "age", "kind": "number", "low": 20.0, "high": 30.0}]));
    assert_eq!(values("age"), [0, 253, 255, 255]);
    assert_problem(&ask(fields_tag), 404, "no such field is asked about first");
}

#[test]
fn large_documents_do_not_keep_the_first_who_searches_waiting() {
    const PROFILES: usize = 40;
    let place = Place::new();
    let text = "x".repeat(1_000_000);
    let record = |number| json!({"_id": format!("p{number}"), "name": format!("N{number}"), "text": text, "v": [1, number]});
    let lines: String = (0..PROFILES).map(|number| format!("{}\n", record(number))).collect();
    place.build(&lines);
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let first = get(server.address, "/map/fields");
    let read = first.json()["looked_at"].as_u64().unwrap();
    assert!((20..PROFILES as u64).contains(&read), "{read} of {PROFILES} MB");
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.ends_with(&format!("-r{read}\"")), "{tag}");
    eventually("all profiles have been read", || {
        let fields = get(server.address, "/map/fields");
        let is_complete = fields.json()["complete"] == true;
        assert_eq!(
            fields.header("etag") == Some(tag.as_str()),
            !is_complete,
            "the tag changes with the reading"
        );
        is_complete.then_some(())
    });
    let found = get(server.address, "/search?prefix=n39&limit=1").json();
    assert_eq!(found["found"][0]["profile"]["_id"], "p39");
}

#[test]
fn a_large_index_says_how_far_it_has_been_read_until_all_of_it_has() {
    const PROFILES: usize = 12_000;
    let place = Place::new();
    let record = |number| json!({"_id": format!("p{number:05}"), "name": format!("Name {number}"), "v": [1, number % 7]});
    let lines: String = (0..PROFILES).map(|number| format!("{}\n", record(number))).collect();
    place.build(&lines);
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let found = eventually("all profiles have been read", || {
        let answer = get(server.address, "/search?prefix=name%2011999").json();
        assert_eq!(answer["profiles"], PROFILES);
        if answer["complete"] == true {
            assert_eq!(answer["looked_at"], PROFILES);
            return Some(answer["found"].clone());
        }
        assert_eq!((&answer["looked_at"], &answer["found"]), (&json!(10_000), &json!([])));
        None
    });
    assert_eq!(found[0]["profile"]["_id"], "p11999");
    let detail = assert_problem(&get(server.address, "/search?prefix=a&field=town"), 404, "town");
    assert_eq!(detail, "no field \"town\" has texts; those that have: name");
}
