//! TLS: what clients see, and a certificate that is replaced while they are connected.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::fixture::{Place, numbered_source};
use super::process::{Server, eventually, kindred_output};

/// What the certificates are for.
const NAME: &str = "kindred.test";

/// Writes a new certificate and its key, and gives the certificate.
pub fn write_certificate(directory: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()]).unwrap();
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(directory.join("cert.pem"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

pub fn tls_server(place: &Place, more: &[&str]) -> Server {
    place.build(&numbered_source(1, 20));
    Server::start_with(&place.index(), |command| {
        command.args(["--allowed-hosts", NAME]).args(more);
        command.arg("--tls-cert").arg(place.path().join("cert.pem"));
        command.arg("--tls-key").arg(place.path().join("key.pem"));
    })
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A connection that trusts one certificate and nothing else.
fn connect(
    server: &Server,
    trusted: &CertificateDer<'static>,
    protocols: &[&str],
) -> std::io::Result<Stream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let mut connection = ClientConnection::new(Arc::new(config), NAME.try_into().unwrap()).unwrap();
    let mut stream = TcpStream::connect(server.address)?;
    connection.complete_io(&mut stream)?;
    Ok(StreamOwned::new(connection, stream))
}

/// Asks and gives everything until the server closes, headers and body.
fn ask(stream: &mut Stream, target: &str) -> String {
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // The end may come without TLS's own farewell.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn answers_come_over_tls_and_over_nothing_else() {
    let place = Place::new();
    let certificate = write_certificate(place.path());
    let server = tls_server(&place, &[]);
    assert!(server.log().contains("listening on https://"), "{}", server.log());
    let answer = eventually("an index is served", || {
        let answer = ask(&mut connect(&server, &certificate, &["http/1.1"]).unwrap(), "/recommend/p1/3");
        answer.starts_with("HTTP/1.1 200").then_some(answer)
    });
    assert!(!answer.to_ascii_lowercase().contains("strict-transport-security"), "it is asked for: {answer}");
    assert!(answer.contains("\"_id\":"), "{answer}");
    let mut plain = TcpStream::connect(server.address).unwrap();
    plain.write_all(b"GET /profiles/p1 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("p1"), "{answer:?}");
}

#[test]
fn http2_and_strict_transport_security_are_there_where_they_are_asked_for() {
    let place = Place::new();
    let certificate = write_certificate(place.path());
    let agreed = |server: &Server, protocols: &[&str]| {
        let stream = connect(server, &certificate, protocols).unwrap();
        stream.conn.alpn_protocol().map(|protocol| String::from_utf8(protocol.to_vec()).unwrap())
    };
    let server = tls_server(&place, &[]);
    assert_eq!(agreed(&server, &["h2", "http/1.1"]).as_deref(), Some("http/1.1"));
    assert_eq!(agreed(&server, &[]), None);
    assert!(connect(&server, &certificate, &["h2"]).is_err(), "there is nothing to agree on");
    let server = tls_server(&place, &["--http2", "--hsts", "365days"]);
    assert_eq!(agreed(&server, &["http/1.1", "h2"]).as_deref(), Some("h2"));
    assert_eq!(agreed(&server, &["http/1.1"]).as_deref(), Some("http/1.1"));
    let answer = ask(&mut connect(&server, &certificate, &["http/1.1"]).unwrap(), "/health/live");
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
}

#[test]
fn a_certificate_that_is_replaced_is_shown_to_new_connections() {
    let place = Place::new();
    let old = write_certificate(place.path());
    let server = tls_server(&place, &[]);
    let mut open = connect(&server, &old, &["http/1.1"]).unwrap();
    std::fs::write(place.path().join("cert.pem"), "rubbish").unwrap();
    eventually("the bad one was noticed", || {
        server.log().contains("what was read before still counts").then_some(())
    });
    assert!(connect(&server, &old, &["http/1.1"]).is_ok());
    let new = write_certificate(place.path());
    eventually("the new one is shown", || connect(&server, &new, &["http/1.1"]).ok());
    assert!(connect(&server, &old, &["http/1.1"]).is_err());
    assert!(ask(&mut open, "/health/live").starts_with("HTTP/1.1 200"), "who was connected still is");
}

#[test]
fn the_end_of_the_certificate_is_a_metric_and_a_warning() {
    let place = Place::new();
    let certificate = write_certificate(place.path());
    let server = tls_server(&place, &[]);
    let end_of = |server: &Server, trusted: &CertificateDer<'static>| {
        let metrics = ask(&mut connect(server, trusted, &["http/1.1"]).ok()?, "/metrics");
        let sample = metrics.lines().find_map(|line| {
            line.strip_prefix("kindred_tls_certificate_not_after_timestamp_seconds ").map(str::to_owned)
        });
        sample.map(|value| value.trim().parse::<f64>().unwrap())
    };
    // Of rcgen's own choice: the year 4096.
    assert!(end_of(&server, &certificate).unwrap() > 6e10);
    assert!(!server.log().contains("has expired"), "{}", server.log());
    let mut params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2001, 12, 31);
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let expired = params.self_signed(&key).unwrap();
    std::fs::write(place.path().join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(place.path().join("cert.pem"), expired.pem()).unwrap();
    eventually("it is read again, and warned of", || {
        let log = server.log();
        (log.contains("has expired on 2001-12-31T00:00:00Z") && log.contains("which expires on 2001-12-31"))
            .then_some(())
    });
    let started = tls_server(&place, &[]);
    let log = started.log();
    let warned =
        log.lines().filter(|line| line.contains("WARN") && line.contains("has expired on 2001-12-31"));
    assert_eq!(warned.count(), 1, "{log}");
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_server_with_1() {
    let place = Place::new();
    write_certificate(place.path());
    let path = |name: &str| place.path().join(name).display().to_string();
    let refused = |cert: &str, key: &str, said: &str| {
        let output = kindred_output(
            &["--index-dir", "x", "--bind", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key],
            &[],
        );
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains(said), "{said:?} is not in {message}");
    };
    refused(&path("missing.pem"), &path("key.pem"), "missing.pem");
    refused(&path("cert.pem"), &path("missing.pem"), "missing.pem");
    refused(&path("key.pem"), &path("key.pem"), "tls_cert");
    refused(&path("cert.pem"), &path("cert.pem"), "tls_key");
    let other = Place::new();
    write_certificate(other.path());
    refused(&other.path().join("cert.pem").display().to_string(), &path("key.pem"), "together");
}
