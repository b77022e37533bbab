//! The end: what was accepted is answered, and the exit code is 0.

use rustix::process::Signal;

use super::fixture::{Place, await_version, random_vectors, small_server, source_of};
use super::http::Connection;
use super::process::{Server, eventually};

/// Together far more than the sockets of a connection can hold: an answer that nobody reads cannot be finished.
const LONG_DOCUMENTS: usize = 96;
const LONG_DOCUMENT_BYTES: usize = 512 * 1024;

#[test]
fn sigterm_and_sigint_end_the_server_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_place, mut server) = small_server();
        let mut idle = Connection::open(server.address).unwrap();
        assert_eq!(idle.get("/recommend/east/1").status, 200);
        server.signal(signal);
        assert_eq!(server.exit_status().code(), Some(0), "{}", server.log());
        idle.assert_nothing_more();
        assert!(Connection::open(server.address).is_err(), "nobody listens any more");
    }
}

#[test]
fn what_was_accepted_before_sigterm_is_answered() {
    let place = Place::new();
    place.build(&source_of(&random_vectors(2_000, 8)));
    let mut server = Server::start(&place.index());
    await_version(&server, 1);
    // One answer each shows that the connections were accepted; the second requests are under way at the signal.
    let mut connections: Vec<Connection> =
        (0..8).map(|_| Connection::open(server.address).unwrap()).collect();
    for connection in &mut connections {
        assert_eq!(connection.get("/profiles/p1").status, 200);
    }
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.send("GET", format!("/recommend/p{number}/1000").as_bytes(), &[]).unwrap();
        connection.wait_for_answer().unwrap();
    }
    server.signal(Signal::TERM);
    for connection in &mut connections {
        let response = connection.receive("GET").unwrap();
        assert_eq!((response.status, response.ids().len()), (200, 1000));
    }
    assert_eq!(server.exit_status().code(), Some(0));
}

/// Profiles with so much to say that an answer with all of them takes a client that reads.
fn long_source() -> String {
    let text = "x".repeat(LONG_DOCUMENT_BYTES);
    (0..=LONG_DOCUMENTS)
        .map(|number| format!("{{\"_id\": \"p{number}\", \"v\": [1, {number}], \"text\": \"{text}\"}}\n"))
        .collect()
}

#[test]
fn an_answer_that_is_half_sent_is_finished_while_nobody_new_is_let_in() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        place.build(&long_source());
        let mut server = Server::start(&place.index());
        await_version(&server, 1);
        let mut connection = Connection::open(server.address).unwrap();
        connection.send("GET", format!("/recommend/p0/{LONG_DOCUMENTS}").as_bytes(), &[]).unwrap();
        connection.wait_for_answer().unwrap();
        server.signal(signal);
        eventually("no new connection is accepted", || {
            Connection::open(server.address).is_err().then_some(())
        });
        server.assert_runs();
        let response = connection.receive("GET").unwrap();
        assert_eq!(response.status, 200);
        assert!(response.body.len() > LONG_DOCUMENTS * LONG_DOCUMENT_BYTES);
        assert_eq!(response.ids().len(), LONG_DOCUMENTS);
        assert_eq!(server.exit_status().code(), Some(0), "{}", server.log());
    }
}

#[test]
fn a_server_without_an_index_ends_with_0_too() {
    let place = Place::new();
    let mut server = Server::start(&place.index());
    server.signal(Signal::TERM);
    assert_eq!(server.exit_status().code(), Some(0), "{}", server.log());
}

