mod batch;
mod keys;
mod two_indexes;

use std::path::Path;
use std::time::{Duration, SystemTime};

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use serde_json::Value;

use super::super::access::{Access, Key, Keys};
use super::super::config::Networks;
use super::super::fixture::{PROFILES, documents_bytes, index_bytes, publish};
use super::super::problem::PROBLEM_JSON;
use super::super::testing;
use super::*;
use crate::directory::SuppressedIds;
use crate::directory::versions::VersionSeen;
use crate::file::{FileIdentity, Residency};
use crate::server::live::Generation;

/// What came back, without the framework's types.
struct Reply {
    status: u16,
    headers: actix_web::http::header::HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn ids(&self) -> Vec<String> {
        self.json()
            .as_array()
            .unwrap()
            .iter()
            .map(|profile| profile["_id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A server of the index of a directory, which nobody looks at: it serves what it is given.
fn state(directory: &Path) -> web::Data<State> {
    state_with(directory, Access::default())
}

fn state_with(directory: &Path, access: Access) -> web::Data<State> {
    let (live, _) = testing::live(directory).unwrap();
    web::Data::new(testing::state(live, access).unwrap())
}

fn load(path: &Path, version: u64) -> Generation {
    let identity = FileIdentity::of(&std::fs::metadata(path).unwrap());
    let seen = VersionSeen { version, path: path.to_owned(), identity };
    Generation::load(&seen, Residency::Mapped, &SuppressedIds::default()).unwrap()
}

/// A server of version 7 of the fixture, and the directory that holds it.
fn serving() -> (tempfile::TempDir, web::Data<State>) {
    let dir = tempfile::tempdir().unwrap();
    let path = publish(dir.path(), 7, &index_bytes(&PROFILES));
    let state = state(dir.path());
    state.live.index().replace(Some((load(&path, 7), Duration::from_millis(5))));
    (dir, state)
}

/// A server with one key of each scope, whose secrets are the scopes' names repeated.
fn serving_with_keys(rate: Option<&str>) -> (tempfile::TempDir, web::Data<State>) {
    let dir = tempfile::tempdir().unwrap();
    let path = publish(dir.path(), 7, &index_bytes(&PROFILES));
    let lines: String = ["read", "observe", "admin"]
        .map(|scope| Key::new(scope, scope.parse().unwrap(), scope.repeat(4).as_bytes()).unwrap())
        .iter()
        .map(|key| format!("{key}\n"))
        .collect();
    let access = Access::new(
        Some(Keys::parse(lines.as_bytes()).unwrap()),
        rate.map(|it| it.parse().unwrap()),
        Networks::default(),
    );
    let state = state_with(dir.path(), access);
    state.live.index().replace(Some((load(&path, 7), Duration::from_millis(5))));
    (dir, state)
}

async fn send(state: &web::Data<State>, request: TestRequest) -> Reply {
    let app = init_service(App::new().configure(configure(state.clone()))).await;
    let response: ServiceResponse = call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, body: read_body(response).await.to_vec() }
}

async fn get(state: &web::Data<State>, uri: &str) -> Reply {
    send(state, TestRequest::with_uri(uri)).await
}

#[actix_web::test]
async fn the_nearest_come_first_and_the_profile_itself_not_at_all() {
    let (_dir, state) = serving();
    let reply = get(&state, "/recommend/a/3").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.ids(), ["a/b", "p+q r", "😀"]);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-index-version"), Some("7"));
    assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
    assert_eq!(reply.header("etag").unwrap().len(), 18);
    assert_eq!(get(&state, "/recommend/a/1000").await.ids().len(), 4);
    let same =
        ["/recommend?id=a&n=3", "/recommend/a/3?exact=true", "/recommend/a/3?ef=3", "/recommend/%61/03?"];
    for uri in same {
        assert_eq!(get(&state, uri).await.body, reply.body, "{uri}");
    }
}

#[actix_web::test]
async fn distances_come_with_the_profiles() {
    let (_dir, state) = serving();
    let reply = get(&state, "/recommend/a/2?distances=true").await.json();
    assert_eq!(reply[0]["profile"]["_id"], "a/b");
    let expected = 1.0 - 10f64.to_radians().cos();
    assert!((reply[0]["distance"].as_f64().unwrap() - expected).abs() < 1e-6, "{reply}");
}

#[actix_web::test]
async fn hard_ids_are_decoded_once() {
    let (_dir, state) = serving();
    for (uri, id) in [
        ("/profiles/a%2Fb", "a/b"),
        ("/profiles/p+q%20r", "p+q r"),
        ("/profiles/p%2Bq%20r", "p+q r"),
        ("/profiles?id=p+q%20r", "p+q r"),
        ("/profiles/%F0%9F%98%80", "😀"),
        ("/profiles?id=..", ".."),
        ("/profiles/%2E%2E", ".."),
    ] {
        let reply = get(&state, uri).await;
        assert_eq!((reply.status, reply.json()["_id"].as_str().unwrap()), (200, id), "{uri}");
    }
    for uri in ["/profiles/a%252Fb", "/recommend/a%252Fb/5", "/profiles/p%20q%20r"] {
        assert_eq!(get(&state, uri).await.status, 404, "{uri}");
    }
}

#[actix_web::test]
async fn every_error_is_a_problem_document() {
    let (_dir, state) = serving();
    for (uri, status, part) in [
        ("//", 404, "nothing at this path"),
        ("/recommend/a/5/", 404, "nothing at this path"),
        ("/recommend/", 404, "nothing at this path"),
        ("/profiles/", 404, "nothing at this path"),
        ("/recommend/a/b/5", 404, "nothing at this path"),
        ("/health", 404, "nothing at this path"),
        ("/recommend", 400, "id is missing"),
        ("/recommend?id=a", 400, "n is missing; it must be a whole number from 1 to 1000"),
        ("/recommend/a", 404, "try /recommend/{id}/{n}; all paths: /docs"),
        ("/recommendations/a/5", 404, "try /recommend/{id}/{n}"),
        ("/nothing", 404, "nothing at this path; all paths: /docs"),
        ("/recommend/a/3&distances=true", 400, "the first parameter follows a ?"),
        ("/recommend//5", 400, "id must have 1 to 512 bytes"),
        ("/recommend/a/0", 400, "n must be a whole number from 1 to 1000"),
        ("/recommend/a/1001", 400, "n must be a whole number from 1 to 1000"),
        ("/recommend/a/5?ef=0", 400, "ef must be a whole number from 1 to 4096"),
        ("/recommend/a/5?id=b", 400, "\"id\" is not known here"),
        ("/recommend/a%zz/5", 400, "id cannot be decoded"),
        ("/recommend/%FF/5", 400, "id cannot be decoded"),
        ("/index?x=1", 400, "\"x\" is not known here"),
        ("/recommend/missing/5", 404, "no profile has the id \"missing\""),
        ("/profiles/missing", 404, "no profile has the id \"missing\""),
        ("/recommend/zero/5", 422, "zero vector"),
        ("/recommend/zero/5?exact=true", 422, "zero vector"),
    ] {
        let reply = get(&state, uri).await;
        assert_eq!(reply.status, status, "{uri}");
        assert_eq!(reply.header("content-type"), Some(PROBLEM_JSON), "{uri}");
        let document = reply.json();
        assert_eq!(document["status"], status, "{uri}");
        assert!(document["detail"].as_str().unwrap().contains(part), "{uri}: {document}");
        assert!(document["type"].is_string() && document["title"].is_string(), "{uri}");
        let from_index = reply.header("x-index-version").is_some();
        assert_eq!(from_index, part.starts_with("no profile") || status == 422, "{uri}");
    }
}

#[actix_web::test]
async fn other_methods_are_refused_before_anything_else_is_judged() {
    let (_dir, state) = serving();
    for uri in ["/recommend/a/0", "/map/place", "/profiles/missing", "/index", "/metrics", "/health/live"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let reply = send(&state, TestRequest::with_uri(uri).method(method)).await;
            assert_eq!(reply.status, 405, "{uri}");
            assert_eq!(reply.headers.get(ALLOW).unwrap(), "GET, HEAD");
            assert_eq!(reply.headers.get(CONTENT_TYPE).unwrap(), PROBLEM_JSON);
        }
    }
    let reply = send(&state, TestRequest::post().uri("/nowhere")).await;
    assert_eq!(reply.status, 404);
}

#[actix_web::test]
async fn what_the_client_has_is_not_sent_again_but_errors_are() {
    let (_dir, state) = serving();
    let etag = get(&state, "/recommend/a/3").await.headers.get(ETAG).unwrap().clone();
    for uri in ["/recommend/a/3", "/recommend/a/3?exact=true", "/profiles/a", "/profiles/zero"] {
        let reply =
            send(&state, TestRequest::with_uri(uri).insert_header((IF_NONE_MATCH, etag.clone()))).await;
        assert_eq!((reply.status, reply.body.len()), (304, 0), "{uri}");
        assert_eq!(reply.headers.get(ETAG), Some(&etag));
        assert_eq!(reply.header("x-index-version"), Some("7"));
        assert!(reply.headers.contains_key(CACHE_CONTROL));
    }
    for (uri, status) in [("/recommend/missing/3", 404), ("/recommend/zero/3", 422), ("/recommend/a/0", 400)]
    {
        let reply = send(&state, TestRequest::with_uri(uri).insert_header((IF_NONE_MATCH, "*"))).await;
        assert_eq!(reply.status, status, "{uri}");
    }
    let other = TestRequest::with_uri("/profiles/a").insert_header((IF_NONE_MATCH, "\"other\""));
    assert_eq!(send(&state, other).await.status, 200);
}

#[actix_web::test]
async fn without_an_index_the_server_lives_and_is_not_ready() {
    let state = state(Path::new("nowhere"));
    for (uri, status) in [
        ("/health/status", 200),
        ("/health/live", 200),
        ("/metrics", 200),
        ("/health/ready", 503),
        ("/index", 503),
        ("/recommend/a/5", 503),
        ("/profiles/a", 503),
        ("/recommend/a/0", 400),
        ("/nowhere", 404),
    ] {
        let reply = get(&state, uri).await;
        assert_eq!(reply.status, status, "{uri}");
        assert_eq!(reply.headers.contains_key(RETRY_AFTER), status == 503, "{uri}");
    }
    assert_eq!(get(&state, "/health/status").await.body, br#"{"status":"ok"}"#);
}

#[actix_web::test]
async fn the_index_describes_itself() {
    let (_dir, state) = serving();
    assert_eq!(get(&state, "/health/ready").await.body, br#"{"status":"ok"}"#);
    state.live.index().note_refusal(8, "bad".to_owned());
    let description = get(&state, "/index").await.json();
    let names: Vec<&str> = description.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "version file created loaded profiles nodes dimension m ef recall_at_10 table vectorizer \
                    fields skipped degraded swaps last_swap_seconds refused last_refused";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    for (name, value) in [
        ("version", Value::from(7)),
        ("file", "index-00000007.knd".into()),
        ("created", "2023-11-14T22:13:20Z".into()),
        ("profiles", 6.into()),
        ("nodes", 5.into()),
        ("vectorizer", "field:angle".into()),
        ("swaps", 0.into()),
        ("last_swap_seconds", 0.005.into()),
        ("refused", 1.into()),
    ] {
        assert_eq!(description[name], value, "{name}");
    }
    assert_eq!(description["skipped"]["id missing"], 2);
    assert_eq!(description["fields"], Value::Null, "the file does not say it");
    assert_eq!(description["last_refused"]["reason"], "bad");
}

#[actix_web::test]
async fn events_are_told_oldest_first_with_or_without_an_index() {
    let nothing = get(&state(Path::new("nowhere")), "/index/events").await;
    assert_eq!((nothing.status, nothing.json()), (200, serde_json::json!({"events": []})));
    let (_dir, state) = serving();
    state.live.index().note_refusal(8, "bad".to_owned());
    state.live.index().note_changed(7);
    let reply = get(&state, "/index/events").await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let mut told = reply.json();
    for event in told["events"].as_array_mut().unwrap() {
        let at = event.as_object_mut().unwrap().shift_remove("at").unwrap();
        assert!(humantime::parse_rfc3339(at.as_str().unwrap()).is_ok(), "{at}");
    }
    let expected = serde_json::json!({"events": [
        {"kind": "swap", "version": 7, "file": "index-00000007.knd", "seconds": 0.005},
        {"kind": "refusal", "version": 8, "file": "index-00000008.knd", "reason": "bad"},
        {"kind": "changed", "version": 7, "file": "index-00000007.knd"},
    ]});
    assert_eq!(told, expected);
}

#[actix_web::test]
async fn metrics_are_labelled_by_route_and_never_by_what_was_asked() {
    let (_dir, state) = serving();
    get(&state, "/recommend/a/5").await;
    get(&state, "/secret/path").await;
    let reply = get(&state, "/metrics").await;
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = String::from_utf8(reply.body).unwrap();
    for line in [
        r#"kindred_http_requests_total{method="GET",route="/recommend/{id}/{n}",status="200"} 1"#,
        r#"kindred_http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
        "kindred_index_version 7",
        "kindred_index_profiles 6",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("secret"));
}

#[actix_web::test]
async fn exact_search_is_refused_while_its_threads_are_busy() {
    let (_dir, state) = serving();
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let busy = state.exact.try_run(move || gate.recv()).unwrap();
    let reply = get(&state, "/recommend/a/5?exact=true").await;
    assert_eq!(reply.status, 503);
    assert!(reply.headers.contains_key(RETRY_AFTER));
    assert_eq!(get(&state, "/recommend/a/5").await.status, 200);
    for (uri, status) in [("/recommend/zero/5?exact=true", 422), ("/recommend/nobody/5?exact=true", 404)] {
        assert_eq!(get(&state, uri).await.status, status, "{uri} needs no search");
    }
    release.send(()).unwrap();
    busy.await.unwrap().unwrap();
}

#[actix_web::test]
async fn searches_beyond_the_queue_are_refused() {
    let (_dir, state) = serving();
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let busy = state.searches.try_run(move || gate.recv()).unwrap();
    let waiting = state.searches.try_run(|| ()).unwrap();
    let reply = get(&state, "/recommend/a/5").await;
    assert_eq!(reply.status, 503);
    assert!(reply.headers.contains_key(RETRY_AFTER));
    assert!(reply.json()["type"].as_str().unwrap().ends_with(":search-busy"));
    for uri in ["/profiles/a", "/recommend/a/5?exact=true", "/health/ready"] {
        assert_eq!(get(&state, uri).await.status, 200, "{uri}");
    }
    release.send(()).unwrap();
    busy.await.unwrap().unwrap();
    waiting.await.unwrap();
    assert_eq!(get(&state, "/recommend/a/5").await.status, 200);
}

#[actix_web::test]
async fn a_target_that_is_too_long_is_not_looked_at() {
    let (_dir, state) = serving();
    for (length, status) in [(8192, 400), (8193, 414), (60_000, 414)] {
        let uri = format!("/recommend/{}/5", "x".repeat(length - "/recommend//5".len()));
        assert_eq!(get(&state, &uri).await.status, status, "{length}");
        let uri = format!("/recommend/a/5?id={}", "x".repeat(length - "/recommend/a/5?id=".len()));
        assert_eq!(get(&state, &uri).await.status, status, "{length}");
    }
}

#[actix_web::test]
async fn every_answer_says_what_a_browser_must_not_do_with_it() {
    let (_dir, state) = serving();
    for uri in ["/recommend/a/3", "/profiles/missing", "/nowhere", "/recommend/a/0", "/metrics", "/index"] {
        let reply = get(&state, uri).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{uri}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{uri}");
        assert!(reply.header("content-security-policy").unwrap().contains("default-src 'none'"), "{uri}");
        assert_eq!(reply.header("strict-transport-security"), None, "there is no TLS");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{uri}");
    }
}

#[actix_web::test]
async fn the_page_is_open_to_all_and_has_a_policy_of_its_own() {
    let (_dir, state) = serving_with_keys(None);
    for (uri, content_type, begins) in [
        ("/", "text/html; charset=utf-8", "<!doctype html>"),
        ("/explorer/explorer.css", "text/css; charset=utf-8", ""),
        ("/explorer/explorer.js", "text/javascript; charset=utf-8", ""),
        ("/explorer/icon.svg", "image/svg+xml", "<svg"),
    ] {
        let reply = get(&state, uri).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(content_type)), "{uri}");
        assert!(reply.body.starts_with(begins.as_bytes()), "{uri}");
        assert_eq!(reply.header("cache-control"), Some("no-cache"), "{uri}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self'; ") && !policy.contains("unsafe"), "{uri}: {policy}");
        let etag = reply.header("etag").unwrap();
        let again = send(&state, TestRequest::with_uri(uri).insert_header((IF_NONE_MATCH, etag))).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag)), "{uri}");
    }
    for (uri, status) in
        [("/explorer/index.html", 404), ("/explorer/", 404), ("/explorer/a%2Fb", 404), ("/?x=1", 200)]
    {
        assert_eq!(get(&state, uri).await.status, status, "{uri}");
    }
}

