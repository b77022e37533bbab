//! The answers: what is nearest to a profile, as the bytes that leave the process.
//!
//! The server and `index-builder query` both answer from here, so their bodies are the same to the byte.

pub mod attributes;
mod browse;
mod map;
mod visible;

use std::borrow::Cow;
use std::cell::RefCell;

use crate::counted::counted;
use crate::distance::{distance, prefetch};
use crate::file::format::NONE;
use crate::file::reader::View;
use crate::file::{Damaged, Index, Ordinal, TableKind};
use crate::search::exact::{Distance, Smallest};
use crate::search::graph::Graph;
use crate::search::scan;
use crate::search::walk::{Scratch, Work, search};
use crate::vectorizer::unit::is_same;

pub use browse::{distance_between, profiles_with_prefix, random_profile};
pub use map::{map, place_of, profile_at};
pub use visible::Suppressed;

/// Up to this many nodes a search compares with every node: that takes a fraction of a millisecond and is exact.
pub const EXACT_UP_TO_NODES: u32 = 5_000;

/// The largest ef that may be asked for.
pub const MAX_EF: usize = 4096;

/// Vectors that are the same but for rounding are not farther apart: each has the length 1 within 2^-23, and they differ
/// by less than 2^-21 of it.
const SAME_BELOW: f32 = 1e-5;

/// By how much a search becomes wider when suppressed profiles left too few of what it found.
const WIDER: usize = 4;

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchMode {
    /// From the neighbour table where it holds enough; else exactly in a small index, and in a larger one in the graph
    /// with the ef that the file says.
    Default,
    /// In the graph with this ef, or with n where that is more, however small the index.
    Ef(usize),
    /// By comparing with every node.
    Exact,
}

/// A request for recommendations.
#[derive(Debug, Clone, Copy)]
pub struct RecommendRequest<'a> {
    /// The profile that is asked about.
    pub id: &'a str,
    /// How many are wanted.
    pub n: usize,
    /// How to search.
    pub mode: SearchMode,
    /// Whether the distances are wanted too.
    pub distances: bool,
}

/// A request for the profiles nearest to a vector, which need not be one of the index.
#[derive(Debug, Clone, Copy)]
pub struct VectorRequest<'a> {
    /// As the builder stores vectors: of length 1, or zero.
    pub vector: &'a [f32],
    /// How many are wanted.
    pub n: usize,
    /// How to search.
    pub mode: SearchMode,
    /// Whether the distances are wanted too.
    pub distances: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// A JSON array.
    pub body: Vec<u8>,
    /// What it took.
    pub work: Work,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No profile has that id.
    #[error("no profile has this id")]
    UnknownId,
    /// The profile is there, but its vector is zero.
    #[error("this profile has nothing to compare: its vector is zero, so it has no nearest profiles")]
    ZeroVector,
    /// The vector that is asked about cannot be compared with those of the index.
    #[error("the vector has {}, and those of the index have {dimension}", counted(*.found as u64, "number"))]
    OtherDimension {
        /// Numbers in a vector of the index.
        dimension: usize,
        /// Numbers in the one that was given.
        found: usize,
    },
    /// The file was changed after it was opened.
    #[error(transparent)]
    Damaged(#[from] Damaged),
}

thread_local! {
    /// A thread searches once at a time, so each has the memory for one search.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The profiles nearest to one, nearest first, by (distance, id); the profile itself left out. As many as there are
/// where there are fewer than wanted.
///
/// Distances are 32-bit numbers, written as the shortest text that reads back as the same.
///
/// # Errors
/// See [`AnswerError`].
pub fn recommend<B: AsRef<[u8]>>(
    index: &Index<B>,
    request: &RecommendRequest<'_>,
) -> Result<Answer, AnswerError> {
    recommend_without(index, &Suppressed::NOBODY, request)
}

/// What [`recommend`] gives when some profiles are not to be seen: those after them take their places, and nobody has
/// their ids.
///
/// # Errors
/// See [`AnswerError`].
pub fn recommend_without<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    request: &RecommendRequest<'_>,
) -> Result<Answer, AnswerError> {
    recommend_leaving_out(index, suppressed, suppressed, request)
}

