//! Profiles with vectors, as JSON lines.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use ndarray::Axis;
use rayon::prelude::*;

use crate::common::data::Distribution;

/// The field that holds the vector.
pub const VECTOR_FIELD: &str = "vector";
/// Lines that are made at once, by all threads.
const CHUNK: usize = 1 << 14;

/// Writes that many profiles, with about as much in them as the sample in `data/`.
pub fn write(path: &Path, size: usize, dimension: usize) -> Result<()> {
    let rows = Distribution::new(size, dimension).rows();
    let mut out = BufWriter::new(File::create_new(path).with_context(|| path.display().to_string())?);
    for (first, chunk) in (0..).step_by(CHUNK).zip(rows.axis_chunks_iter(Axis(0), CHUNK)) {
        let lines: Vec<String> =
            (0..chunk.nrows()).into_par_iter().map(|row| line(first + row, chunk.row(row).iter())).collect();
        lines.iter().try_for_each(|line| out.write_all(line.as_bytes()))?;
    }
    out.flush()?;
    Ok(())
}

fn line<'a>(number: usize, vector: impl Iterator<Item = &'a f32>) -> String {
    let mut line = format!(
        "{{\"_id\":\"{number:024x}\",\"name\":\"Frida\",\"surname\":\"of the house {number}\",\"age\":{},\
         \"city\":\"Copenhagen\",\"interests\":[\"sailing\",\"baking\",\"chess\"],\"bio\":\"{}\",\"{VECTOR_FIELD}\":",
        18 + number % 60,
        "I like to be asked before I am answered. ".repeat(4)
    );
    for (place, component) in vector.enumerate() {
        // The shortest text that reads back as the same number. Writing into a string cannot fail.
        let _ = write!(line, "{}{component}", if place == 0 { '[' } else { ',' });
    }
    line.push_str("]}\n");
    line
}
