//! The table of vectorizers: a row for each that `--vectorizer` can name. `docs/adding-a-vectorizer.md` shows how to add one.
//!
//! A row names the row of the library's table that makes the vectorizer from a file again: what can be built can also be
//! asked about.

use std::str::FromStr;
use std::sync::Arc;

use glob::Pattern;
use kindred::counted::joined;
use kindred::vectorizer::Kind;
use kindred::vectorizer::table::{COLUMNS, FIELD, HASHING, PYTHON};

use crate::ground::failure::Failure;
use crate::vectors::choice::VectorizerChoice;
use crate::vectors::hashing::Hashing;
use crate::vectors::python::PythonSpec;

/// A vectorizer that can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name, what a user writes behind it, and how a file's is made again.
    pub kind: &'static Kind,
    /// Reads what stands behind the colon, empty for a kind that has none. The error says in a few words what is wrong
    /// with it.
    pub choose: fn(&str) -> Result<VectorizerChoice, String>,
}

/// All of them, in the order in which they are told.
pub const ROWS: &[Row] = &[
    Row { kind: &HASHING, choose: |_| Ok(VectorizerChoice::Fitted(Arc::new(Hashing))) },
    Row { kind: &FIELD, choose: field },
    Row { kind: &COLUMNS, choose: columns },
    Row { kind: &PYTHON, choose: python },
];

/// What leaves the choice to the builder.
const AUTO: &str = "auto";

/// What may be asked for besides `auto`, as a user writes it, with a word before the last: `hashing or field:NAME`.
pub fn usages(word: &str) -> String {
    joined(&ROWS.iter().map(|row| row.kind.usage()).collect::<Vec<_>>(), word)
}

impl FromStr for VectorizerChoice {
    type Err = Failure;

    fn from_str(text: &str) -> Result<VectorizerChoice, Failure> {
        if text == AUTO {
            return Ok(VectorizerChoice::Auto);
        }
        choose(ROWS, text).map_err(|why| {
            Failure::Usage(format!("--vectorizer {text:?}: {why}; allowed are {AUTO}, {}", usages("and")))
        })
    }
}

/// The vectorizer of the row that a text names.
///
/// # Errors
/// Why there is none, in a few words.
pub fn choose(rows: &[Row], text: &str) -> Result<VectorizerChoice, String> {
    let found = rows.iter().find_map(|row| Some((row, row.kind.argument_of(text)?)));
    let (row, argument) = found.ok_or("there is no such vectorizer")?;
    (row.choose)(argument)
}

impl VectorizerChoice {
    /// Its name in metadata. No path is in it, which would differ from machine to machine.
    pub fn name(&self) -> String {
        match self {
            VectorizerChoice::Auto => AUTO.to_owned(),
            VectorizerChoice::Fitted(fit) => fit.name(),
            VectorizerChoice::Field(name) => format!("{}:{name}", FIELD.name),
            VectorizerChoice::Columns { patterns, .. } => {
                let patterns: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
                format!("{}:{}", COLUMNS.name, patterns.join(","))
            }
            VectorizerChoice::Python(spec) => {
                let file = spec.path.file_name().unwrap_or_default().to_string_lossy();
                format!("{}:{file}:{}", PYTHON.name, spec.function)
            }
        }
    }
}

fn field(name: &str) -> Result<VectorizerChoice, String> {
    match name {
        "" => Err("the field has no name".to_owned()),
        name => Ok(VectorizerChoice::Field(name.to_owned())),
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

fn python(spec: &str) -> Result<VectorizerChoice, String> {
    spec.parse::<PythonSpec>().map(VectorizerChoice::Python).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_the_library_knows_can_be_asked_for() {
        let known = kindred::vectorizer::table::KINDS.iter().map(|kind| kind.usage());
        assert_eq!(known.collect::<Vec<_>>(), ROWS.iter().map(|row| row.kind.usage()).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_asked_for_is_named_so_that_the_same_row_restores_it() {
        let cases = [
            ("hashing", "hashing"),
            ("field:v", "field:v"),
            ("field:a:b", "field:a:b"),
            ("columns:dim_*, x", "columns:dim_*,x"),
            ("python:/home/models/m.py", "python:m.py:vectorize"),
            ("python:m.py:embed", "python:m.py:embed"),
        ];
        for ((text, name), row) in cases
            .into_iter()
            .map(|case| (case, ROWS.iter().find(|row| row.kind.argument_of(case.0).is_some()).unwrap()))
        {
            let choice: VectorizerChoice = text.parse().unwrap();
            assert_eq!(choice.name(), name, "{text}");
            assert!(row.kind.argument_of(name).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_told_with_all_that_is_allowed() {
        for (text, why) in [
            ("", "there is no such vectorizer"),
            ("hashing:64", "there is no such vectorizer"),
            ("field", "there is no such vectorizer"),
            ("auto:x", "there is no such vectorizer"),
            ("field:", "the field has no name"),
            ("columns:a,,b", "a column has no name; columns:dim_* and columns:A,B,C are meant"),
            ("python:", "\"\" names no file; allowed is PATH or PATH:FUNCTION"),
        ] {
            let refused = text.parse::<VectorizerChoice>().unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!(
                    "--vectorizer {text:?}: {why}; allowed are auto, hashing, field:NAME, columns:NAMES and \
                     python:PATH[:FUNCTION]"
                )
            );
        }
    }
}
