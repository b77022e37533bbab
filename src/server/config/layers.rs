//! Where a setting's value comes from: command line over environment over file.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use super::{Arguments, ConfigError};

/// Every setting, by the name it has in a file. Its option and its variable are made from that name.
pub const SETTINGS: [&str; 25] = [
    "index_dir",
    "bind",
    "workers",
    "max_n",
    "max_exact",
    "max_queue",
    "max_connections",
    "client_timeout",
    "keep_alive",
    "residency",
    "api_keys",
    "allow_anonymous",
    "allowed_hosts",
    "rate_limit",
    "trusted_proxies",
    "tls_cert",
    "tls_key",
    "http2",
    "hsts",
    "cors_origins",
    "poll_interval",
    "shutdown_timeout",
    "log_format",
    "log_level",
    "log_ids",
];

/// What the names of our environment variables start with.
pub const VARIABLE_PREFIX: &str = "KINDRED_";

/// The one setting that cannot be in a file: which file to read.
const CONFIG: &str = "config";

/// Who gave a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An option on the command line.
    CommandLine,
    /// An environment variable.
    Environment,
    /// A key in this file.
    File(PathBuf),
}

/// A value together with who gave it, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The setting's name as in [`SETTINGS`].
    pub setting: &'static str,
    /// The value as it was given.
    pub value: OsString,
    /// Who gave it.
    pub origin: Origin,
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::CommandLine => write!(f, "{} on the command line", option_name(self.setting)),
            Origin::Environment => write!(f, "{} in the environment", variable_name(self.setting)),
            Origin::File(path) => write!(f, "{} in {}", self.setting, path.display()),
        }
    }
}

/// All values that were given, in three layers.
#[derive(Debug, Default)]
pub struct Layers {
    arguments: BTreeMap<&'static str, OsString>,
    environment: BTreeMap<&'static str, OsString>,
    file: BTreeMap<&'static str, OsString>,
    file_path: PathBuf,
    /// Variables that start as ours do and are none of ours, sorted.
    pub unknown_variables: Vec<String>,
}

impl Layers {
    /// Gathers the layers; reads the file if one is named.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, or has a key that is no setting or a value of a wrong kind.
    pub fn gather(
        arguments: Arguments,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::default();
        let mut config_file = arguments.config.clone();
        layers.arguments = given_arguments(arguments);
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            let Some(suffix) = name.strip_prefix(VARIABLE_PREFIX) else { continue };
            match SETTINGS.iter().find(|setting| setting.to_ascii_uppercase() == suffix) {
                Some(setting) => drop(layers.environment.insert(setting, value)),
                None if suffix == CONFIG.to_ascii_uppercase() => {
                    config_file.get_or_insert(value);
                }
                // No setting of the server: it is judged where the program starts.
                None if name == crate::distance::VARIABLE => {}
                None => layers.unknown_variables.push(name),
            }
        }
        layers.unknown_variables.sort();
        if let Some(path) = config_file {
            layers.file_path = PathBuf::from(path);
            layers.file = read_file(&layers.file_path)?;
        }
        Ok(layers)
    }

    /// The value that counts for a setting, if anybody gave one.
    pub fn find(&self, setting: &'static str) -> Option<Given> {
        let layers = [
            (&self.arguments, Origin::CommandLine),
            (&self.environment, Origin::Environment),
            (&self.file, Origin::File(self.file_path.clone())),
        ];
        layers.into_iter().find_map(|(layer, origin)| {
            layer.get(setting).map(|value| Given { setting, value: value.clone(), origin })
        })
    }
}

/// `index_dir` -> `--index-dir`.
pub fn option_name(setting: &str) -> String {
    format!("--{}", setting.replace('_', "-"))
}

/// `index_dir` -> `KINDRED_INDEX_DIR`.
pub fn variable_name(setting: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", setting.to_ascii_uppercase())
}

/// The environment variables that mean something to the server, and what, for its manual page.
pub fn variables() -> Vec<(String, String)> {
    let settings = SETTINGS.iter().map(|setting| {
        (variable_name(setting), format!("As {}; in the file of --config: {setting}.", option_name(setting)))
    });
    let (kernel, meaning) = crate::manual::KERNEL_VARIABLE;
    let others = [
        (variable_name(CONFIG), format!("As {}.", option_name(CONFIG))),
        (kernel.to_owned(), meaning.to_owned()),
    ];
    settings.chain(others).collect()
}

fn given_arguments(arguments: Arguments) -> BTreeMap<&'static str, OsString> {
    let Arguments {
        index_dir,
        bind,
        workers,
        max_n,
        max_exact,
        max_queue,
        max_connections,
        client_timeout,
        keep_alive,
        residency,
        api_keys,
        allow_anonymous,
        allowed_hosts,
        rate_limit,
        trusted_proxies,
        tls_cert,
        tls_key,
        http2,
        hsts,
        cors_origins,
        poll_interval,
        shutdown_timeout,
        log_format,
        log_level,
        log_ids,
        config: _,
        command: _,
    } = arguments;
    let values = [
        index_dir,
        bind,
        workers,
        max_n,
        max_exact,
        max_queue,
        max_connections,
        client_timeout,
        keep_alive,
        residency,
        api_keys,
        allow_anonymous,
        allowed_hosts,
        rate_limit,
        trusted_proxies,
        tls_cert,
        tls_key,
        http2,
        hsts,
        cors_origins,
        poll_interval,
        shutdown_timeout,
        log_format,
        log_level,
        log_ids,
    ];
    // The same order as in SETTINGS, and as many: the array types say the latter, a test the former.
    SETTINGS.into_iter().zip(values).filter_map(|(setting, value)| Some((setting, value?))).collect()
}

fn read_file(path: &Path) -> Result<BTreeMap<&'static str, OsString>, ConfigError> {
    let unusable = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| unusable(error.to_string().trim_end().to_owned()))?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let setting = *SETTINGS
            .iter()
            .find(|setting| **setting == key)
            .ok_or_else(|| ConfigError::UnknownKey { path: path.to_owned(), key: key.clone() })?;
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(switch) => switch.to_string(),
            other => {
                return Err(ConfigError::Invalid {
                    given: Given {
                        setting,
                        value: other.to_string().into(),
                        origin: Origin::File(path.to_owned()),
                    },
                    allowed: "a string, an integer, true or false".to_owned(),
                });
            }
        };
        values.insert(setting, OsStr::new(&text).to_owned());
    }
    Ok(values)
}