/// What [`recommend_without`] gives when more profiles are left out than are suppressed: those after them take their
/// places, and may be asked about. `left_out` has all that are suppressed ([`Suppressed::and`]).
///
/// # Errors
/// See [`AnswerError`].
pub fn recommend_leaving_out<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    left_out: &Suppressed,
    request: &RecommendRequest<'_>,
) -> Result<Answer, AnswerError> {
    let view = index.view();
    let ordinal = find(&view, suppressed, request.id)?;
    if let Some(answer) = table_answer(&view, left_out, ordinal, request)? {
        return Ok(answer);
    }
    let wanted = wanted(&view, left_out, ordinal, request.n);
    let node = view.node_of(ordinal).ok_or(Damaged("a profile's node"))?.ok_or(AnswerError::ZeroVector)?;
    let question = Question::about(view, left_out, ordinal, node, wanted);
    let (nearest, work) = match request.mode {
        SearchMode::Default => {
            let row = table_row(&view, left_out, ordinal, wanted);
            question.beyond_row(index, request.n, &row)?
        }
        SearchMode::Ef(ef) => question.graph(ef),
        SearchMode::Exact => question.exact(),
    };
    Ok(Answer { body: body(&view, &nearest, request.distances)?, work })
}

/// The profiles nearest to a vector, nearest first, by (distance, id), none left out but those of `left_out`. What the
/// builder would give the same node as this vector is at the distance 0. There is no table for it, so [`SearchMode`]
/// says what takes place.
///
/// # Errors
/// See [`AnswerError`].
pub fn nearest_to_vector<B: AsRef<[u8]>>(
    index: &Index<B>,
    left_out: &Suppressed,
    request: &VectorRequest<'_>,
) -> Result<Answer, AnswerError> {
    let view = index.view();
    let (dimension, found) = (index.header().dimension as usize, request.vector.len());
    if found != dimension {
        return Err(AnswerError::OtherDimension { dimension, found });
    }
    if request.vector.iter().all(|&number| number == 0.0) {
        return Err(AnswerError::ZeroVector);
    }
    let others = view.profiles_with_vector().saturating_sub(left_out.with_vector());
    let question = Question {
        view,
        left_out,
        query: request.vector,
        ordinal: Ordinal(NONE),
        node: NONE,
        wanted: request.n.min(others),
    };
    let (nearest, work) = match request.mode {
        SearchMode::Default => question.default(index, request.n),
        SearchMode::Ef(ef) => question.graph(ef),
        SearchMode::Exact => question.exact(),
    };
    Ok(Answer { body: body(&view, &nearest, request.distances)?, work })
}

/// The answer of [`recommend_without`] where it needs no search, which takes microseconds: the neighbour table holds
/// as many as are wanted. `None` where a search is needed.
///
/// # Errors
/// See [`AnswerError`].
pub fn from_table<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    request: &RecommendRequest<'_>,
) -> Result<Option<Answer>, AnswerError> {
    let view = index.view();
    let ordinal = find(&view, suppressed, request.id)?;
    table_answer(&view, suppressed, ordinal, request)
}

#[inline(always)]
fn table_answer(
    view: &View<'_>,
    left_out: &Suppressed,
    ordinal: Ordinal,
    request: &RecommendRequest<'_>,
) -> Result<Option<Answer>, AnswerError> {
    if request.mode != SearchMode::Default {
        return Ok(None);
    }
    let wanted = wanted(view, left_out, ordinal, request.n);
    let row = table_row(view, left_out, ordinal, wanted);
    // A profile that has a neighbour has a vector: that is not looked up.
    if row.is_empty() || row.len() < wanted {
        return Ok(None);
    }
    if !request.distances {
        let body = plain_body(view, row.iter().copied().map(Ordinal))?;
        return Ok(Some(Answer { body, work: Work { table: true, ..Work::default() } }));
    }
    let node = view.node_of(ordinal).ok_or(Damaged("a profile's node"))?.ok_or(AnswerError::ZeroVector)?;
    let question = Question::about(*view, left_out, ordinal, node, wanted);
    let body = body_with_distances(view, &question.neighbours(&row)?)?;
    Ok(Some(Answer { body, work: Work { distances: row.len() as u64, table: true, ..Work::default() } }))
}

