//! `kindred probe`: asks a server whether it is ready, where there is no other program that could.
//!
//! By TLS it asks without examining the certificate. It sends nothing that is secret, and believes nothing but that somebody
//! is well: a certificate that has ended, or one that is being replaced, is no reason to end a server.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

use crate::server::config::Probed;

/// A health check is answered from memory: a server that needs longer is not well.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The beginning of every answer, up to the status.
const STATUS_LINE: &[u8; 12] = b"HTTP/1.1 200";
/// How a record of TLS begins that says why a server refuses who comes without it.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// Why a server does not count as well.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Nobody answers.
    #[error("{scheme}://{address} does not answer: {source}; is a server running there?")]
    Io {
        /// `http` or `https`.
        scheme: &'static str,
        /// Who was asked.
        address: SocketAddr,
        /// What came of it.
        source: io::Error,
    },
    /// It answers something else.
    #[error("{scheme}://{address}{path}: {answer:?} instead of HTTP/1.1 200{hint}")]
    Answer {
        /// `http` or `https`.
        scheme: &'static str,
        /// Who was asked.
        address: SocketAddr,
        /// What for.
        path: &'static str,
        /// How the answer began.
        answer: String,
        /// What may help.
        hint: &'static str,
    },
}

/// Asks a server whether it is ready, or live. Of several addresses the first counts that somebody listens on.
///
/// # Errors
/// It is not, or says nothing.
pub fn probe(server: &Probed, live: bool) -> Result<(), ProbeError> {
    let path = if live { "/health/live" } else { "/health/ready" };
    let scheme = if server.has_tls { "https" } else { "http" };
    let mut refused = None;
    for &address in &server.addresses {
        let failed =
            |source| ProbeError::Io { scheme, address, source: in_our_words(source, server.has_tls) };
        let stream = match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => stream,
            Err(error) => {
                refused.get_or_insert(failed(error));
                continue;
            }
        };
        let start = ask(stream, address, path, server.has_tls).map_err(failed)?;
        return judge(start, scheme, address, path);
    }
    refused.map_or(Ok(()), Err)
}

fn judge(
    start: [u8; STATUS_LINE.len()],
    scheme: &'static str,
    address: SocketAddr,
    path: &'static str,
) -> Result<(), ProbeError> {
    if start == *STATUS_LINE {
        return Ok(());
    }
    let hint = if start.starts_with(&TLS_ALERT) {
        "; it speaks TLS: give --tls-cert, or the server's own settings"
    } else {
        ""
    };
    let answer = String::from_utf8_lossy(&start).into_owned();
    Err(ProbeError::Answer { scheme, address, path, answer, hint })
}

/// How the answer begins.
fn ask(
    stream: TcpStream,
    address: SocketAddr,
    path: &str,
    has_tls: bool,
) -> io::Result<[u8; STATUS_LINE.len()]> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    // In one piece: a stream sends each piece at once.
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    if !has_tls {
        return start_of_answer(stream, &request);
    }
    let name = ServerName::IpAddress(address.ip().into());
    let connection = ClientConnection::new(client_config()?, name).map_err(io::Error::other)?;
    start_of_answer(StreamOwned::new(connection, stream), &request)
}

/// An answer without TLS is no message of TLS.
fn in_our_words(error: io::Error, has_tls: bool) -> io::Error {
    let of_tls = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    match of_tls {
        Some(rustls::Error::InvalidMessage(_)) => {
            io::Error::new(error.kind(), "it answers without TLS; the settings name a certificate")
        }
        // So do servers with TLS that are asked without it.
        _ if error.kind() == io::ErrorKind::UnexpectedEof => {
            let hint = if has_tls { "" } else { "; if it speaks TLS, give --tls-cert" };
            io::Error::new(error.kind(), format!("it ended the connection without an answer{hint}"))
        }
        // Depending on the system, a time that is over is one or the other.
        _ if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            io::Error::new(io::ErrorKind::TimedOut, format!("it gave no answer within {TIMEOUT:?}"))
        }
        _ => error,
    }
}

fn start_of_answer(mut stream: impl Read + Write, request: &str) -> io::Result<[u8; STATUS_LINE.len()]> {
    stream.write_all(request.as_bytes())?;
    let mut start = [0; STATUS_LINE.len()];
    stream.read_exact(&mut start)?;
    Ok(start)
}

fn client_config() -> io::Result<Arc<ClientConfig>> {
    let provider = Arc::new(ring::default_provider());
    let anybody = Arc::new(Anybody(Arc::clone(&provider)));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(anybody)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Takes whatever certificate the server shows.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
