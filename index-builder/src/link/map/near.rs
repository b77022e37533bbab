//! The nearest nodes of each node, from the neighbour table.

use kindred::file::format::NONE;
use rayon::prelude::*;

use super::Point;
use crate::link::table::NeighbourTable;
use crate::vectors::nodes::Nodes;

/// Neighbours of a node that draw it near. More make the map smoother and its neighbourhoods less sharp.
const NEAR: usize = 10;
/// Nodes whose neighbours are looked for on the map.
const SAMPLE: usize = 256;
/// How many places around a node count as near it.
const AROUND: usize = 100;

/// For each node in turn [`NEAR`] others, the nearest first, the rest of a list [`NONE`].
pub struct Near(Vec<u32>);

impl Near {
    /// Takes the lists from the table: there, a node stands as often as profiles share it.
    pub fn of(nodes: &Nodes, table: &NeighbourTable) -> Near {
        let mut near = vec![NONE; nodes.count() * NEAR];
        for (row, (profile, &node)) in table.rows().zip((0u32..).zip(&nodes.node_of_profile)) {
            let (Some(row), Some(&start)) = (row, nodes.starts.get(node as usize)) else { continue };
            // The first profile speaks for the others.
            if nodes.profiles.get(start as usize) == Some(&profile) {
                fill(&mut near[node as usize * NEAR..][..NEAR], node, row, &nodes.node_of_profile);
            }
        }
        Near(near)
    }

    fn list(&self, node: usize) -> &[u32] {
        let list = &self.0[node * NEAR..][..NEAR];
        &list[..list.iter().position(|&other| other == NONE).unwrap_or(NEAR)]
    }

    /// The links of each node, in both directions: one that two nodes have to each other counts twice.
    pub fn links(&self) -> Links {
        let nodes = self.0.len() / NEAR;
        let all =
            || (0..nodes).flat_map(|node| self.list(node).iter().map(move |&other| (node, other as usize)));
        let mut starts = vec![0u32; nodes + 1];
        all().for_each(|(from, to)| {
            starts[from + 1] += 1;
            starts[to + 1] += 1;
        });
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut to = vec![0; starts[nodes] as usize];
        let mut put = |node: usize, other: usize| {
            to[next[node] as usize] = other as u32;
            next[node] += 1;
        };
        all().for_each(|(from, to)| {
            put(from, to);
            put(to, from);
        });
        Links { starts, to }
    }

    /// Of the nearest of some nodes the share that is among the nearest [`AROUND`] on the map, or as near as those; none
    /// where no node has a neighbour.
    pub fn share_kept(&self, points: &[Point]) -> Option<f64> {
        let sample = points.len().min(SAMPLE);
        let counts = (0..sample).into_par_iter().map(|place| {
            let node = place * points.len() / sample;
            let square = |other: usize| {
                let [x, y] = [0, 1].map(|axis| points[other][axis] - points[node][axis]);
                x * x + y * y
            };
            let mut squares: Vec<f64> =
                (0..points.len()).filter(|&other| other != node).map(square).collect();
            if squares.is_empty() {
                return (0, 0);
            }
            let last = (AROUND - 1).min(squares.len() - 1);
            let limit = *squares.select_nth_unstable_by(last, f64::total_cmp).1;
            let near = self.list(node);
            (near.iter().filter(|&&other| square(other as usize) <= limit).count(), near.len())
        });
        let (kept, all) = counts.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        (all > 0).then(|| kept as f64 / all as f64)
    }
}

/// The first nodes of a row of profiles, each once.
fn fill(list: &mut [u32], own: u32, row: &[u32], node_of_profile: &[u32]) {
    let mut found = 0;
    for &profile in row.iter().take_while(|&&profile| profile != NONE) {
        let node = node_of_profile[profile as usize];
        if found < list.len() && node != own && !list[..found].contains(&node) {
            list[found] = node;
            found += 1;
        }
    }
}

/// For each node those that are linked with it.
pub struct Links {
    starts: Vec<u32>,
    to: Vec<u32>,
}

impl Links {
    /// The links of a node.
    pub fn of(&self, node: usize) -> &[u32] {
        &self.to[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}
