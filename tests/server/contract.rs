//! What is answered when everything is in order.

use serde_json::{Value, json};

use super::fixture::{
    ODD_IDS, Place, await_version, encoded, file_name, random_vectors, small_server, source_of,
};
use super::http::{Connection, Response, get};
use super::process::{Server, eventually, index_builder};

const INDEX_KEYS: [&str; 19] = [
    "version",
    "file",
    "created",
    "loaded",
    "profiles",
    "nodes",
    "dimension",
    "m",
    "ef",
    "recall_at_10",
    "table",
    "vectorizer",
    "fields",
    "skipped",
    "degraded",
    "swaps",
    "last_swap_seconds",
    "refused",
    "last_refused",
];

fn assert_answer_of_index(response: &Response, version: u64) {
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("x-index-version"), Some(version.to_string().as_str()));
    assert_eq!(response.header("cache-control"), Some("private, no-cache"));
    let etag = response.header("etag").unwrap();
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
}

#[test]
fn recommendations_are_documents_in_the_order_of_distance() {
    let (_place, server) = small_server();
    let response = get(server.address, "/recommend/east/2");
    assert_answer_of_index(&response, 1);
    assert_eq!(
        response.text(),
        r#"[{"_id":7,"name":"integer"},{"_id":-9223372036854775808,"name":"smallest"}]"#
    );
    let from_integer = get(server.address, "/recommend/7/2");
    assert_eq!(
        from_integer.text(),
        concat!(
            r#"[{"_id":-9223372036854775808,"name":"smallest"},"#,
            r#"{"name":"east","_id":"east","tags":["a",1,2.5,null,true]}]"#
        )
    );
}

#[test]
fn distances_are_the_shortest_text_of_a_32_bit_number() {
    let (_place, server) = small_server();
    let response = get(server.address, "/recommend/east/2?distances=true");
    assert_answer_of_index(&response, 1);
    assert_eq!(
        response.text(),
        concat!(
            r#"[{"distance":0.39999998,"profile":{"_id":7,"name":"integer"}},"#,
            r#"{"distance":1.0,"profile":{"_id":-9223372036854775808,"name":"smallest"}}]"#
        )
    );
    assert_eq!(
        get(server.address, "/recommend/east/2?distances=false").body,
        get(server.address, "/recommend/east/2").body
    );
}

#[test]
fn equal_vectors_are_at_distance_0_and_in_the_order_of_their_ids() {
    let place = Place::new();
    place.build(concat!(
        "{\"_id\": \"b\", \"v\": [1, 2]}\n",
        "{\"_id\": 10, \"v\": [1, 2]}\n",
        "{\"_id\": \"B\", \"v\": [2, 4]}\n",
        "{\"_id\": 9, \"v\": [1, 2]}\n",
        "{\"_id\": \"far\", \"v\": [-1, 2]}\n",
    ));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let response = get(server.address, "/recommend/b/4?distances=true");
    assert_eq!(
        response.text(),
        concat!(
            r#"[{"distance":0.0,"profile":{"_id":10}},{"distance":0.0,"profile":{"_id":9}},"#,
            r#"{"distance":0.0,"profile":{"_id":"B"}},{"distance":0.4,"profile":{"_id":"far"}}]"#
        )
    );
}

#[test]
fn integer_ids_are_found_by_their_decimal_text_and_come_back_as_integers() {
    let (_place, server) = small_server();
    for id in ["7", "-9223372036854775808", "18446744073709551615"] {
        let profile = get(server.address, &format!("/profiles/{id}"));
        assert_answer_of_index(&profile, 1);
        assert!(profile.text().starts_with(&format!("{{\"_id\":{id},")), "{}", profile.text());
        assert_eq!(get(server.address, &format!("/recommend/{id}/1")).status, 200);
    }
    assert_eq!(get(server.address, "/profiles/07").status, 404);
}

