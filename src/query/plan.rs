//! The way from a question to its answer: at once from the neighbour table, or by a search that may take place on another
//! thread.

use std::borrow::Cow;

use super::nearest::{Asked, Nearest, Neighbour};
use super::question::{Question, SearchMode, Subject};
use super::snapshot::{Key, Snapshot};
use super::visible::{Excluded, Visible};
use super::{Answer, AnswerError, body};
use crate::file::format::NONE;
use crate::file::reader::View;
use crate::file::{Damaged, Ordinal};
use crate::search::walk::Work;

/// How a question is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// The neighbour table holds as many as are wanted: this took microseconds.
    Ready(Answer),
    /// A search is needed, which takes milliseconds.
    Search(Pending),
}

/// A question that was looked up and needs a search. It holds nothing of the snapshot, so it may be sent to another
/// thread. What was found is not looked up again, so the search has to take place in the same snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    about: About,
    /// What was asked for.
    n: usize,
    /// How many profiles the answer has: fewer, where fewer may be seen.
    wanted: usize,
    how: SearchMode,
    exclude: Excluded,
    distances: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum About {
    /// A profile, and the visible profiles of its row in the table: none, or too few.
    Profile {
        asked: Asked,
        row: Vec<u32>,
    },
    Vector(Vec<f32>),
}

/// Looks a question up: the profiles nearest to one or to a vector, nearest first, by (distance, id); the profile itself
/// left out. As many as there are where there are fewer than wanted.
///
/// A vector that the builder would give the same node as a profile's is at the distance 0 from it. There is no table for
/// vectors, so they always need a search.
///
/// ```
/// use kindred::file::{Index, MappedFile};
/// use kindred::query::{Plan, Question, SearchMode, Snapshot, plan};
///
/// let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// let index = Index::open(file)?;
/// let snapshot = Snapshot::of(&index);
///
/// let question = Question { how: SearchMode::Exact, distances: true, ..Question::about("p07", 2) };
/// let answer = match plan(&snapshot, &question)? {
///     Plan::Ready(answer) => answer,
///     // A server does this on another thread.
///     Plan::Search(pending) => pending.search(&snapshot)?,
/// };
/// assert!(answer.body.starts_with(br#"[{"distance":"#) && answer.work.exact);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`AnswerError`].
pub fn plan<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    question: &Question<'_>,
) -> Result<Plan, AnswerError> {
    let view = snapshot.base().view();
    match look_up(snapshot, &view, question)? {
        Found::Row { ordinal, row } => Ok(Plan::Ready(from_row(snapshot, &view, question, ordinal, &row)?)),
        Found::Pending(pending) => Ok(Plan::Search(pending)),
    }
}

/// [`plan`], and the search where one is needed, on this thread.
///
/// ```
/// use kindred::file::{Index, MappedFile};
/// use kindred::query::{Question, Snapshot, answer};
///
/// let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// let index = Index::open(file)?;
/// let answer = answer(&Snapshot::of(&index), &Question::about("p07", 3))?;
/// let profiles: Vec<serde_json::Value> = serde_json::from_slice(&answer.body)?;
/// assert_eq!(profiles.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`AnswerError`].
pub fn answer<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    question: &Question<'_>,
) -> Result<Answer, AnswerError> {
    match plan(snapshot, question)? {
        Plan::Ready(answer) => Ok(answer),
        Plan::Search(pending) => Ok(pending.search(snapshot)?),
    }
}

/// The profiles of an [`answer`], in its order, without their documents.
///
/// ```
/// use kindred::file::{Index, MappedFile};
/// use kindred::query::{Question, Snapshot, nearest};
///
/// let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// let index = Index::open(file)?;
/// let keys = nearest(&Snapshot::of(&index), &Question::about("p07", 3))?;
/// let ids: Vec<&[u8]> =
///     keys.iter().filter_map(|key| key.ordinal()).map(|ordinal| index.id(ordinal)).collect::<Result<_, _>>()?;
/// assert_eq!(ids.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`AnswerError`].
pub fn nearest<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    question: &Question<'_>,
) -> Result<Vec<Key>, AnswerError> {
    match look_up(snapshot, &snapshot.base().view(), question)? {
        Found::Row { row, .. } => Ok(row.iter().map(|&slot| Ordinal(slot).into()).collect()),
        Found::Pending(pending) => {
            let (nearest, _) = pending.nearest(snapshot)?;
            Ok(nearest.into_iter().map(|(_, key)| key).collect())
        }
    }
}

/// Whether a question has an answer: the cheapest look that tells.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::query::{AnswerError, Question, Snapshot, can_answer};
///
/// # let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// # let index = Index::open(file)?;
/// let snapshot = Snapshot::of(&index);
/// assert_eq!(can_answer(&snapshot, &Question::about("p07", 3)), Ok(()));
/// assert_eq!(can_answer(&snapshot, &Question::about("nobody", 3)), Err(AnswerError::UnknownId));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`AnswerError`].
pub fn can_answer<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    question: &Question<'_>,
) -> Result<(), AnswerError> {
    match &question.subject {
        Subject::Id(id) => snapshot.node(&snapshot.base().view(), id).map(drop),
        Subject::Vector(vector) => check_vector(snapshot, vector),
    }
}

