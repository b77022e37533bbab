//! `kindred probe`: asks a server whether it is ready, where there is no other program that could.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::server::config::ProbeArguments;

/// A health check is answered from memory: a server that needs longer is not well.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The beginning of every answer, up to the status.
const STATUS_LINE: &[u8; 12] = b"HTTP/1.1 200";

/// Why a server does not count as well.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Nobody answers.
    #[error("{address} does not answer: {source}; is a server running there?")]
    Io {
        /// Who was asked.
        address: SocketAddr,
        /// What came of it.
        source: io::Error,
    },
    /// It answers something else.
    #[error(
        "{address}{path}: {answer:?} instead of HTTP/1.1 200; a server with TLS cannot be asked without it"
    )]
    Answer {
        /// Who was asked.
        address: SocketAddr,
        /// What for.
        path: &'static str,
        /// How the answer began.
        answer: String,
    },
}

/// Asks a server whether it is ready, or live.
///
/// # Errors
/// It is not, or says nothing.
pub fn probe(arguments: &ProbeArguments) -> Result<(), ProbeError> {
    let address = reachable(arguments.address);
    let path = if arguments.live { "/health/live" } else { "/health/ready" };
    let start = ask(address, path).map_err(|source| ProbeError::Io { address, source })?;
    if start == *STATUS_LINE {
        return Ok(());
    }
    Err(ProbeError::Answer { address, path, answer: String::from_utf8_lossy(&start).into_owned() })
}

/// How the answer begins.
fn ask(address: SocketAddr, path: &str) -> io::Result<[u8; STATUS_LINE.len()]> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    // In one piece: a stream sends each piece at once.
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut start = [0; STATUS_LINE.len()];
    stream.read_exact(&mut start)?;
    Ok(start)
}

/// A server that listens on all addresses is reached at this machine's own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_stands_for_all_is_asked_here() {
        for (given, asked) in [
            ("0.0.0.0:5000", "127.0.0.1:5000"),
            ("[::]:5000", "[::1]:5000"),
            ("10.0.0.1:80", "10.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(reachable(given.parse().unwrap()), asked.parse().unwrap(), "{given}");
        }
    }
}
