//! `POST /recommend` over the wire: many questions in one request.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use super::fixture::{
    ODD_IDS, Place, assert_problem, await_version, encoded, numbered_source, random_vectors, small_server,
    source_of,
};
use super::http::{Connection, Response, get, post};
use super::process::{Server, eventually, index_builder};

/// The most that is read of a body.
const MAX_BODY_BYTES: usize = 32 << 20;

fn results(server: &Server, body: &Value) -> Vec<Value> {
    results_of(&post(server.address, "/recommend", body))
}

fn results_of(response: &Response) -> Vec<Value> {
    assert_eq!(response.status, 200, "{response:?}");
    response.json()["results"].as_array().unwrap().clone()
}

/// What an answer with distances to nothing at all would be told by: those that are at the distance 0.
fn at_zero(result: &Value) -> Vec<Value> {
    let found = result["recommendations"].as_array().unwrap_or_else(|| panic!("{result}"));
    let zero = found.iter().take_while(|entry| entry["distance"] == 0.0);
    zero.map(|entry| entry["profile"]["_id"].clone()).collect()
}

/// Builds with more arguments and serves.
fn built(place: &Place, profiles: &Path, more: &[&str]) -> Server {
    let arguments = ["build".into(), "--profiles".into(), profiles.display().to_string(), "--out".into()];
    let directory = place.index().display().to_string();
    let more = more.iter().map(|argument| (*argument).to_owned());
    index_builder(arguments.into_iter().chain([directory]).chain(more));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    server
}

#[test]
fn every_answer_is_the_bytes_of_the_single_answer() {
    let (_place, server) = small_server();
    let mut ids: Vec<Value> = ODD_IDS.iter().map(|id| json!(id)).collect();
    ids.extend([json!("east"), json!(7), json!("7"), json!("zero"), json!("nobody"), json!(7)]);
    ids.extend([json!(i64::MIN), json!(u64::MAX), json!(u64::MAX.to_string())]);
    for (distances, query) in [(false, ""), (true, "?distances=true")] {
        let body = json!({"ids": ids, "n": 4, "distances": distances});
        let response = post(server.address, "/recommend", &body);
        assert_eq!(response.version(), Some(1));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(response.header("etag"), None);
        let entries = ids.iter().map(|id| {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let single = get(server.address, &format!("/recommend/{}/4{query}", encoded(&id)));
            let name = if single.status == 200 { "recommendations" } else { "problem" };
            format!("{{\"{name}\":{}}}", single.text())
        });
        let expected = format!("{{\"results\":[{}]}}", entries.collect::<Vec<_>>().join(","));
        assert_eq!(response.text(), expected);
    }
    let answers =
        results(&server, &json!({"ids": ["east", 7], "n": 30, "exclude": [7, "smallest", u64::MAX]}));
    for answer in &answers {
        let text = answer["recommendations"].to_string();
        assert!(!text.contains("\"_id\":7,") && !text.contains("18446744073709551615"), "{text}");
    }
}

#[test]
fn beyond_the_table_a_large_index_gives_the_same_answers_and_nearly_the_same_by_vector() {
    const WANTED: usize = 100;
    let place = Place::new();
    let vectors = random_vectors(6_000, 8);
    place.build(&source_of(&vectors));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let asked: Vec<usize> = (0..6_000).step_by(200).collect();
    let ids: Vec<String> = asked.iter().map(|number| format!("p{number}")).collect();
    let by_id = post(server.address, "/recommend", &json!({"ids": ids, "n": WANTED}));
    let singles = ids.iter().map(|id| {
        let single = get(server.address, &format!("/recommend/{id}/{WANTED}"));
        format!("{{\"recommendations\":{}}}", single.text())
    });
    assert_eq!(by_id.text(), format!("{{\"results\":[{}]}}", singles.collect::<Vec<_>>().join(",")));
    let questions: Vec<&Vec<i32>> = asked.iter().map(|&number| &vectors[number]).collect();
    let body = json!({"vectors": questions, "n": WANTED, "distances": true});
    let by_vector = results(&server, &body);
    let mut found = 0;
    for (id, answer) in ids.iter().zip(&by_vector) {
        let zero = at_zero(answer);
        assert!(zero.contains(&json!(id)), "{id} is not among {zero:?}");
        let exact = get(server.address, &format!("/recommend/{id}/{}?exact=true", WANTED - 1)).ids();
        let answer = answer["recommendations"].as_array().unwrap();
        let answer: Vec<&Value> = answer.iter().map(|entry| &entry["profile"]["_id"]).collect();
        found += exact.iter().filter(|id| answer.contains(id)).count();
    }
    let share = found as f64 / (ids.len() * (WANTED - 1)) as f64;
    assert!(share > 0.95, "{share}");
    let excluded = json!({"vectors": [vectors[0]], "n": WANTED, "exclude": ids, "distances": true});
    let answer = results(&server, &excluded)[0]["recommendations"].to_string();
    assert!(ids.iter().all(|id| !answer.contains(&format!("\"{id}\"}}"))), "{answer}");
}

