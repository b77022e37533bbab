//! The map: a place in two dimensions for each profile, so that all of them can be looked at.
//!
//! `components` finds the plane that shows most of the vectors' variance. That alone shows how large groups lie, and
//! little of who is like whom: of many dimensions a plane keeps few. So `layout` moves each to its neighbours, where
//! `near` finds them in the table. `scale` fits places into the square of the file.

mod components;
mod eigen;
mod layout;
mod near;
mod scale;

use kindred::file::format::NO_PLACE;
use kindred::file::{MapMetadata, MapMethod};
use rayon::prelude::*;

use crate::ground::progress::{Progress, Step, steps};
use crate::link::table::NeighbourTable;
use crate::vectors::nodes::Nodes;
use near::Near;

/// A place in the plane.
type Point = [f64; 2];

/// Where each node lies, and how that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileMap {
    /// x and y of each node, as the file has them.
    pub nodes: Vec<[u16; 2]>,
    /// What the file says about it.
    pub metadata: MapMetadata,
}

impl ProfileMap {
    /// The place of each profile in turn; profiles of one node share it, and a zero vector has none.
    pub fn places(&self, nodes: &Nodes) -> Vec<[u16; 2]> {
        let place = |&node: &u32| self.nodes.get(node as usize).copied().unwrap_or(NO_PLACE);
        nodes.node_of_profile.par_iter().map(place).collect()
    }
}

/// Makes the map. The same nodes, in the same order, table and seed give the same places on any number of threads.
///
/// Costs a few passes over a sample of the vectors and one over all of them; with a neighbour table also some thousand
/// random accesses for each node.
pub fn build(nodes: &Nodes, table: Option<&NeighbourTable>, seed: u64, progress: &Progress) -> ProfileMap {
    let rounds = if table.is_some() { u64::from(layout::ROUNDS) } else { 1 };
    let step = progress.step(steps::MAP, rounds * nodes.count() as u64);
    let plane = components::Plane::of(nodes.vectors(), seed);
    let points = plane.project(nodes.vectors());
    let flat = Laid { points, method: MapMethod::Pca, neighbours_kept: None };
    let Laid { points, method, neighbours_kept } = match table {
        Some(table) => spread(flat, &Near::of(nodes, table), seed, &step),
        None => flat,
    };
    let metadata = MapMetadata { method, explained_variance: plane.explained_variance, neighbours_kept };
    step.done(|| describe(&metadata));
    ProfileMap { nodes: scale::fit(&points), metadata }
}

/// Places in the plane, and how they came to be.
struct Laid {
    points: Vec<Point>,
    method: MapMethod,
    neighbours_kept: Option<f64>,
}

/// Moves neighbours near each other where that keeps more of them together than the components alone. Vectors of two
/// numbers, for one, are best left as they are.
fn spread(flat: Laid, near: &Near, seed: u64, step: &Step) -> Laid {
    let flat = Laid { neighbours_kept: near.share_kept(&flat.points), ..flat };
    let points = layout::spread(&flat.points, &near.links(), seed, |moved| step.advance(moved));
    let neighbours_kept = near.share_kept(&points);
    if neighbours_kept > flat.neighbours_kept {
        Laid { points, method: MapMethod::Neighbours, neighbours_kept }
    } else {
        flat
    }
}

/// A map in a few words.
pub fn describe(map: &MapMetadata) -> String {
    let by = match map.method {
        MapMethod::Pca => {
            format!("two components with {:.1} % of the variance", 100.0 * map.explained_variance)
        }
        MapMethod::Neighbours => "by neighbours".to_owned(),
    };
    match map.neighbours_kept {
        Some(kept) => format!("{by}, {:.1} % of the ten nearest are near", 100.0 * kept),
        None => by,
    }
}

#[cfg(test)]
mod tests;
