//! What a server listens on: an address, or the name of a host, and a port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use super::ConfigError;
use super::layers::Given;

const ALLOWED: &str =
    "an address or the name of a host, and a port, such as 127.0.0.1:5000, [::1]:5000 or localhost:5000";

const LOCALHOST: &str = "localhost";
const BELOW_LOCALHOST: &str = ".localhost";

/// The addresses that one setting stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The host, where it was given by its name, in small letters.
    pub name: Option<String>,
    /// Its addresses with the port, one at least, none twice.
    pub addresses: Vec<SocketAddr>,
}

impl From<SocketAddr> for Bind {
    fn from(address: SocketAddr) -> Bind {
        Bind { name: None, addresses: vec![address] }
    }
}

impl Bind {
    /// Reads a value; a name is looked up.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] where a part is missing or wrong, or nobody knows the host.
    pub fn of(given: &Given) -> Result<Bind, ConfigError> {
        let text = given.text(&[]).ok_or_else(|| "it is no text".to_owned());
        text.and_then(parse).map_err(|reason| ConfigError::Wrong {
            given: Box::new(given.clone()),
            reason,
            allowed: ALLOWED.to_owned(),
        })
    }

    /// Whether only this machine can connect.
    pub fn is_loopback(&self) -> bool {
        self.addresses.iter().all(|address| address.ip().to_canonical().is_loopback())
    }

    /// The port, which is the same for all addresses.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }
}

fn parse(text: &str) -> Result<Bind, String> {
    // Also what a zone is named by its number in.
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(Bind::from(address));
    }
    let (host, port) = split(text)?;
    let port = port_of(port)?;
    if let Some(inside) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address = inside.split('%').next().unwrap_or_default();
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(format!("{inside:?} is in brackets and no address of IPv6"));
        }
        // The zone is the name of an interface.
        return Ok(Bind { name: None, addresses: looked_up(inside, port)? });
    }
    if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(format!("{host:?} is no address of IPv4"));
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if !host.bytes().all(is_name) {
        return Err(format!("{host:?} is no name of a host"));
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let addresses = if name == LOCALHOST || name.ends_with(BELOW_LOCALHOST) {
        // Whatever this machine's tables say (RFC 6761).
        [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
            .map(|ip| SocketAddr::new(ip, port))
            .into()
    } else {
        looked_up(host, port)?
    };
    Ok(Bind { name: Some(name), addresses })
}

/// The host and the port, as they are written.
fn split(text: &str) -> Result<(&str, &str), String> {
    let said = |reason: &str| Err(reason.to_owned());
    if text.is_empty() {
        return said("it is empty");
    }
    if text.contains("://") || text.contains('/') {
        return said("it is written like the address of a page; host and port are enough");
    }
    if let Some((_, end)) = text.rsplit_once(']') {
        return match end.strip_prefix(':') {
            Some(port) => Ok((&text[..text.len() - end.len()], port)),
            None if end.is_empty() => said("the port is missing"),
            None => said("only a colon and the port may follow the brackets"),
        };
    }
    match text.matches(':').count() {
        0 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            said("the host is missing; 0.0.0.0 and [::] stand for all addresses")
        }
        0 => said("the port is missing"),
        1 => match text.split_once(':') {
            Some(("" | "*", _)) => said("the host is missing; 0.0.0.0 and [::] stand for all addresses"),
            Some(parts) => Ok(parts),
            None => said("the port is missing"),
        },
        _ => said("an address of IPv6 needs brackets, so that the port is told from it"),
    }
}

fn port_of(text: &str) -> Result<u16, String> {
    if text.is_empty() {
        return Err("the port is missing".to_owned());
    }
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("{text:?} is no port; ports are from 0 to 65535"))
}

fn looked_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found = (host, port)
        .to_socket_addrs()
        .map_err(|error| format!("this machine cannot find the host {host:?} ({error})"))?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(format!("the host {host:?} has no address"));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is() {
        for text in ["127.0.0.1:5000", "0.0.0.0:0", "[::1]:65535", "[::]:80", "[fe80::1%1]:80"] {
            let bind = parse(text).unwrap();
            assert_eq!(bind, Bind::from(text.parse::<SocketAddr>().unwrap()), "{text}");
        }
    }

    #[test]
    fn localhost_is_loopback_in_both_families() {
        let expected: Vec<SocketAddr> =
            vec!["127.0.0.1:5000".parse().unwrap(), "[::1]:5000".parse().unwrap()];
        for (text, name) in [
            ("localhost:5000", "localhost"),
            ("LocalHost:5000", "localhost"),
            ("localhost.:5000", "localhost"),
            ("app.localhost:5000", "app.localhost"),
        ] {
            let bind = parse(text).unwrap();
            assert_eq!((bind.name.as_deref(), &bind.addresses), (Some(name), &expected), "{text}");
            assert!(bind.is_loopback());
            assert_eq!(bind.port(), 5000);
        }
        assert!(parse("[::ffff:127.0.0.1]:5000").unwrap().is_loopback());
        assert!(!parse("[::ffff:192.0.2.1]:5000").unwrap().is_loopback());
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (text, reason) in [
            ("", "it is empty"),
            ("127.0.0.1", "the port is missing"),
            ("localhost", "the port is missing"),
            ("localhost:", "the port is missing"),
            ("[::1]", "the port is missing"),
            ("[::1]:", "the port is missing"),
            ("5000", "the host is missing"),
            (":5000", "the host is missing"),
            ("*:5000", "the host is missing"),
            ("localhost:65536", "\"65536\" is no port; ports are from 0 to 65535"),
            ("127.0.0.1:99999", "\"99999\" is no port"),
            ("[::1]:70000", "\"70000\" is no port"),
            ("localhost:-1", "\"-1\" is no port"),
            ("localhost:+80", "\"+80\" is no port"),
            ("localhost:http", "\"http\" is no port"),
            ("localhost: 80", "\" 80\" is no port"),
            ("::1:5000", "needs brackets"),
            ("::1", "needs brackets"),
            ("::", "needs brackets"),
            ("fe80::1%lo:5000", "needs brackets"),
            ("[::1]5000", "only a colon and the port may follow"),
            ("[127.0.0.1]:5000", "\"127.0.0.1\" is in brackets and no address of IPv6"),
            ("[localhost]:5000", "\"localhost\" is in brackets and no address of IPv6"),
            ("http://localhost:5000", "like the address of a page"),
            ("localhost:5000/", "like the address of a page"),
            ("300.0.0.1:80", "\"300.0.0.1\" is no address of IPv4"),
            ("127.1:80", "\"127.1\" is no address of IPv4"),
            ("0:80", "\"0\" is no address of IPv4"),
            ("my host:80", "\"my host\" is no name of a host"),
            ("caf\u{e9}:80", "is no name of a host"),
            ("no-such-host.invalid:80", "this machine cannot find the host \"no-such-host.invalid\""),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(reason), "{text:?}: {said}");
        }
    }
}
