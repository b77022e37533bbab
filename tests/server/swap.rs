//! A new index under requests: none fails, and every answer is from one version.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::ScopedJoinHandle;

use serde_json::Value;

use super::fixture::{Place, await_version, numbered_source};
use super::http::{Connection, Response};
use super::process::{Server, eventually, index_builder};

const REBUILDS: u64 = 20;
const CLIENTS: usize = 4;
const PROFILES: usize = 200;
const N: usize = 10;

/// Tells the clients to stop, also when the test fails: nobody would else, and the test would never end.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Every kind of answer that comes from an index, in turn.
fn target(request: usize, number: usize) -> String {
    match request % 4 {
        0 => format!("/recommend/p{number}/{N}"),
        1 => format!("/recommend/p{number}/{N}?distances=true&ef=64"),
        2 => format!("/recommend?id=p{number}&n={N}&exact=true"),
        _ => format!("/profiles/p{number}"),
    }
}

/// The profiles of an answer, whatever its kind.
fn profiles(answer: &Value) -> Vec<&Value> {
    match answer {
        Value::Array(entries) => entries.iter().map(|entry| entry.get("profile").unwrap_or(entry)).collect(),
        profile => vec![profile],
    }
}

/// Fails unless every profile of an answer carries the number of the version that the answer claims to be from.
fn assert_from_one_version(response: &Response, target: &str) {
    assert_eq!(response.status, 200, "{target}: {response:?}");
    let version = response.version().unwrap();
    let answer = response.json();
    let profiles = profiles(&answer);
    assert_eq!(profiles.len(), if target.starts_with("/recommend") { N } else { 1 }, "{target}: {answer}");
    for profile in profiles {
        assert_eq!(profile["build"], version, "{target}: an answer of version {version}: {answer}");
    }
}

/// Looks at answers in a loop, each with its request's number, until told to stop, and says which version was the last.
/// Panics at the first failure. Gives the versions in the order in which they came, with their entity tags.
fn ask(stop: &AtomicBool, last: &AtomicU64, mut look: impl FnMut(usize) -> Response) -> Vec<(u64, String)> {
    let mut seen: Vec<(u64, String)> = Vec::new();
    for request in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let response = look(request);
        let (version, etag) = (response.version().unwrap(), response.header("etag").unwrap());
        match seen.last() {
            Some((last, known)) if *last == version => assert_eq!(known, etag),
            Some((last, _)) if *last > version => panic!("from version {last} back to {version}"),
            _ => seen.push((version, etag.to_owned())),
        }
        last.store(version, Ordering::Relaxed);
    }
    seen
}

/// Has clients ask while versions are published one by one, each when every client has had an answer from the one
/// before. `look` gets a connection and the numbers of client and request. Gives what each client has seen.
pub fn while_asked(
    address: SocketAddr,
    versions: RangeInclusive<u64>,
    look: impl Fn(&mut Connection, usize, usize) -> Response + Sync,
    mut publish: impl FnMut(u64),
) -> Vec<Vec<(u64, String)>> {
    let (stop, last) = (AtomicBool::new(false), [const { AtomicU64::new(0) }; CLIENTS]);
    std::thread::scope(|scope| {
        let stopper = StopOnDrop(&stop);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (stop, last, look) = (&stop, &last[client], &look);
                let mut connection = Connection::open(address).unwrap();
                scope.spawn(move || ask(stop, last, |request| look(&mut connection, client, request)))
            })
            .collect();
        let everybody_has = |version: u64| {
            eventually(&format!("every client is answered from version {version}"), || {
                assert!(!clients.iter().any(ScopedJoinHandle::is_finished), "a client has failed");
                last.iter().all(|last| last.load(Ordering::Relaxed) == version).then_some(())
            });
        };
        everybody_has(versions.start() - 1);
        for version in versions {
            publish(version);
            everybody_has(version);
        }
        drop(stopper);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn twenty_rebuilds_under_requests_fail_none_and_mix_none() {
    let place = Place::new();
    assert_eq!(place.build(&numbered_source(1, PROFILES)), 1);
    // A thread for each client's exact search and for those that are just ending: none has to be refused.
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--max-exact", "16"]);
    });
    await_version(&server, 1);
    let look = |connection: &mut Connection, client: usize, request: usize| {
        let target = target(request + client, (request * 7 + client * 8) % PROFILES);
        let response = connection.get(&target);
        assert_from_one_version(&response, &target);
        response
    };
    let seen = while_asked(server.address, 2..=REBUILDS + 1, look, |version| {
        assert_eq!(place.build(&numbered_source(version, PROFILES)), version);
    });
    for client in &seen {
        assert!(client.iter().map(|(version, _)| *version).eq(1..=REBUILDS + 1), "{client:?}");
        assert_eq!(client, &seen[0], "a version has one entity tag, and no other has the same");
    }
    let tags: BTreeMap<&str, u64> = seen[0].iter().map(|(version, etag)| (etag.as_str(), *version)).collect();
    assert_eq!(tags.len() as u64, REBUILDS + 1);
    let index = await_version(&server, REBUILDS + 1);
    assert_eq!((index["swaps"].as_u64(), index["refused"].as_u64()), (Some(REBUILDS), Some(0)));
    assert_eq!(index["degraded"], false);
    assert!(!place.version_file(1).exists(), "--keep has deleted what was served on");
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

#[test]
fn an_index_that_is_there_answers_from_the_first_request_on() {
    let place = Place::new();
    place.build(&numbered_source(1, PROFILES));
    for _ in 0..3 {
        // One machine is upgraded so: the old process has ended, and requests come at once.
        let server = Server::start(&place.index());
        let response = Connection::open(server.address).unwrap().get("/recommend/p7/3");
        assert_eq!((response.status, response.version()), (200, Some(1)));
    }
}
