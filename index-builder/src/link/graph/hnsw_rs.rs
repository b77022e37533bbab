//! Construction by the crate hnsw_rs (0.3.5 or later).
//!
//! Used so that its known faults do not matter:
//! - Insertion is serial, in a seeded shuffle. Parallel insertion is not reproducible, and clusters inserted one
//!   after the other lose recall.
//! - `set_extend_candidates` stays off: its order of candidates is that of a hash map with a random seed.
//!   `set_keeping_pruned` stays off: it leaves most points unreachable.
//! - `modify_level_scale` and the dump functions print to standard output, which belongs to the summary, and the
//!   latter can end the process. Construction and insertion as used here print nothing.
//! - The distance is ours. Theirs panic on infinities and on what rounding makes negative.
//! - An empty graph is not touched (its iterators panic), nor one of a single node.
//! - A point can hold lists above its own level, and be named by lists of levels on which it does not live (a former
//!   entry point is, when a higher point comes). Both are dropped here; [`repair`](super::repair) mends every level.

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::prelude::{Hnsw, Neighbour};
use kindred::distance::dot;
use kindred::search::graph::{Level, Node};

use super::shuffle::shuffled;
use super::{FlatGraph, GraphBuilder, GraphError, GraphParameters, check};
use crate::vectors::rows::Rows;

/// As many levels as the crate allows. Fewer would cut the distribution off for small m.
const MAX_LEVELS: usize = 16;

/// HNSW by the crate hnsw_rs: serial, in an order that the seed decides.
#[derive(Debug, Clone, Copy, Default)]
pub struct HnswRs;

/// Cosine distance of unit vectors. Never negative and never NaN: the crate asserts the one and panics on the other.
struct UnitCosine;

impl Distance<f32> for UnitCosine {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        // `max` gives the number where the other one is NaN.
        (1.0 - dot(a, b)).max(0.0)
    }
}

impl GraphBuilder for HnswRs {
    fn name(&self) -> &'static str {
        "hnsw_rs"
    }

    /// Costs about n log n times `ef_construction` distances; the vectors are copied once.
    fn build(
        &self,
        vectors: Rows<'_>,
        parameters: &GraphParameters,
        progress: &mut dyn FnMut(usize),
    ) -> Result<FlatGraph, GraphError> {
        check(vectors, parameters)?;
        let nodes = vectors.count();
        let m = parameters.m;
        if nodes < 2 {
            progress(nodes);
            return FlatGraph::unlinked(m, &vec![0; nodes], (nodes == 1).then_some(Node(0)));
        }
        // The crate allocates by this number, and no search can find more than there is.
        let ef = parameters.ef_construction.min(nodes);
        let hnsw = Hnsw::<f32, UnitCosine>::new(m, nodes, MAX_LEVELS, ef, UnitCosine);
        // `check` has seen that the number fits.
        for (done, row) in shuffled(nodes as u32, parameters.seed).into_iter().enumerate() {
            hnsw.insert_slice((vectors.of(Node(row)), row as usize));
            progress(done + 1);
        }
        export(&hnsw, m, nodes)
    }
}

/// Copies the lists out, each in the order (distance, node).
fn export(hnsw: &Hnsw<'_, f32, UnitCosine>, m: usize, nodes: usize) -> Result<FlatGraph, GraphError> {
    let points = hnsw.get_point_indexation();
    let top = usize::from(hnsw.get_max_level_observed());
    let mut levels = vec![0u8; nodes];
    // An iterator of level l yields the points whose top level is l.
    for level in 0..=top {
        for point in points.get_layer_iterator(level) {
            if let Some(slot) = levels.get_mut(point.get_origin_id()) {
                *slot = point.get_point_id().0;
            }
        }
    }
    // The entry point is private; it is the first point that came to the top level.
    let entry_point = points.get_layer_iterator(top).next().map(|point| node_of(point.get_origin_id()));
    let mut graph = FlatGraph::unlinked(m, &levels, entry_point)?;
    for level in 0..=top {
        for point in points.get_layer_iterator(level) {
            let node = node_of(point.get_origin_id());
            for (on, list) in point.get_neighborhood_id().into_iter().enumerate().take(level + 1) {
                write_list(&mut graph, node, level_of(on), list);
            }
        }
    }
    Ok(graph)
}

/// The crate numbers points as they were inserted: by nodes, of which there are fewer than 2^32.
fn node_of(id: usize) -> Node {
    Node(id as u32)
}

/// There are at most [`MAX_LEVELS`].
fn level_of(level: usize) -> Level {
    Level(level as u32)
}

fn write_list(graph: &mut FlatGraph, node: Node, level: Level, mut list: Vec<Neighbour>) {
    list.retain(|neighbour| {
        let id = node_of(neighbour.d_id);
        id != node && graph.lives_on(id, level)
    });
    list.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.d_id.cmp(&b.d_id)));
    list.dedup_by_key(|neighbour| neighbour.d_id);
    for (slot, neighbour) in graph.slots_mut(node, level).iter_mut().zip(list) {
        *slot = node_of(neighbour.d_id).0;
    }
}
