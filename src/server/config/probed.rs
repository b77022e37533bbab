//! Where `kindred probe` asks: the settings of the server that has the same environment and file.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::layers::Layers;
use super::settings::GivenSettings;
use super::values::path;
use super::{Arguments, Bind, ConfigError, DEFAULT_BIND, ProbeArguments};

/// A server to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Where it can be reached from its own machine; what comes first is tried first.
    pub addresses: Vec<SocketAddr>,
    /// Whether it speaks TLS.
    pub has_tls: bool,
}

impl Probed {
    /// What the command line, the environment and the file say together. Other settings than these are not judged: the
    /// server does that.
    ///
    /// # Errors
    /// A file, an address or the name of a certificate that the server would not take either; port 0.
    pub fn of(
        arguments: &ProbeArguments,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Probed, ConfigError> {
        let given = [("bind", &arguments.address), ("tls_cert", &arguments.tls_cert)];
        let given = given.into_iter().filter_map(|(setting, value)| Some((setting, value.clone()?)));
        let settings = GivenSettings(given.collect());
        let given = Arguments { settings, config: arguments.config.clone(), command: None };
        let layers = Layers::gather(given, variables)?;
        let has_tls = path(&layers, "tls_cert")?.is_some();
        let Some(given) = layers.find("bind") else {
            return Ok(Probed { addresses: vec![DEFAULT_BIND], has_tls });
        };
        let bind = Bind::of(&given)?;
        if bind.port() == 0 {
            let reason =
                "port 0 stands for any free port, and only the log of the server says which".to_owned();
            let allowed = "the port that the server listens on".to_owned();
            return Err(ConfigError::Wrong { given: Box::new(given), reason, allowed });
        }
        Ok(Probed { addresses: bind.addresses.iter().flat_map(reachable).collect(), has_tls })
    }
}

/// A server that listens on all addresses is reached at this machine's own.
fn reachable(address: &SocketAddr) -> Vec<SocketAddr> {
    let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
    let at = |ip| SocketAddr::new(ip, address.port());
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => vec![at(v4)],
        // It takes connections of both families.
        IpAddr::V6(ip) if ip.is_unspecified() => vec![at(v6), at(v4)],
        _ => vec![*address],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(given: &str) -> Vec<String> {
        let arguments = ProbeArguments { address: Some(given.into()), ..ProbeArguments::default() };
        Probed::of(&arguments, []).unwrap().addresses.iter().map(SocketAddr::to_string).collect()
    }

    #[test]
    fn an_address_that_stands_for_all_is_asked_here() {
        for (given, asked) in [
            ("0.0.0.0:5000", &["127.0.0.1:5000"][..]),
            ("[::]:5000", &["[::1]:5000", "127.0.0.1:5000"]),
            ("10.0.0.1:80", &["10.0.0.1:80"]),
            ("[::1]:80", &["[::1]:80"]),
            ("localhost:80", &["127.0.0.1:80", "[::1]:80"]),
        ] {
            assert_eq!(addresses(given), asked, "{given}");
        }
    }

    #[test]
    fn the_argument_wins_over_the_environment_and_that_over_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kindred.toml");
        std::fs::write(&file, "bind = '0.0.0.0:1'\ntls_cert = 'cert.pem'\ntls_key = 'key.pem'\n").unwrap();
        let of_file = ProbeArguments { config: Some(file.into()), ..ProbeArguments::default() };
        let port = |arguments: &ProbeArguments, variable: &str| {
            let probed = Probed::of(arguments, [("KINDRED_BIND".into(), variable.into())]).unwrap();
            assert!(probed.has_tls);
            probed.addresses[0].port()
        };
        assert_eq!(port(&of_file, ""), 1);
        assert_eq!(port(&of_file, "127.0.0.1:2"), 2);
        assert_eq!(port(&ProbeArguments { address: Some("[::1]:3".into()), ..of_file }, "127.0.0.1:2"), 3);
        let nothing = Probed::of(&ProbeArguments::default(), []).unwrap();
        assert_eq!(nothing, Probed { addresses: vec![DEFAULT_BIND], has_tls: false });
    }

    #[test]
    fn a_port_that_nobody_knows_is_refused() {
        let arguments = ProbeArguments { address: Some("127.0.0.1:0".into()), ..ProbeArguments::default() };
        let message = Probed::of(&arguments, []).unwrap_err().to_string();
        assert!(message.contains("127.0.0.1:0") && message.contains("the log of the server"), "{message}");
    }
}
