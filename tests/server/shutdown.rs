//! The end: what was accepted is answered, and the exit code is 0.

use rustix::process::Signal;

use super::fixture::{Place, await_version, random_vectors, small_server, source_of};
use super::http::Connection;
use super::process::Server;

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