#[test]
fn an_id_has_the_name_of_its_own_field() {
    let place = Place::new();
    place.build("{\"x\": 1, \"id\": \"one\", \"v\": [1, 1]}\n{\"id\": 2, \"x\": 2, \"v\": [1, 2]}\n");
    let server = Server::start(&place.index());
    await_version(&server, 1);
    assert_eq!(get(server.address, "/recommend/one/5").text(), r#"[{"id":2,"x":2}]"#);
    assert_eq!(get(server.address, "/recommend/2/5").text(), r#"[{"x":1,"id":"one"}]"#);
}

#[test]
fn ids_that_are_hard_to_write_are_found_in_paths_and_queries() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for id in ODD_IDS {
        let raw = encoded(id);
        let by_path = connection.get(&format!("/profiles/{raw}"));
        assert_eq!(by_path.json(), json!({"_id": id, "name": "odd"}), "{raw}");
        assert_eq!(connection.get(&format!("/profiles?id={raw}")).body, by_path.body, "{raw}");
        let nearest = connection.get(&format!("/recommend/{raw}/21"));
        assert_eq!(nearest.ids().len(), 20, "all but the zero vector and {raw} itself");
        assert!(!nearest.ids().contains(&Value::from(id)), "{raw}");
        assert_eq!(connection.get(&format!("/recommend?id={raw}&n=21")).body, nearest.body, "{raw}");
        let lower_case: String = id.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(connection.get(&format!("/recommend?n=21&id={lower_case}")).body, nearest.body, "{raw}");
    }
}

#[test]
fn what_needs_no_escape_may_go_without_and_is_decoded_once() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for (target, id) in [
        ("/profiles/a+b", "a+b"),
        ("/profiles?id=a+b", "a+b"),
        ("/profiles/a%2Bb", "a+b"),
        ("/profiles/with%20blank", "with blank"),
        ("/profiles/50%25", "50%"),
        ("/profiles/%252F", "%2F"),
        ("/profiles?id=%252F", "%2F"),
        ("/profiles/a%2Fb", "a/b"),
        ("/profiles/a%2fb", "a/b"),
        ("/profiles?id=a/b", "a/b"),
        ("/profiles/.", "."),
        ("/profiles/..", ".."),
        ("/profiles?id=.", "."),
        ("/profiles?id=..", ".."),
        ("/profiles/%2E%2E", ".."),
        ("/profiles/%2D%35", "-5"),
        ("/profiles/-5", "-5"),
        ("/profiles/--", "--"),
        ("/profiles/%C3%A9", "é"),
        ("/profiles/e%CC%81", "e\u{301}"),
        ("/profiles/%65ast", "east"),
    ] {
        let response = connection.get(target);
        assert_eq!(response.status, 200, "{target}: {response:?}");
        assert_eq!(response.json()["_id"], id, "{target}");
    }
    assert_eq!(connection.get("/profiles/with+blank").status, 404, "+ is no blank");
    assert_eq!(connection.get("/profiles?id=with+blank").status, 404, "+ is no blank");
}

#[test]
fn the_query_form_takes_the_same_parameters() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for parameters in ["", "&distances=true", "&exact=true", "&ef=5", "&distances=true&ef=4096"] {
        let by_path = connection.get(&format!("/recommend/east/5?{}", parameters.trim_start_matches('&')));
        let by_query = connection.get(&format!("/recommend?id=east&n=5{parameters}"));
        assert_answer_of_index(&by_path, 1);
        assert_eq!(by_path.body, by_query.body, "{parameters}");
    }
}

#[test]
fn n_has_1_to_10_digits_and_may_exceed_what_there_is() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for (n, profiles) in [
        ("1", 1),
        ("01", 1),
        ("0000000003", 3),
        ("20", 20),
        ("21", 20),
        ("999", 20),
        ("1000", 20),
        ("%35", 5),
    ] {
        let response = connection.get(&format!("/recommend/east/{n}"));
        assert_answer_of_index(&response, 1);
        let ids = response.ids();
        assert_eq!(ids.len(), profiles, "n = {n}");
        assert!(!ids.contains(&"east".into()) && !ids.contains(&"zero".into()), "{ids:?}");
    }
}

#[test]
fn one_profile_alone_has_no_recommendations() {
    let place = Place::new();
    place.build("{\"_id\": \"alone\", \"v\": [1]}\n");
    let server = Server::start(&place.index());
    await_version(&server, 1);
    for parameters in ["", "?exact=true", "?ef=10", "?distances=true"] {
        assert_eq!(get(server.address, &format!("/recommend/alone/10{parameters}")).text(), "[]");
    }
}

