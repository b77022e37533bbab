//! `kindred probe`, as a container's health check calls it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::fixture::{Place, await_ready, numbered_source};
use super::process::{Server, kindred, kindred_output};
use super::tls::{tls_server, write_certificate};

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

/// The exit code of a probe that is told everything by its environment.
fn code(variables: &[(&str, &str)]) -> Option<i32> {
    kindred_output(&["probe"], variables).status.code()
}

#[test]
fn a_server_with_tls_is_asked_by_tls_where_the_settings_name_a_certificate() {
    let place = Place::new();
    write_certificate(place.path());
    let server = tls_server(&place, &[]);
    super::process::eventually("an index is served", || {
        let address = server.address.to_string();
        let certificate = place.path().join("cert.pem").display().to_string();
        (probe(&["--tls-cert", &certificate, &address]).0 == Some(0)).then_some(())
    });
    let bind = format!("0.0.0.0:{}", server.address.port());
    let certificate = place.path().join("cert.pem").display().to_string();
    assert_eq!(code(&[("KINDRED_BIND", &bind), ("KINDRED_TLS_CERT", &certificate)]), Some(0));
    // As while it is being replaced: what the server shows counts, and it is well.
    assert_eq!(code(&[("KINDRED_BIND", &bind), ("KINDRED_TLS_CERT", "/being/replaced.pem")]), Some(0));
    let file = place.path().join("kindred.toml");
    let path = file.display().to_string();
    let key = place.path().join("key.pem").display().to_string();
    std::fs::write(&file, format!("bind = {bind:?}\ntls_cert = {certificate:?}\ntls_key = {key:?}\n"))
        .unwrap();
    assert_eq!(probe(&["--config", &path]), (Some(0), String::new()));
    assert_eq!(code(&[("KINDRED_CONFIG", &path), ("KINDRED_BIND", ""), ("KINDRED_TLS_CERT", "")]), Some(0));
    // Without TLS it gets no answer that it could read.
    fails(&[&server.address.to_string()], &["http://127.0.0.1:", "TLS"]);
}

#[test]
fn a_server_without_tls_is_no_server_with_it() {
    let place = Place::new();
    let server = Server::start(&place.index());
    fails(
        &["--live", "--tls-cert", "cert.pem", &server.address.to_string()],
        &["https://127.0.0.1:", "it answers without TLS"],
    );
}

#[test]
fn a_server_that_listens_by_a_name_is_asked_by_it() {
    let place = Place::new();
    let mut command = kindred();
    command.arg("--index-dir").arg(place.index()).args(["--bind", "localhost:0"]);
    let server = Server::spawn(command);
    let name = format!("localhost:{}", server.address.port());
    assert_eq!(probe(&["--live", &name]), (Some(0), String::new()));
}

#[test]
fn what_cannot_be_asked_is_wrong_usage() {
    let refused = |arguments: &[&str], variables: &[(&str, &str)], said: &str| {
        let output = kindred_output(&[&["probe"], arguments].concat(), variables);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(said), "{said:?} is not in {message}");
    };
    refused(&["127.0.0.1:0"], &[], "port 0 stands for any free port");
    refused(&[], &[("KINDRED_BIND", "0.0.0.0:0")], "KINDRED_BIND in the environment");
    refused(&["127.0.0.1"], &[], "the port is missing");
    refused(&["127.0.0.1:65536"], &[], "ports are from 0 to 65535");
    refused(&["--config", "/nowhere/kindred.toml"], &[], "/nowhere/kindred.toml");
    refused(&["--tls-cert="], &[], "tls_cert");
}

#[test]
fn nobody_and_somebody_else_are_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    for (answer, said) in [
        (&b"HTTP/1.1 404 Not Found\r\n\r\n"[..], "HTTP/1.1 404"),
        // As a server with TLS refuses who comes without it.
        (&b"\x15\x03\x03\x00\x02\x02\x32 and more"[..], "it speaks TLS: give --tls-cert"),
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
