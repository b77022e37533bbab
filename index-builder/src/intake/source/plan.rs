//! What is read, in which order: the files, patterns and addresses of the command line, looked up before anything is
//! built.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};

use glob::MatchOptions;

use super::format::{self, Reader};
use super::{
    Cause, Format, FormatChoice, FormatError, Input, InputError, Notes, ReadOptions, STANDARD_INPUT, Sink,
    SourceError,
};

/// As a shell matches: `*` stops at a `/` and does not match what is hidden.
const AS_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The parts of a source, in the order in which they are read.
pub struct Plan {
    parts: Vec<Part>,
    name: String,
}

/// Addresses have secrets in them, which must not get into a message.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A file or an address, and how it is read.
struct Part {
    /// The path, or the address with all that is secret in it.
    given: PathBuf,
    /// The same for messages.
    name: String,
    format: &'static Format,
}

/// Why it cannot be said what is to be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is not known in which format.
    #[error("--profiles: {0}")]
    Format(FormatError),
    /// Standard input is named more than once.
    #[error("--profiles: standard input can be read once only, and is named {0} times")]
    StandardInput(usize),
    /// An address that is none.
    #[error("--profiles: {0}")]
    Address(String),
    /// The words that connect to a database, which may have a password among them, and so are not shown.
    #[error(
        "--profiles: what is given has a password in it and is no file; a database is read from \
             postgres://USER@HOST:PORT/DATABASE"
    )]
    Secret,
    /// A pattern that is none.
    #[error("{}: there is no such file, and as a pattern it is wrong: {error}", pattern.display())]
    Pattern {
        /// What was given.
        pattern: PathBuf,
        /// What is wrong with it.
        error: glob::PatternError,
    },
    /// A pattern without matches.
    #[error("{}: no file matches the pattern", .0.display())]
    NoMatch(PathBuf),
    /// A folder in which matches were looked for.
    #[error("{}: cannot be searched for files: {error}", path.display())]
    Search {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file that is not there, or is a directory.
    #[error(transparent)]
    Input(InputError),
}

impl PlanError {
    /// Whether the command line is wrong, rather than what it names.
    pub fn is_usage(&self) -> bool {
        match self {
            PlanError::Format(_)
            | PlanError::StandardInput(_)
            | PlanError::Address(_)
            | PlanError::Secret
            | PlanError::Pattern { .. } => true,
            PlanError::NoMatch(_) | PlanError::Search { .. } | PlanError::Input(_) => false,
        }
    }
}

