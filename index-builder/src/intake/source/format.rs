//! The table of formats, and how one of them is chosen.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;

use super::{
    Cause, Input, Notes, Record, STANDARD_INPUT, Separator, SourceError, Wanted, columnar, compression, csv,
    foreign, fvecs, json, npy, pickle, postgres, words,
};

/// The id field that stands for "number the records": such a source has no field with an id.
pub const ROW_NUMBERS: &str = "row";

/// What takes the records of a source, one after the other; it ends the reading with [`ControlFlow::Break`].
pub type Sink<'a> = dyn FnMut(Record) -> ControlFlow<()> + 'a;

/// What the readers need to know of the command line.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The field with the id as it was given; `None` for `_id`, else `id`. See [`ROW_NUMBERS`].
    pub id_field: Option<String>,
    /// The ids of what has none in it, one a line.
    pub ids: Option<Input>,
    /// What is asked of a database.
    pub query: Option<String>,
    /// What stands between two cells of a CSV file; `None` to recognise it.
    pub separator: Option<Separator>,
    /// The member of a JSON document that holds the records.
    pub records: Option<String>,
    /// Where a reader says what a person should know of the source.
    pub notes: Notes,
    /// The fields that are used.
    pub wanted: Wanted,
}

/// How the profiles of a source are written: a row of [`FORMATS`].
#[derive(Clone, Copy)]
pub struct Format {
    /// What `--format` and the metadata call it.
    pub name: &'static str,
    /// What tells it: the extensions of its files, without the dot, or the schemes of its addresses, without `://`;
    /// in lower case.
    pub marks: &'static [&'static str],
    /// What reads it.
    pub reader: Reader,
}

type Result<T = (), E = SourceError> = std::result::Result<T, E>;