#[actix_web::test]
async fn suppressed_profiles_are_in_no_answer_and_the_entity_tag_tells() {
    let (_dir, state) = serving();
    let before = get(&state, "/recommend/a/2").await;
    assert_eq!(before.ids(), ["a/b", "p+q r"]);
    let ids = SuppressedIds([b"a/b".to_vec(), b"nobody".to_vec()].into());
    let suppressing = state.live.current().unwrap().suppressing(&ids).unwrap();
    assert!(suppressing.suppressing(&ids).is_none(), "that would change nothing");
    state.live.index().replace_same_file(suppressing);
    for uri in ["/recommend/a/2", "/recommend/a/2?exact=true", "/recommend/a/2?ef=2"] {
        assert_eq!(get(&state, uri).await.ids(), ["p+q r", "😀"], "{uri}");
    }
    for uri in ["/profiles/a%2Fb", "/recommend/a%2Fb/2"] {
        let reply = get(&state, uri).await;
        assert_eq!(
            (reply.status, reply.json()["type"].as_str().unwrap().ends_with("unknown-id")),
            (404, true)
        );
    }
    let etag = before.header("etag").unwrap().to_owned();
    let again = TestRequest::with_uri("/recommend/a/2").insert_header((IF_NONE_MATCH, etag.clone()));
    let reply = send(&state, again).await;
    assert_eq!(reply.status, 200, "what the client has is not what is answered now");
    assert_ne!(reply.header("etag"), Some(etag.as_str()));
    assert_eq!(reply.header("x-index-version"), Some("7"));
    let unsuppressed = state.live.current().unwrap().suppressing(&SuppressedIds::default()).unwrap();
    state.live.index().replace_same_file(unsuppressed);
    let reply = get(&state, "/recommend/a/2").await;
    assert_eq!((reply.body, reply.headers.get(ETAG)), (before.body, before.headers.get(ETAG)));
}

