//! The address of a database: libpq's URLs. The password in it never leaves this module but to the server.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use postgres::Config;
use postgres::config::{ChannelBinding, Host, SslMode};

use super::parameters::{self, Parameters};
use super::passwords::{self, Place};
use super::tls::{Mode, Roots, TlsSettings};

/// Where libpq's programs look for a password that the address does not have.
pub const PASSWORD_VARIABLE: &str = "PGPASSWORD";

/// The variables of libpq that count where the address says nothing, and what they say.
pub const VARIABLES: [(&str, &str); 10] = [
    (PASSWORD_VARIABLE, "The password for a postgres:// address that has none."),
    ("PGPASSFILE", "The file of passwords for such an address, of mode 0600 [default: ~/.pgpass]."),
    ("PGHOST", "The host of a postgres:// address without one."),
    ("PGPORT", "Its port."),
    ("PGUSER", "The user of a postgres:// address without one."),
    ("PGDATABASE", "The database of a postgres:// address without one."),
    (
        "PGSSLMODE",
        "sslmode of a postgres:// address without one: disable, prefer, require, verify-ca or verify-full.",
    ),
    ("PGSSLROOTCERT", "sslrootcert of such an address: a file of trusted certificates, or system."),
    ("PGSSLCERT", "sslcert of such an address: the certificate that is shown to the server."),
    ("PGSSLKEY", "sslkey of such an address: the key of that certificate."),
];

/// How long a connection may take unless the address says it: a server that is starting takes less.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a silent server is trusted to be there, and asked then how often and how many times. The defaults of the
/// system are hours.
const KEEPALIVES: (Duration, Duration, u32) = (Duration::from_secs(60), Duration::from_secs(10), 6);

/// Where libpq's own socket is: an entry of the file of passwords for it has localhost as its host.
const SOCKET_DIRECTORIES: [&str; 3] = ["/run/postgresql", "/var/run/postgresql", "/tmp"];

/// Gives the value of an environment variable; none where it is empty.
type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// How to connect, and how to call that.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) name: String,
    pub(super) tls: TlsSettings,
    pub(super) mode: Mode,
    /// Where tables are looked for, as SQL.
    pub(super) search_path: Option<String>,
    /// Connections are shared with others, one after the other.
    pub(super) is_pooled: bool,
    pub(super) home: Option<PathBuf>,
    /// What counts for nothing, and what a person should know besides.
    pub(super) notes: Vec<String>,
}