#[test]
fn no_answer_is_cut_off_for_clients_that_ask_until_the_end() {
    let (_place, mut server) = small_server();
    let address = server.address;
    // All have connected and got an answer before the server is told to end.
    let connections: Vec<Connection> = (0..4)
        .map(|_| {
            let mut connection = Connection::open(address).unwrap();
            assert_eq!(connection.get("/recommend/east/20").status, 200);
            connection
        })
        .collect();
    std::thread::scope(|scope| {
        let clients: Vec<_> = connections
            .into_iter()
            .map(|mut connection| {
                scope.spawn(move || {
                    let (mut answered, mut told) = (0, false);
                    // A connection that is kept alive may end between two answers, never within one.
                    while connection.send("GET", b"/recommend/east/20", &[]).is_ok()
                        && connection.wait_for_answer().is_ok()
                    {
                        let response = connection.receive("GET").unwrap();
                        assert_eq!((response.status, response.ids().len()), (200, 20));
                        answered += 1;
                        told |= response.header("connection") == Some("close");
                    }
                    (answered, told)
                })
            })
            .collect();
        eventually("requests are under way", || {
            let metrics = Connection::open(address).unwrap().get("/metrics");
            let answers = metrics.text().lines().find_map(|line| {
                let (sample, count) = line.rsplit_once(' ')?;
                let labels = ["route=\"/recommend/{id}/{n}\"", "status=\"200\""];
                let counts = sample.starts_with("kindred_http_requests_total{")
                    && labels.iter().all(|label| sample.contains(label));
                counts.then_some(count)
            });
            answers.is_some_and(|count| count.parse::<f64>().unwrap() > 100.0).then_some(())
        });
        server.signal(Signal::TERM);
        assert_eq!(server.exit_status().code(), Some(0), "{}", server.log());
        let clients: Vec<(u64, bool)> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        assert!(clients.iter().map(|(answered, _)| answered).sum::<u64>() > 100 - 4, "{clients:?}");
        assert!(clients.iter().any(|(_, told)| *told), "the last answer says Connection: close");
    });
}

#[test]
fn a_log_that_nobody_reads_any_more_stops_nothing() {
    let place = Place::new();
    place.build(&source_of(&random_vectors(100, 8)));
    let mut server = Server::start(&place.index());
    await_version(&server, 1);
    server.close_log();
    // Each of these has something to log.
    assert_eq!(place.build(&source_of(&random_vectors(100, 8))), 2);
    await_version(&server, 2);
    std::fs::remove_dir_all(place.index()).unwrap();
    assert_eq!(place.build(&source_of(&random_vectors(100, 8))), 1);
    std::fs::rename(place.version_file(1), place.version_file(7)).unwrap();
    await_version(&server, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_status().code(), Some(0));
}

#[test]
fn who_waits_to_be_accepted_at_the_end_is_accepted_and_answered() {
    let place = Place::new();
    place.build(&source_of(&random_vectors(100, 8)));
    let mut server = Server::start_with(&place.index(), |command| {
        command.args(["--workers", "1", "--max-connections", "1"]);
    });
    await_version(&server, 1);
    let mut first = Connection::open(server.address).unwrap();
    assert_eq!(first.get("/profiles/p1").status, 200);
    // The system has taken these connections, and the server none of them.
    let mut waiting: Vec<Connection> = (0..20).map(|_| Connection::open(server.address).unwrap()).collect();
    for connection in &mut waiting {
        connection.send("GET", b"/profiles/p1", &[]).unwrap();
    }
    server.signal(Signal::TERM);
    eventually("the signal was heard", || server.log().contains("SIGTERM").then_some(()));
    drop(first);
    for connection in &mut waiting {
        let response = connection.receive("GET").unwrap();
        assert_eq!((response.status, response.header("connection")), (200, Some("close")));
    }
    assert_eq!(server.exit_status().code(), Some(0), "{}", server.log());
    assert!(Connection::open(server.address).is_err(), "nobody listens any more");
}

#[test]
fn another_sigint_ends_the_server_whoever_still_reads() {
    let place = Place::new();
    place.build(&long_source());
    let mut server = Server::start_with(&place.index(), |command| {
        command.args(["--shutdown-timeout", "1h", "--client-timeout", "1h"]);
    });
    await_version(&server, 1);
    let mut connection = Connection::open(server.address).unwrap();
    connection.send("GET", format!("/recommend/p0/{LONG_DOCUMENTS}").as_bytes(), &[]).unwrap();
    connection.wait_for_answer().unwrap();
    server.signal(Signal::INT);
    eventually("the server is stopping", || server.log().contains("SIGINT: accepting no more").then_some(()));
    server.assert_runs();
    server.signal(Signal::INT);
    assert_eq!(server.exit_status().code(), Some(0), "{}", server.log());
    assert!(server.log().contains("SIGINT again: stopping at once"), "{}", server.log());
}
