//! The crate hnsw_rs by its own interface.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::prelude::Hnsw;
use kindred::distance::dot;
use ndarray::Array2;

use crate::library::{K, Library, Settings};

/// As many levels as the crate allows.
const MAX_LEVELS: usize = 16;
/// Inserted one after the other before many threads start: the first points must find something to link to.
const FIRST: usize = 100;

/// The crate as a library under comparison.
pub struct HnswRs {
    settings: Settings,
    graph: Option<Hnsw<'static, f32, UnitCosine>>,
}

/// By Kindred's own kernel, so that the comparison is between graphs and not between dot products.
struct UnitCosine;

impl Distance<f32> for UnitCosine {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

impl HnswRs {
    /// With nothing built yet.
    pub fn new(settings: &Settings) -> HnswRs {
        HnswRs { settings: *settings, graph: None }
    }
}

impl Library for HnswRs {
    fn build(&mut self, rows: Array2<f32>) -> Result<f64> {
        self.graph = None;
        let Settings { m, ef_construction, .. } = self.settings;
        let points: Option<Vec<(&[f32], usize)>> =
            rows.rows().into_iter().zip(0..).map(|(row, number)| Some((row.to_slice()?, number))).collect();
        let points = points.context("the rows do not lie one after the other")?;
        let (first, rest) = points.split_at(FIRST.min(points.len()));
        let rest = rest.to_vec();
        let started = Instant::now();
        let mut graph = Hnsw::new(m, rows.nrows(), MAX_LEVELS, ef_construction, UnitCosine);
        first.iter().for_each(|&point| graph.insert_slice(point));
        graph.parallel_insert_slice(&rest);
        let seconds = started.elapsed().as_secs_f64();
        graph.set_searching_mode(true);
        self.graph = Some(graph);
        Ok(seconds)
    }

    fn search(&mut self, query: &[f32], ef: usize, found: &mut Vec<u32>) {
        if let Some(graph) = &self.graph {
            found.extend(graph.search(query, K, ef.max(K)).iter().map(|neighbour| neighbour.d_id as u32));
        }
    }

    /// Its files are left out: writing and reading them prints, and ends the process on an error.
    fn save(&mut self, _: &Path) -> Result<Option<u64>> {
        Ok(None)
    }

    fn open(&mut self, _: &Path, _: &[f32]) -> Result<Vec<(&'static str, f64)>> {
        bail!("the files of hnsw_rs are not compared")
    }

    fn takes_rows_over(&self) -> bool {
        false
    }
}
