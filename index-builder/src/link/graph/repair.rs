//! Makes every node reachable from the entry point.
//!
//! A walk from the entry point gives a tree of links. Each node that it did not reach, in order of number, is then
//! found its nearest reached node by exact comparison, gets a link from there, and the walk goes on from it: so what
//! hangs together is attached with one comparison, and not node by node.
//!
//! Where the nearest reached node has no free slot, its farthest link that is not in the tree makes room; what that
//! link led to is still reached by its own branch of the tree, so no link is ever taken that carried anything. A tree
//! of r nodes has r - 1 links and r nodes have at least 2r slots on a level that has 2 a node, so room never runs
//! out. The node with room need not be the very nearest, but a far node with a free slot is not preferred to a near
//! one without: a link from far away makes a node reachable that no search for its neighbourhood would find.
//!
//! Level 0 counts (see [`Walk`]). The levels above are repaired in the same way, so that the descent is not caught
//! among a few nodes of a level.

use kindred::file::format::NONE;
use kindred::search::graph::{Level, Node};
use rayon::prelude::*;

use super::{FlatGraph, GraphError, Walk};
use crate::vectors::rows::Rows;

/// What [`repair`] found and did on level 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Nodes that the entry point did not reach.
    pub unreached_before: usize,
    /// Links made to reach them; fewer than the nodes where these hung together.
    pub attached: usize,
    /// Nodes reached now: all of them.
    pub reached: usize,
}

/// Attaches what a walk from the entry point does not reach. `vectors` has one row a node.
///
/// Costs a walk, and for each link made one comparison with every reached vector. The result does not depend on the
/// number of threads.
///
/// # Errors
/// [`GraphError::Inconsistent`] for arrays that contradict each other, [`GraphError::Unreachable`] where a final walk
/// does not reach everything.
pub fn repair(graph: &mut FlatGraph, vectors: Rows<'_>) -> Result<RepairReport, GraphError> {
    graph.check_shape(vectors.count())?;
    let mut report = RepairReport::default();
    let mut missing = 0;
    for level in (0..graph.levels).rev().map(Level) {
        let members: Vec<Node> =
            (0..graph.nodes() as u32).map(Node).filter(|&node| graph.lives_on(node, level)).collect();
        let mut walk = Walk::from_entry_point(graph, level);
        let unreached_before = members.len() - walk.count();
        let attached = attach_all(graph, vectors, &members, level, &mut walk);
        // Walked afresh: what was kept up to date along the way proves nothing.
        let reached = Walk::from_entry_point(graph, level).count();
        missing += members.len() - reached;
        report = RepairReport { unreached_before, attached, reached };
    }
    if missing > 0 { Err(GraphError::Unreachable { count: missing }) } else { Ok(report) }
}

/// Attaches the members of a level in order of number. Gives the number of links made.
fn attach_all(
    graph: &mut FlatGraph,
    rows: Rows<'_>,
    members: &[Node],
    level: Level,
    walk: &mut Walk,
) -> usize {
    let mut attached = 0;
    if walk.count() == members.len() {
        return attached;
    }
    for &node in members {
        if walk.has_reached(node) {
            continue;
        }
        let Some(from) = nearest_with_room(graph, rows, members, level, walk, node) else {
            continue;
        };
        link(graph, rows, level, walk, from, node);
        link_back(graph, rows, level, walk, node, from);
        walk.go_on(graph, node, from);
        attached += 1;
    }
    attached
}

/// The reached node nearest to `node` that can take one more link; of equally near ones that of the lowest number.
fn nearest_with_room(
    graph: &FlatGraph,
    rows: Rows<'_>,
    members: &[Node],
    level: Level,
    walk: &Walk,
    node: Node,
) -> Option<Node> {
    let has_room = |from: Node| {
        graph.slots(from, level).iter().any(|&to| to == NONE || !walk.depends_on(from, Node(to)))
    };
    members
        .par_iter()
        .with_min_len(1024)
        .filter(|&&other| walk.has_reached(other) && has_room(other))
        .map(|&other| (rows.distance(other, node), other))
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
        .map(|(_, other)| other)
}

/// Adds a link, in the place of the farthest one that the walk does not depend on where no slot is free.
fn link(graph: &mut FlatGraph, rows: Rows<'_>, level: Level, walk: &Walk, from: Node, to: Node) {
    let mut list: Vec<Node> = graph.neighbours(from, level).iter().copied().map(Node).collect();
    if list.len() == graph.slots(from, level).len() {
        let can_go = |&place: &usize| !walk.depends_on(from, list[place]);
        let farthest = (0..list.len())
            .filter(can_go)
            .max_by(|&a, &b| rows.distance(from, list[a]).total_cmp(&rows.distance(from, list[b])));
        match farthest {
            Some(place) => list.remove(place),
            None => return,
        };
    }
    list.push(to);
    list.sort_by(|&a, &b| rows.distance(from, a).total_cmp(&rows.distance(from, b)).then(a.cmp(&b)));
    let slots = graph.slots_mut(from, level);
    slots.fill(NONE);
    slots.iter_mut().zip(list).for_each(|(slot, to)| *slot = to.0);
}

/// Sees to it that a search which comes to `node` first is not caught there: a link to what is reached, made where a
/// slot is free or where no other link leads there.
fn link_back(graph: &mut FlatGraph, rows: Rows<'_>, level: Level, walk: &Walk, node: Node, to: Node) {
    let list = graph.neighbours(node, level);
    let is_full = list.len() == graph.slots(node, level).len();
    let leads_back =
        list.contains(&to.0) || (is_full && list.iter().any(|&other| walk.has_reached(Node(other))));
    if !leads_back {
        link(graph, rows, level, walk, node, to);
    }
}
