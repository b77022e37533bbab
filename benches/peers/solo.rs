//! Kindred and hnsw_rs in one process, for a look that needs no Python.

use std::time::Duration;

use anyhow::{Result, ensure};
use kindred::distance::distance;
use kindred::search::exact::Distance;
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use serde_json::json;

use crate::common::environment::variable;
use crate::dataset::{self, DataSet};
use crate::library::{Choice, K, Library, Settings, answers, queries_per_second};

/// How long a measurement takes at least.
const TIME: Duration = Duration::from_millis(200);

/// Builds both, then measures all in turn, and prints a line of JSON for each library and ef.
pub fn compare(settings: &Settings, ladder: &[usize]) -> Result<()> {
    let rounds = variable("ROUNDS", 5)?;
    ensure!(rounds > 0, "ROUNDS starts at 1");
    let DataSet { rows, queries } = dataset::make()?;
    let truth = kth_distances(&rows, &queries);
    let mut libraries = Vec::new();
    for choice in Choice::ALL {
        let mut library = choice.create(settings);
        let seconds = library.build(rows.clone())?;
        println!("{}", json!({ "library": choice.name(), "build_seconds": seconds }));
        libraries.push((choice.name(), library));
    }
    for &ef in ladder {
        let mut rates = vec![Vec::new(); libraries.len()];
        let recalls: Vec<f64> = libraries
            .iter_mut()
            .map(|(_, library)| recall(library.as_mut(), &rows, &queries, &truth, ef))
            .collect();
        for _ in 0..rounds {
            for ((_, library), rates) in libraries.iter_mut().zip(&mut rates) {
                rates.push(queries_per_second(library.as_mut(), queries.view(), ef, TIME));
            }
        }
        for (((name, _), rates), recall) in libraries.iter().zip(&mut rates).zip(recalls) {
            rates.sort_unstable_by(f64::total_cmp);
            let [median, least, most] = [rates.len() / 2, 0, rates.len() - 1].map(|place| rates[place]);
            println!(
                "{}",
                json!({ "library": name, "ef": ef, "recall_at_10": recall,
                    "queries_per_second": { "median": median, "min": least, "max": most } })
            );
        }
    }
    Ok(())
}

/// The distance of the true tenth nearest row to each query.
fn kth_distances(rows: &Array2<f32>, queries: &Array2<f32>) -> Vec<f32> {
    let kth = |query: ArrayView1<'_, f32>| {
        let query = query.to_slice().unwrap_or_default();
        let mut distances: Vec<Distance> = rows
            .rows()
            .into_iter()
            .map(|row| Distance(distance(query, row.to_slice().unwrap_or_default())))
            .collect();
        let last = K.min(distances.len()) - 1;
        distances.select_nth_unstable(last).1.0
    };
    (0..queries.nrows()).into_par_iter().map(|number| kth(queries.row(number))).collect()
}

/// The share of the true ten that were found; whatever is as close as the true tenth is one of them.
fn recall(
    library: &mut dyn Library,
    rows: &Array2<f32>,
    queries: &Array2<f32>,
    truth: &[f32],
    ef: usize,
) -> f64 {
    let found = answers(library, queries.view(), ef);
    let mut right = 0;
    for ((query, answer), &kth) in queries.rows().into_iter().zip(found.chunks_exact(K)).zip(truth) {
        let mut answer: Vec<u32> =
            answer.iter().copied().filter(|&row| (row as usize) < rows.nrows()).collect();
        answer.sort_unstable();
        answer.dedup();
        let query = query.to_slice().unwrap_or_default();
        let near = |&&row: &&u32| {
            let row = rows.row(row as usize);
            distance(query, row.to_slice().unwrap_or_default()) <= kth
        };
        right += answer.iter().filter(near).count().min(K);
    }
    right as f64 / (K.min(rows.nrows()) * queries.nrows()) as f64
}