#[test]
fn every_way_of_searching_gives_the_bytes_of_the_query_command() {
    let place = Place::new();
    let vectors = random_vectors(6_000, 16);
    place.build(&source_of(&vectors));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let mut connection = Connection::open(server.address).unwrap();
    let file = place.version_file(1).into_os_string().into_string().unwrap();
    for (id, n, flags, parameters) in [
        ("p0", "10", &[][..], ""),
        ("p49", "10", &["--distances"], "?distances=true"),
        ("p42", "1000", &["--distances"], "?distances=true"),
        ("p1", "10", &["--exact"], "?exact=true"),
        ("p2", "100", &["--exact", "--distances"], "?exact=true&distances=true"),
        ("p3", "10", &["--ef", "10"], "?ef=10"),
        ("p4", "7", &["--ef", "4096", "--distances"], "?distances=true&ef=4096"),
    ] {
        let mut arguments = vec!["query", &file];
        arguments.extend(flags);
        arguments.extend(["--", id, n]);
        let expected = index_builder(arguments);
        let answer = answer_when_not_busy(&mut connection, &format!("/recommend/{id}/{n}{parameters}"));
        assert_answer_of_index(&answer, 1);
        assert_eq!(answer.text().as_bytes(), expected, "{id} {n} {parameters}");
        assert_eq!(answer.json().as_array().unwrap().len().to_string(), n);
    }
}

#[test]
fn odd_ids_give_the_bytes_of_the_query_command() {
    let (place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let file = place.version_file(1).into_os_string().into_string().unwrap();
    for id in ODD_IDS.iter().chain(&["7", "east", "-9223372036854775808"]) {
        let expected = index_builder(["query", &file, "--distances", "--", id, "30"]);
        let answer = connection.get(&format!("/recommend/{}/30?distances=true", encoded(id)));
        assert_eq!(answer.text().as_bytes(), expected, "{id}");
    }
}

/// An exact search that was just answered may still occupy its thread.
fn answer_when_not_busy(connection: &mut Connection, target: &str) -> Response {
    eventually("a thread for exact searches is free", || {
        Some(connection.get(target)).filter(|answer| answer.status != 503)
    })
}

#[test]
fn exact_searches_beyond_the_bound_are_refused_and_all_others_are_right() {
    const CONNECTIONS: usize = 8;
    const REQUESTS: usize = 25;
    let place = Place::new();
    place.build(&source_of(&random_vectors(6_000, 16)));
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--max-exact", "1"]);
    });
    await_version(&server, 1);
    let target = "/recommend/p5/100?exact=true";
    let right = get(server.address, target);
    assert_answer_of_index(&right, 1);
    let answered: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::open(server.address).unwrap();
                    let mut answered = 0;
                    for _ in 0..REQUESTS {
                        let response = connection.get(target);
                        if response.status == 200 {
                            assert_eq!(response.body, right.body);
                            answered += 1;
                        } else {
                            super::fixture::assert_problem(&response, 503, target);
                        }
                    }
                    answered
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(answered > 0, "some of {} exact searches are answered", CONNECTIONS * REQUESTS);
    assert_eq!(get(server.address, "/recommend/p5/100?ef=200").status, 200);
}

