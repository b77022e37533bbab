//! The exact neighbour table, as a share of what the processor can multiply and add.
//!
//! `TABLE_NODES` (20,000), `TABLE_DIMENSION` (128), `TABLE_NEIGHBOURS` (100) and `TABLE_ROUNDS` (3) set it up. Before
//! each round the peak is measured, on as many threads as the table then uses, so that both meet the machine in the
//! same state. A rate counts each pair once: "all pairs" is what the result is worth, and includes those that were left
//! out; "screened" is what was computed.

mod common;

use std::env;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use index_builder::door::link::Cells;
use index_builder::door::link::Progress;
use index_builder::door::link::build_exact;
use index_builder::door::link::{PairCodes, peak};
use index_builder::door::vectors::Nodes;

/// So many rounds of multiply-adds take about half a second.
const PEAK_ROUNDS: usize = 50_000_000;
const GIGA: f64 = 1e9;

fn main() -> Result<()> {
    let (count, dimension) = (variable("TABLE_NODES", 20_000)?, variable("TABLE_DIMENSION", 128)?);
    let (k, rounds) = (variable("TABLE_NEIGHBOURS", 100)?, variable("TABLE_ROUNDS", 3)?);
    ensure!(
        [count, dimension, k, rounds].iter().all(|&number| number > 0),
        "TABLE_NODES, TABLE_DIMENSION, TABLE_NEIGHBOURS and TABLE_ROUNDS start at 1"
    );
    let (nodes, codes) = arranged(count, dimension)?;
    println!(
        "{} nodes x {dimension}, {k} neighbours, {} threads",
        nodes.count(),
        rayon::current_num_threads()
    );
    for round in 1..=rounds {
        let peaks = peaks();
        let step = Progress::silent().step("table", 0);
        let started = Instant::now();
        let (_, comparison) = build_exact(&codes, &nodes, k, &step);
        let seconds = started.elapsed().as_secs_f64();
        let rate = |pairs: u64| pairs as f64 * dimension as f64 / seconds;
        let share = |part: u64| 100.0 * part as f64 / comparison.pairs.max(1) as f64;
        println!(
            "round {round}: {seconds:.2} s, {:.1} % of the pairs screened, {:.3} % scored",
            share(comparison.screened),
            share(comparison.scored)
        );
        for (name, rate) in [("all pairs", rate(comparison.pairs)), ("screened", rate(comparison.screened))] {
            let of_peak = peaks.map_or_else(String::new, |[eight, sixteen]| {
                format!(", {:.3} of the 8-bit peak, {:.3} of the 16-bit peak", rate / eight, rate / sixteen)
            });
            println!("  {name}: {:.1} G multiply-adds/s{of_peak}", rate / GIGA);
        }
        if let Some([eight, sixteen]) = peaks {
            println!("  peak: {:.1} G/s in 8 bits, {:.1} G/s in 16 bits", eight / GIGA, sixteen / GIGA);
        }
    }
    Ok(())
}

/// Clustered vectors, numbered as a build numbers them: near ones together.
fn arranged(count: usize, dimension: usize) -> Result<(Nodes, PairCodes)> {
    let mut nodes = Nodes::new(common::clustered(count, dimension));
    let codes = PairCodes::new(nodes.vectors().numbers(), dimension);
    let Some(cells) = Cells::of_all(&codes, common::SEED) else { return Ok((nodes, codes)) };
    let order = cells.order(&codes);
    nodes.reorder(&order);
    let codes = codes.subset(&order);
    Ok((nodes, codes))
}

/// Multiply-adds a second of 8-bit and of 16-bit integers, of all threads together.
fn peaks() -> Option<[f64; 2]> {
    let of_threads: Option<Vec<[(f64, f64); 2]>> =
        rayon::broadcast(|_| peak(PEAK_ROUNDS)).into_iter().collect();
    of_threads.map(|of_threads| {
        let rate = |of: usize| of_threads.iter().map(|peaks| peaks[of].1 / peaks[of].0).sum();
        [rate(0), rate(1)]
    })
}

fn variable<T>(name: &str, default: T) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    match env::var(name) {
        Ok(text) => text.parse().map_err(|error| anyhow!("{name} is {text:?}: {error}")),
        Err(env::VarError::NotPresent) => Ok(default),
        Err(error) => Err(anyhow!("{name}: {error}")),
    }
}
