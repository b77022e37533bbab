//! Which profiles are nearest, where the neighbour table does not say it alone.

use std::cell::RefCell;

use super::question::MAX_EF;
use super::snapshot::Key;
use super::visible::Visible;
use crate::distance::distance;
use crate::file::reader::View;
use crate::file::{Damaged, Index, Ordinal, TableKind};
use crate::search::exact::{Distance, Smallest};
use crate::search::graph::{Graph, Node};
use crate::search::scan::{self, Scan};
use crate::search::walk::{Scratch, Work, search};
use crate::vectorizer::unit::is_same;

/// Up to this many nodes a search compares with every node: that takes a fraction of a millisecond and is exact.
pub const EXACT_UP_TO_NODES: u32 = 5_000;

/// Vectors that are the same but for rounding are not farther apart: each has the length 1 within 2^-23, and they differ
/// by less than 2^-21 of it.
const SAME_BELOW: f32 = 1e-5;

/// By how much a search becomes wider when profiles that are left out make up too much of what it found.
const WIDER: usize = 4;

thread_local! {
    /// A thread searches once at a time, so each has the memory for one search.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A profile and its distance, in the order of answers. Keys ascend as ids do.
pub(super) type Neighbour = (Distance, Key);

/// A profile that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) ordinal: Ordinal,
    pub(super) node: Node,
}

/// A search for the profiles nearest to a vector.
pub(super) struct Nearest<'a> {
    view: View<'a>,
    visible: Visible<'a>,
    query: &'a [f32],
    /// The profile whose vector it is, where it is that of a profile.
    asked: Option<Asked>,
    /// How many profiles the answer has.
    wanted: usize,
}