/// Asks about every profile of some ids by its document, and by its document without the id.
fn assert_each_finds_itself(server: &Server, documents: &[Value]) {
    for chunk in documents.chunks(200) {
        let without_id = chunk.iter().map(|document| {
            let mut document = document.clone();
            document.as_object_mut().unwrap().remove("_id");
            document
        });
        for profiles in [chunk.to_vec(), without_id.collect()] {
            let answers = results(server, &json!({"profiles": profiles, "n": 50, "distances": true}));
            for (document, answer) in chunk.iter().zip(&answers) {
                let zero = at_zero(answer);
                assert!(zero.contains(&document["_id"]) || zero.len() == 50, "{document}: {answer}");
            }
        }
    }
}

#[test]
fn profiles_of_the_sample_find_themselves() {
    let place = Place::new();
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/profiles.pickle");
    let server = built(&place, &sample, &[]);
    let index = await_version(&server, 1);
    let some = get(server.address, "/index").json()["profiles"].as_u64().unwrap().min(400);
    assert!(some > 10, "{index}");
    // The neighbours of neighbours, beginning with a few: no list of all ids is needed.
    let vectors_of_anybody = json!({"profiles": [{}, {"age": 30}, {"about": "music"}], "n": some});
    let answers = results(&server, &vectors_of_anybody);
    let documents: Vec<Value> = answers
        .iter()
        .filter_map(|answer| answer.get("recommendations")?.as_array().cloned())
        .flatten()
        .collect();
    assert!(!documents.is_empty(), "{answers:?}");
    assert_each_finds_itself(&server, &documents);
}

#[test]
fn profiles_of_odd_values_find_themselves() {
    let values = [
        json!("é"),
        json!("e\u{301}"),
        json!("😀 \u{0} \n\t\"\\/"),
        json!("&amp; &#x41; &lt;"),
        json!(""),
        json!(" padded "),
        json!(0),
        json!(-0.0),
        json!(0.1),
        json!(1e300),
        json!(5e-324),
        json!(u64::MAX),
        json!(i64::MIN),
        json!("123456789012345678901234567890"),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
        json!([1, "1", 1.0, null, [2], {"a": "b"}]),
        json!({"a": {"b.c": ["x", {"y": 0.30000000000000004}]}}),
    ];
    let mut lines = String::new();
    let mut documents = Vec::new();
    for (number, value) in values.iter().enumerate() {
        let document =
            json!({"_id": format!("p{number}"), "value": value, "number": number, "w": [value, value]});
        lines += &format!("{document}\n");
        documents.push(document);
    }
    let place = Place::new();
    let source = place.path().join("odd.jsonl");
    std::fs::write(&source, lines).unwrap();
    let server = built(&place, &source, &["--dimension", "64"]);
    for document in &documents {
        let id = document["_id"].as_str().unwrap();
        assert_eq!(get(server.address, &format!("/profiles/{id}")).json(), *document);
    }
    assert_each_finds_itself(&server, &documents);
    // The same values otherwise written.
    let body = r#"{ "n" : 1, "distances":true, "profiles" : [ {"w":["\u00e9","\u00E9"], "number":0.0e0,
        "value" : "\u00e9"} ] }"#;
    let response = Connection::open(server.address).unwrap().post("/recommend", &[], body);
    assert_eq!(at_zero(&results_of(&response)[0]), [json!("p0")]);
}

