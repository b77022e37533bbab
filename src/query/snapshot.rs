//! A snapshot, which answers the questions of one request, and the keys of its profiles.

use super::visible::{Excluded, Suppressed, Visible};
use super::{AnswerError, Question};
use crate::file::reader::View;
use crate::file::{Damaged, Index, Ordinal};
use crate::search::graph::Node;

static NOBODY: Suppressed = Suppressed::NOBODY;

/// The index that is served, and the profiles that are hidden. A request takes one snapshot and reads nothing else, so all
/// that it reads belongs together.
///
/// ```
/// use kindred::file::{Index, MappedFile};
/// use kindred::query::{Question, Snapshot, answer};
///
/// let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// let index = Index::open(file)?;
/// let snapshot = Snapshot::of(&index);
///
/// let seen = snapshot.excluding(["p08", "p23"]);
/// let all = answer(&snapshot, &Question::about("p07", 100))?;
/// let new = answer(&snapshot, &Question { exclude: seen, ..Question::about("p07", 100) })?;
/// assert!(new.body.len() < all.body.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Snapshot<'a, B> {
    base: &'a Index<B>,
    hidden: &'a Suppressed,
}

impl<B> Clone for Snapshot<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Snapshot<'_, B> {}

impl<'a, B: AsRef<[u8]>> Snapshot<'a, B> {
    /// All of an index.
    pub fn of(base: &'a Index<B>) -> Snapshot<'a, B> {
        Snapshot::hiding(base, &NOBODY)
    }

    /// An index without some of its profiles.
    pub fn hiding(base: &'a Index<B>, hidden: &'a Suppressed) -> Snapshot<'a, B> {
        Snapshot { base, hidden }
    }

    /// The index.
    pub fn base(&self) -> &'a Index<B> {
        self.base
    }

    /// The profiles that are in no answer.
    pub fn hidden(&self) -> &'a Suppressed {
        self.hidden
    }

    /// The profiles with these ids, for questions to this snapshot that exclude them. Ids that it does not have add
    /// nothing.
    pub fn excluding<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> Excluded {
        Excluded::in_index(&self.base.view(), self.hidden, ids.into_iter())
    }

    /// A profile that may be asked about. `view` is that of the index.
    pub(super) fn find(&self, view: &View<'_>, id: &str) -> Result<Ordinal, AnswerError> {
        view.find(id).filter(|&ordinal| !self.hidden.contains(ordinal)).ok_or(AnswerError::UnknownId)
    }

    /// The node of a profile that may be asked about.
    pub(super) fn node(&self, view: &View<'_>, id: &str) -> Result<Node, AnswerError> {
        view.node_of(self.find(view, id)?)?.ok_or(AnswerError::ZeroVector)
    }

    /// The profiles that may be in the answer to a question.
    pub(super) fn visible<'v>(&self, question: &'v Question<'_>) -> Visible<'v>
    where
        'a: 'v,
    {
        Visible::new(self.hidden, &question.exclude)
    }
}

/// Stands for a profile of the file itself, behind all that come before it.
const OF_FILE: u32 = u32::MAX;

/// A profile of a snapshot. Keys are in the order of ids, also where a file does not hold all profiles: the key of such a
/// profile says which profile of the file it comes before.
///
/// ```
/// use kindred::file::Ordinal;
/// use kindred::query::Key;
///
/// // A file has the ids "a" and "c", and two profiles beside it the ids "b1" and "b2".
/// let (a, c) = (Key::from(Ordinal(0)), Key::from(Ordinal(1)));
/// let (b1, b2) = (Key::before(Ordinal(1), 0), Key::before(Ordinal(1), 1));
/// assert!(a < b1 && b1 < b2 && b2 < c);
/// assert_eq!((c.ordinal(), b1.ordinal()), (Some(Ordinal(1)), None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The profile of the file that this is, or that comes next in the order of ids; behind the last, their number.
    place: Ordinal,
    /// The number among those that come before it, or [`OF_FILE`].
    number: u32,
}

impl Key {
    /// A profile that no file holds. `next` is the profile of the file that comes next in the order of ids; `number`, which
    /// is below `u32::MAX`, is its place among all that come before the same one.
    pub const fn before(next: Ordinal, number: u32) -> Key {
        Key { place: next, number }
    }

    /// Its ordinal, where the file holds it.
    pub fn ordinal(self) -> Option<Ordinal> {
        (self.number == OF_FILE).then_some(self.place)
    }

    /// The profile's document, of a view of the file.
    pub(super) fn document<'v>(self, view: &View<'v>) -> Result<&'v [u8], Damaged> {
        self.ordinal().and_then(|ordinal| view.document(ordinal)).ok_or(Damaged("a document"))
    }
}

impl From<Ordinal> for Key {
    fn from(ordinal: Ordinal) -> Key {
        Key { place: ordinal, number: OF_FILE }
    }
}