/// What reads a format, by what it reads from.
#[derive(Clone, Copy)]
pub enum Reader {
    /// A file.
    File(fn(&Input, &ReadOptions, &mut Sink<'_>) -> Result),
    /// A file of vectors, and another of their ids.
    Vectors(fn(&Input, &Input, &mut Sink<'_>) -> Result),
    /// An address, and a query to what is there.
    Address {
        /// The address without its password, or why it is none: for messages and the metadata.
        name: fn(&str) -> Result<String, String>,
        /// Reads what is there.
        read: fn(&str, &ReadOptions, &mut Sink<'_>) -> Result,
    },
}

use Reader::{Address, File, Vectors};

/// The formats of word vectors, whose records have a vector and nothing else to compare.
pub const WORD_FORMATS: [&str; 2] = ["glove", "word2vec"];

/// Every format that can be read.
pub static FORMATS: &[Format] = &[
    Format { name: "pickle", marks: &["pickle", "pkl"], reader: File(read_pickle) },
    Format { name: "jsonl", marks: &["jsonl", "ndjson"], reader: File(json::read_lines) },
    Format { name: "json", marks: &["json"], reader: File(json::read) },
    Format { name: "csv", marks: &["csv", "tsv", "tab"], reader: File(csv::read) },
    Format { name: "parquet", marks: &["parquet"], reader: File(columnar::read_parquet) },
    Format {
        name: "arrow",
        marks: &["arrow", "arrows", "feather", "ipc"],
        reader: File(columnar::read_arrow),
    },
    Format { name: "glove", marks: &["glove"], reader: File(words::read) },
    Format { name: "word2vec", marks: &["vec", "w2v"], reader: File(words::read) },
    Format { name: "npy", marks: &["npy", "npz"], reader: Vectors(npy::read) },
    Format { name: "fvecs", marks: &["fvecs"], reader: Vectors(fvecs::read_singles) },
    Format { name: "bvecs", marks: &["bvecs"], reader: Vectors(fvecs::read_bytes) },
    Format { name: "ivecs", marks: &["ivecs"], reader: Vectors(fvecs::read_integers) },
    Format {
        name: "postgres",
        marks: &["postgres", "postgresql"],
        reader: Address { name: postgres::name, read: postgres::read },
    },
];

/// Reads a pickle; the ids of a dict id -> dict go into the id field, `_id` where none was named.
fn read_pickle(input: &Input, options: &ReadOptions, sink: &mut Sink<'_>) -> Result {
    let named = options.id_field.as_deref().filter(|&name| name != ROW_NUMBERS);
    let read = pickle::read_with_figures(&|| Ok(input.reader()), named.unwrap_or("_id"), sink);
    let figures = read.map_err(|error| SourceError {
        input: input.name().to_owned(),
        place: None,
        cause: Cause::Pickle(error),
    })?;
    if figures.pickles > 1 {
        let pickles = figures.pickles;
        options.notes.add(format!("{}: {pickles} pickles follow one another; all were read", input.name()));
    }
    Ok(())
}

/// Gives every record of `input` to `sink`, in the order of the source: one call per record, usable or not, so that
/// the calls can be counted. Ends early, without an error, when the sink says so.
///
/// # Errors
/// When the source as a whole cannot be read: [`SourceError`] names the path, the place and the cause. The sink has
/// had the records before that place by then.
pub fn read(format: &Format, input: &Input, options: &ReadOptions, sink: &mut Sink<'_>) -> Result {
    let at = |cause| SourceError { input: input.name().to_owned(), place: None, cause };
    if !format.is_at_addresses() {
        foreign::check(input, format)?;
    }
    match (format.reader, &options.ids) {
        (File(read), _) => read(input, options, sink),
        (Vectors(read), Some(ids)) => read(input, ids, sink),
        (Vectors(_), None) => Err(at(Cause::WithoutIds)),
        (Address { .. }, _) => Err(at(Cause::NotAnAddress)),
    }
}

/// The value of `--format`: a format or "auto".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormatChoice {
    /// By the extension of the path.
    #[default]
    Auto,
    /// This one, whatever the extension.
    Is(&'static Format),
}

/// Why it is not known which format to read: an error in the command line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// There is no format with this name.
    #[error("there is no format {given:?}; allowed are {}", names())]
    UnknownName {
        /// What was given.
        given: String,
    },
    /// The extension says nothing.
    #[error(
        "the extension of {path} says nothing about its format; known are {} (and .gz or .zst behind them), \
             or give --format {}",
        extensions(),
        names()
    )]
    UnknownExtension {
        /// The path.
        path: String,
    },
    /// The extension says that it is something that is not read.
    #[error("{path} is by its extension {name} that is not read; {advice}")]
    NotRead {
        /// The path.
        path: String,
        /// What it is.
        name: &'static str,
        /// What to do with it.
        advice: &'static str,
    },
    /// Standard input has no extension.
    #[error("standard input needs a format; give --format {}", names())]
    StandardInput,
    /// A file of vectors alone.
    #[error("{path} has vectors and no ids; give it as --vectors, and a file with the ids as --ids")]
    Vectors {
        /// The path.
        path: String,
    },
    /// An address of something that is not read.
    #[error("nothing is read from {scheme}:// addresses; known are {}, and files", schemes())]
    UnknownScheme {
        /// What stands before `://`.
        scheme: String,
    },
    /// A format given for an address, which says it itself.
    #[error("--format is for files; a {scheme}:// address says itself what it is")]
    FormatOfAddress {
        /// What stands before `://`.
        scheme: String,
    },
}

impl FormatChoice {
    /// The format to read `path` in. An extension counts in upper case too, and a `.gz` or `.zst` behind it is passed
    /// over. What begins as an address is one.
    ///
    /// # Errors
    /// [`FormatError::StandardInput`], [`FormatError::UnknownExtension`] and [`FormatError::NotRead`], if this is [`FormatChoice::Auto`]; the
    /// others that say what is wrong with a path.
    pub fn resolve(self, path: &Path) -> Result<&'static Format, FormatError> {
        if let Some(scheme) = scheme(path) {
            return self.of_address(scheme);
        }
        let shown = || path.display().to_string();
        let not_read = |(name, advice)| FormatError::NotRead { path: shown(), name, advice };
        if let FormatChoice::Is(format) = self {
            let foreign = foreign::of_extension(path).filter(|_| foreign::is_without_mark(path));
            return foreign.map_or(Ok(format), |kind| Err(not_read(kind)));
        }
        if path.as_os_str() == STANDARD_INPUT {
            return Err(FormatError::StandardInput);
        }
        match Format::of_extension(path) {
            Some(Format { reader: Vectors(_), .. }) => Err(FormatError::Vectors { path: shown() }),
            Some(format) => Ok(format),
            None => Err(foreign::of_extension(path)
                .map_or_else(|| FormatError::UnknownExtension { path: shown() }, not_read)),
        }
    }

    fn of_address(self, scheme: &str) -> Result<&'static Format, FormatError> {
        let format = FORMATS.iter().find(|format| format.is_at_addresses() && format.has_mark(scheme));
        let scheme = scheme.to_owned();
        match (format, self) {
            (None, _) => Err(FormatError::UnknownScheme { scheme }),
            (Some(_), FormatChoice::Is(_)) => Err(FormatError::FormatOfAddress { scheme }),
            (Some(format), FormatChoice::Auto) => Ok(format),
        }
    }
}

