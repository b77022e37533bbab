//! Which names a server without keys is asked by.
//!
//! A page from elsewhere can have its own name lead to 127.0.0.1 after it was loaded (DNS rebinding), and then reads
//! what a server there answers as if it came from its own origin. Its requests carry that name, so names that do not
//! mean this machine are refused. A server with keys needs no such thing: the page has none.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HOST;

use super::OtherHost;
use crate::server::config::Hosts;

/// As much as a name in DNS may have; what is longer is cut where it is told.
const LONGEST_NAME: usize = 255;

const LOCALHOST: &str = "localhost";
const BELOW_LOCALHOST: &str = ".localhost";

/// Decides by which names this server may be asked.
#[derive(Debug, Default)]
pub struct HostCheck {
    /// None: by any.
    rules: Option<Rules>,
}

#[derive(Debug)]
struct Rules {
    named: Hosts,
    /// What the machine calls itself, in small letters.
    machine: String,
    /// Whether only this machine can connect.
    is_local: bool,
}

impl HostCheck {
    /// With keys, every name will do.
    pub fn new(has_keys: bool, bound: &[SocketAddr], named: Hosts) -> HostCheck {
        let machine = rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase();
        let is_local = bound.iter().all(|address| address.ip().to_canonical().is_loopback());
        HostCheck { rules: (!has_keys).then_some(Rules { named, machine, is_local }) }
    }

    /// Judges the target's authority and `Host`, each where it is there. A client of HTTP/1.0 says neither.
    ///
    /// # Errors
    /// [`OtherHost`].
    pub fn judge(&self, request: &HttpRequest) -> Result<(), OtherHost> {
        let Some(rules) = &self.rules else { return Ok(()) };
        // A target that is a mere word is no address of anybody, though it reads like an authority.
        let authority = request.uri().authority().filter(|_| request.uri().scheme().is_some());
        let authority = authority.map(|authority| authority.as_str().as_bytes());
        let host = request.headers().get_all(HOST).map(|host| host.as_bytes());
        for said in authority.into_iter().chain(host) {
            let text = std::str::from_utf8(said).unwrap_or_default();
            if !name(text).is_some_and(|name| rules.allow(&name)) {
                let host = String::from_utf8_lossy(said).chars().take(LONGEST_NAME).collect();
                return Err(OtherHost(host));
            }
        }
        Ok(())
    }
}

impl Rules {
    fn allow(&self, name: &str) -> bool {
        if self.named.contain(name) {
            return true;
        }
        match name.parse::<IpAddr>() {
            // An address cannot be made to lead elsewhere. Where others can connect, which of them lead here is not
            // known to this machine: they may be translated on the way.
            Ok(address) => {
                let address = address.to_canonical();
                !self.is_local || address.is_loopback() || address.is_unspecified()
            }
            Err(_) => name == LOCALHOST || name.ends_with(BELOW_LOCALHOST) || name == self.machine,
        }
    }
}

/// The name in `Host`, in small letters, without a port, brackets, and a dot at its end.
fn name(host: &str) -> Option<String> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (address, port)
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let digits = if port.is_empty() { "" } else { port.strip_prefix(':')? };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn check(bound: &str, named: &str) -> HostCheck {
        let named = if named.is_empty() { Hosts::default() } else { named.parse().unwrap() };
        HostCheck::new(false, &[bound.parse().unwrap()], named)
    }

    fn is_answered(check: &HostCheck, host: &str) -> bool {
        let request = TestRequest::with_uri("/").insert_header((HOST, host)).to_http_request();
        check.judge(&request).is_ok()
    }

    const THIS_MACHINE: [&str; 16] = [
        "localhost",
        "localhost:5000",
        "LocalHost:7703",
        "localhost.",
        "localhost.:80",
        "app.localhost:1",
        "a.b.localhost",
        "127.0.0.1",
        "127.0.0.1:5000",
        "127.1.2.3",
        "[::1]",
        "[::1]:5000",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]:1",
        "0.0.0.0:5000",
        "[::]:5000",
    ];

    #[test]
    fn names_of_this_machine_are_answered_and_others_are_not() {
        let check = check("127.0.0.1:5000", "");
        for host in THIS_MACHINE {
            assert!(is_answered(&check, host), "{host}");
        }
        for host in [
            "evil.example:7703",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evillocalhost",
            ".localhost.evil",
            "192.0.2.1",
            "[2001:db8::1]",
            "",
            ":5000",
            ".",
            "localhost:5000:1",
            "localhost:a",
            "localhost@evil.example",
            "evil.example@localhost",
            "localhost,evil.example",
            "[::1",
            "[::1]x",
            "[localhost]",
            "localhost/",
            "127.0.0.1%00",
        ] {
            assert!(!is_answered(&check, host), "{host}");
        }
    }

    #[test]
    fn the_machines_own_name_is_answered_in_any_case() {
        let own = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let check = check("127.0.0.1:5000", "");
        for host in [own.clone(), own.to_ascii_uppercase(), format!("{own}:5000"), format!("{own}.")] {
            assert!(is_answered(&check, &host), "{host}");
        }
        assert!(!is_answered(&check, &format!("{own}.example")));
    }

    #[test]
    fn where_others_can_connect_every_address_is_answered_and_no_further_name() {
        let check = check("0.0.0.0:5000", "");
        for host in THIS_MACHINE.into_iter().chain(["192.0.2.1:5000", "10.1.2.3", "[2001:db8::1]:5000"]) {
            assert!(is_answered(&check, host), "{host}");
        }
        assert!(!is_answered(&check, "evil.example"));
    }

    #[test]
    fn names_that_a_setting_has_are_answered() {
        let check = check("127.0.0.1:5000", "kindred.lan,*.example.com");
        for host in ["kindred.lan:5000", "KINDRED.LAN.", "a.example.com", "localhost"] {
            assert!(is_answered(&check, host), "{host}");
        }
        assert!(!is_answered(&check, "example.com"));
    }

    #[test]
    fn the_target_counts_as_well_and_nothing_said_is_nothing_wrong() {
        let check = check("127.0.0.1:5000", "");
        let request = TestRequest::with_uri("http://evil.example/random").insert_header((HOST, "localhost"));
        assert!(check.judge(&request.to_http_request()).is_err());
        let request = TestRequest::with_uri("http://localhost/random").insert_header((HOST, "evil.example"));
        assert!(check.judge(&request.to_http_request()).is_err());
        let request =
            TestRequest::with_uri("http://localhost:5000/random").insert_header((HOST, "localhost"));
        assert!(check.judge(&request.to_http_request()).is_ok());
        assert!(check.judge(&TestRequest::with_uri("/").to_http_request()).is_ok());
    }

    #[test]
    fn with_keys_every_name_will_do() {
        let check = HostCheck::new(true, &["127.0.0.1:5000".parse().unwrap()], Hosts::default());
        assert!(is_answered(&check, "evil.example"));
        assert!(is_answered(&HostCheck::default(), "evil.example"));
    }
}
