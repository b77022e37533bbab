//! Settings: raw arguments, environment and file in; a validated [`Config`] out, or a message that names the
//! setting, its source, the value and what is allowed.

mod arguments;
mod bind;
mod hosts;
mod layers;
mod networks;
mod probed;
mod rate;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

pub use arguments::{Arguments, Command, HashKeyArguments, ProbeArguments};
pub use bind::Bind;
pub use hosts::Hosts;
pub use layers::{Given, meant, variables};
use layers::{Kind, Layers};
pub use networks::Networks;
pub use probed::Probed;
pub use rate::Rate;
pub use settings::names;
use values::{
    LogLevel, choice, cors_origins, duration, keep_alive, list, number, optional_rate, path, switch,
};

use crate::file::Residency;

/// Only this machine can reach it until somebody decides otherwise.
const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);
/// Far above any page of recommendations, far below what would make one answer a burden.
const DEFAULT_MAX_N: usize = 1000;
/// One exact search reads the codes of every vector, or the vectors: one at a time leaves the other processors to everybody else.
const DEFAULT_MAX_EXACT: usize = 1;
/// At a millisecond each, the last of them waits a few hundredths of a second; who waits longer has usually gone.
const DEFAULT_MAX_QUEUE: usize = 64;
/// More than a busy front end keeps open, and less than the descriptors that systems usually grant.
pub const DEFAULT_MAX_CONNECTIONS: usize = 20_000;
/// A request is one packet; a phone in a tunnel takes a while.
const DEFAULT_CLIENT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than the 60 s after which nginx, HAProxy and the load balancers of clouds close: who closes first never meets a
/// request on its way.
const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Events tell sooner; this is for file systems without them.
const DEFAULT_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// As long as process managers usually wait before they kill.
const DEFAULT_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

const DEFAULT_LOG_LEVEL: LogLevel = LogLevel(tracing::Level::INFO);

const WORKERS: RangeInclusive<usize> = 1..=1024;
const MAX_N: RangeInclusive<usize> = 1..=1_000_000;
const MAX_EXACT: RangeInclusive<usize> = 1..=256;
const MAX_QUEUE: RangeInclusive<usize> = 0..=100_000;
const MAX_CONNECTIONS: RangeInclusive<usize> = 1..=1_000_000;
const CLIENT_TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(3600);
const KEEP_ALIVE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3600);
/// actix-http looks at the time twice a second; a connection that should go sooner would stay.
const SHORTEST_KEEP_ALIVE: Duration = Duration::from_secs(1);
const HSTS: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(10 * 366 * 24 * 3600);
const POLL_INTERVAL: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(3600);
const SHUTDOWN_TIMEOUT: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3600);

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub cert: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// The validated settings of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Directory that is watched for index files.
    pub index_dir: PathBuf,
    /// Addresses to listen on.
    pub bind: Bind,
    /// Threads that answer requests.
    pub workers: usize,
    /// Largest n of a request.
    pub max_n: usize,
    /// Exact searches at the same time.
    pub max_exact: usize,
    /// Searches that may wait for a thread.
    pub max_queue: usize,
    /// Connections that may be open at the same time; none given: as many as the limit of open files leaves.
    pub max_connections: Option<usize>,
    /// How long a client may take to send a request.
    pub client_timeout: Duration,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// Where a served index is.
    pub residency: Residency,
    /// The keys that may ask; without a file, everybody may.
    pub api_keys: Option<PathBuf>,
    /// Names that a server without keys may be asked by, besides those of its machine.
    pub allowed_hosts: Hosts,
    /// Requests for each client; without it, any number.
    pub rate_limit: Option<Rate>,
    /// Whose headers say who asks.
    pub trusted_proxies: Networks,
    /// The certificate; without it, no TLS.
    pub tls: Option<TlsFiles>,
    /// Whether HTTP/2 is offered over TLS.
    pub http2: bool,
    /// How long browsers are told to come by TLS only; none: they are not told.
    pub hsts: Option<Duration>,
    /// Origins whose pages may read answers.
    pub cors_origins: Vec<String>,
    /// How often the directory is looked at.
    pub poll_interval: Duration,
    /// How long stopping may take.
    pub shutdown_timeout: Duration,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Least important level that is logged.
    pub log_level: tracing::Level,
    /// Whether requests are logged with their ids.
    pub log_ids: bool,
}

/// A setting that is not allowed. The process exits with 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that its setting does not allow.
    #[error("{}: {} ({given}) is not allowed; allowed: {allowed}", .given.setting, .given.shown())]
    Invalid {
        /// The value and who gave it.
        given: Given,
        /// What would have been allowed.
        allowed: String,
    },
    /// The same, where there is more to say of what is wrong.
    #[error("{}: {} ({given}) is not allowed: {reason}; allowed: {allowed}", .given.setting, .given.shown())]
    Wrong {
        /// The value and who gave it.
        given: Box<Given>,
        /// What is wrong with it.
        reason: String,
        /// What would have been allowed.
        allowed: String,
    },
    /// Nobody said which directory to serve.
    #[error(
        "index_dir is not set; give --index-dir DIR, set KINDRED_INDEX_DIR, \
         or put index_dir into the file of --config"
    )]
    NoIndexDir,
    /// The settings file cannot be used.
    #[error("config: {} cannot be used: {reason}; allowed: a readable TOML file", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The settings file has a key that is no setting.
    #[error(
        "config: unknown key {key:?} in {}{}; allowed: {}",
        .path.display(),
        meant(.key).map(|name| format!(", did you mean {name}?")).unwrap_or_default(),
        names().collect::<Vec<_>>().join(", ")
    )]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
}

