//! What the vectors are asked to be made by, and of which fields.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use glob::Pattern;
use kindred::file::FieldMetadata;
use kindred::profile::path::Paths;
use kindred::vectorizer::Vectorize;
use kindred::vectorizer::text::Language;

use crate::ground::failure::Failure;
use crate::intake::ingest::Profiles;
use crate::vectors::python::{PythonConfig, PythonSpec};

/// Where random numbers start unless it is said.
pub const DEFAULT_SEED: u64 = 42;

/// What makes the vectors.
#[derive(Debug, Clone)]
pub enum VectorizerChoice {
    /// By what the source holds: see [`resolve`](crate::vectors::resolve::resolve).
    Auto,
    /// The vector is already in this field.
    Field(String),
    /// Each number of the vector is in a field of its own.
    Columns {
        /// What their names look like.
        patterns: Vec<Pattern>,
        /// The names, in order, once they are known.
        names: Vec<String>,
    },
    /// What is fitted on all profiles, and goes into the file.
    Fitted(Arc<dyn Fit>),
    /// The data science team's own function, which stays outside.
    Python(PythonSpec),
}

impl VectorizerChoice {
    /// Whether it compares fields as features, which `--fields` and `--ignore-fields` choose.
    pub fn compares_fields(&self) -> bool {
        matches!(self, VectorizerChoice::Fitted(fit) if fit.compares_fields())
    }

    /// Whether the vector comes with the profiles.
    pub fn is_given(&self) -> bool {
        matches!(self, VectorizerChoice::Field(_) | VectorizerChoice::Columns { .. })
    }
}

/// A vectorizer that is fitted on all profiles of a build.
pub trait Fit: fmt::Debug + Send + Sync {
    /// Its name in metadata, which a row of the library's table restores it by. No path is in it: it would differ from
    /// machine to machine.
    fn name(&self) -> String;

    /// Whether it compares the fields that `--fields` and `--ignore-fields` select. Else these options are refused.
    fn compares_fields(&self) -> bool;

    /// Whether it reads texts in the language of `--language`, which metadata then name.
    fn has_language(&self) -> bool {
        false
    }

    /// Fits it. The same profiles give the same state, whatever threads there are.
    ///
    /// # Errors
    /// [`Failure::Usage`] for options that cannot be meant, [`Failure::Failed`] for profiles that it cannot be fitted on,
    /// and what reading them gives.
    fn fit(&self, options: &VectorOptions, profiles: &Profiles) -> Result<Fitted, Failure>;
}

/// A vectorizer that has been fitted.
#[derive(Debug)]
pub struct Fitted {
    /// Makes the vectors.
    pub vectorizer: Box<dyn Vectorize>,
    /// What the file needs to make it again.
    pub state: Vec<u8>,
    /// What it took fields for, by name; those that it has nothing to say of need not be there.
    pub fields: Vec<FieldMetadata>,
    /// What a person should know.
    pub notes: Vec<String>,
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
