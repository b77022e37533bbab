//! Why a pickle is refused.

use std::io;

use super::limits::{MAX_DEPTH, MAX_STACK};

/// Why a file was not read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    /// The file could not be read. Trying again may help.
    #[error("the pickle cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The file is not what is read. Trying again cannot help.
    #[error("{problem} (at byte {at} of the pickle)")]
    Refused {
        /// Offset of the instruction at which this was noticed, in the uncompressed file.
        at: u64,
        /// What is wrong.
        problem: Problem,
    },
}

/// What is wrong with a pickle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no byte at all.
    #[error("the file is empty, which a pickle never is")]
    Empty,
    /// The file ends before its last instruction.
    #[error("the file ends before the pickle does: it is truncated, or not a pickle")]
    Truncated,
    /// A byte that is no instruction.
    #[error("not a pickle: {0:#04x} is no instruction")]
    UnknownOpcode(u8),
    /// A protocol of the future.
    #[error("pickle protocol {0}; protocols 0 to 5 are read")]
    Protocol(u8),
    /// An instruction that makes no sense where it stands.
    #[error("damaged pickle: {0}")]
    Malformed(&'static str),
    /// Something that is not in the file.
    #[error("the pickle refers to {0}, which is not in the file")]
    Elsewhere(&'static str),
    /// A class or function that is not in the table of what is read.
    #[error(
        "the pickle asks for {module}.{name}, which is not read (nothing that a pickle names is imported or \
         called); {READ_INSTEAD}{}",
        advice(module)
    )]
    Class {
        /// The Python module.
        module: String,
        /// The name in the module.
        name: String,
    },
    /// A numpy type that is not read.
    #[error(
        "numpy arrays of type {0:?} are not read; floats of 16, 32 and 64 bits, integers, booleans, texts, times and \
         objects are; of an array with named fields make a list of dicts: \
         [dict(zip(a.dtype.names, row)) for row in a.tolist()]"
    )]
    Dtype(String),
    /// The outermost object is something else.
    #[error("found {0}; {READ_INSTEAD}; df.to_dict(\"records\") makes such a list of a DataFrame")]
    Root(String),
    /// A dict of columns.
    #[error(
        "the outermost dict seems to have a column under each key ({0:?} is the first), as pandas' df.to_dict() gives \
         it; df.to_dict(\"records\") gives a list of dicts, which is read"
    )]
    Columns(String),
    /// An object that is more than what its class was called with.
    #[error(
        "the pickle revives an object of {0} from an argument and a state, and what that gives only {0} knows; \
         {READ_INSTEAD}"
    )]
    Revived(String),
    /// A time zone whose offset is not in the file.
    #[error(
        "a date has a time zone whose offset is not in the file ({0}); convert dates before they are pickled: \
         date.astimezone(datetime.timezone.utc)"
    )]
    Zone(String),
    /// A file of another kind.
    #[error("not a pickle, but {0}")]
    Another(&'static str),
    /// A file in which something else follows a pickle.
    #[error(
        "something follows the pickle that ends at byte {end}, and it is no pickle that can be read: {problem}"
    )]
    After {
        /// The length of what was read.
        end: u64,
        /// What is wrong with what follows.
        problem: Box<Problem>,
    },
    /// An object that holds itself, or is added to after it was put into another.
    #[error("an object contains itself, or is added to after it was put into another one")]
    Cycle,
    /// Nested too deep.
    #[error("objects are nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Too many values wait for the container they belong to.
    #[error("more than {MAX_STACK} values wait for the list or dict they belong to")]
    TooMany,
    /// Shared objects would be copied too often.
    #[error("objects used in many places would grow out of all proportion to the file")]
    Amplified,
}

/// What every refusal of another content says.
const READ_INSTEAD: &str = "what is read is a list of dicts, or a dict from id to dict, of plain data";

/// How the data of a library that is not read becomes what is.
fn advice(module: &str) -> &'static str {
    match module.split('.').next().unwrap_or_default() {
        "pandas" | "geopandas" | "dask" => {
            "; of a DataFrame df.to_dict(\"records\") is a list of dicts, and df.to_parquet(...) is read too"
        }
        "polars" => "; df.to_dicts() is a list of dicts, and df.write_parquet(...) is read too",
        "pyarrow" => "; table.to_pylist() is a list of dicts, and a Parquet file is read too",
        "sqlalchemy" => {
            "; of rows [dict(row._mapping) for row in rows] is a list of dicts, of models \
             [{c.key: getattr(m, c.key) for c in inspect(m).mapper.column_attrs} for m in models]"
        }
        "joblib" => {
            "; joblib.dump writes arrays in a way of its own: use pickle.dump, or numpy.save for vectors alone"
        }
        "torch" | "tensorflow" | "jax" => "; of a tensor, tolist() or numpy() is read",
        "scipy" => "; of a sparse matrix, toarray() is read",
        _ => "",
    }
}

/// An error on its way to the place that knows the offset.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Problem(Problem),
}

impl Fault {
    pub(super) fn at(self, at: u64) -> PickleError {
        match self {
            Fault::Io(error) => PickleError::Io(error),
            Fault::Problem(problem) => PickleError::Refused { at, problem },
        }
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        Fault::Problem(problem)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Problem::Truncated.into()
        } else {
            Fault::Io(error)
        }
    }
}
