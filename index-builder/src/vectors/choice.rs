//! What the vectors are asked to be made by, and of which fields.

use std::str::FromStr;
use std::time::Duration;

use glob::Pattern;
use kindred::profile::path::Paths;
use kindred::vectorizer::text::Language;

use crate::ground::failure::Failure;
use crate::vectors::python::{PythonConfig, PythonSpec};

/// Where random numbers start unless it is said.
pub const DEFAULT_SEED: u64 = 42;

/// What makes the vectors.
#[derive(Debug, Clone)]
pub enum VectorizerChoice {
    /// By what the source holds: see [`resolve`](crate::vectors::resolve::resolve).
    Auto,
    /// The built-in one.
    Hashing,
    /// The vector is already in this field.
    Field(String),
    /// Each number of the vector is in a field of its own.
    Columns {
        /// What their names look like.
        patterns: Vec<Pattern>,
        /// The names, in order, once they are known.
        names: Vec<String>,
    },
    /// The data science team's own function.
    Python(PythonSpec),
}

impl FromStr for VectorizerChoice {
    type Err = Failure;

    fn from_str(text: &str) -> Result<VectorizerChoice, Failure> {
        let refused = |why: &str| {
            Failure::Usage(format!(
                "--vectorizer {text:?}: {why}; allowed are auto, hashing, field:NAME, columns:NAMES and \
                 python:PATH[:FUNCTION]"
            ))
        };
        match text.split_once(':') {
            None if text == "auto" => Ok(VectorizerChoice::Auto),
            None if text == "hashing" => Ok(VectorizerChoice::Hashing),
            Some(("columns", names)) => columns(names).map_err(|why| refused(&why)),
            Some(("field", "")) => Err(refused("the field has no name")),
            Some(("field", name)) => Ok(VectorizerChoice::Field(name.to_owned())),
            Some(("python", spec)) => {
                spec.parse().map(VectorizerChoice::Python).map_err(|error| refused(&error.to_string()))
            }
            _ => Err(refused("there is no such vectorizer")),
        }
    }
}

/// `dim_*` or `x,y,z`.
fn columns(names: &str) -> Result<VectorizerChoice, String> {
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    if names.iter().any(|name| name.is_empty()) {
        return Err("a column has no name; columns:dim_* and columns:A,B,C are meant".to_owned());
    }
    let pattern =
        |name: &&str| Pattern::new(name).map_err(|error| format!("{name:?} is no pattern: {error}"));
    let patterns = names.iter().map(pattern).collect::<Result<_, _>>()?;
    Ok(VectorizerChoice::Columns { patterns, names: Vec::new() })
}

/// Which of a profile's fields are vectorized.
#[derive(Debug, Clone, Default)]
pub struct FieldSelection {
    /// Only these, where given.
    pub only: Option<Vec<String>>,
    /// Not these.
    pub ignored: Vec<String>,
}

impl FieldSelection {
    /// Whether all fields are vectorized.
    pub fn is_everything(&self) -> bool {
        self.only.is_none() && self.ignored.is_empty()
    }

    /// The fields that are vectorized, where not all are.
    pub fn only(&self) -> Option<Paths<'_>> {
        self.only.as_ref().map(|names| Paths::new(names.iter().map(String::as_str)))
    }

    /// Whether a field is vectorized: it, or a map that it lies in, is named.
    pub fn takes(&self, path: &str) -> bool {
        let named = |names: &[String]| {
            names.iter().any(|name| {
                path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        self.only.as_deref().is_none_or(named) && !named(&self.ignored)
    }
}

/// How profiles get their vectors.
#[derive(Debug, Clone)]
pub struct VectorOptions {
    /// What makes them.
    pub vectorizer: VectorizerChoice,
    /// Which fields are vectorized.
    pub selection: FieldSelection,
    /// Numbers per vector; none: what the vectorizer gives.
    pub dimension: Option<u32>,
    /// The language of texts.
    pub language: Language,
    /// Where random numbers start.
    pub seed: u64,
    /// The interpreter of a Python function.
    pub python: String,
    /// How long that function may take for a batch.
    pub python_timeout: Duration,
}

impl VectorOptions {
    /// Vectors of a vectorizer, and all else as on a command line that does not name it.
    pub fn new(vectorizer: VectorizerChoice) -> VectorOptions {
        VectorOptions {
            vectorizer,
            selection: FieldSelection::default(),
            dimension: None,
            language: Language::default(),
            seed: DEFAULT_SEED,
            python: PythonConfig::DEFAULT_INTERPRETER.to_owned(),
            python_timeout: PythonConfig::DEFAULT_BATCH_TIMEOUT,
        }
    }
}
