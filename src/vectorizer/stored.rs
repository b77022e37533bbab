//! The vectorizer that made an index, as the file has it: it makes the vectors of profiles that are not there.

use std::collections::HashMap;

use super::hashing::{HashingVectorizer, StateError};
use super::unit::{NoVector, as_numbers, normalise, number_of, numbers_of};
use crate::counted::counted;
use crate::file::Index;
use crate::profile::path::take;
use crate::profile::separated::ListSeparator;
use crate::profile::{Fields, Value};

/// What metadata call the built-in vectorizer.
const HASHING: &str = "hashing";
/// What stands before the name of the field that holds the vectors.
const FIELD_PREFIX: &str = "field:";
/// What stands before the patterns of the fields that hold a number of the vector each. Which fields they are, in
/// order, is the state of the vectorizer, a JSON list.
const COLUMNS_PREFIX: &str = "columns:";

/// What made the vectors of an index.
#[derive(Debug)]
pub struct StoredVectorizer {
    dimension: usize,
    /// The fields whose texts were made lists before anything else.
    lists: Vec<ListSeparator>,
    how: How,
}

#[derive(Debug)]
enum How {
    Hashing(Box<HashingVectorizer>),
    Field(String),
    Columns(Vec<String>),
    /// It cannot be run here, for this reason.
    Not(VectorizeError),
}

/// Why a profile has no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VectorizeError {
    /// The index was made by something that is not in the file.
    #[error(
        "the index was made by the vectorizer {name:?}, which is not in the file; only hashing, field:NAME \
         and columns:NAMES are"
    )]
    Unknown {
        /// What the metadata call it.
        name: String,
    },
    /// The file's state of the vectorizer cannot be used.
    #[error("the index was made by a vectorizer that this program cannot read: {0}")]
    State(#[from] StateError),
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

impl StoredVectorizer {
    /// Reads the vectorizer of an index. That takes some milliseconds, and up to about 8 MiB while it is kept.
    pub fn of<B: AsRef<[u8]>>(index: &Index<B>) -> StoredVectorizer {
        let dimension = index.header().dimension as usize;
        let name = &index.metadata().vectorizer.name;
        let state = index.vectorizer_state();
        let how = if let Some(field) = name.strip_prefix(FIELD_PREFIX) {
            How::Field(field.to_owned())
        } else if name.starts_with(COLUMNS_PREFIX) {
            columns(name, state, dimension)
        } else if name == HASHING {
            hashing(state, dimension)
        } else {
            How::Not(VectorizeError::Unknown { name: name.clone() })
        };
        StoredVectorizer { dimension, lists: index.metadata().list_separators.clone(), how }
    }

    /// The vector that the builder would give a profile: of length 1, or zero where nothing in it can be compared.
    ///
    /// # Errors
    /// See [`VectorizeError`].
    pub fn vectorize(&self, mut fields: Fields) -> Result<Vec<f32>, VectorizeError> {
        match &self.how {
            How::Hashing(hashing) => {
                self.lists.iter().for_each(|list| list.apply(&mut fields));
                unit_vector(hashing.vectorize(&fields), self.dimension)
            }
            How::Columns(names) => {
                let fields: HashMap<&str, &Value> =
                    fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
                let number = |name: &String| {
                    number_of(fields.get(name.as_str()).copied())
                        .map_err(|reason| VectorizeError::NoVector { field: name.clone(), reason })
                };
                unit_vector(names.iter().map(number).collect::<Result<_, _>>()?, self.dimension)
            }
            How::Field(name) => {
                self.lists.iter().for_each(|list| list.apply(&mut fields));
                let value = match take(&mut fields, name) {
                    Some(Value::List(parts)) if self.lists.iter().any(|list| list.field == *name) => {
                        Some(as_numbers(parts))
                    }
                    value => value,
                };
                let numbers = numbers_of(value)
                    .map_err(|reason| VectorizeError::NoVector { field: name.clone(), reason })?;
                unit_vector(numbers, self.dimension)
            }
            How::Not(error) => Err(error.clone()),
        }
    }
}

fn hashing(state: &[u8], dimension: usize) -> How {
    match HashingVectorizer::from_bytes(state) {
        Ok(hashing) if hashing.config().dimension == dimension => How::Hashing(Box::new(hashing)),
        Ok(other) => How::Not(VectorizeError::OtherDimension { dimension, found: other.config().dimension }),
        Err(error) => How::Not(error.into()),
    }
}

fn columns(name: &str, state: &[u8], dimension: usize) -> How {
    match serde_json::from_slice::<Vec<String>>(state) {
        Ok(names) if names.len() == dimension => How::Columns(names),
        Ok(names) => How::Not(VectorizeError::OtherDimension { dimension, found: names.len() }),
        Err(_) => How::Not(VectorizeError::NoColumns { name: name.to_owned() }),
    }
}

/// Numbers as the builder stores them: divided by their length; zero stays zero.
///
/// # Errors
/// [`VectorizeError::Length`] and [`VectorizeError::NotFinite`].
pub fn unit_vector(mut numbers: Vec<f32>, dimension: usize) -> Result<Vec<f32>, VectorizeError> {
    if numbers.len() != dimension {
        return Err(VectorizeError::Length { dimension, found: numbers.len() });
    }
    if let Some(place) = numbers.iter().position(|number| !number.is_finite()) {
        return Err(VectorizeError::NotFinite { place });
    }
    normalise(&mut numbers);
    Ok(numbers)
}
