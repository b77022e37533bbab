//! What the compared libraries have in common.

use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail, ensure};
use ndarray::{Array2, ArrayView2};

use crate::common::environment::variable;
use crate::hnsw::HnswRs;
use crate::kindred_index::Kindred;

/// How many nearest vectors are asked for: recall@10.
pub const K: usize = 10;

/// What all are built with.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Threads that build.
    pub threads: usize,
    /// Links per node.
    pub m: usize,
    /// Breadth of the construction.
    pub ef_construction: usize,
}

impl Settings {
    /// From the environment.
    pub fn from_environment() -> Result<Settings> {
        let settings = Settings {
            threads: variable("THREADS", 2)?,
            m: variable("M", 16)?,
            ef_construction: variable("EF_CONSTRUCTION", 200)?,
        };
        ensure!(settings.threads > 0, "THREADS starts at 1");
        Ok(settings)
    }
}

/// A library under comparison.
pub trait Library {
    /// Builds, and gives the seconds that it took. What was built before is dropped first.
    fn build(&mut self, rows: Array2<f32>) -> Result<f64>;

    /// The [`K`] nearest rows that a search with this ef finds, nearest first, appended to `found`.
    fn search(&mut self, query: &[f32], ef: usize, found: &mut Vec<u32>);

    /// Writes what was built; gives the length of the file, or `None` where that is not compared.
    fn save(&mut self, path: &Path) -> Result<Option<u64>>;

    /// Opens what was saved and answers once; the seconds that it takes, by the way to do it.
    fn open(&mut self, path: &Path, query: &[f32]) -> Result<Vec<(&'static str, f64)>>;

    /// Whether building makes the rows its own, so that they count as its memory.
    fn takes_rows_over(&self) -> bool;
}

/// Which library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Kindred,
    HnswRs,
}

impl Choice {
    /// Both.
    pub const ALL: [Choice; 2] = [Choice::Kindred, Choice::HnswRs];

    /// Its name in the results.
    pub fn name(self) -> &'static str {
        match self {
            Choice::Kindred => "kindred",
            Choice::HnswRs => "hnsw_rs",
        }
    }

    /// With nothing built yet.
    pub fn create(self, settings: &Settings) -> Box<dyn Library> {
        match self {
            Choice::Kindred => Box::new(Kindred::new(settings)),
            Choice::HnswRs => Box::new(HnswRs::new(settings)),
        }
    }
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Choice> {
        match Choice::ALL.into_iter().find(|choice| choice.name() == text) {
            Some(choice) => Ok(choice),
            None => bail!("{text:?} is no library; kindred and hnsw_rs are"),
        }
    }
}

/// The answers to all queries, [`K`] numbers each, `u32::MAX` where fewer were found.
pub fn answers(library: &mut dyn Library, queries: ArrayView2<'_, f32>, ef: usize) -> Vec<u32> {
    let mut found = Vec::with_capacity(queries.nrows() * K);
    for (number, query) in (1..).zip(queries.rows()) {
        library.search(query.as_slice().unwrap_or_default(), ef, &mut found);
        found.resize(number * K, u32::MAX);
    }
    found
}

/// Queries a second of one thread, over as many passes as it takes to fill the time.
pub fn queries_per_second(
    library: &mut dyn Library,
    queries: ArrayView2<'_, f32>,
    ef: usize,
    time: Duration,
) -> f64 {
    let started = Instant::now();
    let mut asked = 0;
    while asked == 0 || started.elapsed() < time {
        std::hint::black_box(answers(library, queries, ef));
        asked += queries.nrows();
    }
    asked as f64 / started.elapsed().as_secs_f64()
}
