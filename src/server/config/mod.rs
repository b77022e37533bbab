//! Settings: raw arguments, environment and file in; a validated [`Config`] out, or a message that names the
//! setting, its source, the value and what is allowed.

mod arguments;
mod hosts;
mod layers;
mod networks;
mod rate;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub use arguments::{Arguments, Command, HashKeyArguments, ProbeArguments};
pub use hosts::Hosts;
use layers::Layers;
pub use layers::{Given, Origin, SETTINGS, variables};
pub use networks::Networks;
pub use rate::Rate;

use crate::index::Residency;

/// Only this machine can reach it until somebody decides otherwise.
const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);
/// Far above any page of recommendations, far below what would make one answer a burden.
const DEFAULT_MAX_N: usize = 1000;
/// One exact search reads every vector: one at a time leaves the other processors to everybody else.
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
    /// Address to listen on.
    pub bind: SocketAddr,
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
    #[error("{}: {:?} ({given}) is not allowed; allowed: {allowed}", .given.setting, .given.value)]
    Invalid {
        /// The value and who gave it.
        given: Given,
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
    #[error("config: unknown key {key:?} in {}; allowed: {}", .path.display(), SETTINGS.join(", "))]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
}

impl Config {
    /// Judges every setting. What comes second is the unknown `KINDRED_` variables, which deserve a warning.
    ///
    /// # Errors
    /// The first setting that is not allowed, in the order of [`SETTINGS`]; a settings file that is not usable.
    pub fn load(
        arguments: Arguments,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let layers = Layers::gather(arguments, variables)?;
        let api_keys = path(&layers, "api_keys");
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
            residency: parsed(&layers, "residency", "mapped or copied", Residency::Mapped)?,
            api_keys,
            allowed_hosts: parsed(&layers, "allowed_hosts", hosts::ALLOWED, Hosts::default())?,
            rate_limit: optional(&layers, "rate_limit", rate::ALLOWED)?,
            trusted_proxies: parsed(&layers, "trusted_proxies", networks::ALLOWED, Networks::default())?,
            tls: tls(&layers)?,
            http2: parsed(&layers, "http2", "true or false", false)?,
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
            log_format: parsed(&layers, "log_format", "text or json", LogFormat::Text)?,
            log_level: parsed(&layers, "log_level", "error, warn, info, debug or trace", DEFAULT_LOG_LEVEL)?
                .0,
            log_ids: parsed(&layers, "log_ids", "true or false", false)?,
        };
        Ok((config, layers.unknown_variables))
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
    if path.as_os_str().is_empty() || (path.exists() && !path.is_dir()) {
        let allowed = "a directory, which may be missing at first".to_owned();
        return Err(ConfigError::Invalid { given, allowed });
    }
    Ok(path)
}

/// Profiles are private: nobody but this machine may ask without a key, unless somebody has said so.
fn bind(layers: &Layers, has_keys: bool) -> Result<SocketAddr, ConfigError> {
    let bind = parsed(layers, "bind", "an address and a port, such as 127.0.0.1:5000", DEFAULT_BIND)?;
    let allow_anonymous = parsed(layers, "allow_anonymous", "true or false", false)?;
    match layers.find("bind") {
        Some(given) if !bind.ip().is_loopback() && !has_keys && !allow_anonymous => {
            let allowed =
                "a loopback address, unless api_keys names a file with keys or allow_anonymous is true";
            Err(ConfigError::Invalid { given, allowed: allowed.to_owned() })
        }
        _ => Ok(bind),
    }
}

/// A file; whether it is there and makes sense is found out where it is read.
fn path(layers: &Layers, setting: &'static str) -> Option<PathBuf> {
    layers.find(setting).map(|given| PathBuf::from(given.value))
}

fn tls(layers: &Layers) -> Result<Option<TlsFiles>, ConfigError> {
    match (layers.find("tls_cert"), layers.find("tls_key")) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => {
            Ok(Some(TlsFiles { cert: PathBuf::from(cert.value), key: PathBuf::from(key.value) }))
        }
        (Some(given), None) => {
            Err(ConfigError::Invalid { given, allowed: "together with tls_key".to_owned() })
        }
        (None, Some(given)) => {
            Err(ConfigError::Invalid { given, allowed: "together with tls_cert".to_owned() })
        }
    }
}