/// The profiles of the answer that [`recommend_without`] gives by default, in its order, without their documents. None
/// for a profile that is suppressed or has no vector.
///
/// # Errors
/// [`Damaged`] where the file has changed, or the ordinal is not of this file.
pub fn nearest_profiles<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    ordinal: Ordinal,
    n: usize,
) -> Result<Vec<Ordinal>, Damaged> {
    let view = index.view();
    let Some(node) = view.node_of(ordinal).ok_or(Damaged("a profile's node"))? else { return Ok(Vec::new()) };
    if suppressed.contains(ordinal) {
        return Ok(Vec::new());
    }
    let wanted = wanted(&view, suppressed, ordinal, n);
    let row = table_row(&view, suppressed, ordinal, wanted);
    if row.len() >= wanted {
        return Ok(row.iter().copied().map(Ordinal).collect());
    }
    let question = Question::about(view, suppressed, ordinal, node, wanted);
    let (nearest, _) = question.beyond_row(index, n, &row)?;
    Ok(nearest.into_iter().map(|(_, ordinal)| ordinal).collect())
}

/// Whether [`recommend_without`] has an answer for a profile: the cheapest look that tells.
///
/// # Errors
/// See [`AnswerError`].
pub fn can_recommend<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    id: &str,
) -> Result<(), AnswerError> {
    let view = index.view();
    let ordinal = find(&view, suppressed, id)?;
    let node = view.node_of(ordinal).ok_or(Damaged("a profile's node"))?;
    node.map(drop).ok_or(AnswerError::ZeroVector)
}

/// The document of a profile.
///
/// # Errors
/// [`AnswerError::UnknownId`] and [`AnswerError::Damaged`].
pub fn profile<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    id: &str,
) -> Result<Vec<u8>, AnswerError> {
    let ordinal = find(&index.view(), suppressed, id)?;
    Ok(index.document(ordinal)?.to_vec())
}

/// Whether [`profile`] has an answer.
///
/// # Errors
/// See [`profile`].
pub fn has_profile<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    id: &str,
) -> Result<(), AnswerError> {
    let ordinal = find(&index.view(), suppressed, id)?;
    Ok(index.document(ordinal).map(drop)?)
}

/// A profile that may be seen.
fn find(view: &View<'_>, suppressed: &Suppressed, id: &str) -> Result<Ordinal, AnswerError> {
    view.find(id).filter(|&ordinal| !suppressed.contains(ordinal)).ok_or(AnswerError::UnknownId)
}

/// As many as are asked for, or as there are besides the one that is asked about.
fn wanted(view: &View<'_>, left_out: &Suppressed, ordinal: Ordinal, n: usize) -> usize {
    let itself = usize::from(!left_out.contains(ordinal));
    n.min(view.profiles_with_vector().saturating_sub(left_out.with_vector()).saturating_sub(itself))
}

/// As many of the wanted neighbours as the table has of a profile.
fn table_row<'a>(view: &View<'a>, left_out: &Suppressed, ordinal: Ordinal, wanted: usize) -> Cow<'a, [u32]> {
    let row = view.table_row(ordinal).unwrap_or_default();
    if left_out.is_empty() {
        let row = row.get(..wanted).unwrap_or(row);
        return Cow::Borrowed(row.split(|&slot| slot == NONE).next().unwrap_or_default());
    }
    let there = row.iter().copied().take_while(|&slot| slot != NONE);
    Cow::Owned(there.filter(|&slot| !left_out.contains(Ordinal(slot))).take(wanted).collect())
}

/// A profile and its distance, in the order of answers. Ordinals ascend as ids do.
type Neighbour = (Distance, Ordinal);

struct Question<'a> {
    view: View<'a>,
    left_out: &'a Suppressed,
    query: &'a [f32],
    /// The profile that is asked about and its node; both [`NONE`] where it is a vector.
    ordinal: Ordinal,
    node: u32,
    wanted: usize,
}