/// What stands before the `://` of an address.
fn scheme(path: &Path) -> Option<&str> {
    let (scheme, _) = path.to_str()?.split_once("://")?;
    let is_scheme =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte));
    (!scheme.is_empty() && is_scheme(scheme)).then_some(scheme)
}

/// Whether a path is an address, of whatever kind.
pub(super) fn is_address(path: &Path) -> bool {
    scheme(path).is_some()
}

impl Format {
    /// The format of the file at a path.
    fn of_extension(path: &Path) -> Option<&'static Format> {
        let extension = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
        let mut given = extension(path)?;
        if compression::EXTENSIONS.contains(&given.as_str()) {
            given = extension(Path::new(path.file_stem()?))?;
        }
        FORMATS.iter().find(|format| !format.is_at_addresses() && format.has_mark(&given))
    }

    /// The format of a file of vectors: by its extension, else the first there is.
    pub(super) fn of_vectors(path: &Path) -> Option<&'static Format> {
        let is_of_vectors = |format: &&Format| matches!(format.reader, Vectors(_));
        Format::of_extension(path).filter(is_of_vectors).or_else(|| FORMATS.iter().find(is_of_vectors))
    }

    fn has_mark(&self, mark: &str) -> bool {
        self.marks.contains(&mark.to_ascii_lowercase().as_str())
    }

    pub(super) fn is_at_addresses(&self) -> bool {
        matches!(self.reader, Address { .. })
    }

    /// Whether it is a JSON document, of which `--records` may name a member.
    pub(super) fn is_document(&self) -> bool {
        self.name == "json"
    }

    /// Whether it is read from a file, and nothing else is needed.
    fn is_of_files(&self) -> bool {
        matches!(self.reader, File(_))
    }
}

impl FromStr for FormatChoice {
    type Err = FormatError;

    fn from_str(given: &str) -> Result<FormatChoice, FormatError> {
        if given == "auto" {
            return Ok(FormatChoice::Auto);
        }
        let format = FORMATS.iter().find(|format| format.is_of_files() && format.name == given);
        format.map(FormatChoice::Is).ok_or_else(|| FormatError::UnknownName { given: given.to_owned() })
    }
}

impl fmt::Display for FormatChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FormatChoice::Auto => "auto",
            FormatChoice::Is(format) => format.name,
        })
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name).finish()
    }
}

// Names are unique in the table; function pointers cannot be compared reliably.
impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

/// The values of `--format`: "auto|pickle|...".
pub fn names() -> String {
    let of_files = FORMATS.iter().filter(|format| format.is_of_files());
    ["auto"].into_iter().chain(of_files.map(|format| format.name)).collect::<Vec<_>>().join("|")
}

fn extensions() -> String {
    let all = FORMATS.iter().filter(|format| format.is_of_files()).flat_map(|format| format.marks);
    all.map(|extension| format!(".{extension}")).collect::<Vec<_>>().join(" ")
}

fn schemes() -> String {
    let all = FORMATS.iter().filter(|format| format.is_at_addresses()).flat_map(|format| format.marks);
    all.map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
