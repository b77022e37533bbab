//! `POST /recommend`.

use actix_web::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH};
use serde_json::json;

use super::super::body::MAX_BODY_BYTES;
use super::super::questions::{MAX_EXCLUDED, MAX_QUESTIONS};
use super::*;
use crate::profile::Fields;
use crate::profile::json::parse;
use crate::server::fixture::vectorized_bytes;
use crate::vectorizer::tags::Tags;

fn posted(body: impl Into<Vec<u8>>) -> TestRequest {
    TestRequest::post()
        .uri("/recommend")
        .insert_header((CONTENT_TYPE, "application/json"))
        .set_payload(body.into())
}

async fn post(state: &web::Data<State>, body: &Value) -> Reply {
    send(state, posted(body.to_string())).await
}

/// The results of a request that is answered.
async fn results(state: &web::Data<State>, body: Value) -> Vec<Value> {
    let reply = post(state, &body).await;
    assert_eq!(reply.status, 200, "{body}: {}", String::from_utf8_lossy(&reply.body));
    let answer = reply.json();
    assert_eq!(answer.as_object().unwrap().len(), 1);
    answer["results"].as_array().unwrap().clone()
}

fn ids_of(result: &Value) -> Vec<&str> {
    let recommendations = result["recommendations"].as_array().unwrap_or_else(|| panic!("{result}"));
    recommendations.iter().map(|profile| profile["_id"].as_str().unwrap()).collect()
}

fn kind_of(result: &Value) -> &str {
    result["problem"]["type"].as_str().unwrap().rsplit(':').next().unwrap()
}

#[actix_web::test]
async fn answers_by_id_are_the_bytes_of_single_answers_in_the_order_of_the_questions() {
    let (_dir, state) = serving();
    let paths = [("😀", "%F0%9F%98%80"), ("a", "a"), ("a/b", "a%2Fb"), ("a", "a")];
    for (distances, query) in [(false, ""), (true, "?distances=true")] {
        let mut entries = Vec::new();
        for (_, path) in paths {
            let single = get(&state, &format!("/recommend/{path}/3{query}")).await;
            entries.push(format!("{{\"recommendations\":{}}}", String::from_utf8(single.body).unwrap()));
        }
        let reply =
            post(&state, &json!({"n": 3, "ids": paths.map(|(id, _)| id), "distances": distances})).await;
        let expected = format!("{{\"results\":[{}]}}", entries.join(","));
        assert_eq!(String::from_utf8(reply.body).unwrap(), expected);
    }
}

#[actix_web::test]
async fn what_is_wrong_with_one_question_is_the_answer_to_that_question() {
    let (_dir, state) = serving();
    let long = "x".repeat(513);
    let answers = results(&state, json!({"ids": ["a", "missing", "zero", "", long, 7], "n": 1})).await;
    assert_eq!(ids_of(&answers[0]), ["a/b"]);
    for (answer, uri) in answers[1..5].iter().zip([
        "/recommend/missing/1".to_owned(),
        "/recommend/zero/1".to_owned(),
        "/recommend//1".to_owned(),
        format!("/recommend/{long}/1"),
    ]) {
        assert_eq!(answer["problem"], get(&state, &uri).await.json(), "{uri}");
    }
    assert_eq!(answers[5]["problem"]["detail"], "no profile has the id \"7\"");
    let vectors = r#"{"vectors": [[1, 0], [0, -0.0], [1], [1e39, 0], [1e999, 1], [], [3, 4]], "n": 1}"#;
    let answers = send(&state, posted(vectors)).await.json()["results"].as_array().unwrap().clone();
    assert_eq!(ids_of(&answers[0]), ["a"]);
    let kinds = ["zero-vector", "vector-length", "vector-not-finite", "vector-not-finite", "vector-length"];
    assert_eq!(answers[1..6].iter().map(kind_of).collect::<Vec<_>>(), kinds);
    assert_eq!(answers[2]["problem"]["detail"], "the vector has 1 number, and those of the index have 2");
    assert!(answers[1..6].iter().all(|answer| answer["problem"]["status"] == 422));
    assert_eq!(ids_of(&answers[6]), ["😀"]);
}