impl Address {
    /// Reads an address; what it does not say, the environment may.
    ///
    /// # Errors
    /// What is wrong with it, without a word of what stands in it but names of parameters.
    pub(super) fn parse(address: &str) -> Result<Address, String> {
        Self::parse_in(address, &|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn parse_in(address: &str, environment: &Environment<'_>) -> Result<Address, String> {
        Self::read(address, environment).map_err(|why| {
            format!("the postgres:// address {why}; postgres://USER@HOST:PORT/DATABASE is read")
        })
    }

    fn read(address: &str, environment: &Environment<'_>) -> Result<Address, String> {
        // Whatever follows the first @ counts as a host, and would be shown.
        let at = address.find('@');
        let is_behind_a_question = at.zip(address.find('?')).is_some_and(|(at, question)| question < at);
        if address.matches('@').count() > 1 || is_behind_a_question {
            return Err(
                "has an @ that is not the one in front of the host (elsewhere it is written %40)".to_owned()
            );
        }
        let (place, query) = address.split_once('?').unwrap_or((address, ""));
        let mut parameters = Parameters::parse(query)?;
        let mut config: Config =
            format!("{place}{}", parameters.driver).parse().map_err(|_| "cannot be understood".to_owned())?;
        complete(&mut config, environment)?;
        complete_tls(&mut parameters.tls, environment)?;
        parameters.tls.needs_proof = config.get_channel_binding() == ChannelBinding::Require;
        let is_local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        // As libpq does: nobody listens within a machine.
        let mode = if is_local { Mode::Disable } else { parameters.tls.checked_mode()? };
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let name = name_of(&config);
        let home = environment("HOME").map(PathBuf::from);
        let mut notes: Vec<String> = parameters
            .passed_over
            .iter()
            .map(|parameter| {
                format!(
                    "{name}: the parameter {parameter:?} is passed over; it means nothing to index-builder"
                )
            })
            .collect();
        if config.get_password().is_none() {
            let named = parameters.passfile.or_else(|| environment("PGPASSFILE").map(PathBuf::from));
            if let Some(password) = password(&config, named, home.as_ref(), environment, &mut notes) {
                config.password(password);
            }
        }
        let Parameters { tls, search_path, is_pooled, .. } = parameters;
        Ok(Address { config, name, tls, mode, search_path, is_pooled, home, notes })
    }
}

/// What the address does not say: as libpq's environment has it, or by default.
fn complete(config: &mut Config, environment: &Environment<'_>) -> Result<(), String> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let hosts = environment("PGHOST")
            .ok_or("has no host (a directory with a Unix socket is given by ?host=/run/postgresql)")?;
        hosts.split(',').for_each(|host| {
            config.host(host);
        });
    }
    if config.get_hosts().is_empty() {
        // Whom a certificate has to be for.
        for address in config.get_hostaddrs().to_vec() {
            config.host(&address.to_string());
        }
    }
    if config.get_ports().is_empty()
        && let Some(port) = environment("PGPORT")
    {
        config.port(port.parse().map_err(|_| "has no port, and PGPORT is none: allowed: 1 to 65535")?);
    }
    if config.get_user().is_none()
        && let Some(user) = environment("PGUSER")
    {
        config.user(&user);
    }
    if config.get_dbname().is_none()
        && let Some(database) = environment("PGDATABASE")
    {
        config.dbname(&database);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    let (idle, interval, retries) = KEEPALIVES;
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(idle);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(interval);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(retries);
    }
    if config.get_application_name().is_none() {
        config.application_name("index-builder");
    }
    Ok(())
}

fn complete_tls(tls: &mut TlsSettings, environment: &Environment<'_>) -> Result<(), String> {
    if tls.mode.is_none()
        && let Some(mode) = environment("PGSSLMODE")
    {
        tls.mode =
            Some(parameters::mode("sslmode", &mode).map_err(|why| format!("{why}; it is from PGSSLMODE"))?);
    }
    if tls.roots.is_none() {
        tls.roots = environment("PGSSLROOTCERT").map(Roots::named);
    }
    if tls.certificate.is_none() && tls.key.is_none() {
        tls.certificate = environment("PGSSLCERT").map(PathBuf::from);
        tls.key = environment("PGSSLKEY").map(PathBuf::from);
    }
    Ok(())
}

/// The password that the address does not have: from the environment, else from the file of passwords.
fn password(
    config: &Config,
    named: Option<PathBuf>,
    home: Option<&PathBuf>,
    environment: &Environment<'_>,
    notes: &mut Vec<String>,
) -> Option<String> {
    if let Some(password) = environment(PASSWORD_VARIABLE) {
        return Some(password);
    }
    let path = match named {
        Some(path) => path,
        None => home.map(|home| home.join(".pgpass")).filter(|path| path.exists())?,
    };
    let text = passwords::read(&path).map_err(|why| notes.push(why)).ok()?;
    let user = config.get_user().map(str::to_owned).or_else(|| environment("USER")).unwrap_or_default();
    let database = config.get_dbname().unwrap_or(&user);
    let mut found = config.get_hosts().iter().enumerate().filter_map(|(at, host)| {
        let ports = config.get_ports();
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let of = |host: &str| passwords::find(&text, Place { host, port, database, user: &user });
        match host {
            Host::Tcp(host) => of(host),
            Host::Unix(directory) => {
                let directory = directory.to_str()?;
                let is_default = SOCKET_DIRECTORIES.contains(&directory);
                of(directory).or_else(|| is_default.then(|| of("localhost"))?)
            }
        }
    });
    let first = found.next()?;
    if found.any(|other| other != first) {
        notes.push(format!(
            "{}: it has several passwords for this address; that of the first host counts",
            path.display()
        ));
    }
    Some(first)
}

/// The address without what is secret and what says nothing about the source.
fn name_of(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let mut places = Vec::new();
    let mut sockets = String::new();
    for (at, host) in config.get_hosts().iter().enumerate() {
        match host {
            Host::Tcp(host) if host.contains(':') => places.push(format!("[{host}]:{}", port(at))),
            Host::Tcp(host) => places.push(format!("{host}:{}", port(at))),
            Host::Unix(directory) => {
                let _ = write!(sockets, "?host={}", directory.display());
            }
        }
    }
    format!("postgres://{}/{}{sockets}", places.join(","), config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Result<Address, String> {
        Address::parse_in(address, &|_| None)
    }

    fn error(address: &str) -> String {
        parse(address).map(|address| address.name).unwrap_err()
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
            ("postgres://eve:s3cret@[::1]:7/people", "postgres://[::1]:7/people"),
        ];
        for (address, name) in names {
            assert_eq!(parse(address).unwrap().name, name);
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
            "postgres://eve:s3cret@db.example/people?s3cret",
            "postgres://eve:s3cret@/people",
            "postgres://eve:s3cret@db.example/people?sslmode=s3cret",
            "postgres://eve:s3cret@db.example/people?sslpassword=s3cret",
            "postgres://eve:s3cret@db.example/people?port=s3cret",
        ];
        for address in refused {
            let error = error(address);
            assert!(error.contains("postgres://USER@HOST:PORT/DATABASE"), "{error}");
            assert!(!error.contains("s3cret") && !error.contains("eve"), "{error}");
        }
    }

    #[test]
    fn what_the_address_says_of_waiting_counts() {
        let config = |address: &str| parse(address).unwrap().config;
        let default = config("postgres://db/people");
        assert_eq!(default.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
        assert_eq!(default.get_keepalives_idle(), KEEPALIVES.0);
        let said = config("postgres://db/people?connect_timeout=3&keepalives_idle=7");
        assert_eq!(said.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(said.get_keepalives_idle(), Duration::from_secs(7));
    }

    fn parse_with(address: &str, variables: &[(&str, &str)]) -> Address {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Address::parse_in(address, &variable).unwrap()
    }

    #[test]
    fn addresses_as_hosts_hand_them_out_are_read() {
        let address = "postgres://app:x@127.0.0.1/db?pgbouncer=true&schema=app&connection_limit=1&sslmode=require\
                       &channel_binding=require";
        let address = parse(address).unwrap();
        assert_eq!(address.name, "postgres://127.0.0.1:5432/db");
        assert!(address.is_pooled && address.mode == Mode::Require && address.tls.needs_proof);
        assert_eq!(address.search_path.as_deref(), Some("\"app\""));
        assert_eq!(address.notes.len(), 1);
        assert!(address.notes[0].contains("\"connection_limit\""), "{:?}", address.notes);
        let local = parse("postgres://app@/db?host=/run/postgresql&sslmode=verify-full").unwrap();
        assert_eq!(local.mode, Mode::Disable);
        let six = parse("postgres://app@[::1]:6000/db").unwrap();
        assert_eq!(six.name, "postgres://[::1]:6000/db");
    }

    #[test]
    fn what_the_address_does_not_say_the_environment_says() {
        let all = [
            ("PGHOST", "one,two"),
            ("PGPORT", "99"),
            ("PGUSER", "ann"),
            ("PGDATABASE", "people"),
            ("PGPASSWORD", "s3cret"),
            ("PGSSLMODE", "verify-ca"),
            ("PGSSLROOTCERT", "/ca.pem"),
        ];
        let address = parse_with("postgres://", &all);
        assert_eq!(address.name, "postgres://one:99,two:99/people");
        assert_eq!(address.config.get_user(), Some("ann"));
        assert_eq!(address.config.get_password(), Some(&b"s3cret"[..]));
        assert_eq!(
            (address.mode, &address.tls.roots),
            (Mode::VerifyCa, &Some(Roots::File("/ca.pem".into())))
        );
        let address = parse_with("postgres://eve:own@db:7/mine?sslmode=require&sslrootcert=/own.pem", &all);
        assert_eq!(address.name, "postgres://db:7/mine");
        assert_eq!(address.config.get_password(), Some(&b"own"[..]));
        assert_eq!((address.mode, address.tls.roots), (Mode::Require, Some(Roots::File("/own.pem".into()))));
    }

    #[test]
    fn a_password_comes_from_the_address_then_from_the_environment_then_from_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".pgpass");
        std::fs::write(&path, "db:5432:people:ann:filed\nlocalhost:*:*:ann:local\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let (home, file) = (directory.path().to_str().unwrap(), path.to_str().unwrap());
        let password = |address: &str, variables: &[(&str, &str)]| {
            let address = parse_with(address, variables);
            (address.config.get_password().map(|it| String::from_utf8_lossy(it).into_owned()), address.notes)
        };
        let ann = "postgres://ann@db/people";
        let filed = (Some("filed".to_owned()), Vec::new());
        assert_eq!(password(ann, &[("HOME", home)]), filed);
        assert_eq!(password(ann, &[("PGPASSFILE", file)]), filed);
        assert_eq!(password(&format!("{ann}?passfile={file}"), &[]), filed);
        assert_eq!(password(ann, &[("HOME", home), ("PGPASSWORD", "p")]).0.as_deref(), Some("p"));
        assert_eq!(password("postgres://ann:own@db/people", &[("HOME", home)]).0.as_deref(), Some("own"));
        assert_eq!(password("postgres://eve@db/people", &[("HOME", home)]), (None, Vec::new()));
        let local = "postgres://ann@/people?host=/run/postgresql";
        assert_eq!(password(local, &[("HOME", home)]).0.as_deref(), Some("local"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (none, notes) = password(ann, &[("HOME", home)]);
        assert!(none.is_none() && notes[0].contains("0644"), "{notes:?}");
        assert!(password(ann, &[("PGPASSFILE", "/nowhere")]).1[0].contains("/nowhere"));
    }
}
