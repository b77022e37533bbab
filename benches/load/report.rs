//! What a run measured, as a table for people and as JSON for programs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::client::Run;

/// The percentiles that are shown.
const PERCENTILES: [f64; 10] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.99, 99.999, 100.0];

/// A run and what it was.
pub struct Named {
    /// A few words.
    pub name: String,
    /// Its file, without the ending.
    pub file: &'static str,
    /// Requests a second that were due; `None` in a closed loop.
    pub rate: Option<f64>,
    /// Versions that were swapped in meanwhile.
    pub swaps: u64,
    /// What was measured.
    pub run: Run,
}

impl Named {
    /// Requests that were not answered as they should have been.
    pub fn failed(&self) -> u64 {
        self.run.failures.values().sum()
    }

    fn json(&self) -> Value {
        let histogram: Vec<[u64; 2]> = self
            .run
            .latency_us
            .iter_recorded()
            .map(|step| [step.value_iterated_to(), step.count_since_last_iteration()])
            .collect();
        let percentiles: Vec<Value> = PERCENTILES
            .iter()
            .map(|&percent| json!({ "percent": percent, "ms": self.run.quantile_ms(percent / 100.0) }))
            .collect();
        json!({
            "name": self.name,
            "loop": if self.rate.is_some() { "open" } else { "closed" },
            "requests_per_second_due": self.rate,
            "requests_per_second": self.run.per_second(),
            "answered": self.run.latency_us.len(),
            "failures": self.run.failures,
            "swaps": self.swaps,
            "versions": self.run.versions,
            "latency_percentiles": percentiles,
            "latency_histogram_us": histogram,
        })
    }
}

/// Prints all runs beside each other: requests a second, then latencies in milliseconds by percentile.
pub fn print(runs: &[Named]) {
    let line = |name: &str, cells: Vec<String>| {
        println!("{name:<14}{}", cells.iter().map(|cell| format!("{cell:>22}")).collect::<String>());
    };
    line("", runs.iter().map(|run| run.name.clone()).collect());
    let due = |run: &Named| run.rate.map_or("as answered".to_owned(), |rate| format!("{rate:.0}"));
    line("due/s", runs.iter().map(due).collect());
    line("answered/s", runs.iter().map(|run| format!("{:.0}", run.run.per_second())).collect());
    for percent in PERCENTILES {
        let name = if percent == 100.0 { "max ms".to_owned() } else { format!("p{percent} ms") };
        let latency = |run: &Named| format!("{:.3}", run.run.quantile_ms(percent / 100.0));
        line(&name, runs.iter().map(latency).collect());
    }
    line("swaps", runs.iter().map(|run| run.swaps.to_string()).collect());
    line("failed", runs.iter().map(|run| run.failed().to_string()).collect());
    for run in runs {
        for (reason, count) in &run.run.failures {
            println!("failed requests, {}: {count} x {reason}", run.name);
        }
    }
}

/// Writes each run into a file of its own.
pub fn write(runs: &[Named], directory: &Path) -> Result<()> {
    for run in runs {
        let path = directory.join(run.file).with_extension("json");
        let text = serde_json::to_string_pretty(&run.json())?;
        fs::write(&path, text + "\n").with_context(|| path.display().to_string())?;
    }
    println!("written to {}", directory.display());
    Ok(())
}