impl<'a> Question<'a> {
    fn about(
        view: View<'a>,
        left_out: &'a Suppressed,
        ordinal: Ordinal,
        node: u32,
        wanted: usize,
    ) -> Question<'a> {
        Question { view, left_out, query: view.vector_of(node), ordinal, node, wanted }
    }

    fn default<B>(&self, index: &Index<B>, n: usize) -> (Vec<Neighbour>, Work)
    where
        B: AsRef<[u8]>,
    {
        if index.header().nodes <= EXACT_UP_TO_NODES {
            return self.exact();
        }
        self.graph(n.max(index.metadata().default_ef as usize))
    }

    /// Where the table has no row that is long enough.
    fn beyond_row<B>(
        &self,
        index: &Index<B>,
        n: usize,
        row: &[u32],
    ) -> Result<(Vec<Neighbour>, Work), Damaged>
    where
        B: AsRef<[u8]>,
    {
        if row.is_empty() { Ok(self.default(index, n)) } else { self.table_and_search(index, n, row) }
    }

    /// A row of the table that is too short, and behind it or among it what a search finds.
    fn table_and_search<B>(
        &self,
        index: &Index<B>,
        n: usize,
        row: &[u32],
    ) -> Result<(Vec<Neighbour>, Work), Damaged>
    where
        B: AsRef<[u8]>,
    {
        let from_table = self.neighbours(row)?;
        let (searched, work) = self.default(index, n);
        let work = Work { distances: work.distances + row.len() as u64, table: true, ..work };
        let is_exact = index.metadata().table.is_some_and(|table| table.kind == TableKind::Exact);
        Ok((self.together(from_table, searched, is_exact), work))
    }

    /// The profiles of a row of the table and their distances.
    fn neighbours(&self, row: &[u32]) -> Result<Vec<Neighbour>, Damaged> {
        row.iter().map(|&slot| self.neighbour(Ordinal(slot))).collect()
    }

    /// Every profile once: the table's first where it is exact, so that an answer goes on where a shorter one ends,
    /// else both by (distance, id).
    fn together(
        &self,
        mut from_table: Vec<Neighbour>,
        searched: Vec<Neighbour>,
        is_exact: bool,
    ) -> Vec<Neighbour> {
        let mut known: Vec<Ordinal> = from_table.iter().map(|&(_, ordinal)| ordinal).collect();
        known.sort_unstable();
        from_table.extend(searched.into_iter().filter(|(_, ordinal)| known.binary_search(ordinal).is_err()));
        if !is_exact {
            from_table.sort_unstable();
        }
        from_table.truncate(self.wanted);
        from_table
    }

    /// A profile of the table and its distance.
    fn neighbour(&self, ordinal: Ordinal) -> Result<Neighbour, Damaged> {
        let node = self.view.node_of(ordinal).flatten().ok_or(Damaged("a neighbour"))?;
        Ok((Distance(self.distance(node)), ordinal))
    }

    fn distance(&self, node: u32) -> f32 {
        if self.node != NONE {
            return node_distance(&self.view, self.node, node);
        }
        let vector = self.view.vector_of(node);
        let distance = distance(self.query, vector);
        // Rounding leaves a little between a vector and itself.
        if distance < SAME_BELOW && is_same(self.query, vector) { 0.0 } else { distance }
    }

    fn exact(&self) -> (Vec<Neighbour>, Work) {
        let nodes = self.view.nodes() as u32;
        let nearest = match self.candidates() {
            Some(candidates) => self.nearest(candidates.into_iter()),
            None => self.nearest(0..nodes),
        };
        (nearest, Work { distances: u64::from(nodes), exact: true, ..Work::default() })
    }

    /// The nodes that can be among the nearest, where codes prove it of all others.
    fn candidates(&self) -> Option<Vec<u32>> {
        let is_profile = self.node != NONE;
        // The distance of a vector and its own node is said to be 0, and is a little more.
        let zero_below = if is_profile { 0.0 } else { SAME_BELOW };
        let question = scan::Question { query: self.query, wanted: self.wanted, zero_below };
        let has_visible = |node| self.profiles_to_be_seen(node).next().is_some();
        let mut candidates = scan::candidates(&self.view, &question, has_visible)?;
        // And that within a node.
        if is_profile && !candidates.contains(&self.node) {
            candidates.push(self.node);
        }
        Some(candidates)
    }

    /// The profiles of a node that may be in the answer, ascending.
    fn profiles_to_be_seen(&self, node: u32) -> impl Iterator<Item = Ordinal> {
        let profiles = self.view.profiles_of(node).iter().map(|&profile| Ordinal(profile));
        profiles.filter(|&other| other != self.ordinal && !self.left_out.contains(other))
    }

    fn graph(&self, mut ef: usize) -> (Vec<Neighbour>, Work) {
        // The profile's own node is found as well, and is not counted.
        let mut count = self.wanted.saturating_add(1);
        // Where those that are left out leave too few, a wider search finds more; beyond this it is of no use.
        let most = count.saturating_add(self.left_out.len()).min(MAX_EF);
        let mut before = Work::default();
        loop {
            let (nodes, work) = SCRATCH
                .with_borrow_mut(|scratch| search(&self.view, self.query, ef.max(count), count, scratch));
            let work =
                Work { distances: work.distances + before.distances, hops: work.hops + before.hops, ..work };
            let nearest = self.nearest(nodes.into_iter());
            if nearest.len() >= self.wanted {
                return (nearest, work);
            }
            if count >= most {
                let (nearest, exact) = self.exact();
                let distances = work.distances + exact.distances;
                return (nearest, Work { distances, hops: work.hops, ..exact });
            }
            (count, before) = (count.saturating_mul(WIDER).min(most), work);
            // What is left of a wide answer are its farthest, which a walk that ends there has seen the least of.
            ef = ef.max(2 * count);
        }
    }

    /// The wanted profiles among those of some nodes.
    fn nearest(&self, nodes: impl Iterator<Item = u32>) -> Vec<Neighbour> {
        let mut smallest = Smallest::new(self.wanted);
        for node in nodes {
            let distance = self.distance(node);
            for ordinal in self.profiles_to_be_seen(node) {
                // Ordinals ascend: where one is too far, those after it are too.
                if !smallest.push((Distance(distance), ordinal)) {
                    break;
                }
            }
        }
        smallest.into_sorted()
    }
}

