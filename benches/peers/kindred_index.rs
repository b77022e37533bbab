//! Kindred as a library under comparison: linked by the builder's own function, written, mapped and searched.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use index_builder::door::link::GraphParameters;
use index_builder::door::link::{LinkOptions, Linked};
use kindred::distance::distance;
use kindred::file::reader::View;
use kindred::file::{Index, MappedFile};
use kindred::search::exact::Distance;
use kindred::search::graph::{Graph, Node};
use kindred::search::walk::{Scratch, search};
use ndarray::Array2;
use tempfile::TempDir;

use crate::common;
use crate::library::{K, Library, Settings};

/// The index is searched where it is served from: in its mapped file.
pub struct Kindred {
    options: LinkOptions,
    scratch: Scratch,
    built: Option<Built>,
}

struct Built {
    index: Index<MappedFile>,
    _directory: TempDir,
}

impl Kindred {
    /// With nothing built yet.
    pub fn new(settings: &Settings) -> Kindred {
        let Settings { m, ef_construction, .. } = *settings;
        let graph = GraphParameters { m, ef_construction, ..common::PARAMETERS };
        Kindred {
            options: LinkOptions { graph, ..common::OPTIONS },
            scratch: Scratch::default(),
            built: None,
        }
    }
}

impl Library for Kindred {
    fn build(&mut self, rows: Array2<f32>) -> Result<f64> {
        self.built = None;
        let profiles = rows.nrows();
        let (linked, seconds) = common::link_rows_timed(rows, &self.options)?;
        self.built = Some(map(linked, profiles)?);
        Ok(seconds)
    }

    fn search(&mut self, query: &[f32], ef: usize, found: &mut Vec<u32>) {
        if let Some(built) = &self.built {
            nearest(&built.index.view(), query, ef, &mut self.scratch, found);
        }
    }

    fn save(&mut self, path: &Path) -> Result<Option<u64>> {
        let built = self.built.as_ref().context("nothing is built")?;
        fs::write(path, built.index.bytes().as_ref())?;
        Ok(Some(built.index.header().file_length))
    }

    fn open(&mut self, path: &Path, query: &[f32]) -> Result<Vec<(&'static str, f64)>> {
        let mut found = Vec::new();
        let started = Instant::now();
        let index = Index::open(MappedFile::open(path)?)?;
        nearest(&index.view(), query, K, &mut Scratch::default(), &mut found);
        let verified = started.elapsed().as_secs_f64();
        found.clear();
        let started = Instant::now();
        let index = Index::open_unverified(MappedFile::open(path)?)?;
        nearest(&index.view(), query, K, &mut Scratch::default(), &mut found);
        let header = started.elapsed().as_secs_f64();
        Ok(vec![("verified", verified), ("header", header)])
    }

    fn takes_rows_over(&self) -> bool {
        true
    }
}

/// Writes what was linked and maps it. What was linked is dropped, as when the builder ends.
fn map(linked: Linked, profiles: usize) -> Result<Built> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = directory.path().join("peers.knd");
    common::write_index(&linked, profiles, &path)?;
    drop(linked);
    Ok(Built { index: Index::open(MappedFile::open(&path)?)?, _directory: directory })
}

/// A search by vector as the product does it: candidates of the graph, put in order by the one distance function.
fn nearest(view: &View<'_>, query: &[f32], ef: usize, scratch: &mut Scratch, found: &mut Vec<u32>) {
    let (nodes, _) = search(view, query, ef.max(K), K, scratch);
    let mut scored: Vec<(Distance, Node)> =
        nodes.into_iter().map(|node| (Distance(distance(query, view.vector(node))), node)).collect();
    scored.sort_unstable();
    found.extend(scored.into_iter().flat_map(|(_, node)| view.profiles_of(node)).take(K));
}
