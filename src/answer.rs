//! The answers: what is nearest to a profile, as the bytes that leave the process.
//!
//! The server and `index-builder query` both answer from here, so their bodies are the same to the byte.

use std::cell::RefCell;

use crate::distance::distance;
use crate::index::exact::{Distance, Smallest};
use crate::index::graph::Graph;
use crate::index::reader::View;
use crate::index::search::{Scratch, Work, search};
use crate::index::{Damaged, Index, Ordinal};

/// Up to this many nodes a search compares with every vector: that takes a fraction of a millisecond and is exact.
pub const EXACT_UP_TO_NODES: u32 = 5_000;

/// The largest ef that may be asked for.
pub const MAX_EF: usize = 4096;

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchMode {
    /// Exactly in a small index, else in the graph with the ef that the file says.
    Default,
    /// In the graph with this ef, however small the index.
    Ef(usize),
    /// By comparing with every vector.
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
    let ordinal = index.find(request.id).ok_or(AnswerError::UnknownId)?;
    let view = index.view();
    let node = view.node_of(ordinal).ok_or(Damaged("a profile's node"))?.ok_or(AnswerError::ZeroVector)?;
    let wanted = request.n.min(view.profiles_with_vector().saturating_sub(1));
    let question = Question { view, ordinal, node, wanted };
    let (nearest, work) = match request.mode {
        SearchMode::Exact => question.exact(),
        SearchMode::Default if index.header().nodes <= EXACT_UP_TO_NODES => question.exact(),
        SearchMode::Default => question.graph(request.n.max(index.metadata().default_ef as usize)),
        SearchMode::Ef(ef) => question.graph(ef),
    };
    let body = body(index, &nearest, request.distances)?;
    Ok(Answer { body, work })
}

/// The document of a profile.
///
/// # Errors
/// [`AnswerError::UnknownId`] and [`AnswerError::Damaged`].
pub fn profile<B: AsRef<[u8]>>(index: &Index<B>, id: &str) -> Result<Vec<u8>, AnswerError> {
    let ordinal = index.find(id).ok_or(AnswerError::UnknownId)?;
    Ok(index.document(ordinal)?.to_vec())
}

/// A profile and its distance, in the order of answers. Ordinals ascend as ids do.
type Neighbour = (Distance, Ordinal);

struct Question<'a> {
    view: View<'a>,
    ordinal: Ordinal,
    node: u32,
    wanted: usize,
}

impl Question<'_> {
    fn exact(&self) -> (Vec<Neighbour>, Work) {
        let nodes = self.view.nodes() as u32;
        let nearest = self.nearest(0..nodes);
        (nearest, Work { distances: u64::from(nodes), hops: 0, exact: true })
    }

    fn graph(&self, ef: usize) -> (Vec<Neighbour>, Work) {
        // The profile's own node is found as well, and is not counted.
        let ef = ef.max(self.wanted.saturating_add(1));
        let query = self.view.vector(self.node);
        let (nodes, work) = SCRATCH
            .with_borrow_mut(|scratch| search(&self.view, query, ef, self.wanted.saturating_add(1), scratch));
        let nearest = self.nearest(nodes.into_iter());
        if nearest.len() < self.wanted {
            let (nearest, exact) = self.exact();
            return (
                nearest,
                Work { distances: work.distances + exact.distances, hops: work.hops, exact: true },
            );
        }
        (nearest, work)
    }

    /// The wanted profiles among those of some nodes.
    fn nearest(&self, nodes: impl Iterator<Item = u32>) -> Vec<Neighbour> {
        let query = self.view.vector(self.node);
        let mut smallest = Smallest::new(self.wanted);
        for node in nodes {
            let distance = if node == self.node { 0.0 } else { distance(query, self.view.vector(node)) };
            let others = self.view.profiles_of(node).iter().map(|&profile| Ordinal(profile));
            for ordinal in others.filter(|&other| other != self.ordinal) {
                // Ordinals ascend: where one is too far, those after it are too.
                if !smallest.push((Distance(distance), ordinal)) {
                    break;
                }
            }
        }
        smallest.into_sorted()
    }
}

const BEFORE_DISTANCE: &[u8] = b"{\"distance\":";
const BEFORE_PROFILE: &[u8] = b",\"profile\":";
/// The longest text of a distance, 1.1754944e-38.
const LONGEST_DISTANCE: usize = 16;

fn body<B: AsRef<[u8]>>(
    index: &Index<B>,
    nearest: &[Neighbour],
    distances: bool,
) -> Result<Vec<u8>, Damaged> {
    let documents: Vec<&[u8]> =
        nearest.iter().map(|&(_, ordinal)| index.document(ordinal)).collect::<Result<_, _>>()?;
    let around = BEFORE_DISTANCE.len() + LONGEST_DISTANCE + BEFORE_PROFILE.len() + 1;
    let extra = if distances { around } else { 0 };
    let length: usize = documents.iter().map(|document| document.len() + 1 + extra).sum();
    let mut body = Vec::with_capacity(length + 2);
    body.push(b'[');
    for (number, (document, (Distance(distance), _))) in documents.into_iter().zip(nearest).enumerate() {
        if number > 0 {
            body.push(b',');
        }
        if distances {
            body.extend_from_slice(BEFORE_DISTANCE);
            // A number that is not finite comes from a changed file, and would be written as null.
            let distance = distance.is_finite().then_some(distance).ok_or(Damaged("a distance"))?;
            // Writing to memory cannot fail.
            serde_json::to_writer(&mut body, distance).map_err(|_| Damaged("a distance"))?;
            body.extend_from_slice(BEFORE_PROFILE);
            body.extend_from_slice(document);
            body.push(b'}');
        } else {
            body.extend_from_slice(document);
        }
    }
    body.push(b']');
    Ok(body)
}
