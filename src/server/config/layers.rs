//! Where a setting's value comes from: command line over environment over file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::super::bounded_file;
use super::settings::{SETTINGS, names};
use super::{Arguments, ConfigError};
use crate::directory::plain_text::without_mark;

/// The longest file of settings.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What the names of our environment variables start with.
pub const VARIABLE_PREFIX: &str = "KINDRED_";

/// One character in so many may be wrong in a name that is still taken for a slip.
const MOST_WRONG: usize = 3;

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

/// What a value was written as. Only a file has anything else than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// A list of texts. Its value is these texts with commas between them.
    List,
    /// What no setting takes: a table, a number with a fraction, a list of anything else.
    Other,
}

/// A value as one layer has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    text: OsString,
    kind: Kind,
    /// As it is in the file, where that is not the text.
    written: Option<String>,
}

impl Value {
    fn text(text: OsString) -> Value {
        Value { text, kind: Kind::Text, written: None }
    }
}

/// What begins a section of PEM. A key must not get into a message, whoever put it there.
const PEM_BEGINS: &str = "-----BEGIN ";

/// A value together with who gave it, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The setting's name.
    pub setting: &'static str,
    /// The value as text.
    pub value: OsString,
    /// What it was written as.
    pub kind: Kind,
    written: Option<String>,
    /// Who gave it.
    pub origin: Origin,
}

impl Given {
    /// The value as text, without blanks around it, where it was written as text or as one of these.
    pub fn text(&self, also: &[Kind]) -> Option<&str> {
        let is_of_kind = self.kind == Kind::Text || also.contains(&self.kind);
        self.value.to_str().filter(|_| is_of_kind).map(str::trim)
    }

    /// Whether it is the content of a file of keys or certificates, and not the name of one.
    pub fn is_pem(&self) -> bool {
        self.value.to_string_lossy().contains(PEM_BEGINS)
    }

    /// The value as messages show it.
    pub fn shown(&self) -> String {
        if self.is_pem() {
            return format!("{PEM_BEGINS:?}...");
        }
        self.written.clone().unwrap_or_else(|| format!("{:?}", self.value))
    }
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
    arguments: BTreeMap<&'static str, Value>,
    environment: BTreeMap<&'static str, Value>,
    file: BTreeMap<&'static str, Value>,
    file_path: PathBuf,
    /// What should be said of variables that are not used, sorted: they start as ours do and are none of ours, or they
    /// are empty and would have protected something.
    pub unused_variables: Vec<String>,
}

impl Layers {
    /// Gathers the layers; reads the file if one is named. A variable that is empty or blank is not set.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, or has a key that is no setting.
    pub fn gather(
        arguments: Arguments,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::default();
        let mut config_file = arguments.config.clone();
        let given = arguments.settings.0.into_iter();
        layers.arguments = given.map(|(setting, value)| (setting, Value::text(value))).collect();
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            let Some(suffix) = name.strip_prefix(VARIABLE_PREFIX) else { continue };
            let is_set = !value.to_string_lossy().trim().is_empty();
            match SETTINGS.iter().find(|setting| setting.name.to_ascii_uppercase() == suffix) {
                Some(setting) if is_set => {
                    layers.environment.insert(setting.name, Value::text(value));
                }
                Some(setting) if setting.protects => {
                    layers.unused_variables.push(format!("{name} is empty and counts as not set"));
                }
                Some(_) => {}
                None if suffix == CONFIG.to_ascii_uppercase() => {
                    if is_set {
                        config_file.get_or_insert(value);
                    }
                }
                // No setting of the server: it is judged where the program starts.
                None if name == crate::distance::VARIABLE => {}
                None => layers.unused_variables.push(unknown_variable(&name, suffix)),
            }
        }
        layers.unused_variables.sort();
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
            let Value { text, kind, written } = layer.get(setting)?.clone();
            Some(Given { setting, value: text, kind, written, origin })
        })
    }
}

fn unknown_variable(name: &str, suffix: &str) -> String {
    let meant = meant(suffix).map(variable_name).map(|name| format!("; did you mean {name}?"));
    format!("{name} is no setting of kindred and is ignored{}", meant.unwrap_or_default())
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
    let settings = names().map(|setting| {
        (variable_name(setting), format!("As {}; in the file of --config: {setting}.", option_name(setting)))
    });
    let (kernel, meaning) = crate::manual::KERNEL_VARIABLE;
    let others = [
        (variable_name(CONFIG), format!("As {}.", option_name(CONFIG))),
        (kernel.to_owned(), meaning.to_owned()),
    ];
    settings.chain(others).collect()
}

fn read_file(path: &Path) -> Result<BTreeMap<&'static str, Value>, ConfigError> {
    let unusable = |reason: String| ConfigError::File { path: path.to_owned(), reason };
    if path.as_os_str().is_empty() {
        return Err(unusable("the name of the file is empty".to_owned()));
    }
    let bytes = bounded_file::read(path, MAX_FILE_BYTES).map_err(|error| unusable(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(unusable("it is longer than 1 MiB, and no such file is".to_owned()));
    }
    let text = without_mark(&bytes).map_err(|error| unusable(error.to_string()))?;
    let text = std::str::from_utf8(text).map_err(|error| unusable(error.to_string()))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| unusable(error.to_string().trim_end().to_owned()))?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.name == key)
            .ok_or_else(|| ConfigError::UnknownKey { path: path.to_owned(), key: key.clone() })?;
        // No element is what there is without the setting.
        if value.as_array().is_none_or(|list| !list.is_empty() || !setting.is_list) {
            values.insert(setting.name, of_toml(&value));
        }
    }
    Ok(values)
}

/// Whether a setting takes such a value is judged with the setting.
fn of_toml(value: &toml::Value) -> Value {
    let written = Some(value.to_string());
    let (text, kind) = match value {
        toml::Value::String(text) => return Value::text(text.into()),
        toml::Value::Integer(number) => (number.to_string(), Kind::Number),
        toml::Value::Boolean(switch) => (switch.to_string(), Kind::Switch),
        toml::Value::Array(list) => {
            let texts: Option<Vec<&str>> =
                list.iter().map(|text| text.as_str().filter(|text| !text.trim().is_empty())).collect();
            match texts {
                Some(texts) => (texts.join(","), Kind::List),
                None => (value.to_string(), Kind::Other),
            }
        }
        other => (other.to_string(), Kind::Other),
    };
    Value { text: text.into(), kind, written }
}

/// The name of a setting that somebody may have meant by another name.
pub fn meant(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase().replace(['-', ' '], "_");
    let distance = |setting: &str| strsim::damerau_levenshtein(&name, setting);
    let (nearest, far) = names().map(|setting| (setting, distance(setting))).min_by_key(|(_, far)| *far)?;
    (far <= nearest.len() / MOST_WRONG).then_some(nearest)
}