/// The distance of two nodes, exactly 0 within one.
fn node_distance(view: &View<'_>, one: u32, other: u32) -> f32 {
    if one == other {
        return 0.0;
    }
    distance(view.vector(one), view.vector(other))
}

const BEFORE_DISTANCE: &[u8] = b"{\"distance\":";
const BEFORE_PROFILE: &[u8] = b",\"profile\":";
/// The longest text of a distance, 1.1754944e-38.
const LONGEST_DISTANCE: usize = 16;

fn body(view: &View<'_>, nearest: &[Neighbour], distances: bool) -> Result<Vec<u8>, Damaged> {
    if distances {
        return body_with_distances(view, nearest);
    }
    plain_body(view, nearest.iter().map(|&(_, ordinal)| ordinal))
}

/// The documents in one allocation of the right size.
///
/// Documents lie anywhere in the file, so each is a few waits for memory. They are looked at three times: where they
/// are, then to ask for all of them before anything depends on one, then to copy them.
fn plain_body(view: &View<'_>, profiles: impl Iterator<Item = Ordinal> + Clone) -> Result<Vec<u8>, Damaged> {
    let document = |ordinal| view.document(ordinal).ok_or(Damaged("a document"));
    // A bracket at each end and a comma between any two; without any document, one byte too many.
    let mut length = 1;
    for ordinal in profiles.clone() {
        length += document(ordinal)?.len() + 1;
    }
    for ordinal in profiles.clone() {
        prefetch(bytemuck::cast_slice(document(ordinal)?));
    }
    let mut body = Vec::with_capacity(length.max(2));
    body.push(b'[');
    for (number, ordinal) in profiles.enumerate() {
        if number > 0 {
            body.push(b',');
        }
        body.extend_from_slice(document(ordinal)?);
    }
    body.push(b']');
    Ok(body)
}

/// Documents and distances, in one allocation that is large enough for the longest distances.
fn body_with_distances(view: &View<'_>, nearest: &[Neighbour]) -> Result<Vec<u8>, Damaged> {
    let document = |ordinal| view.document(ordinal).ok_or(Damaged("a document"));
    let around = BEFORE_DISTANCE.len() + LONGEST_DISTANCE + BEFORE_PROFILE.len() + 2;
    let mut length = 2;
    for &(_, ordinal) in nearest {
        length += document(ordinal)?.len() + around;
    }
    let mut body = Vec::with_capacity(length);
    body.push(b'[');
    for (number, &(Distance(distance), ordinal)) in nearest.iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        body.extend_from_slice(BEFORE_DISTANCE);
        write_distance(&mut body, distance)?;
        body.extend_from_slice(BEFORE_PROFILE);
        body.extend_from_slice(document(ordinal)?);
        body.push(b'}');
    }
    body.push(b']');
    Ok(body)
}

/// The shortest text that reads back as the same number.
fn write_distance(body: &mut Vec<u8>, distance: f32) -> Result<(), Damaged> {
    // A number that is not finite comes from a changed file, and would be written as null.
    let distance = distance.is_finite().then_some(distance).ok_or(Damaged("a distance"))?;
    // Writing to memory cannot fail.
    serde_json::to_writer(body, &distance).map_err(|_| Damaged("a distance"))
}