impl Config {
    /// Judges every setting. What comes second is a warning for each `KINDRED_` variable that is not used.
    ///
    /// # Errors
    /// A setting that is not allowed, the first if there are several; a settings file that is not usable.
    pub fn load(
        arguments: Arguments,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let layers = Layers::gather(arguments, variables)?;
        let api_keys = path(&layers, "api_keys")?.map(|(_, path)| path);
        let config = Config {
            index_dir: index_dir(&layers)?,
            bind: bind(&layers, api_keys.is_some())?,
            workers: number(&layers, "workers", &WORKERS, default_workers())?,
            max_n: number(&layers, "max_n", &MAX_N, DEFAULT_MAX_N)?,
            max_exact: number(&layers, "max_exact", &MAX_EXACT, DEFAULT_MAX_EXACT)?,
            max_queue: number(&layers, "max_queue", &MAX_QUEUE, DEFAULT_MAX_QUEUE)?,
            max_connections: layers
                .find("max_connections")
                .map(|_| number(&layers, "max_connections", &MAX_CONNECTIONS, DEFAULT_MAX_CONNECTIONS))
                .transpose()?,
            client_timeout: duration(&layers, "client_timeout", &CLIENT_TIMEOUT, DEFAULT_CLIENT_TIMEOUT)?,
            keep_alive: keep_alive(&layers)?,
            residency: choice(&layers, "residency", "mapped or copied", Residency::Mapped)?,
            api_keys,
            allowed_hosts: list(&layers, "allowed_hosts", hosts::ALLOWED)?,
            rate_limit: optional_rate(&layers)?,
            trusted_proxies: list(&layers, "trusted_proxies", networks::ALLOWED)?,
            tls: tls(&layers)?,
            http2: switch(&layers, "http2")?,
            hsts: layers
                .find("hsts")
                .map(|_| duration(&layers, "hsts", &HSTS, Duration::ZERO))
                .transpose()?,
            cors_origins: cors_origins(&layers)?,
            poll_interval: duration(&layers, "poll_interval", &POLL_INTERVAL, DEFAULT_POLL_INTERVAL)?,
            shutdown_timeout: duration(
                &layers,
                "shutdown_timeout",
                &SHUTDOWN_TIMEOUT,
                DEFAULT_SHUTDOWN_TIMEOUT,
            )?,
            log_format: choice(&layers, "log_format", "text or json", LogFormat::Text)?,
            log_level: choice(&layers, "log_level", "error, warn, info, debug or trace", DEFAULT_LOG_LEVEL)?
                .0,
            log_ids: switch(&layers, "log_ids")?,
        };
        Ok((config, layers.unused_variables))
    }
}

/// The processors this process may use: on Linux that respects a container's quota.
fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).min(*WORKERS.end())
}

fn index_dir(layers: &Layers) -> Result<PathBuf, ConfigError> {
    let given = layers.find("index_dir").ok_or(ConfigError::NoIndexDir)?;
    let path = PathBuf::from(&given.value);
    // A directory that is missing may still come; a file will not become one.
    let is_path = given.kind == Kind::Text && !given.value.is_empty();
    if !is_path || (path.exists() && !path.is_dir()) {
        let allowed = "a directory, which may be missing at first".to_owned();
        return Err(ConfigError::Invalid { given, allowed });
    }
    Ok(path)
}

/// Profiles are private: nobody but this machine may ask without a key, unless somebody has said so.
fn bind(layers: &Layers, has_keys: bool) -> Result<Bind, ConfigError> {
    let allow_anonymous = switch(layers, "allow_anonymous")?;
    let Some(given) = layers.find("bind") else { return Ok(Bind::from(DEFAULT_BIND)) };
    let bind = Bind::of(&given)?;
    if bind.is_loopback() || has_keys || allow_anonymous {
        return Ok(bind);
    }
    let allowed = "a loopback address, unless api_keys names a file with keys or allow_anonymous is true";
    Err(ConfigError::Invalid { given, allowed: allowed.to_owned() })
}

fn tls(layers: &Layers) -> Result<Option<TlsFiles>, ConfigError> {
    match (path(layers, "tls_cert")?, path(layers, "tls_key")?) {
        (None, None) => Ok(None),
        (Some((_, cert)), Some((_, key))) => Ok(Some(TlsFiles { cert, key })),
        (Some((given, _)), None) => {
            Err(ConfigError::Invalid { given, allowed: "together with tls_key".to_owned() })
        }
        (None, Some((given, _))) => {
            Err(ConfigError::Invalid { given, allowed: "together with tls_cert".to_owned() })
        }
    }
}
