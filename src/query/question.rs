//! A question: its subject, how many profiles it wants, by which search, without which others, and what the answer shows.

use std::borrow::Cow;

use super::Excluded;

/// The largest ef that may be asked for.
pub const MAX_EF: usize = 4096;

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchMode {
    /// From the neighbour table where it holds enough; else exactly in a small index, and in a larger one in the graph
    /// with the ef that the file says.
    #[default]
    Default,
    /// In the graph with this ef, or with n where that is more, however small the index.
    Ef(usize),
    /// By comparing with every node.
    Exact,
}

/// The subject of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject<'a> {
    /// The profile with this id. It is not in its own answer.
    Id(Cow<'a, str>),
    /// A vector as the builder stores vectors: of length 1, or zero. It need not be one of the index.
    Vector(Cow<'a, [f32]>),
}

impl<'a> From<&'a str> for Subject<'a> {
    fn from(id: &'a str) -> Self {
        Subject::Id(Cow::Borrowed(id))
    }
}

impl<'a> From<&'a String> for Subject<'a> {
    fn from(id: &'a String) -> Self {
        Subject::from(id.as_str())
    }
}

impl From<String> for Subject<'static> {
    fn from(id: String) -> Self {
        Subject::Id(Cow::Owned(id))
    }
}

impl<'a> From<&'a [f32]> for Subject<'a> {
    fn from(vector: &'a [f32]) -> Self {
        Subject::Vector(Cow::Borrowed(vector))
    }
}

impl<'a> From<&'a Vec<f32>> for Subject<'a> {
    fn from(vector: &'a Vec<f32>) -> Self {
        Subject::from(vector.as_slice())
    }
}

impl From<Vec<f32>> for Subject<'static> {
    fn from(vector: Vec<f32>) -> Self {
        Subject::Vector(Cow::Owned(vector))
    }
}

/// A question: which profiles are nearest to a profile or to a vector.
///
/// ```
/// use kindred::query::{Question, SearchMode};
///
/// let usual = Question::about("p07", 10);
/// let other = Question { how: SearchMode::Exact, distances: true, ..Question::about("p07", 10) };
/// let vector = Question::about(&[0.6_f32, 0.8][..], 10);
/// # assert_eq!(usual, Question { how: SearchMode::Default, distances: false, ..other });
/// # assert!(vector.exclude.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    /// A profile or a vector.
    pub subject: Subject<'a>,
    /// How many profiles are wanted.
    pub n: usize,
    /// How to search.
    pub how: SearchMode,
    /// Profiles that are not to be in the answer, besides those that are in no answer. They may be asked about.
    pub exclude: Excluded,
    /// Whether the answer shows distances.
    pub distances: bool,
}

impl<'a> Question<'a> {
    /// The usual question: the default search, nobody excluded, no distances.
    pub fn about(subject: impl Into<Subject<'a>>, n: usize) -> Question<'a> {
        Question {
            subject: subject.into(),
            n,
            how: SearchMode::Default,
            exclude: Excluded::NOBODY,
            distances: false,
        }
    }
}