/// What generated clients, spreadsheets and editors write besides what was meant.
#[test]
fn a_body_means_the_same_however_programs_write_it() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let plain = connection.post("/recommend", &[], r#"{"ids":["east",7],"n":2,"distances":true}"#);
    assert_eq!(plain.status, 200);
    for same in [
        r#"{"ids":["east",7],"n":2,"distances":true,"vectors":null,"profiles":null,"exclude":null}"#,
        r#"{"exclude":[],"profiles":[],"vectors":[],"ids":["east",7.0],"n":2.0,"distances":true}"#,
        r#"{"ids":["east","7"],"n":2e0,"distances":true,"vectors":[]}"#,
        "\u{feff}{\"ids\":[\"east\",70e-1],\"n\":0.2E+1,\"distances\":true}",
    ] {
        assert_eq!(connection.post("/recommend", &[], same).text(), plain.text(), "{same}");
    }
    for nothing in [r#"{"ids":[],"n":3}"#, r#"{"vectors":[],"n":3,"ids":null}"#, r#"{"profiles":[],"n":3}"#] {
        assert_eq!(connection.post("/recommend", &[], nothing).text(), r#"{"results":[]}"#, "{nothing}");
    }
    for (body, part) in [
        (r#"{"ids":["east"]}"#, "n is missing; it must be a whole number from 1 to 1000"),
        (r#"{"ids":["east"],"n":null}"#, "n is missing"),
        (r#"{"ids":["east"],"n":2.5}"#, "n must be a whole number"),
        (r#"{"ids":["east"],"n":1e400}"#, "n must be a whole number"),
        (r#"{"n":2}"#, "ids is missing; give one of ids, vectors and profiles"),
        (r#"{"ids":null,"vectors":null,"n":2}"#, "ids is missing"),
        (r#"{"ids":["east"],"vectors":[[1,0]],"n":2}"#, "vectors contradicts ids"),
        (r#"{"ids":["east"],"n":2,"n":3}"#, "n may be given only once"),
        (r#"{"ids":["east",null],"n":2}"#, "expected an id"),
        ("{\0\"\0n\0\"\0:\x001\0}\0", "expected UTF-8, and this looks like UTF-16"),
    ] {
        let detail = assert_problem(&connection.post("/recommend", &[], body), 400, body);
        assert!(detail.contains(part), "{body}: {detail}");
    }
}

#[test]
fn profiles_cannot_be_asked_about_where_a_function_made_the_vectors() {
    let place = Place::new();
    let source = place.path().join("profiles.jsonl");
    std::fs::write(&source, "{\"_id\": \"a\", \"x\": 1}\n{\"_id\": \"b\", \"x\": 2}\n").unwrap();
    let function = place.path().join("model.py");
    std::fs::write(&function, "def vectorize(profile):\n    return [1.0, float(profile['x'])]\n").unwrap();
    let server = built(&place, &source, &["--vectorizer", &format!("python:{}", function.display())]);
    let answers = results(&server, &json!({"profiles": [{"x": 1}, {}], "n": 1}));
    assert_eq!(answers.len(), 2);
    for answer in &answers {
        assert_eq!(answer["problem"]["status"], 422, "{answer}");
        let detail = answer["problem"]["detail"].as_str().unwrap();
        assert!(
            detail.contains("\"python:model.py:vectorize\"") && detail.contains("not in the file"),
            "{detail}"
        );
    }
    let answers = results(&server, &json!({"vectors": [[1, 2]], "n": 1, "distances": true}));
    assert_eq!(at_zero(&answers[0]), [json!("b")], "vectors can");
}

#[test]
fn a_connection_goes_on_after_an_answer_or_is_closed_behind_it() {
    let (_place, server) = small_server();
    let good = json!({"ids": ["east"], "n": 1}).to_string();
    let mut connection = Connection::open(server.address).unwrap();
    for (body, status) in [("{", 400), (good.as_str(), 200), ("{\"n\":0}", 400), (good.as_str(), 200)] {
        assert_eq!(connection.post("/recommend", &[], body).status, status, "{body}");
        assert_eq!(connection.get("/profiles/east").status, 200, "the same connection");
    }
    // What is not read must not be taken for the next request, whatever it looks like.
    let smuggled = "GET /profiles/7 HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    for (path, kind, status) in
        [("/recommend", "text/plain", 415), ("/recommend?x=1", "application/json", 400)]
    {
        let length = smuggled.len();
        let mut stream = TcpStream::connect(server.address).unwrap();
        write!(stream, "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{smuggled}")
            .unwrap();
        let mut answer = Vec::new();
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
    }
    assert_eq!(get(server.address, "/profiles/east").status, 200);
}

#[test]
fn a_body_that_is_too_large_is_413_before_or_while_it_is_read() {
    let (_place, server) = small_server();
    let blanks = " ".repeat(MAX_BODY_BYTES + 1 - 2);
    let response =
        Connection::open(server.address).unwrap().post("/recommend", &[], &format!("{{{blanks}}}"));
    let detail = assert_problem(&response, 413, "a length that is too large");
    assert!(detail.contains("33554432"), "{detail}");
    let fits = json!({"ids": ["east"], "n": 1}).to_string();
    let fits = format!("{fits}{}", " ".repeat(MAX_BODY_BYTES - fits.len()));
    let response = Connection::open(server.address).unwrap().post("/recommend", &[], &fits);
    assert_eq!(response.status, 200, "a body of the largest size is read");
    let mut connection = Connection::open(server.address).unwrap();
    let chunked = [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")];
    connection.send("POST", b"/recommend", &chunked).unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, " ".repeat(1 << 20));
    for _ in 0..40 {
        // The server may have answered and closed already.
        if connection.write(chunk.as_bytes()).is_err() {
            break;
        }
    }
    assert_problem(&connection.receive("POST").unwrap(), 413, "chunks without an end");
    assert_eq!(get(server.address, "/profiles/east").status, 200);
}

#[test]
fn a_body_that_trickles_is_408_and_one_that_ends_early_hurts_nobody() {
    let place = Place::new();
    place.build(&numbered_source(1, 50));
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--client-timeout", "2s"]);
    });
    await_version(&server, 1);
    let headers = [("Content-Type", "application/json"), ("Content-Length", "1000000")];
    let mut slow = Connection::open(server.address).unwrap();
    slow.send("POST", b"/recommend", &headers).unwrap();
    let stop = AtomicBool::new(false);
    let response = std::thread::scope(|scope| {
        let mut writing = slow.try_clone_stream();
        scope.spawn(|| {
            // A little now and then is no progress.
            while !stop.load(Ordering::Relaxed) && writing.write_all(b" ").is_ok() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            drop(writing);
        });
        let response = slow.receive("POST");
        stop.store(true, Ordering::Relaxed);
        response.unwrap()
    });
    let detail = assert_problem(&response, 408, "a trickle");
    assert!(detail.contains("2 s"), "{detail}");
    for _ in 0..50 {
        let mut gone = Connection::open(server.address).unwrap();
        gone.send("POST", b"/recommend", &headers).unwrap();
        gone.write(&[b' '; 100_000]).unwrap();
    }
    let body = json!({"ids": ["p1"], "n": 3});
    eventually("others are answered", || {
        // On a busy machine a request may itself be too slow for so short a patience.
        (post(server.address, "/recommend", &body).status == 200).then_some(())
    });
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn all_entries_are_from_one_generation() {
    const VERSIONS: u64 = 5;
    let place = Place::new();
    place.build(&numbered_source(1, 200));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let ids: Vec<String> = (0..200).map(|number| format!("p{number}")).collect();
    let (by_id, by_vector) = (
        json!({"ids": ids, "n": 10}),
        json!({"vectors": (0..100).map(|y| json!([1, f64::from(y) / 50.0])).collect::<Vec<_>>(), "n": 10}),
    );
    let (stop, last) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut connection = Connection::open(server.address).unwrap();
            for body in [&by_id, &by_vector].iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let response = connection.post("/recommend", &[], &body.to_string());
                let version = response.version().unwrap();
                for entry in results_of(&response) {
                    let profiles = entry["recommendations"].as_array().unwrap();
                    assert_eq!(profiles.len(), 10);
                    assert!(profiles.iter().all(|profile| profile["build"] == version), "{version}: {entry}");
                }
                last.store(version, Ordering::Relaxed);
            }
        });
        for version in 2..=VERSIONS {
            assert_eq!(place.build(&numbered_source(version, 200)), version);
            eventually("the version answers", || {
                assert!(!client.is_finished(), "the client has failed");
                (last.load(Ordering::Relaxed) == version).then_some(())
            });
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn whoever_reads_slowly_gets_all_of_a_large_answer() {
    let place = Place::new();
    place.build(&numbered_source(1, 500));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let ids: Vec<String> = (0..500).map(|number| format!("p{number}")).collect();
    let mut connection = Connection::open(server.address).unwrap();
    let body = json!({"ids": ids, "n": 200, "distances": true}).to_string();
    let headers = [("Content-Type", "application/json"), ("Content-Length", &body.len().to_string())];
    connection.send("POST", b"/recommend", &headers).unwrap();
    connection.write(body.as_bytes()).unwrap();
    connection.wait_for_answer().unwrap();
    // A new version is served, and the old one let go, while the answer waits.
    assert_eq!(place.build(&numbered_source(2, 500)), 2);
    await_version(&server, 2);
    let response = connection.receive("POST").unwrap();
    assert_eq!(response.version(), Some(1));
    let answers = results_of(&response);
    assert!(answers.iter().all(|answer| answer["recommendations"].as_array().unwrap().len() == 200));
    assert!(response.body.len() > 4_000_000, "{}", response.body.len());
}
