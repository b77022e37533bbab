//! The vectors and the queries: generated, or from a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use index_builder::door::vectors;
use ndarray::{Array2, Axis};

use crate::common::data::Distribution;
use crate::common::environment::{optional, variable};
use crate::common::{Random, SEED};

const DATA: &str = "data.npy";
const QUERIES: &str = "queries.npy";

/// Unit vectors, and others of the same kind to ask about.
pub struct DataSet {
    /// A row for each vector.
    pub rows: Array2<f32>,
    /// A row for each query; none of them is a row of the set on purpose.
    pub queries: Array2<f32>,
}

/// What the environment asks for.
pub fn make() -> Result<DataSet> {
    let queries = variable("QUERIES", 1_000)?;
    match optional::<PathBuf>("DATA")? {
        Some(path) => hold_out(read(&path)?, queries).with_context(|| format!("DATA={}", path.display())),
        None => {
            let (rows, dimension) = (variable("ROWS", 100_000)?, variable("DIMENSION", 128)?);
            ensure!(rows > 0 && dimension > 0 && queries > 0, "ROWS, DIMENSION and QUERIES start at 1");
            let distribution = Distribution::new(rows, dimension);
            Ok(DataSet { rows: distribution.rows(), queries: distribution.queries(queries) })
        }
    }
}

/// Makes it and writes both parts into a directory.
pub fn write(directory: &Path) -> Result<()> {
    let DataSet { rows, queries } = make()?;
    for (name, array) in [(DATA, &rows), (QUERIES, &queries)] {
        let path = directory.join(name);
        ndarray_npy::write_npy(&path, array).with_context(|| path.display().to_string())?;
    }
    println!("{} x {}, {} queries", rows.nrows(), rows.ncols(), queries.nrows());
    Ok(())
}

/// The rows that [`write()`] left in a directory.
pub fn rows(directory: &Path) -> Result<Array2<f32>> {
    read(&directory.join(DATA))
}

/// The queries that [`write()`] left in a directory.
pub fn queries(directory: &Path) -> Result<Array2<f32>> {
    read(&directory.join(QUERIES))
}

fn read(path: &Path) -> Result<Array2<f32>> {
    let array: Array2<f32> = ndarray_npy::read_npy(path)
        .with_context(|| format!("{} cannot be read as rows of 32-bit floats", path.display()))?;
    // A file may hold its columns one after the other.
    Ok(if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() })
}

/// Takes random rows out of a set, to ask about them. Rows without a direction go as well.
fn hold_out(mut rows: Array2<f32>, queries: usize) -> Result<DataSet> {
    ensure!(rows.iter().all(|number| number.is_finite()), "a number is not finite");
    vectors::normalise(&mut rows);
    let mut left: Vec<usize> =
        (0..rows.nrows()).filter(|&row| rows.row(row).iter().any(|&number| number != 0.0)).collect();
    ensure!(left.len() > queries && queries > 0, "{} rows are too few for {queries} queries", left.len());
    let mut random = Random::new(SEED);
    let mut asked: Vec<usize> = (0..queries).map(|_| left.swap_remove(random.below(left.len()))).collect();
    // In the order of the file, so that nothing but the queries is missing from it.
    left.sort_unstable();
    asked.sort_unstable();
    Ok(DataSet { queries: rows.select(Axis(0), &asked), rows: rows.select(Axis(0), &left) })
}
