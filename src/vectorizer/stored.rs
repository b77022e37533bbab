//! The vectorizer that made an index, as the file has it: it makes the vectors of profiles that are not there.

use super::kind::{Kind, Stored, Vectorize, VectorizeError};
use super::table::{KINDS, restore};
use super::unit::normalise;
use crate::file::Index;
use crate::profile::Fields;
use crate::profile::separated::ListSeparator;

/// What made the vectors of an index.
#[derive(Debug)]
pub struct StoredVectorizer {
    dimension: usize,
    /// The fields whose texts were made lists before anything else.
    lists: Vec<ListSeparator>,
    /// Or why it cannot be run here.
    vectorizer: Result<Box<dyn Vectorize>, VectorizeError>,
}

impl StoredVectorizer {
    /// Reads the vectorizer of an index. That takes some milliseconds, and up to about 8 MiB while it is kept.
    pub fn of<B: AsRef<[u8]>>(index: &Index<B>) -> StoredVectorizer {
        StoredVectorizer::of_kinds(index, KINDS)
    }

    /// The same for an index that may be made by other kinds than those of the [table](super::table).
    pub fn of_kinds<B: AsRef<[u8]>>(index: &Index<B>, kinds: &[&Kind]) -> StoredVectorizer {
        let (dimension, metadata) = (index.header().dimension as usize, index.metadata());
        let vectorizer = restore(
            kinds,
            &Stored {
                name: &metadata.vectorizer.name,
                argument: "",
                state: index.vectorizer_state(),
                dimension,
                lists: &metadata.list_separators,
            },
        );
        StoredVectorizer { dimension, lists: metadata.list_separators.clone(), vectorizer }
    }

    /// The vector that the builder would give a profile: of length 1, or zero where nothing in it can be compared.
    ///
    /// # Errors
    /// See [`VectorizeError`].
    ///
    /// ```
    /// use kindred::file::{Index, MappedFile};
    /// use kindred::profile::{Fields, Value};
    /// use kindred::vectorizer::StoredVectorizer;
    ///
    /// let index = Index::open(MappedFile::open("tests/golden/index/hashing-1.knd".as_ref())?)?;
    /// let newcomer: Fields = vec![("t".to_owned(), Value::Text("rock and tea".to_owned()))];
    /// let vector = StoredVectorizer::of(&index).vectorize(newcomer)?;
    /// assert_eq!(vector.len(), index.header().dimension as usize);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn vectorize(&self, mut fields: Fields) -> Result<Vec<f32>, VectorizeError> {
        let vectorizer = self.vectorizer.as_ref().map_err(VectorizeError::clone)?;
        self.lists.iter().for_each(|list| list.apply(&mut fields));
        unit_vector(vectorizer.vectorize(fields)?, self.dimension)
    }
}

/// Numbers as the builder stores them: divided by their length; zero stays zero.
///
/// # Errors
/// [`VectorizeError::Length`] and [`VectorizeError::NotFinite`].
///
/// ```
/// use kindred::vectorizer::unit_vector;
///
/// assert_eq!(unit_vector(vec![3.0, 4.0], 2), Ok(vec![0.6, 0.8]));
/// assert!(unit_vector(vec![3.0, 4.0], 3).is_err());
/// ```
pub fn unit_vector(mut numbers: Vec<f32>, dimension: usize) -> Result<Vec<f32>, VectorizeError> {
    check_vector(&numbers, dimension)?;
    normalise(&mut numbers);
    Ok(numbers)
}

/// Whether numbers can be a vector of an index.
///
/// # Errors
/// [`VectorizeError::Length`] and [`VectorizeError::NotFinite`].
pub fn check_vector(numbers: &[f32], dimension: usize) -> Result<(), VectorizeError> {
    if numbers.len() != dimension {
        return Err(VectorizeError::Length { dimension, found: numbers.len() });
    }
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(place) => Err(VectorizeError::NotFinite { place }),
        None => Ok(()),
    }
}