#[test]
fn health_says_that_an_index_is_served() {
    let (_place, server) = small_server();
    for target in ["/health/status", "/health/live", "/health/ready"] {
        let response = get(server.address, target);
        assert_eq!((response.status, response.text()), (200, r#"{"status":"ok"}"#), "{target}");
        assert_eq!(response.header("content-type"), Some("application/json"), "{target}");
    }
}

#[test]
fn the_index_is_described_by_exactly_these_keys() {
    let (place, server) = small_server();
    let response = get(server.address, "/index");
    assert_eq!(response.header("content-type"), Some("application/json"));
    let index = response.json();
    let keys: Vec<&str> = index.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, INDEX_KEYS);
    for (key, value) in [
        ("version", json!(1)),
        ("file", json!(file_name(1))),
        ("profiles", json!(5 + ODD_IDS.len())),
        ("nodes", json!(4 + ODD_IDS.len())),
        ("dimension", json!(2)),
        ("m", json!(16)),
        ("table", json!({"neighbours": 100, "kind": "exact", "recall": 1.0})),
        ("ef", json!(64)),
        ("recall_at_10", json!(1.0)),
        ("vectorizer", json!("field:v")),
        ("skipped", json!({})),
        ("degraded", json!(false)),
        ("swaps", json!(0)),
        ("refused", json!(0)),
        ("last_refused", Value::Null),
    ] {
        assert_eq!(index[key], value, "{key}");
    }
    let rows = index["fields"].as_array().unwrap().iter();
    let fields: Vec<Value> = rows.map(|row| json!([row["name"], row["kind"], row["exposed"]])).collect();
    let expected = [
        json!(["_id", "id", true]),
        json!(["name", "stored", true]),
        json!(["tags", "stored", true]),
        json!(["v", "vector", false]),
    ];
    assert_eq!(fields, expected);
    assert_eq!(index["fields"][1]["reason"], "not compared: the vector is made of other fields");
    for key in ["created", "loaded"] {
        let time = index[key].as_str().unwrap();
        assert!(time.len() >= 20 && &time[10..11] == "T" && time.ends_with('Z'), "{key}: {time}");
    }
    place.build("{\"_id\": \"a\", \"v\": [1, 0]}\n");
    let index = await_version(&server, 2);
    assert_eq!((&index["swaps"], &index["file"]), (&json!(1), &json!(file_name(2))));
    assert!(index["last_swap_seconds"].as_f64().unwrap() >= 0.0);
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for target in [
        "/recommend/east/5",
        "/recommend?id=east&n=5&exact=false",
        "/profiles/7",
        "/profiles?id=7",
        "/health/status",
        "/health/live",
        "/health/ready",
        "/index",
        "/map",
        "/map/0",
        "/map/99",
        "/recommend/nobody/5",
        "/recommend/zero/5",
        "/recommend/east/0",
        "/nowhere",
    ] {
        let id = [("X-Request-Id", "the-same")];
        let get = connection.request("GET", target.as_bytes(), &id);
        let head = connection.request("HEAD", target.as_bytes(), &id);
        let without_date = |response: &Response| {
            let mut headers = response.headers.clone();
            headers.retain(|(name, _)| name != "date");
            headers.sort();
            headers
        };
        assert_eq!(head.status, get.status, "{target}");
        assert_eq!(without_date(&head), without_date(&get), "{target}");
        assert_eq!(get.header("content-length"), Some(get.body.len().to_string().as_str()), "{target}");
    }
    assert_eq!(connection.request("HEAD", b"/metrics", &[]).status, 200);
    assert_eq!(connection.get("/health/live").status, 200, "the connection is still in step");
}

#[test]
fn a_known_entity_tag_is_answered_with_304() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for target in [
        "/recommend/east/5",
        "/recommend?id=east&n=5&distances=true",
        "/profiles/7",
        "/profiles?id=7",
        "/map",
        "/map/fields",
        "/map/3",
    ] {
        let full = connection.get(target);
        let etag = full.header("etag").unwrap().to_owned();
        for field in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"another\", {etag}"),
            format!("\"an,other\" ,, W/{etag}"),
            "*".to_owned(),
        ] {
            for method in ["GET", "HEAD"] {
                let known = connection.request(method, target.as_bytes(), &[("If-None-Match", &field)]);
                assert_eq!(known.status, 304, "{method} {target} {field}");
                assert_eq!(known.header("etag"), Some(etag.as_str()));
                assert_eq!(known.header("x-index-version"), Some("1"));
                assert_eq!(known.header("cache-control"), Some("private, no-cache"));
            }
        }
        for field in ["\"another\"", "nonsense", &etag.replace('"', ""), ""] {
            let other = connection.request("GET", target.as_bytes(), &[("If-None-Match", field)]);
            assert_eq!(
                other,
                Response { headers: other.headers.clone(), ..full.clone() },
                "{target} {field}"
            );
        }
    }
}

#[test]
fn the_entity_tag_changes_with_the_index() {
    let (place, server) = small_server();
    let before = get(server.address, "/profiles/7");
    place.build("{\"_id\": 7, \"v\": [1, 0]}\n{\"_id\": 8, \"v\": [1, 0]}\n");
    await_version(&server, 2);
    let etag = before.header("etag").unwrap();
    let mut connection = Connection::open(server.address).unwrap();
    let after = connection.request("GET", b"/profiles/7", &[("If-None-Match", etag)]);
    assert_answer_of_index(&after, 2);
    assert_ne!(after.header("etag"), before.header("etag"));
}
