//! From neighbours of nodes to neighbours of profiles.

use kindred::file::format::NONE;

use super::lists::{BlockLists, Neighbour};
use crate::vectors::nodes::Nodes;

/// Appends a row for each profile of the nodes of a block, node by node: the nearest profiles by (distance, ordinal),
/// the rest `NONE`. `first` is the number of the block's first node.
///
/// Profiles of one node are at distance 0 from each other. That the k nearest nodes are enough follows from their
/// order: a node comes by its first profile, so each of k nodes before another has a profile before all of its.
pub fn append(nodes: &Nodes, first: usize, lists: &BlockLists, k: usize, rows: &mut Vec<u32>) {
    let mut nearest: Vec<(f32, u32)> = Vec::with_capacity(2 * k);
    for place in 0..lists.count() {
        let own = profiles(nodes, first + place);
        nearest.clear();
        // One more than a row holds, because a profile is not in its own row.
        nearest.extend(own.iter().take(k + 1).map(|&profile| (0.0, profile)));
        collect(nodes, lists.of(place), k + 1, &mut nearest);
        nearest.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for &profile in own {
            let others = nearest.iter().map(|&(_, other)| other).filter(|&other| other != profile);
            rows.extend(others.chain(std::iter::repeat(NONE)).take(k));
        }
    }
}

/// Adds the profiles of neighbours until there are enough, and those that are as near as the last.
fn collect(nodes: &Nodes, neighbours: &[Neighbour], enough: usize, nearest: &mut Vec<(f32, u32)>) {
    let mut last = 0.0;
    for &(distance, node) in neighbours {
        if nearest.len() >= enough && distance > last {
            return;
        }
        last = distance;
        nearest
            .extend(profiles(nodes, node as usize).iter().take(enough).map(|&profile| (distance, profile)));
    }
}

/// The profiles of a node, ascending.
pub fn profiles(nodes: &Nodes, node: usize) -> &[u32] {
    &nodes.profiles[nodes.starts[node] as usize..nodes.starts[node + 1] as usize]
}