/// Origins as browsers send them: a scheme, a host, perhaps a port, and nothing else.
fn cors_origins(layers: &Layers) -> Result<Vec<String>, ConfigError> {
    let Some(given) = layers.find("cors_origins") else { return Ok(Vec::new()) };
    let is_origin = |text: &str| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        host.is_some_and(|host| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
        })
    };
    let text = given.value.to_str().unwrap_or_default();
    let origins: Vec<String> = text.split(',').map(|origin| origin.trim().to_ascii_lowercase()).collect();
    if origins.iter().all(|origin| is_origin(origin)) {
        return Ok(origins);
    }
    let allowed = "origins such as https://app.example or http://localhost:8080, with commas between them";
    Err(ConfigError::Invalid { given, allowed: allowed.to_owned() })
}

/// A setting that may be left out.
fn optional<T: FromStr>(
    layers: &Layers,
    setting: &'static str,
    allowed: &str,
) -> Result<Option<T>, ConfigError> {
    let Some(given) = layers.find(setting) else { return Ok(None) };
    match given.value.to_str().and_then(|text| text.parse().ok()) {
        Some(value) => Ok(Some(value)),
        None => Err(ConfigError::Invalid { given, allowed: allowed.to_owned() }),
    }
}

/// A setting whose type reads itself from text.
fn parsed<T: FromStr>(
    layers: &Layers,
    setting: &'static str,
    allowed: &str,
    default: T,
) -> Result<T, ConfigError> {
    Ok(optional(layers, setting, allowed)?.unwrap_or(default))
}

/// A setting with a range, or its default where nobody gave a value.
fn ranged<T: PartialOrd>(
    layers: &Layers,
    setting: &'static str,
    range: &RangeInclusive<T>,
    default: T,
    read: impl FnOnce(&str) -> Option<T>,
    allowed: impl FnOnce() -> String,
) -> Result<T, ConfigError> {
    let Some(given) = layers.find(setting) else { return Ok(default) };
    match given.value.to_str().and_then(read).filter(|value| range.contains(value)) {
        Some(value) => Ok(value),
        None => Err(ConfigError::Invalid { given, allowed: allowed() }),
    }
}

fn number(
    layers: &Layers,
    setting: &'static str,
    range: &RangeInclusive<usize>,
    default: usize,
) -> Result<usize, ConfigError> {
    let read = |text: &str| text.parse().ok();
    ranged(layers, setting, range, default, read, || {
        format!("a whole number from {} to {}", range.start(), range.end())
    })
}

fn duration(
    layers: &Layers,
    setting: &'static str,
    range: &RangeInclusive<Duration>,
    default: Duration,
) -> Result<Duration, ConfigError> {
    let read = |text: &str| humantime::parse_duration(text).ok();
    ranged(layers, setting, range, default, read, || {
        format!(
            "a duration with its unit, such as 500ms or 2s, from {} to {}",
            humantime::format_duration(*range.start()),
            humantime::format_duration(*range.end())
        )
    })
}

fn keep_alive(layers: &Layers) -> Result<Duration, ConfigError> {
    let is_allowed = |time: &Duration| time.is_zero() || *time >= SHORTEST_KEEP_ALIVE;
    let read = |text: &str| humantime::parse_duration(text).ok().filter(is_allowed);
    ranged(layers, "keep_alive", &KEEP_ALIVE, DEFAULT_KEEP_ALIVE, read, || {
        let most = humantime::format_duration(*KEEP_ALIVE.end());
        format!("0s, which is no connection that waits, or a duration with its unit from 1s to {most}")
    })
}

impl FromStr for Residency {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "mapped" => Ok(Residency::Mapped),
            "copied" => Ok(Residency::Copied),
            _ => Err(()),
        }
    }
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(()),
        }
    }
}

/// `tracing::Level` also reads numbers and capitals, which the help does not promise.
struct LogLevel(tracing::Level);

impl FromStr for LogLevel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        use tracing::Level;
        let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
        levels.into_iter().find(|level| level.as_str().to_ascii_lowercase() == text).map(LogLevel).ok_or(())
    }
}
