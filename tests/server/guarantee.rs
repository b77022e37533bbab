//! What a swap promises, in a short form: every answer is to the byte one version's, versions only go forward, and
//! nothing of an old version stays behind. `make test-swap` tries the same with many versions, large ones and a clock.

use super::fixture::{Place, await_version, file_name};
use super::http::Connection;
use super::inside::{mapped_index_files, own_bytes};
use super::process::{Server, eventually, index_builder, read};
use super::swap::while_asked;
use super::versions::{Version, id};

const VERSIONS: u64 = 30;
/// From here on memory must not grow: threads have made their first search, and buffers are as long as they get.
const SETTLED: u64 = 10;
const PROFILES: usize = 400;
/// More than the table holds, so that the answer goes on with a search.
const BEYOND_TABLE: usize = 120;

/// Every kind of answer that comes from an index, in turn: what to ask, and what the answer of a version is.
fn question(request: usize, profile: usize) -> (String, impl Fn(&Version) -> String) {
    let id = id(profile);
    // With ef at least the number of profiles, the graph gives the exact answer.
    let (target, n, distances) = match request % 5 {
        0 => (format!("/recommend/{id}/10"), 10, false),
        1 => (format!("/recommend/{id}/10?distances=true&ef={PROFILES}"), 10, true),
        2 => (format!("/recommend?id={id}&n=10&exact=true"), 10, false),
        3 => (format!("/recommend/{id}/{BEYOND_TABLE}?distances=true"), BEYOND_TABLE, true),
        _ => (format!("/profiles/{id}"), 0, false),
    };
    let body = move |version: &Version| match n {
        0 => version.profile(profile).to_owned(),
        n => version.recommend(profile, n, distances),
    };
    (target, body)
}

/// The entity tag that answers from a file must have: the checksum in its header.
fn etag_of(place: &Place, version: u64) -> String {
    let file = read(&place.version_file(version));
    format!("\"{:016x}\"", u64::from_le_bytes(file[120..128].try_into().unwrap()))
}

/// Waits until a version's file is the only one that is mapped.
fn await_only(server: &Server, version: u64) {
    eventually(&format!("nothing but version {version} is mapped"), || {
        mapped_index_files(server.id()).unwrap().iter().eq([&file_name(version)]).then_some(())
    });
}

/// Builds a version as the next one, and gives the entity tag of its answers.
fn publish(place: &Place, version: &Version) -> String {
    assert_eq!(place.build(&version.source()), version.number);
    etag_of(place, version.number)
}

#[test]
fn every_answer_is_one_versions_to_the_byte_and_nothing_of_an_old_one_stays() {
    let place = Place::new();
    let versions: Vec<Version> =
        (1..=VERSIONS).map(|number| Version::new(number, PROFILES, BEYOND_TABLE)).collect();
    let of = |number: u64| &versions[number as usize - 1];
    let mut etags = vec![publish(&place, of(1))];
    // A thread for each client's exact search and for those that are just ending: none has to be refused.
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--max-exact", "16"]);
    });
    await_version(&server, 1);
    let look = |connection: &mut Connection, client: usize, request: usize| {
        let (target, body) = question(request + client, (request * 7 + client) % PROFILES);
        let response = connection.get(&target);
        assert_eq!(response.status, 200, "{target}: {response:?}");
        let version = response.version().unwrap();
        assert_eq!(response.text(), body(of(version)), "{target}: not the answer of version {version}");
        response
    };
    let mut own = Vec::new();
    let seen = while_asked(server.address, 2..=VERSIONS, look, |version| {
        await_only(&server, version - 1);
        own.push(own_bytes(server.id()).unwrap());
        etags.push(publish(&place, of(version)));
    });
    for client in seen {
        assert!(client.into_iter().eq((1..).zip(etags.iter().cloned())), "a tag is not that of its file");
    }
    let index = await_version(&server, VERSIONS);
    assert_eq!((index["swaps"].as_u64(), index["refused"].as_u64()), (Some(VERSIONS - 1), Some(0)));

    await_only(&server, VERSIONS);
    own.push(own_bytes(server.id()).unwrap());
    // Half of what the versions since then would take if they stayed in memory.
    let file_bytes = place.version_file(VERSIONS).metadata().unwrap().len();
    let room = (VERSIONS - SETTLED) * file_bytes / 2;
    let (settled, last) = (own[SETTLED as usize - 1], own[VERSIONS as usize - 1]);
    assert!(
        last < settled + room,
        "memory grew from {settled} to {last} with {file_bytes} in a file: {own:?}"
    );

    let directory = place.index().display().to_string();
    let back = VERSIONS - 1;
    index_builder(["pin", &directory, &back.to_string()]);
    await_version(&server, back);
    let mut connection = Connection::open(server.address).unwrap();
    for request in 0..PROFILES {
        let (target, body) = question(request, request);
        let response = connection.get(&target);
        assert_eq!((response.version(), response.text()), (Some(back), body(of(back)).as_str()), "{target}");
        assert_eq!(response.header("etag"), Some(etags[back as usize - 1].as_str()));
    }
    index_builder(["unpin", &directory]);
    await_version(&server, VERSIONS);
}