impl Pending {
    /// The answer, by a search. `snapshot` is the one that the question was looked up in.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn search<B: AsRef<[u8]>>(&self, snapshot: &Snapshot<'_, B>) -> Result<Answer, Damaged> {
        let (nearest, work) = self.nearest(snapshot)?;
        Ok(Answer { body: body::body(&snapshot.base().view(), &nearest, self.distances)?, work })
    }

    fn nearest<B: AsRef<[u8]>>(&self, snapshot: &Snapshot<'_, B>) -> Result<(Vec<Neighbour>, Work), Damaged> {
        let (view, visible) = (snapshot.base().view(), Visible::new(snapshot.hidden(), &self.exclude));
        let (nearest, row) = match &self.about {
            About::Profile { asked, row } => {
                (Nearest::to_profile(view, visible, *asked, self.wanted), row.as_slice())
            }
            About::Vector(vector) => (Nearest::to_vector(view, visible, vector, self.wanted), &[][..]),
        };
        match self.how {
            SearchMode::Default => nearest.beyond_row(snapshot.base(), self.n, row),
            SearchMode::Ef(ef) => Ok(nearest.graph(ef)),
            SearchMode::Exact => Ok(nearest.exact()),
        }
    }
}

/// What looking a question up has found.
enum Found<'a> {
    /// The row of a profile has as many as are wanted.
    Row { ordinal: Ordinal, row: Cow<'a, [u32]> },
    /// A search is needed.
    Pending(Pending),
}

#[inline(always)]
fn look_up<'a, B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    view: &View<'a>,
    question: &Question<'_>,
) -> Result<Found<'a>, AnswerError> {
    let visible = snapshot.visible(question);
    let (about, wanted) = match &question.subject {
        Subject::Id(id) => {
            let ordinal = snapshot.find(view, id)?;
            let itself = usize::from(visible.has(ordinal));
            let wanted = question.n.min(visible.with_vector(view).saturating_sub(itself));
            let row = match question.how {
                SearchMode::Default => table_row(view, visible, ordinal, wanted),
                SearchMode::Ef(_) | SearchMode::Exact => Cow::Borrowed(&[][..]),
            };
            // A profile that has a neighbour has a vector: that is not looked up.
            if !row.is_empty() && row.len() >= wanted {
                return Ok(Found::Row { ordinal, row });
            }
            let node = view.node_of(ordinal)?.ok_or(AnswerError::ZeroVector)?;
            (About::Profile { asked: Asked { ordinal, node }, row: row.into_owned() }, wanted)
        }
        Subject::Vector(vector) => {
            check_vector(snapshot, vector)?;
            (About::Vector(vector.to_vec()), question.n.min(visible.with_vector(view)))
        }
    };
    let (n, how, exclude, distances) =
        (question.n, question.how, question.exclude.clone(), question.distances);
    Ok(Found::Pending(Pending { about, n, wanted, how, exclude, distances }))
}

/// Whether a vector can be compared with those of the index.
fn check_vector<B: AsRef<[u8]>>(snapshot: &Snapshot<'_, B>, vector: &[f32]) -> Result<(), AnswerError> {
    let (dimension, found) = (snapshot.base().header().dimension as usize, vector.len());
    if found != dimension {
        return Err(AnswerError::OtherDimension { dimension, found });
    }
    if vector.iter().all(|&number| number == 0.0) {
        return Err(AnswerError::ZeroVector);
    }
    Ok(())
}

/// The answer that is a row of the table.
#[inline(always)]
fn from_row<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    view: &View<'_>,
    question: &Question<'_>,
    ordinal: Ordinal,
    row: &[u32],
) -> Result<Answer, AnswerError> {
    if !question.distances {
        let body = body::plain(view, row.iter().map(|&slot| Ordinal(slot).into()))?;
        return Ok(Answer { body, work: Work { table: true, ..Work::default() } });
    }
    let node = view.node_of(ordinal)?.ok_or(AnswerError::ZeroVector)?;
    let asked = Asked { ordinal, node };
    let nearest = Nearest::to_profile(*view, snapshot.visible(question), asked, row.len());
    let body = body::with_distances(view, &nearest.neighbours(row)?)?;
    Ok(Answer { body, work: Work { distances: row.len() as u64, table: true, ..Work::default() } })
}

/// As many of the wanted neighbours as the table has of a profile.
fn table_row<'a>(view: &View<'a>, visible: Visible<'_>, ordinal: Ordinal, wanted: usize) -> Cow<'a, [u32]> {
    let row = view.table_row(ordinal).unwrap_or_default();
    if visible.left_out() == 0 {
        let row = row.get(..wanted).unwrap_or(row);
        return Cow::Borrowed(row.split(|&slot| slot == NONE).next().unwrap_or_default());
    }
    let there = row.iter().copied().take_while(|&slot| slot != NONE);
    Cow::Owned(there.filter(|&slot| visible.has(Ordinal(slot))).take(wanted).collect())
}
