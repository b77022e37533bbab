//! One library in a process of its own, told by lines of JSON what to do next.
//!
//! | command | answer |
//! | --- | --- |
//! | `{"do":"warm"}` | nothing; a few rows were built, which brings in code and threads |
//! | `{"do":"build"}` | `seconds`; `peak_bytes`, the memory it took, at the first build only |
//! | `{"do":"save"}` | `bytes`; null where the library's files are not compared |
//! | `{"do":"open"}` | `seconds`, by the way to open |
//! | `{"do":"answers","ef":64,"out":"FILE"}` | nothing; the file has ten 32-bit numbers for each query, -1 for none |
//! | `{"do":"search","ef":64,"seconds":0.3}` | `per_second` |
//!
//! Standard input closing ends it. `peers.py` has the same for the libraries in Python.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use ndarray::{Array2, s};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::common::environment::memory;
use crate::dataset;
use crate::library::{Choice, Library, Settings, answers, queries_per_second};

const WARM_UP_ROWS: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum Command {
    Warm,
    Build,
    Save,
    Open,
    Answers { ef: usize, out: PathBuf },
    Search { ef: usize, seconds: f64 },
}

struct Worker {
    peer: Box<dyn Library>,
    directory: PathBuf,
    file: PathBuf,
    queries: Array2<f32>,
    built_before: bool,
}

/// Answers commands until standard input ends.
pub fn serve(choice: Choice, settings: &Settings, directory: &Path) -> Result<()> {
    let mut worker = Worker {
        peer: choice.create(settings),
        directory: directory.to_owned(),
        file: directory.join(format!("{}.index", choice.name())),
        queries: dataset::queries(directory)?,
        built_before: false,
    };
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?).map_err(anyhow::Error::from) {
            Ok(command) => worker.carry_out(command),
            Err(error) => Err(error),
        };
        let answer = answer.unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

impl Worker {
    fn carry_out(&mut self, command: Command) -> Result<Value> {
        match command {
            Command::Warm => {
                let few = self.queries.nrows().min(WARM_UP_ROWS);
                self.peer.build(self.queries.slice(s![..few, ..]).to_owned())?;
                Ok(json!({}))
            }
            Command::Build => self.build(),
            Command::Save => Ok(json!({ "bytes": self.peer.save(&self.file)? })),
            Command::Open => {
                let row = self.queries.slice(s![0, ..]);
                let query = row.as_slice().context("the queries do not lie one after the other")?;
                let seconds = self.peer.open(&self.file, query)?;
                let seconds: Map<String, Value> =
                    seconds.into_iter().map(|(way, seconds)| (way.to_owned(), json!(seconds))).collect();
                Ok(json!({ "seconds": seconds }))
            }
            Command::Answers { ef, out } => {
                let found = answers(self.peer.as_mut(), self.queries.view(), ef);
                let bytes: Vec<u8> = found.iter().flat_map(|number| number.to_le_bytes()).collect();
                fs::write(&out, bytes).with_context(|| out.display().to_string())?;
                Ok(json!({}))
            }
            Command::Search { ef, seconds } => {
                let time = Duration::try_from_secs_f64(seconds)?;
                let per_second = queries_per_second(self.peer.as_mut(), self.queries.view(), ef, time);
                Ok(json!({ "per_second": per_second }))
            }
        }
    }

    /// The peak is that of the whole process since its start, so it means something at the first build only.
    fn build(&mut self) -> Result<Value> {
        let before = memory("self", "VmRSS");
        let rows = dataset::rows(&self.directory)?;
        let with_rows = memory("self", "VmRSS");
        let seconds = self.peer.build(rows)?;
        let from = if self.peer.takes_rows_over() { before } else { with_rows };
        let peak = from.zip(memory("self", "VmHWM")).map(|(from, peak)| peak.saturating_sub(from));
        let peak = peak.filter(|_| !std::mem::replace(&mut self.built_before, true));
        Ok(json!({ "seconds": seconds, "peak_bytes": peak }))
    }
}
