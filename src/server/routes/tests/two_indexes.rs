//! Two indexes in one process, each asked for everything that there is of one.

use super::*;
use crate::directory::versions::read_pin;
use crate::server::live::watcher::Watcher;

/// What metrics are counted of an index and are not times; asking changes others.
const OF_AN_INDEX: [&str; 9] = [
    "kindred_index_version",
    "kindred_index_profiles",
    "kindred_index_degraded",
    "kindred_index_pinned_version",
    "kindred_index_retired",
    "kindred_swaps_total",
    "kindred_refused_files_total",
    "kindred_changed_files_total",
    "kindred_went_back_total",
];

/// An index in a directory of its own, kept up to date by hand.
struct Place {
    dir: tempfile::TempDir,
    state: web::Data<State>,
    watcher: Watcher,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let (live, watcher) = testing::live(dir.path()).unwrap();
        let key = Key::new("operator", "read,observe,admin".parse().unwrap(), b"admin-admin-admin").unwrap();
        let keys = Keys::parse(format!("{key}\n").as_bytes()).unwrap();
        let access = Access::new(Some(keys), None, Networks::default());
        Place { state: web::Data::new(testing::state(live, access).unwrap()), dir, watcher }
    }

    fn publish(&mut self, version: u64, profiles: &[crate::server::fixture::Profile]) {
        publish(self.dir.path(), version, &index_bytes(profiles));
        self.watcher.poll();
    }

    async fn ask(&self, request: TestRequest) -> Reply {
        send(&self.state, request.insert_header(("x-api-key", "admin-admin-admin"))).await
    }

    async fn get(&self, uri: &str) -> Reply {
        self.ask(TestRequest::with_uri(uri)).await
    }

    /// What all routes say that say something of an index.
    async fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        for uri in ["/health/ready", "/recommend/a/3", "/index/versions", "/index/events", "/metrics"] {
            let reply = self.get(uri).await;
            let text = String::from_utf8(reply.body).unwrap();
            let is_of_index = |line: &&str| {
                !line.starts_with("kindred_") || OF_AN_INDEX.iter().any(|name| line.starts_with(name))
            };
            let lines = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("process_"));
            let lines = lines.filter(is_of_index);
            told.push(format!("{uri}: {} {:?}", reply.status, reply.headers.get("x-index-version")));
            told.extend(lines.map(str::to_owned));
        }
        told
    }
}

#[actix_web::test]
async fn what_happens_to_one_index_does_not_touch_the_other() {
    let (mut one, mut other) = (Place::new(), Place::new());
    assert_eq!(one.get("/health/ready").await.status, 503);
    one.publish(7, &PROFILES);
    assert_eq!(one.get("/health/ready").await.status, 200);
    assert_eq!(other.get("/health/ready").await.status, 503, "it has none");
    other.publish(1, &PROFILES[..2]);
    other.publish(2, &PROFILES[..3]);
    let before = one.told().await;

    // A swap, a refusal, a pin and its end in the other.
    other.publish(3, &PROFILES[..4]);
    publish(other.dir.path(), 4, b"no index");
    other.watcher.poll();
    let pinned = other.ask(TestRequest::post().uri("/index/pin/1")).await;
    assert_eq!((pinned.status, pinned.json()["served"].as_u64()), (200, Some(3)));
    other.watcher.poll();
    assert_eq!(other.get("/recommend/a/3").await.header("x-index-version"), Some("1"));
    assert_eq!(read_pin(one.dir.path()).unwrap(), None);
    one.watcher.poll();
    assert_eq!(one.told().await, before, "nothing happened to it");

    let versions = |reply: Reply| -> Vec<(u64, bool, bool)> {
        let versions = reply.json()["versions"].as_array().unwrap().clone();
        let of = |it: &Value| (it["version"].as_u64().unwrap(), it["served"] == true, it["pinned"] == true);
        versions.iter().map(of).collect()
    };
    assert_eq!(versions(one.get("/index/versions").await), [(7, true, false)]);
    assert_eq!(
        versions(other.get("/index/versions").await),
        [(1, true, true), (2, false, false), (3, false, false), (4, false, false)]
    );
    let kinds = |reply: Reply| -> Vec<String> {
        let events = reply.json()["events"].as_array().unwrap().clone();
        events
            .iter()
            .map(|event| format!("{} {}", event["kind"].as_str().unwrap(), event["version"]))
            .collect()
    };
    assert_eq!(kinds(one.get("/index/events").await), ["swap 7"]);
    assert_eq!(
        kinds(other.get("/index/events").await),
        ["swap 1", "swap 2", "swap 3", "refusal 4", "swap 1"]
    );
    for (place, lines) in [
        (&one, ["kindred_index_version 7", "kindred_swaps_total 0", "kindred_refused_files_total 0"]),
        (&other, ["kindred_index_version 1", "kindred_swaps_total 3", "kindred_refused_files_total 1"]),
    ] {
        let text = String::from_utf8(place.get("/metrics").await.body).unwrap();
        for line in lines {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
    }

    let unpinned = other.ask(TestRequest::delete().uri("/index/pin")).await;
    assert_eq!(unpinned.status, 200);
    other.publish(5, &PROFILES[..5]);
    assert_eq!(other.get("/recommend/a/3").await.header("x-index-version"), Some("5"));
    assert_eq!(one.told().await, before);
}
