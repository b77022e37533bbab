//! A new index under requests: none fails, and every answer is from one version.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fixture::{Place, await_version, numbered_source};
use super::http::Connection;
use super::process::{Server, index_builder};

const REBUILDS: u64 = 20;
const CLIENTS: u32 = 4;
const PROFILES: u32 = 200;

/// What a client saw.
#[derive(Debug, Default)]
struct Seen {
    requests: u64,
    /// Each version once, in the order in which they came.
    versions: Vec<u64>,
}

/// Asks in a loop over one kept-alive connection, until told to stop. Panics at the first failure.
fn ask(address: SocketAddr, client: u32, stop: &AtomicBool) -> Seen {
    let mut connection = Connection::open(address).unwrap();
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        let number = (seen.requests as u32 * 7 + client) % PROFILES;
        let response = connection.get(&format!("/recommend/p{number}/10"));
        assert_eq!(response.status, 200, "{response:?}");
        let version = response.version().unwrap();
        let answer = response.json();
        let profiles = answer.as_array().unwrap();
        assert_eq!(profiles.len(), 10);
        for profile in profiles {
            assert_eq!(profile["build"], version, "an answer of version {version}: {answer}");
            assert_ne!(profile["_id"], format!("p{number}"));
        }
        match seen.versions.last() {
            Some(&last) if last == version => {}
            Some(&last) => {
                assert!(version > last, "from version {last} back to {version}");
                seen.versions.push(version);
            }
            None => seen.versions.push(version),
        }
        seen.requests += 1;
    }
    seen
}

#[test]
fn twenty_rebuilds_under_requests_fail_none_and_mix_none() {
    let place = Place::new();
    assert_eq!(place.build(&numbered_source(1, PROFILES)), 1);
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let stop = AtomicBool::new(false);
    let seen: Vec<Seen> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn({
                    let stop = &stop;
                    move || ask(server.address, client, stop)
                })
            })
            .collect();
        for version in 2..=REBUILDS + 1 {
            assert_eq!(place.build(&numbered_source(version, PROFILES)), version);
            await_version(&server, version);
        }
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for client in &seen {
        assert_eq!(client.versions.first(), Some(&1), "{client:?}");
        assert!(client.versions.len() > 10, "a client that asks all the time sees most versions: {client:?}");
    }
    let index = await_version(&server, REBUILDS + 1);
    assert_eq!((index["swaps"].as_u64(), index["refused"].as_u64()), (Some(REBUILDS), Some(0)));
    assert_eq!(index["degraded"], false);
    let requests: u64 = seen.iter().map(|client| client.requests).sum();
    assert!(requests > REBUILDS * u64::from(CLIENTS), "{requests} requests");
}

#[test]
fn a_pin_goes_back_at_once_and_unpinning_forward_again() {
    let place = Place::new();
    for version in 1..=3 {
        assert_eq!(place.build(&numbered_source(version, 20)), version);
    }
    let server = Server::start(&place.index());
    await_version(&server, 3);
    let directory = place.index().display().to_string();
    index_builder(["pin", &directory, "1"]);
    let index = await_version(&server, 1);
    assert_eq!(index["degraded"], false);
    let mut connection = Connection::open(server.address).unwrap();
    assert_eq!(connection.get("/recommend/p3/1").json()[0]["build"], 1);
    // A pin outlasts new versions, and the pinned file outlasts --keep.
    for version in 4..=7 {
        assert_eq!(place.build(&numbered_source(version, 20)), version);
    }
    assert_eq!(connection.get("/recommend/p3/1").version(), Some(1));
    assert!(place.version_file(1).is_file());
    index_builder(["unpin", &directory]);
    await_version(&server, 7);
    assert_eq!(connection.get("/recommend/p3/1").json()[0]["build"], 7);
}
