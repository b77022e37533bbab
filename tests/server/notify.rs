//! What the server tells the service manager that started it.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::Signal;

use super::fixture::Place;
use super::http::get;
use super::process::Server;

/// Before a message counts as never coming.
const PATIENCE: Duration = Duration::from_secs(60);

fn received(manager: &UnixDatagram) -> String {
    let mut message = [0; 1024];
    let length = manager.recv(&mut message).unwrap();
    String::from_utf8(message[..length].to_vec()).unwrap()
}

#[test]
fn it_is_ready_when_it_listens_and_says_that_it_stops() {
    let place = Place::new();
    let socket = place.path().join("manager");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut server = Server::start_with(&place.index(), |command| {
        command.env("NOTIFY_SOCKET", &socket);
    });
    assert_eq!(received(&manager), "READY=1\n");
    assert_eq!(get(server.address, "/health/live").status, 200);
    server.signal(Signal::TERM);
    assert_eq!(received(&manager), "STOPPING=1\n");
    assert!(server.exit_status().success());
}

#[test]
fn a_manager_that_is_gone_stops_nobody() {
    let place = Place::new();
    let mut server = Server::start_with(&place.index(), |command| {
        command.env("NOTIFY_SOCKET", place.path().join("nobody"));
    });
    assert_eq!(get(server.address, "/health/live").status, 200);
    server.signal(Signal::TERM);
    assert!(server.exit_status().success());
    assert!(server.log().contains("cannot be told READY=1"), "{}", server.log());
}
