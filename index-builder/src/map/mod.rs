//! The map: a place in two dimensions for each profile, so that all of them can be looked at.
//!
//! `components` finds the plane that shows most of the vectors' variance. `scale` fits places into the square of the
//! file.

mod components;
mod eigen;
mod scale;

use kindred::index::format::NO_PLACE;
use kindred::index::{MapMetadata, MapMethod};
use rayon::prelude::*;

use crate::progress::Progress;
use crate::vectors::Nodes;

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

/// Makes the map. The same nodes, in the same order, and seed give the same places on any number of threads.
///
/// Costs a few passes over a sample of the vectors and one over all of them.
pub fn build(nodes: &Nodes, seed: u64, progress: &Progress) -> ProfileMap {
    let step = progress.step("map", nodes.count() as u64);
    let plane = components::Plane::of(nodes.vectors.view(), seed);
    let points = plane.project(nodes.vectors.view());
    let explained_variance = plane.explained_variance;
    let metadata = MapMetadata { method: MapMethod::Pca, explained_variance, neighbours_kept: None };
    step.done(|| format!("two components with {:.1} % of the variance", 100.0 * explained_variance));
    ProfileMap { nodes: scale::fit(&points), metadata }
}

#[cfg(test)]
mod tests;
