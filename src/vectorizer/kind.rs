//! What a row of the table of vectorizers consists of.

use std::fmt;

use super::unit::NoVector;
use crate::counted::{counted, joined};
use crate::profile::Fields;
use crate::profile::separated::ListSeparator;

/// Makes vectors of profiles: a vectorizer that has been fitted, and needs nothing but its state to go on.
pub trait Vectorize: fmt::Debug + Send + Sync {
    /// Numbers in a vector.
    fn dimension(&self) -> usize;

    /// The vector of a profile, whether it was there when this was fitted or not; it need not have length 1. The same
    /// profile has the same vector on every machine. Zero means that nothing in the profile can be compared.
    ///
    /// # Errors
    /// [`VectorizeError`] for a profile that can have no vector.
    fn vectorize(&self, fields: Fields) -> Result<Vec<f32>, VectorizeError>;
}

/// A kind of vectorizer: a row of the [table](super::table).
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name in metadata and on the command line, up to the colon where there is one.
    pub name: &'static str,
    /// What a user writes behind the colon, such as `NAME`; none where the name is all.
    pub argument: Option<&'static str>,
    /// Makes the vectorizer from what is in a file; none where a file cannot hold it.
    pub restore: Option<Restore>,
}

/// Makes a vectorizer from what is in a file. A file is not trusted: any bytes may come.
pub type Restore = fn(&Stored<'_>) -> Result<Box<dyn Vectorize>, VectorizeError>;

/// What a file has of its vectorizer.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The name in metadata.
    pub name: &'a str,
    /// What stands behind the colon in it; empty where there is none.
    pub argument: &'a str,
    /// The fitted state; empty where there is none.
    pub state: &'a [u8],
    /// Numbers in a vector of the file.
    pub dimension: usize,
    /// The fields whose texts are lists by the time a profile is vectorized.
    pub lists: &'a [ListSeparator],
}

impl Kind {
    /// What a user writes: `hashing`, or `field:NAME`.
    pub fn usage(&self) -> String {
        match self.argument {
            Some(argument) => format!("{}:{argument}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// What stands behind the colon of a name, if the name is one of this kind; empty where nothing is to stand there.
    ///
    /// ```
    /// use kindred::vectorizer::table::{FIELD, HASHING};
    ///
    /// assert_eq!(FIELD.argument_of("field:a:b"), Some("a:b"));
    /// assert_eq!(HASHING.argument_of("hashing"), Some(""));
    /// assert_eq!(HASHING.argument_of("hashing:64"), None);
    /// ```
    pub fn argument_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        match self.argument {
            Some(_) => name.strip_prefix(self.name)?.strip_prefix(':'),
            None => (name == self.name).then_some(""),
        }
    }
}

/// Why a profile has no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VectorizeError {
    /// The index was made by something that is not in the file.
    #[error(
        "the index was made by the vectorizer {name:?}, which is not in the file; only {} are",
        joined(restorable, "and")
    )]
    Unknown {
        /// What the metadata call it.
        name: String,
        /// The kinds that a file can hold, as a user writes them.
        restorable: Vec<String>,
    },
    /// The file's state of the vectorizer cannot be used, for this reason.
    #[error("the index was made by a vectorizer that this program cannot read: {0}")]
    State(String),
    /// The state makes vectors of another length than the file has.
    #[error("the index has vectors of {dimension} numbers, and its vectorizer makes vectors of {found}")]
    OtherDimension {
        /// Numbers in a vector of the index.
        dimension: usize,
        /// Numbers in a vector of the vectorizer.
        found: usize,
    },
    /// The file does not say which fields hold the vector.
    #[error("the index was made by the vectorizer {name:?}, and does not say of which fields")]
    NoColumns {
        /// What the metadata call it.
        name: String,
    },
    /// The field that should hold the vector does not.
    #[error("the vector is expected in the field {field:?}: {reason}")]
    NoVector {
        /// The field's name.
        field: String,
        /// What is wrong with it.
        reason: NoVector,
    },
    /// The vector has another length than those of the index.
    #[error("the vector has {}, and those of the index have {dimension}", counted(*.found as u64, "number"))]
    Length {
        /// Numbers in a vector of the index.
        dimension: usize,
        /// Numbers in this one.
        found: usize,
    },
    /// The vector has a number that is none or endless.
    #[error("the vector has a number that is not finite in single precision, at place {place}")]
    NotFinite {
        /// Its place, from 0.
        place: usize,
    },
}
