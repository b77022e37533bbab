//! The address of a database: libpq's URLs. The password in it never leaves this module but to the server.

use std::fmt::Write as _;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

/// Where libpq's programs look for a password that the address does not have.
pub const PASSWORD_VARIABLE: &str = "PGPASSWORD";

/// How long a connection may take unless the address says it: a server that is starting takes less.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a silent server is trusted to be there, and asked then how often and how many times. The defaults of the
/// system are hours.
const KEEPALIVES: (Duration, Duration, u32) = (Duration::from_secs(60), Duration::from_secs(10), 6);

/// How to connect, and how to call that.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) name: String,
}

impl Address {
    /// # Errors
    /// What is wrong with it, without a word of what stands in it.
    pub(super) fn parse(address: &str) -> Result<Address, String> {
        let refused =
            |why: &str| format!("the postgres:// address {why}; postgres://USER@HOST:PORT/DATABASE is read");
        // Whatever follows the first @ counts as a host, and would be shown.
        let at = address.find('@');
        let is_behind_a_question = at.zip(address.find('?')).is_some_and(|(at, question)| question < at);
        if address.matches('@').count() > 1 || is_behind_a_question {
            return Err(refused(
                "has an @ that is not the one in front of the host (elsewhere it is written %40)",
            ));
        }
        let mut config: Config = address.parse().map_err(|_| refused("cannot be understood"))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(refused(
                "has no host (a directory with a Unix socket is given by ?host=/run/postgresql)",
            ));
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(refused("has sslmode=require, but connections are not encrypted"));
        }
        if config.get_password().is_none()
            && let Ok(password) = std::env::var(PASSWORD_VARIABLE)
        {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if !address.contains("keepalives") {
            let (idle, interval, retries) = KEEPALIVES;
            config.keepalives_idle(idle).keepalives_interval(interval).keepalives_retries(retries);
        }
        if config.get_application_name().is_none() {
            config.application_name("index-builder");
        }
        let name = name_of(&config);
        Ok(Address { config, name })
    }
}

/// The address without what is secret and what says nothing about the source.
fn name_of(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let mut places = Vec::new();
    let mut sockets = String::new();
    for (at, host) in config.get_hosts().iter().enumerate() {
        match host {
            Host::Tcp(host) => places.push(format!("{host}:{}", port(at))),
            Host::Unix(directory) => {
                let _ = write!(sockets, "?host={}", directory.display());
            }
        }
    }
    if config.get_hosts().is_empty() {
        places.extend(
            config.get_hostaddrs().iter().enumerate().map(|(at, host)| format!("{host}:{}", port(at))),
        );
    }
    format!("postgres://{}/{}{sockets}", places.join(","), config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(address: &str) -> String {
        Address::parse(address).map(|address| address.name).unwrap_err()
    }

    #[test]
    fn the_name_has_neither_user_nor_password() {
        let names = [
            ("postgres://eve:s3cret@db.example:5433/people", "postgres://db.example:5433/people"),
            ("postgresql://ann:s3%40cret%2F@db.example/people", "postgres://db.example:5432/people"),
            ("postgres://db.example/people?password=s3cret&user=eve", "postgres://db.example:5432/people"),
            ("postgres://eve:s3cret@one,two:99/people", "postgres://one:5432,two:99/people"),
            ("postgres://eve@/people?host=/run/postgresql", "postgres:///people?host=/run/postgresql"),
            ("postgres:///people?hostaddr=127.0.0.1&port=7", "postgres://127.0.0.1:7/people"),
        ];
        for (address, name) in names {
            assert_eq!(Address::parse(address).unwrap().name, name);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_shown() {
        let refused = [
            "postgres://eve:s3cret@x@db.example/people",
            "postgres://eve:s3cret",
            "postgres://db/people?user=eve&password=ab@s3cret",
            "postgres://eve:a?b@s3cret@db/people",
            "postgres://eve:s3cret@db.example:port/people",
            "postgres://eve:s3cret@db.example/people?s3cret=1",
            "postgres://eve:s3cret@db.example/people?s3cret",
            "postgres://eve:s3cret@/people",
            "postgres://eve:s3cret@db.example/people?sslmode=require",
        ];
        for address in refused {
            let error = error(address);
            assert!(error.contains("postgres://USER@HOST:PORT/DATABASE"), "{error}");
            assert!(!error.contains("s3cret") && !error.contains("eve"), "{error}");
        }
    }

    #[test]
    fn what_the_address_says_of_waiting_counts() {
        let config = |address: &str| Address::parse(address).unwrap().config;
        let default = config("postgres://db/people");
        assert_eq!(default.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
        assert_eq!(default.get_keepalives_idle(), KEEPALIVES.0);
        let said = config("postgres://db/people?connect_timeout=3&keepalives_idle=7");
        assert_eq!(said.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(said.get_keepalives_idle(), Duration::from_secs(7));
    }
}