impl<'a> Nearest<'a> {
    pub(super) fn to_profile(
        view: View<'a>,
        visible: Visible<'a>,
        asked: Asked,
        wanted: usize,
    ) -> Nearest<'a> {
        Nearest { view, visible, query: view.vector_of(asked.node), asked: Some(asked), wanted }
    }

    pub(super) fn to_vector(
        view: View<'a>,
        visible: Visible<'a>,
        query: &'a [f32],
        wanted: usize,
    ) -> Nearest<'a> {
        Nearest { view, visible, query, asked: None, wanted }
    }

    /// By the usual search, where the table has the first profiles of the answer: none or too few. `n` is what was asked
    /// for.
    pub(super) fn beyond_row<B: AsRef<[u8]>>(
        &self,
        index: &Index<B>,
        n: usize,
        row: &[u32],
    ) -> Result<(Vec<Neighbour>, Work), Damaged> {
        if row.is_empty() { Ok(self.usual(index, n)) } else { self.table_and_search(index, n, row) }
    }

    fn usual<B: AsRef<[u8]>>(&self, index: &Index<B>, n: usize) -> (Vec<Neighbour>, Work) {
        if index.header().nodes <= EXACT_UP_TO_NODES {
            return self.exact();
        }
        self.graph(n.max(index.metadata().default_ef as usize))
    }

    /// A row of the table that is too short, and behind it or among it what a search finds.
    fn table_and_search<B: AsRef<[u8]>>(
        &self,
        index: &Index<B>,
        n: usize,
        row: &[u32],
    ) -> Result<(Vec<Neighbour>, Work), Damaged> {
        let from_table = self.neighbours(row)?;
        let (searched, work) = self.usual(index, n);
        let work = Work { distances: work.distances + row.len() as u64, table: true, ..work };
        let is_exact = index.metadata().table.is_some_and(|table| table.kind == TableKind::Exact);
        Ok((self.together(from_table, searched, is_exact), work))
    }

    /// The profiles of a row of the table and their distances.
    pub(super) fn neighbours(&self, row: &[u32]) -> Result<Vec<Neighbour>, Damaged> {
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
        let mut known: Vec<Key> = from_table.iter().map(|&(_, key)| key).collect();
        known.sort_unstable();
        from_table.extend(searched.into_iter().filter(|(_, key)| known.binary_search(key).is_err()));
        if !is_exact {
            from_table.sort_unstable();
        }
        from_table.truncate(self.wanted);
        from_table
    }

    /// A profile of the table and its distance.
    fn neighbour(&self, ordinal: Ordinal) -> Result<Neighbour, Damaged> {
        let node = self.view.node_of(ordinal).ok().flatten().ok_or(Damaged("a neighbour"))?;
        Ok((Distance(self.distance(node)), ordinal.into()))
    }

    fn distance(&self, node: Node) -> f32 {
        if let Some(asked) = self.asked {
            return node_distance(&self.view, asked.node, node);
        }
        let vector = self.view.vector_of(node);
        let distance = distance(self.query, vector);
        // Rounding leaves a little between a vector and itself.
        if distance < SAME_BELOW && is_same(self.query, vector) { 0.0 } else { distance }
    }

    /// By comparing with every node.
    pub(super) fn exact(&self) -> (Vec<Neighbour>, Work) {
        let nodes = self.view.nodes() as u32;
        let nearest = match self.candidates() {
            Some(candidates) => self.among(candidates.into_iter()),
            None => self.among((0..nodes).map(Node)),
        };
        (nearest, Work { distances: u64::from(nodes), exact: true, ..Work::default() })
    }

    /// The nodes that can be among the nearest, where codes prove it of all others.
    fn candidates(&self) -> Option<Vec<Node>> {
        // The distance of a vector and its own node is said to be 0, and is a little more.
        let zero_below = if self.asked.is_some() { 0.0 } else { SAME_BELOW };
        let scan = Scan { query: self.query, wanted: self.wanted, zero_below };
        let has_visible = |node| self.profiles_to_be_seen(node).next().is_some();
        let mut candidates = scan::candidates(&self.view, &scan, has_visible)?;
        // And that within a node.
        if let Some(asked) = self.asked
            && !candidates.contains(&asked.node)
        {
            candidates.push(asked.node);
        }
        Some(candidates)
    }

    /// The profiles of a node that may be in the answer, ascending.
    fn profiles_to_be_seen(&self, node: Node) -> impl Iterator<Item = Ordinal> {
        let profiles = self.view.profiles_of(node).iter().map(|&profile| Ordinal(profile));
        let itself = self.asked.map(|asked| asked.ordinal);
        profiles.filter(move |&other| Some(other) != itself && self.visible.has(other))
    }

    /// By a walk in the graph.
    pub(super) fn graph(&self, mut ef: usize) -> (Vec<Neighbour>, Work) {
        // The profile's own node is found as well, and is not counted.
        let mut count = self.wanted.saturating_add(1);
        // Where those that are left out leave too few, a wider search finds more; beyond this it is of no use.
        let most = count.saturating_add(self.visible.left_out()).min(MAX_EF);
        let mut before = Work::default();
        loop {
            let (nodes, work) = SCRATCH
                .with_borrow_mut(|scratch| search(&self.view, self.query, ef.max(count), count, scratch));
            let work =
                Work { distances: work.distances + before.distances, hops: work.hops + before.hops, ..work };
            let nearest = self.among(nodes.into_iter());
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
    fn among(&self, nodes: impl Iterator<Item = Node>) -> Vec<Neighbour> {
        let mut smallest = Smallest::new(self.wanted);
        for node in nodes {
            let distance = self.distance(node);
            for ordinal in self.profiles_to_be_seen(node) {
                // Ordinals ascend: where one is too far, those after it are too.
                if !smallest.push((Distance(distance), Key::from(ordinal))) {
                    break;
                }
            }
        }
        smallest.into_sorted()
    }
}

/// The distance of two nodes, exactly 0 within one.
pub(super) fn node_distance(view: &View<'_>, one: Node, other: Node) -> f32 {
    if one == other {
        return 0.0;
    }
    distance(view.vector(one), view.vector(other))
}
