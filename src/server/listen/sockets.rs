//! The sockets that a server listens on.

use std::io;
use std::net::{SocketAddr, TcpListener};

use crate::server::config::Bind;

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: i32 = 4096;

/// How often a free port is looked for that is free at all addresses.
const PORTS: u32 = 16;

/// An address that cannot be listened on, and why.
type Refused = (SocketAddr, io::Error);

/// Listens on every address, all with the same port. Those of a name that this machine has no interface for are left
/// out, as long as there is another.
///
/// # Errors
/// An address is taken, or not one of this machine.
pub fn open(bind: &Bind) -> Result<Vec<TcpListener>, Refused> {
    let mut tries = 1;
    loop {
        match open_once(bind) {
            // The port that was free at the first address need not be free at the next.
            Err((_, error))
                if error.kind() == io::ErrorKind::AddrInUse && bind.port() == 0 && tries < PORTS =>
            {
                tries += 1;
            }
            result => return result,
        }
    }
}

fn open_once(bind: &Bind) -> Result<Vec<TcpListener>, Refused> {
    let (mut listeners, mut port, mut absent) = (Vec::new(), bind.port(), None);
    for address in &bind.addresses {
        let mut address = *address;
        address.set_port(port);
        match listen(address).and_then(|listener| Ok((listener.local_addr()?.port(), listener))) {
            Ok((taken, listener)) => {
                port = taken;
                listeners.push(listener);
            }
            Err(error) if bind.name.is_some() && is_absent(&error) => {
                // Many machines have no IPv6, and nobody misses it at localhost.
                if !bind.is_loopback() {
                    tracing::warn!(
                        "bind: {address} is left out, because this machine has no such address: {error}"
                    );
                }
                absent = Some((address, error));
            }
            Err(error) => return Err((address, error)),
        }
    }
    match absent {
        Some(refused) if listeners.is_empty() => Err(refused),
        _ => Ok(listeners),
    }
}

/// Whether this machine has no such address, or none of its family.
fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(libc::EAFNOSUPPORT)
}

/// With room for as many who wait as the system allows.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    rustix::net::listen(&listener, BACKLOG)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(name: Option<&str>, addresses: &[&str]) -> Bind {
        Bind {
            name: name.map(str::to_owned),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
        }
    }

    fn opened(bind: &Bind) -> Vec<SocketAddr> {
        open(bind).unwrap().iter().map(|listener| listener.local_addr().unwrap()).collect()
    }

    #[test]
    fn every_address_of_a_name_is_listened_on_with_one_port() {
        let addresses = opened(&bind(Some("a"), &["127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"]));
        assert_eq!(addresses.len(), 3);
        assert!(
            addresses[0].port() != 0 && addresses.iter().all(|address| address.port() == addresses[0].port())
        );
    }

    #[test]
    fn what_is_not_of_this_machine_is_left_out_of_a_name_and_refused_else() {
        // For documentation only (RFC 5737): no machine has it.
        let addresses = opened(&bind(Some("a"), &["192.0.2.1:0", "127.0.0.1:0"]));
        assert_eq!(addresses.len(), 1);
        assert!(addresses[0].ip().is_loopback());
        for of_others in [bind(Some("a"), &["192.0.2.1:0"]), bind(None, &["192.0.2.1:0"])] {
            let (address, _) = open(&of_others).unwrap_err();
            assert_eq!(address, "192.0.2.1:0".parse().unwrap());
        }
    }

    #[test]
    fn a_port_that_is_taken_at_one_address_is_refused() {
        let taken = TcpListener::bind("127.0.0.2:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let (first, second) = (format!("127.0.0.1:{port}"), format!("127.0.0.2:{port}"));
        let (address, error) = open(&bind(Some("a"), &[&first, &second])).unwrap_err();
        assert_eq!((address.to_string(), error.kind()), (second, io::ErrorKind::AddrInUse));
    }
}