/// Why a part cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be opened.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It cannot be read to its end.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Plan {
    /// What to read of files, patterns of files, `-` and addresses; the matches of a pattern are sorted by their
    /// bytes. A path that exists is no pattern, whatever is in it.
    ///
    /// # Errors
    /// Every [`PlanError`].
    pub fn new(given: &[PathBuf], choice: FormatChoice) -> Result<Plan, PlanError> {
        let standard_input = given.iter().filter(|path| path.as_os_str() == STANDARD_INPUT).count();
        if standard_input > 1 {
            return Err(PlanError::StandardInput(standard_input));
        }
        let (mut parts, mut names) = (Vec::new(), Vec::new());
        for path in given {
            if has_a_password(path) {
                return Err(PlanError::Secret);
            }
            match matches(path)? {
                Some(matches) => {
                    names.push(name_of_pattern(path));
                    for path in matches {
                        parts.push(Part::new(path, choice)?);
                    }
                }
                None => {
                    let part = Part::new(path.clone(), choice)?;
                    names.push(part.metadata_name());
                    parts.push(part);
                }
            }
        }
        Ok(Plan { parts, name: names.join(", ") })
    }

    /// What to read of a file of vectors alone.
    ///
    /// # Errors
    /// [`PlanError::Input`].
    pub fn of_vectors(path: &Path) -> Result<Plan, PlanError> {
        check_exists(path)?;
        let parts = Format::of_vectors(path).map(|format| Part {
            given: path.to_owned(),
            name: path.display().to_string(),
            format,
        });
        let name = parts.as_ref().map(Part::metadata_name).unwrap_or_default();
        Ok(Plan { parts: parts.into_iter().collect(), name })
    }

    /// The source's name for the metadata: files without their folders, patterns from where they begin to be one,
    /// addresses without passwords, in the order in which they were given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The formats for the metadata, each once.
    pub fn format(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for part in &self.parts {
            if !names.contains(&part.format.name) {
                names.push(part.format.name);
            }
        }
        names.join(", ")
    }

    /// Whether something in it answers a query.
    pub fn takes_a_query(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.format.reader, Reader::Address { .. }))
    }

    /// Whether something in it is a JSON document.
    pub fn has_documents(&self) -> bool {
        self.parts.iter().any(|part| part.format.is_document())
    }

    /// Gives every record of every part to `sink`. Before each part of several, `begin` gets its name.
    ///
    /// # Errors
    /// At the first part that cannot be read, [`ReadError`], which names it.
    pub fn read(
        &self,
        spool_dir: &Path,
        options: &ReadOptions,
        visitor: &mut impl Visitor,
    ) -> Result<(), ReadError> {
        for part in &self.parts {
            if self.parts.len() > 1 {
                visitor.begin(&part.name);
            }
            let mut flow = ControlFlow::Continue(());
            part.read(spool_dir, options, &mut |record| {
                flow = visitor.take(record);
                flow
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Gives the vectors of a file of vectors alone to `sink`, each with the number of its row as its id.
    ///
    /// # Errors
    /// [`ReadError`], also where there are other than `expected` rows ([`Cause::IdsAndRows`]); as many as there are will do
    /// where that is `None`.
    pub fn read_rows(
        &self,
        spool_dir: &Path,
        expected: Option<u64>,
        notes: &Notes,
        sink: &mut Sink<'_>,
    ) -> Result<(), ReadError> {
        let Some(part) = self.parts.first() else { return Ok(()) };
        let input = Input::open(&part.given, spool_dir)?;
        let mut read = |count| {
            let ids = Some(Input::numbers(count, "the list of ids", spool_dir)?);
            let options = ReadOptions { ids, notes: notes.clone(), ..ReadOptions::default() };
            Ok(format::read(part.format, &input, &options, sink)?)
        };
        // A reader of vectors compares their number with that of the ids before it gives the first.
        match (read(expected.unwrap_or(0)), expected) {
            (Err(ReadError::Source(SourceError { cause: Cause::IdsAndRows { rows, .. }, .. })), None) => {
                read(rows)
            }
            (done, _) => done,
        }
    }
}

/// What takes the records of a plan.
pub trait Visitor {
    /// The records that follow are of another part, of this name.
    fn begin(&mut self, part: &str);

    /// Takes a record; ends the reading with [`ControlFlow::Break`].
    fn take(&mut self, record: super::Record) -> ControlFlow<()>;
}

impl Part {
    fn new(given: PathBuf, choice: FormatChoice) -> Result<Part, PlanError> {
        // That a path is a directory says more than that it has no extension.
        if !format::is_address(&given) {
            check_exists(&given)?;
        }
        let format = choice.resolve(&given).map_err(PlanError::Format)?;
        let text = given.to_string_lossy();
        let name = match format.reader {
            Reader::Address { name, .. } => name(&text).map_err(PlanError::Address)?,
            _ => text.into_owned(),
        };
        Ok(Part { given, name, format })
    }

    fn metadata_name(&self) -> String {
        match (self.format.reader, self.given.file_name()) {
            (Reader::File(_) | Reader::Vectors(_), Some(name)) => name.to_string_lossy().into_owned(),
            _ => self.name.clone(),
        }
    }

    fn read(&self, spool_dir: &Path, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if let Reader::Address { read, .. } = self.format.reader {
            return Ok(read(&self.given.to_string_lossy(), options, sink)?);
        }
        let input = Input::open(&self.given, spool_dir)?;
        Ok(format::read(self.format, &input, options, sink)?)
    }
}

/// Whether something that is neither a file nor an address names a password, as in `host=db password=secret`.
fn has_a_password(path: &Path) -> bool {
    let is_named = || {
        let text = path.to_string_lossy().to_ascii_lowercase();
        ["password=", "passwd=", "pwd="].iter().any(|name| text.contains(name))
    };
    !format::is_address(path) && is_named() && path.symlink_metadata().is_err()
}

/// The files that match, if that is what a path means.
fn matches(path: &Path) -> Result<Option<Vec<PathBuf>>, PlanError> {
    let Some(pattern) = path.to_str().filter(|text| is_pattern(text) && !format::is_address(path)) else {
        return Ok(None);
    };
    if path.symlink_metadata().is_ok() {
        return Ok(None);
    }
    let found = glob::glob_with(pattern, AS_A_SHELL)
        .map_err(|error| PlanError::Pattern { pattern: path.to_owned(), error })?;
    let mut found = found
        .collect::<Result<Vec<PathBuf>, _>>()
        .map_err(|error| PlanError::Search { path: error.path().to_owned(), error: error.into() })?;
    if found.is_empty() {
        return Err(PlanError::NoMatch(path.to_owned()));
    }
    found.sort();
    Ok(Some(found))
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// What of a pattern does not depend on where it is: from its first part that is one.
fn name_of_pattern(pattern: &Path) -> String {
    let is_plain = |part: &Component<'_>| !is_pattern(&part.as_os_str().to_string_lossy());
    let varying: PathBuf = pattern.components().skip_while(is_plain).collect();
    varying.to_string_lossy().into_owned()
}

/// That the last of a hundred files is missing is better said before the first is read.
fn check_exists(path: &Path) -> Result<(), PlanError> {
    if path.as_os_str() == STANDARD_INPUT {
        return Ok(());
    }
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            Err(PlanError::Input(InputError::Directory { path: path.to_owned() }))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(PlanError::Input(InputError::Open { path: path.to_owned(), error })),
    }
}
