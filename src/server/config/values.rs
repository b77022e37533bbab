//! Values of each kind: text in, or what a file has instead of text; a value or a message out.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::layers::{Given, Kind, Layers};
use super::{ConfigError, DEFAULT_KEEP_ALIVE, KEEP_ALIVE, LogFormat, Rate, SHORTEST_KEEP_ALIVE, rate};
use crate::file::Residency;

const SWITCH: &str = "true or false, or 1, 0, yes, no, on, off, in small or capital letters";
const PATH: &str = "the name of a file";

/// A file; whether it is there and makes sense is found out where it is read.
pub fn path(layers: &Layers, setting: &'static str) -> Result<Option<(Given, PathBuf)>, ConfigError> {
    let Some(given) = layers.find(setting) else { return Ok(None) };
    let reason = if given.is_pem() {
        "it is what is in such a file"
    } else if given.kind != Kind::Text {
        "it is no text"
    } else if given.value.is_empty() {
        "it is empty"
    } else {
        let path = PathBuf::from(&given.value);
        return Ok(Some((given, path)));
    };
    Err(ConfigError::Wrong { given: Box::new(given), reason: reason.to_owned(), allowed: PATH.to_owned() })
}

/// A switch, as people and programs write one. It is off where nobody gave a value.
pub fn switch(layers: &Layers, setting: &'static str) -> Result<bool, ConfigError> {
    let Some(given) = layers.find(setting) else { return Ok(false) };
    let text = given.text(&[Kind::Switch, Kind::Number]).map(str::to_ascii_lowercase);
    match text.as_deref() {
        Some("true" | "1" | "yes" | "on") => Ok(true),
        Some("false" | "0" | "no" | "off") => Ok(false),
        _ => Err(ConfigError::Invalid { given, allowed: SWITCH.to_owned() }),
    }
}

/// One of some words, in small or capital letters.
pub fn choice<T: FromStr>(
    layers: &Layers,
    setting: &'static str,
    allowed: &str,
    default: T,
) -> Result<T, ConfigError> {
    let Some(given) = layers.find(setting) else { return Ok(default) };
    match given.text(&[]).and_then(|text| text.to_ascii_lowercase().parse().ok()) {
        Some(value) => Ok(value),
        None => Err(ConfigError::Invalid { given, allowed: allowed.to_owned() }),
    }
}

/// A list, empty where nobody gave one.
pub fn list<T: FromStr + Default>(
    layers: &Layers,
    setting: &'static str,
    allowed: &str,
) -> Result<T, ConfigError> {
    let Some(given) = layers.find(setting) else { return Ok(T::default()) };
    match given.text(&[Kind::List]).and_then(|text| text.parse().ok()) {
        Some(value) => Ok(value),
        None => Err(ConfigError::Invalid { given, allowed: allowed.to_owned() }),
    }
}

/// How often a client may ask, if that is limited.
pub fn optional_rate(layers: &Layers) -> Result<Option<Rate>, ConfigError> {
    let Some(given) = layers.find("rate_limit") else { return Ok(None) };
    match given.text(&[]).and_then(|text| text.parse().ok()) {
        Some(rate) => Ok(Some(rate)),
        None => Err(ConfigError::Invalid { given, allowed: rate::ALLOWED.to_owned() }),
    }
}

/// Origins as browsers send them: a scheme, a host, perhaps a port, and nothing else.
pub fn cors_origins(layers: &Layers) -> Result<Vec<String>, ConfigError> {
    let Some(given) = layers.find("cors_origins") else { return Ok(Vec::new()) };
    let is_origin = |text: &str| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        host.is_some_and(|host| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
        })
    };
    let text = given.text(&[Kind::List]).unwrap_or_default();
    let origins: Vec<String> = text.split(',').map(|origin| origin.trim().to_ascii_lowercase()).collect();
    if origins.iter().all(|origin| is_origin(origin)) {
        return Ok(origins);
    }
    let allowed = "origins such as https://app.example or http://localhost:8080, with commas between them";
    Err(ConfigError::Invalid { given, allowed: allowed.to_owned() })
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
    match given.text(&[Kind::Number]).and_then(read).filter(|value| range.contains(value)) {
        Some(value) => Ok(value),
        None => Err(ConfigError::Invalid { given, allowed: allowed() }),
    }
}

/// A whole number.
pub fn number(
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

/// A duration, with its unit.
pub fn duration(
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

/// How long an idle connection stays open.
pub fn keep_alive(layers: &Layers) -> Result<Duration, ConfigError> {
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

/// `tracing::Level` also reads numbers, which the help does not promise.
pub struct LogLevel(pub tracing::Level);

impl FromStr for LogLevel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        use tracing::Level;
        let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
        levels.into_iter().find(|level| level.as_str().to_ascii_lowercase() == text).map(LogLevel).ok_or(())
    }
}
