//! Settings of a benchmark from environment variables, and where its results go.

#![allow(dead_code, reason = "several benchmarks share this, and each uses only a part")]

use std::env;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};

/// A setting, or its default where the variable is not there or empty.
///
/// # Errors
/// A text that cannot be meant, with the name of the variable.
pub fn variable<T>(name: &str, default: T) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    Ok(optional(name)?.unwrap_or(default))
}

/// A setting that may be left out.
///
/// # Errors
/// A text that cannot be meant, with the name of the variable.
pub fn optional<T>(name: &str) -> Result<Option<T>>
where
    T: FromStr,
    T::Err: Display,
{
    match env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => text.parse().map(Some).map_err(|error| anyhow!("{name} is {text:?}: {error}")),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(anyhow!("{name}: {error}")),
    }
}

/// A directory for results beside what cargo builds; it is there when this returns.
///
/// # Errors
/// Where it cannot be created.
pub fn results(name: &str) -> Result<PathBuf> {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = temporary.parent().unwrap_or(temporary).join(name);
    fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    Ok(directory)
}

/// A size from `/proc/PID/status` in bytes, such as `VmHWM`; `None` where there is no such process or line.
pub fn memory(process: &str, line: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    let kibibytes: u64 = value.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}
