//! What the server tells the service manager that started it.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
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
fn a_manager_without_a_path_is_told_too() {
    let place = Place::new();
    let name = place.path().join("abstract");
    let address = SocketAddr::from_abstract_name(name.as_os_str().as_bytes()).unwrap();
    let manager = UnixDatagram::bind_addr(&address).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let socket = format!("@{}", name.display());
    let mut server = Server::start_with(&place.index(), |command| {
        command.env("NOTIFY_SOCKET", &socket);
    });
    assert_eq!(received(&manager), "READY=1\n");
    server.signal(Signal::TERM);
    assert_eq!(received(&manager), "STOPPING=1\n");
    assert!(server.exit_status().success());
}

#[test]
fn the_watchdog_is_told_again_and_again_that_the_server_answers() {
    let place = Place::new();
    let socket = place.path().join("manager");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut server = Server::start_with(&place.index(), |command| {
        command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "200000").args(["--workers", "3"]);
    });
    assert_eq!(received(&manager), "READY=1\n");
    for _ in 0..3 {
        assert_eq!(received(&manager), "WATCHDOG=1\n");
    }
    server.signal(Signal::TERM);
    while received(&manager) != "STOPPING=1\n" {}
    assert!(server.exit_status().success());
}

#[test]
fn a_watchdog_of_another_process_or_of_no_time_is_told_nothing() {
    for (pid, time) in [("1", "1000"), ("", "0"), ("", ""), ("", "soon")] {
        let place = Place::new();
        let socket = place.path().join("manager");
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut server = Server::start_with(&place.index(), |command| {
            command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", time).env("WATCHDOG_PID", pid);
        });
        assert_eq!(received(&manager), "READY=1\n");
        assert_eq!(get(server.address, "/health/live").status, 200);
        server.signal(Signal::TERM);
        assert_eq!(received(&manager), "STOPPING=1\n", "{pid:?} {time:?}");
        assert!(server.exit_status().success());
    }
}

#[test]
fn an_empty_name_of_a_manager_is_none() {
    let place = Place::new();
    let server = Server::start_with(&place.index(), |command| {
        command.env("NOTIFY_SOCKET", "");
    });
    assert!(!server.log().contains("cannot be told"), "{}", server.log());
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