#[actix_web::test]
async fn a_server_that_is_stopping_answers_and_is_not_ready() {
    let (_dir, state) = serving();
    state.stopping.set();
    assert_eq!(get(&state, "/recommend/a/2").await.status, 200);
    assert_eq!(get(&state, "/health/live").await.status, 200);
    assert_eq!(get(&state, "/health/ready").await.status, 503);
}

#[actix_web::test]
async fn what_was_read_of_a_file_counts_for_nothing_once_it_has_changed() {
    let (dir, state) = serving();
    let uris = ["/search?prefix=n", "/search?prefix=n&field=town", "/map/fields", "/map/values?field=town"];
    for (uri, status) in uris.into_iter().zip([200, 404, 200, 404]) {
        assert_eq!(get(&state, uri).await.status, status, "{uri}");
    }
    let file = std::fs::File::options().write(true).open(dir.path().join("index-00000007.knd")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    for uri in uris {
        let reply = get(&state, uri).await;
        assert_eq!((reply.status, &reply.json()["title"]), (503, &"Index file changed".into()), "{uri}");
    }
}

#[actix_web::test]
async fn the_codes_of_a_field_are_made_once_and_known_by_their_tag() {
    let dir = tempfile::tempdir().unwrap();
    let document = |number| format!(r#"{{"_id":"x","kind":"{}"}}"#, number % 2);
    let documents: Vec<String> = (0..PROFILES.len()).map(document).collect();
    let path = publish(dir.path(), 7, &documents_bytes(&PROFILES, &documents));
    let state = state(dir.path());
    state.live.index().replace(Some((load(&path, 7), Duration::from_millis(5))));
    let generation = state.live.current().unwrap();
    let codes = || generation.colouring().unwrap().codes(&generation.suppressed, "kind").unwrap();
    let sent = codes();
    let uri = "/map/values?field=kind";
    let reply = get(&state, uri).await;
    assert_eq!((reply.status, &reply.body), (200, &sent.to_vec()));
    assert_eq!(codes().as_ptr(), sent.as_ptr());
    let etag = reply.header("etag").unwrap().to_owned();
    for uri in [uri, "/map/fields"] {
        let again =
            send(&state, TestRequest::with_uri(uri).insert_header((IF_NONE_MATCH, etag.clone()))).await;
        assert_eq!(
            (again.status, again.body.len(), again.header("etag")),
            (304, 0, Some(etag.as_str())),
            "{uri}"
        );
    }
}

#[actix_web::test]
async fn an_index_file_that_is_changed_in_place_answers_no_more() {
    let (dir, state) = serving();
    let path = dir.path().join("index-00000007.knd");
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let before = file.metadata().unwrap().modified().unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    for uri in ["/recommend/a/5", "/profiles/a", "/recommend/a/5?exact=true", "/health/ready"] {
        let reply = get(&state, uri).await;
        assert_eq!(reply.status, 503, "{uri}");
        assert!(reply.header("etag").is_none());
    }
    file.set_modified(before).unwrap();
    assert_eq!(get(&state, "/profiles/a").await.status, 503, "once condemned, always condemned");
    for uri in ["/profiles/a", "/profiles?prefix=a", "/recommend/a/5"] {
        let request = TestRequest::with_uri(uri).insert_header((IF_NONE_MATCH, "*"));
        assert_eq!(send(&state, request).await.status, 503, "{uri}: what the client has may be wrong too");
    }
}

#[actix_web::test]
async fn a_deleted_index_file_goes_on_answering() {
    let (dir, state) = serving();
    std::fs::remove_file(dir.path().join("index-00000007.knd")).unwrap();
    assert_eq!(get(&state, "/recommend/a/5").await.status, 200);
}

#[test]
fn no_two_routes_have_the_same_pattern_and_method() {
    let mut rows: Vec<(&str, &str)> =
        ROUTES.iter().map(|route| (route.pattern, route.method.as_str())).collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), ROUTES.len());
}
