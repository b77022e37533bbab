//! `kindred probe`, as a container's health check calls it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::fixture::{Place, await_ready, numbered_source};
use super::process::{Server, kindred_output};

/// The exit code of a probe, and what it says.
fn probe(arguments: &[&str]) -> (Option<i32>, String) {
    let output = kindred_output(&[&["probe"], arguments].concat(), &[]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn fails(arguments: &[&str], said: &[&str]) {
    let (code, message) = probe(arguments);
    assert_eq!(code, Some(1), "{message}");
    for part in said {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
}

#[test]
fn a_server_without_an_index_is_live_and_not_ready() {
    let place = Place::new();
    let server = Server::start(&place.index());
    let address = server.address.to_string();
    fails(&[&address], &[&address, "/health/ready", "503"]);
    assert_eq!(probe(&["--live", &address]), (Some(0), String::new()));
    place.build(&numbered_source(1, 20));
    await_ready(&server);
    assert_eq!(probe(&[&address]), (Some(0), String::new()));
    assert_eq!(probe(&[&format!("0.0.0.0:{}", server.address.port())]), (Some(0), String::new()));
}

#[test]
fn the_address_is_that_of_the_server_s_own_variable() {
    let place = Place::new();
    let server = Server::start(&place.index());
    let variables = [("KINDRED_BIND", &*format!("0.0.0.0:{}", server.address.port()))];
    assert_eq!(kindred_output(&["probe", "--live"], &variables).status.code(), Some(0));
    let nowhere = kindred_output(&["probe"], &[("KINDRED_BIND", "nowhere")]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8(nowhere.stderr).unwrap().contains("nowhere"));
}

#[test]
fn nobody_and_somebody_else_are_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    for (answer, said) in [
        (&b"HTTP/1.1 404 Not Found\r\n\r\n"[..], "HTTP/1.1 404"),
        // As a server with TLS refuses who comes without it.
        (&b"\x15\x03\x03\x00\x02\x02\x32 and more"[..], "TLS"),
        (&b""[..], &address),
        (&b"HTTP/1.1 20"[..], &address),
    ] {
        let asked = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1024];
                let length = stream.read(&mut request).unwrap();
                stream.write_all(answer).unwrap();
                String::from_utf8(request[..length].to_vec()).unwrap()
            });
            fails(&[&address], &[&address, said]);
            other.join().unwrap()
        });
        assert!(asked.starts_with("GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:"), "{asked}");
    }
    drop(listener);
    fails(&[&address], &[&address, "refused"]);
}
