//! Who may ask, and how often.

use super::*;

async fn get_as(state: &web::Data<State>, uri: &str, key: &str) -> Reply {
    send(state, TestRequest::with_uri(uri).insert_header(("X-API-Key", key))).await
}

#[actix_web::test]
async fn a_key_opens_what_its_scopes_say_and_probes_are_open() {
    let (_dir, state) = serving_with_keys(None);
    let (read, observe, admin) = ("read".repeat(4), "observe".repeat(4), "admin".repeat(4));
    for uri in ["/recommend/a/3", "/recommend?id=a&n=3", "/profiles/a", "/index", "/index/events", "/metrics"]
    {
        let (right, wrong) = if uri.starts_with("/index") || uri == "/metrics" {
            (&observe, &read)
        } else {
            (&read, &observe)
        };
        assert_eq!(get_as(&state, uri, right).await.status, 200, "{uri}");
        for other in [wrong, &admin] {
            let reply = get_as(&state, uri, other).await;
            assert_eq!((reply.status, reply.header("www-authenticate")), (403, None), "{uri}");
        }
        for nobody in ["", "readreadreadrea", "readreadreadread "] {
            // A header's value has no blanks around it on the wire.
            let reply = send(&state, TestRequest::with_uri(uri).insert_header(("X-API-Key", nobody))).await;
            assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some("Bearer")), "{uri}");
        }
        assert_eq!(get(&state, uri).await.status, 401, "{uri}");
        let bearer = TestRequest::with_uri(uri).insert_header(("Authorization", format!("Bearer {right}")));
        assert_eq!(send(&state, bearer).await.status, 200, "{uri}");
    }
    for uri in ["/health/live", "/health/ready", "/health/status"] {
        assert_eq!(get(&state, uri).await.status, 200, "{uri}");
    }
}

#[actix_web::test]
async fn whether_a_key_is_needed_is_judged_after_the_method_and_before_the_parameters() {
    let (_dir, state) = serving_with_keys(None);
    let read = "read".repeat(4);
    for (uri, key, status) in [
        ("/nowhere", "", 404),
        ("/recommend/a/0", "", 401),
        ("/recommend/a/0", &"observe".repeat(4), 403),
        ("/recommend/a/0", &read, 400),
        ("/recommend/missing/3", "", 401),
        ("/recommend/missing/3", &read, 404),
    ] {
        assert_eq!(get_as(&state, uri, key).await.status, status, "{uri}");
    }
    assert_eq!(send(&state, TestRequest::post().uri("/recommend/a/3")).await.status, 405);
}

#[actix_web::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let (_dir, state) = serving_with_keys(Some("2/h"));
    let read = "read".repeat(4);
    for remaining in ["1", "0"] {
        let reply = get_as(&state, "/recommend/a/3", &read).await;
        assert_eq!((reply.status, reply.header("ratelimit-limit")), (200, Some("2")));
        assert_eq!(reply.header("ratelimit-remaining"), Some(remaining));
        assert!(reply.header("ratelimit-reset").unwrap().parse::<u64>().unwrap() > 0);
    }
    let reply = get_as(&state, "/recommend/a/3", &read).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), reply.header("ratelimit-reset"));
    assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(get_as(&state, "/index", &"observe".repeat(4)).await.status, 200, "another key");
    assert_eq!(get_as(&state, "/health/ready", &read).await.status, 200, "probes are not counted");
    // Wrong keys count against their address.
    let wrong = || {
        let peer = "192.0.2.1:999".parse().unwrap();
        TestRequest::with_uri("/index").peer_addr(peer).insert_header(("X-API-Key", "wrong"))
    };
    for status in [401, 401, 429, 429] {
        assert_eq!(send(&state, wrong()).await.status, status);
    }
}