#[actix_web::test]
async fn a_vector_that_is_stored_is_at_the_distance_0_and_leaves_nobody_out() {
    let (_dir, state) = serving();
    let question = json!({"vectors": [[250, 0], [0.2, 0]], "n": 1000, "distances": true});
    for answer in results(&state, question).await {
        let answer = answer["recommendations"].as_array().unwrap().clone();
        let ids: Vec<&str> = answer.iter().map(|found| found["profile"]["_id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["a", "a/b", "p+q r", "😀", ".."]);
        assert_eq!(answer[0]["distance"], 0.0);
        let expected = 1.0 - 10f64.to_radians().cos();
        assert!((answer[1]["distance"].as_f64().unwrap() - expected).abs() < 1e-6, "{answer:?}");
    }
}

#[actix_web::test]
async fn the_vector_of_a_profile_is_taken_from_its_field() {
    let (_dir, state) = serving();
    let profiles = json!([
        {"_id": "a", "angle": [2, 0]}, {"angle": [0, 1]}, {"angle": "east"}, {"name": "n"},
        {"angle": [1, 2, 3]}, {"angle": [0, 0]}, {"angle": [1, null]},
    ]);
    let answers = results(&state, json!({"profiles": profiles, "n": 1})).await;
    assert_eq!((ids_of(&answers[0]), ids_of(&answers[1])), (vec!["a"], vec![".."]));
    let kinds = ["no-vector", "no-vector", "vector-length", "zero-vector", "no-vector"];
    assert_eq!(answers[2..].iter().map(kind_of).collect::<Vec<_>>(), kinds);
    let detail = answers[3]["problem"]["detail"].as_str().unwrap();
    assert_eq!(detail, "the vector is expected in the field \"angle\": vector missing");
}

#[actix_web::test]
async fn a_profile_is_vectorized_by_the_example_of_the_developer_guide() {
    let profile = |likes: Value| json!({"likes": likes});
    let mut tags = Tags::new("likes");
    for likes in [json!(["tea", "jazz"]), json!(["tea"])] {
        tags.observe(&fields(&profile(likes)));
    }
    let documents = PROFILES.map(|(id, _)| json!({"_id": id}).to_string());
    let bytes = vectorized_bytes(&PROFILES, &documents, "tags:likes", &tags.to_bytes().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let path = publish(dir.path(), 1, &bytes);
    let state = state(dir.path());
    state.live.index().replace(Some((load(&path, 1), Duration::ZERO)));
    let profiles = [json!(["jazz"]), json!(["tea"]), json!(["golf", "tea"]), json!(["golf"])].map(profile);
    let answers = results(&state, json!({"profiles": profiles, "n": 1})).await;
    assert_eq!(answers[..3].iter().flat_map(ids_of).collect::<Vec<_>>(), ["a", "..", ".."]);
    assert_eq!(kind_of(&answers[3]), "zero-vector");
}

fn fields(profile: &Value) -> Fields {
    match parse(profile.to_string().as_bytes()) {
        Ok(crate::profile::Value::Map(fields)) => fields,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn those_who_are_excluded_or_suppressed_make_room_for_the_next() {
    let (_dir, state) = serving();
    let question = |exclude: Value| json!({"ids": ["a"], "n": 2, "exclude": exclude});
    for (exclude, ids) in [
        (json!([]), ["a/b", "p+q r"]),
        (json!(["a/b"]), ["p+q r", "😀"]),
        (json!(["a/b", "a/b", "nobody", 7, "zero", "", "x".repeat(600)]), ["p+q r", "😀"]),
        (json!(["a", "p+q r"]), ["a/b", "😀"]),
    ] {
        assert_eq!(ids_of(&results(&state, question(exclude)).await[0]), ids);
    }
    let all = json!(["..", "a", "a/b", "p+q r", "😀"]);
    for body in
        [json!({"ids": ["a"], "n": 9, "exclude": all}), json!({"vectors": [[1, 0]], "n": 9, "exclude": all})]
    {
        assert!(ids_of(&results(&state, body).await[0]).is_empty());
    }
    let vector = json!({"vectors": [[1, 0]], "n": 2, "exclude": ["a"]});
    assert_eq!(ids_of(&results(&state, vector).await[0]), ["a/b", "p+q r"]);
    let ids = SuppressedIds([b"a/b".to_vec()].into());
    let suppressing = state.live.current().unwrap().suppressing(&ids).unwrap();
    state.live.index().replace_same_file(suppressing);
    assert_eq!(ids_of(&results(&state, question(json!(["p+q r", "a/b"]))).await[0]), ["😀", ".."]);
    let answers = results(&state, json!({"ids": ["a/b"], "n": 1})).await;
    assert_eq!(kind_of(&answers[0]), "unknown-id", "who is suppressed cannot be asked about");
    let answers = results(&state, json!({"ids": ["p+q r"], "exclude": ["p+q r"], "n": 1})).await;
    assert_eq!(ids_of(&answers[0]), ["a"], "who is excluded can");
}

#[actix_web::test]
async fn an_answer_is_not_for_keeping_and_says_which_version_gave_it() {
    let (_dir, state) = serving();
    let body = json!({"ids": ["a"], "n": 1}).to_string();
    let reply =
        send(&state, posted(body).insert_header((IF_NONE_MATCH, "*")).insert_header((ACCEPT, "*/*"))).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-index-version"), Some("7"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("etag"), None);
    assert_eq!(post(&state, &json!({"ids": [], "n": 1})).await.body, br#"{"results":[]}"#);
}

#[actix_web::test]
async fn a_body_that_makes_no_sense_is_refused_with_its_place() {
    let (_dir, state) = serving();
    let many = |count: usize| vec!["a"; count];
    let vectors = format!("{{\"n\":1,\"vectors\":[{}1{}]}}", "[".repeat(300), "]".repeat(300));
    let deep = format!("{{\"n\":1,\"profiles\":[{{\"a\":{}1{}}}]}}", "[".repeat(300), "]".repeat(300));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "the body is empty"),
        (b" \r\n".to_vec(), "the body is empty"),
        (b"[]".to_vec(), "line 1, column 1: expected an object"),
        (b"{\"n\": 1,\n \"ids\": [\"a\",]}".to_vec(), "line 2, column 14: not valid JSON: trailing comma"),
        (b"{\"n\":1,\"ids\":[\"a\"]} x".to_vec(), "column 21: not valid JSON: trailing characters"),
        (b"{\"n\":1,\"ids\":[\"a\"]".to_vec(), "EOF while parsing an object"),
        (b"{\"n\":1,\"ids\":[\"\xff\"]}".to_vec(), "text is not Unicode"),
        (b"{\"n\":1,\"ids\":[\"\\ud800\"]}".to_vec(), "text is not Unicode"),
        (b"\xef\xbb\xbf{\"n\":1,\"ids\":7}".to_vec(), "line 1, column 14: expected a list"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{\"n\":1,\"ids\":[]}".to_vec(), "line 1, column 1: expected an object"),
        (b"\xff\xfe{\0\"\0".to_vec(), "line 1, column 1: expected UTF-8, and this looks like UTF-16"),
        (b"\xfe\xff\0{\0\"".to_vec(), "expected UTF-8, and this looks like UTF-16"),
        (b"{\0\"\0n\0".to_vec(), "expected UTF-8, and this looks like UTF-16"),
        (b"\0{\0\"\0n".to_vec(), "expected UTF-8, and this looks like UTF-16"),
        (b"\xff\xfe\0\0{\0\0\0".to_vec(), "expected UTF-8, and this looks like UTF-32"),
        (b"\0\0\xfe\xff\0\0\0{".to_vec(), "expected UTF-8, and this looks like UTF-32"),
        (b"{\0\0\0\"\0\0\0".to_vec(), "expected UTF-8, and this looks like UTF-32"),
        (b"\0\0\0{\0\0\0\"".to_vec(), "expected UTF-8, and this looks like UTF-32"),
        (b"null".to_vec(), "line 1, column 1: expected an object"),
        (b"{\"n\":1,\"vectors\":[[NaN]]}".to_vec(), "not valid JSON"),
        (b"{\"n\":1,\"profiles\":[{\"a\":Infinity}]}".to_vec(), "not valid JSON"),
        (json!({"n": 1}).to_string().into(), "ids is missing; give one of ids, vectors and profiles"),
        (json!({"ids": ["a"]}).to_string().into(), "n is missing; it must be a whole number from 1 to 1000"),
        (json!({"ids": ["a"], "n": 0}).to_string().into(), "n must be a whole number from 1 to 1000"),
        (json!({"ids": ["a"], "n": 1001}).to_string().into(), "n must be a whole number from 1 to 1000"),
        (json!({"ids": ["a"], "n": -1}).to_string().into(), "n must be a whole number from 1 to 1000"),
        (json!({"ids": ["a"], "n": 1.5}).to_string().into(), "n must be a whole number from 1 to 1000"),
        (json!({"ids": ["a"], "n": "1"}).to_string().into(), "n must be a whole number from 1 to 1000"),
        (json!({"ids": ["a"], "n": null}).to_string().into(), "n is missing"),
        (
            json!({"n": 1, "ids": ["a"], "vectors": [[1]]}).to_string().into(),
            "vectors contradicts ids; give one of",
        ),
        (b"{\"n\":1,\"profiles\":[{}],\"ids\":[7]}".to_vec(), "ids contradicts profiles; give one of"),
        (b"{\"n\":1,\"ids\":null}".to_vec(), "ids is missing; give one of ids, vectors and profiles"),
        (b"{\"n\":1,\"ids\":null,\"ids\":[]}".to_vec(), "ids may be given only once"),
        (b"{\"n\":1e400,\"ids\":[]}".to_vec(), "n must be a whole number from 1 to 1000"),
        (b"{\"n\":-0.0,\"ids\":[]}".to_vec(), "n must be a whole number from 1 to 1000"),
        (b"{\"n\":1.00000000000000000001,\"ids\":[]}".to_vec(), "n must be a whole number from 1 to 1000"),
        (b"{\"n\":1001.0,\"ids\":[]}".to_vec(), "n must be a whole number from 1 to 1000"),
        (b"{\"n\":1,\"ids\":[],\"ids\":[]}".to_vec(), "ids may be given only once"),
        (b"{\"n\":1,\"n\":1,\"ids\":[]}".to_vec(), "n may be given only once"),
        (
            json!({"n": 1, "ids": [], "ef": 64}).to_string().into(),
            "the key \"ef\" is not known in a body; known: ids,",
        ),
        (json!({"n": 1, "ids": "a"}).to_string().into(), "column 14: expected a list"),
        (
            json!({"n": 1, "ids": [null]}).to_string().into(),
            "expected an id, which is a string or an integer",
        ),
        (
            json!({"n": 1, "ids": [true]}).to_string().into(),
            "expected an id, which is a string or an integer",
        ),
        (json!({"n": 1, "ids": [7.5]}).to_string().into(), "expected an id, which is a string or an integer"),
        (
            json!({"n": 1, "ids": [["a"]]}).to_string().into(),
            "expected an id, which is a string or an integer",
        ),
        (json!({"n": 1, "vectors": [1]}).to_string().into(), "expected a vector, which is a list of numbers"),
        (json!({"n": 1, "vectors": [[null]]}).to_string().into(), "expected a number"),
        (json!({"n": 1, "vectors": [["1"]]}).to_string().into(), "expected a number"),
        (vectors.into(), "expected a number"),
        (
            json!({"n": 1, "vectors": [vec![0; 65_537]]}).to_string().into(),
            "a vector has more than 65536 numbers",
        ),
        (json!({"n": 1, "profiles": ["a"]}).to_string().into(), "expected a profile, which is an object"),
        (deep.into(), "nested too deeply"),
        (
            json!({"n": 1, "profiles": [{"a": "x".repeat(3 << 20)}]}).to_string().into(),
            "a profile has more than 2097152 bytes",
        ),
        (json!({"n": 1, "ids": [], "exclude": "a"}).to_string().into(), "expected a list"),
        (json!({"n": 1, "ids": [], "exclude": [1.5]}).to_string().into(), "expected an id"),
        (json!({"n": 1, "ids": [], "distances": 1}).to_string().into(), "expected true or false"),
        (
            json!({"n": 1, "ids": many(MAX_QUESTIONS + 1)}).to_string().into(),
            "ids must have at most 1000 elements",
        ),
        (
            json!({"n": 1, "ids": [], "exclude": many(MAX_EXCLUDED + 1)}).to_string().into(),
            "exclude must have at most 10000",
        ),
        (
            json!({"n": 101, "ids": many(1000)}).to_string().into(),
            "n must be at most 100 for 1000 questions, not 101",
        ),
    ];
    for (body, part) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let reply = send(&state, posted(body)).await;
        assert_eq!((reply.status, reply.header("content-type")), (400, Some(PROBLEM_JSON)), "{shown}");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(part), "{shown}: {detail}");
    }
    let nobody = json!({"n": 1, "ids": ["a"], "exclude": ["x".repeat(600)]});
    assert_eq!(results(&state, nobody).await, results(&state, json!({"n": 1, "ids": ["a"]})).await);
    let most = json!({"n": 100, "ids": many(MAX_QUESTIONS), "exclude": many(MAX_EXCLUDED)});
    assert_eq!(results(&state, most).await.len(), MAX_QUESTIONS);
}

#[actix_web::test]
async fn ids_are_text_or_integers_of_any_size() {
    let (_dir, state) = serving();
    let body = r#"{"n":1.0,"ids":[7,"7",-0,18446744073709551616,"\u0061",7.0,9007199254740993.0,1e1]}"#;
    let answers = send(&state, posted(body)).await.json()["results"].clone();
    for (place, id) in [
        (0, "7"),
        (1, "7"),
        (2, "0"),
        (3, "18446744073709551616"),
        (5, "7"),
        (6, "9007199254740993"),
        (7, "10"),
    ] {
        let detail = answers[place]["problem"]["detail"].as_str().unwrap();
        assert_eq!(detail, format!("no profile has the id {id:?}"));
    }
    assert_eq!(ids_of(&answers[4]), ["a/b"]);
}

#[actix_web::test]
async fn what_is_null_or_empty_is_as_if_it_were_not_there() {
    let (_dir, state) = serving();
    let of = async |body: &str| {
        let reply = send(&state, posted(body.as_bytes())).await;
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    let by_id = of(r#"{"ids":["a"],"n":2}"#).await;
    assert_eq!(by_id.0, 200);
    for same in [
        r#"{"ids":["a"],"n":2,"vectors":null,"profiles":null,"exclude":null,"distances":null}"#,
        r#"{"distances":null,"profiles":null,"vectors":null,"ids":["a"],"n":2}"#,
        r#"{"profiles":[],"ids":["a"],"vectors":[],"exclude":[],"n":2}"#,
        r#"{"ids":["a"],"n":2.0}"#,
        r#"{"ids":["a"],"n":0.2e1}"#,
        r#"{"ids":["a"],"n":20E-1}"#,
        "\u{feff}{\"ids\":[\"a\"],\"n\":2}",
        "\u{feff} {\"ids\":[\"a\"],\"n\":2}\n",
    ] {
        assert_eq!(of(same).await, by_id, "{same}");
    }
    let by_vector = of(r#"{"vectors":[[1,0]],"n":2,"distances":true}"#).await;
    assert_eq!(by_vector.0, 200);
    let with_null = r#"{"ids":null,"vectors":[[1,0]],"profiles":[],"n":2,"distances":true}"#;
    assert_eq!(of(with_null).await, by_vector);
    let profiles = of(r#"{"profiles":[{"angle":[2,0],"name":null}],"ids":null,"n":1}"#).await;
    assert_eq!(profiles, of(r#"{"profiles":[{"angle":[2,0]}],"n":1}"#).await);
    for none in [
        r#"{"ids":[],"n":1}"#,
        r#"{"vectors":[],"n":1}"#,
        r#"{"profiles":[],"n":1,"ids":null}"#,
        r#"{"ids":[],"vectors":[],"profiles":[],"n":1000}"#,
    ] {
        assert_eq!(of(none).await, (200, r#"{"results":[]}"#.to_owned()), "{none}");
    }
}

#[actix_web::test]
async fn only_json_of_a_size_is_read() {
    let (_dir, state) = serving();
    let body = json!({"ids": ["a"], "n": 1}).to_string();
    let of_type = |kind: &'static str| {
        TestRequest::post().uri("/recommend").insert_header((CONTENT_TYPE, kind)).set_payload(body.clone())
    };
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        assert_eq!(send(&state, of_type(kind)).await.status, 200, "{kind}");
    }
    for kind in [
        "",
        "text/plain",
        "application/problem+json",
        "application/jsonl",
        "application/x-www-form-urlencoded",
    ] {
        let reply = send(&state, of_type(kind)).await;
        assert_eq!(reply.status, 415, "{kind}");
        assert!(reply.json()["detail"].as_str().unwrap().contains(&format!("Content-Type: {kind:?}")));
    }
    let untyped = TestRequest::post().uri("/recommend").set_payload(body.clone());
    assert_eq!(send(&state, untyped).await.status, 415);
    let packed = posted(body.clone()).insert_header((CONTENT_ENCODING, "gzip"));
    assert_eq!(send(&state, packed).await.status, 415);
    let plain = posted(body.clone()).insert_header((CONTENT_ENCODING, "identity"));
    assert_eq!(send(&state, plain).await.status, 200);
    // Blanks may stand around a value.
    let blanks = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    assert_eq!(send(&state, posted(blanks(MAX_BODY_BYTES))).await.status, 200);
    let too_long = posted(blanks(MAX_BODY_BYTES + 1));
    assert_eq!(send(&state, too_long).await.status, 413, "as it comes");
    let announced = posted(body.clone()).insert_header((CONTENT_LENGTH, MAX_BODY_BYTES + 1));
    assert_eq!(send(&state, announced).await.status, 413, "before any of it is read");
    let fits = posted(body).insert_header((CONTENT_LENGTH, MAX_BODY_BYTES));
    assert_eq!(send(&state, fits).await.status, 200);
}

#[actix_web::test]
async fn a_body_is_judged_after_the_key_and_before_the_query() {
    let (_dir, state) = serving_with_keys(None);
    let request = |uri: &str, key: &str, kind: &'static str, body: &'static str| {
        TestRequest::post()
            .uri(uri)
            .insert_header(("X-API-Key", key.repeat(4)))
            .insert_header((CONTENT_TYPE, kind))
            .set_payload(body)
    };
    const JSON: &str = "application/json";
    const TEXT: &str = "text/plain";
    for (uri, key, kind, body, status) in [
        ("/recommend?x=1", "none", TEXT, "{", 401),
        ("/recommend?x=1", "observe", TEXT, "{", 403),
        ("/recommend?x=1", "admin", TEXT, "{", 403),
        ("/recommend?x=1", "read", TEXT, "{", 415),
        ("/recommend?x=1", "read", JSON, r#"{"ids":[],"n":1}"#, 400),
        ("/recommend", "read", JSON, "{", 400),
        ("/recommend", "read", JSON, r#"{"ids":[],"n":1}"#, 200),
    ] {
        assert_eq!(
            send(&state, request(uri, key, kind, body)).await.status,
            status,
            "{uri} {key} {kind} {body}"
        );
    }
    let large = request("/recommend", "read", TEXT, "").insert_header((CONTENT_LENGTH, MAX_BODY_BYTES + 1));
    assert_eq!(send(&state, large).await.status, 413);
}

#[actix_web::test]
async fn without_an_index_a_body_is_still_judged_first() {
    let state = state(Path::new("nowhere"));
    for (body, status) in [
        (json!({"ids": ["a"], "n": 1}), 503),
        (json!({"vectors": [[1]], "n": 1}), 503),
        (json!({"profiles": [{}], "n": 1}), 503),
        (json!({"profiles": [{}], "n": 0}), 400),
    ] {
        let reply = post(&state, &body).await;
        assert_eq!(reply.status, status, "{body}");
        assert_eq!(reply.headers.contains_key(RETRY_AFTER), status == 503, "{body}");
    }
}

#[actix_web::test]
async fn requests_beyond_the_queue_or_the_memory_are_refused_and_single_questions_are_not() {
    let (_dir, state) = serving();
    let body = json!({"ids": ["a"], "n": 1});
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let busy = state.batches.pool.try_run(move || gate.recv()).unwrap();
    let waiting = state.batches.pool.try_run(|| ()).unwrap();
    let reply = post(&state, &body).await;
    assert_eq!((reply.status, reply.headers.contains_key(RETRY_AFTER)), (503, true));
    assert!(reply.json()["type"].as_str().unwrap().ends_with(":batch-busy"));
    assert_eq!(get(&state, "/recommend/a/3").await.status, 200);
    release.send(()).unwrap();
    busy.await.unwrap().unwrap();
    waiting.await.unwrap();
    assert_eq!(post(&state, &body).await.status, 200);
    // All but less than a body needs.
    let mut taken = state.batches.memory.share();
    let mut step = 256 << 20;
    let mut held = 0;
    while step >= 1024 {
        if taken.resize(held + step).is_ok() {
            held += step;
        }
        step /= 2;
    }
    let reply = post(&state, &body).await;
    assert!(reply.status == 503 && reply.json()["type"].as_str().unwrap().ends_with(":batch-busy"));
    drop(taken);
    for _ in 0..3 {
        assert_eq!(post(&state, &body).await.status, 200);
    }
    let mut all = state.batches.memory.share();
    assert_eq!(all.resize(held), Ok(()), "what was taken for requests has come back");
}

#[actix_web::test]
async fn a_file_that_is_changed_in_place_gives_no_answer_to_any_question() {
    let (dir, state) = serving();
    let path = dir.path().join("index-00000007.knd");
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let reply = post(&state, &json!({"ids": ["a", "missing"], "n": 1})).await;
    assert_eq!((reply.status, reply.header("x-index-version")), (503, None));
    assert!(reply.json()["type"].as_str().unwrap().ends_with(":index-changed"));
}

#[actix_web::test]
async fn a_path_with_two_methods_says_both() {
    let (_dir, state) = serving();
    let reply = send(&state, TestRequest::delete().uri("/recommend")).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD, POST")));
}
