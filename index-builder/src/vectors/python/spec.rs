//! `PATH[:FUNCTION]`, as it is written after `--vectorizer python:`, and how that function is run.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The function that is called when none is named.
pub const DEFAULT_FUNCTION: &str = "vectorize";

/// A Python file and the function in it that vectorizes a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonSpec {
    /// The file.
    pub path: PathBuf,
    /// The name of the function, a Python identifier.
    pub function: String,
}

/// Why a text is not `PATH[:FUNCTION]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// There is nothing before the function's name.
    #[error("{0:?} names no file; allowed is PATH or PATH:FUNCTION")]
    NoPath(String),
    /// The path holds a NUL byte, which no path can.
    #[error("{0:?} holds a NUL byte; allowed is PATH or PATH:FUNCTION")]
    Nul(String),
}

impl FromStr for PythonSpec {
    type Err = SpecError;

    /// Reads `PATH[:FUNCTION]`. A path may hold colons: what follows the last one is a function's name only if it is
    /// a Python identifier.
    fn from_str(text: &str) -> Result<PythonSpec, SpecError> {
        let (path, function) = match text.rsplit_once(':') {
            Some((path, name)) if is_identifier(name) => (path, name),
            _ => (text, DEFAULT_FUNCTION),
        };
        if path.is_empty() {
            return Err(SpecError::NoPath(text.to_owned()));
        }
        if path.contains('\0') {
            return Err(SpecError::Nul(text.to_owned()));
        }
        Ok(PythonSpec { path: PathBuf::from(path), function: function.to_owned() })
    }
}

impl fmt::Display for PythonSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.function)
    }
}

/// How a profile is vectorized by a Python function.
#[derive(Debug, Clone)]
pub struct PythonConfig {
    /// The interpreter: a path, or a name that is looked up in `PATH`.
    pub interpreter: String,
    /// The file and the function.
    pub spec: PythonSpec,
    /// How long a batch may take, from its sending to its last answer.
    pub batch_timeout: Duration,
    /// How long importing the file may take, at every start of a child.
    pub load_timeout: Duration,
    /// The most profiles in a batch; 0 counts as 1.
    pub batch_size: usize,
    /// Set by the caller (after Ctrl-C), it makes every worker return [`LoadError::Stopped`](super::LoadError::Stopped) within a moment.
    pub stop: Arc<AtomicBool>,
}

impl PythonConfig {
    /// The interpreter if none is named.
    pub const DEFAULT_INTERPRETER: &str = "python3";
    /// Long enough for a model that needs a second for each of a batch's profiles, nearly.
    pub const DEFAULT_BATCH_TIMEOUT: Duration = Duration::from_secs(60);
    /// Importing a framework and reading a model of some gigabytes takes minutes on a slow disk.
    pub const DEFAULT_LOAD_TIMEOUT: Duration = Duration::from_secs(600);
    /// Large enough that the pipes cost nothing next to the function, small enough for the timeout of a batch.
    pub const DEFAULT_BATCH_SIZE: usize = 64;

    /// The defaults, for this function.
    pub fn new(spec: PythonSpec) -> PythonConfig {
        PythonConfig {
            interpreter: Self::DEFAULT_INTERPRETER.to_owned(),
            spec,
            batch_timeout: Self::DEFAULT_BATCH_TIMEOUT,
            load_timeout: Self::DEFAULT_LOAD_TIMEOUT,
            batch_size: Self::DEFAULT_BATCH_SIZE,
            stop: Arc::default(),
        }
    }
}

/// Letters of any script, digits and underscores, not starting with a digit.
fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_what_follows_the_last_colon_if_it_is_an_identifier() {
        let cases = [
            ("model.py", "model.py", "vectorize"),
            ("model.py:encode", "model.py", "encode"),
            ("/a/b.py:_encode2", "/a/b.py", "_encode2"),
            ("a:b/model.py", "a:b/model.py", "vectorize"),
            ("a:b/model.py:größe", "a:b/model.py", "größe"),
            ("model.py:2nd", "model.py:2nd", "vectorize"),
            ("model.py:a-b", "model.py:a-b", "vectorize"),
            ("model.py:", "model.py:", "vectorize"),
        ];
        for (text, path, function) in cases {
            let spec: PythonSpec = text.parse().unwrap();
            assert_eq!((spec.path.to_str(), spec.function.as_str()), (Some(path), function), "{text}");
        }
    }

    #[test]
    fn a_text_without_a_path_is_refused() {
        for text in ["", ":vectorize"] {
            assert_eq!(text.parse::<PythonSpec>(), Err(SpecError::NoPath(text.to_owned())));
        }
        assert!(matches!("a\0b.py".parse::<PythonSpec>(), Err(SpecError::Nul(_))));
    }
}
