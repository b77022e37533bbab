//! What answering takes: lookups in the neighbour table, searches, and room for them.

use std::time::Duration;

use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec};

use super::register::{Register, raise, set};
use super::striped::Striped;
use crate::search::walk::Work;
use crate::server::pools::pool::{Pool, PoolLoad};

/// How a search was done: in the graph, by comparing with every profile, or so because the graph had found too few.
const KINDS: [&str; 3] = ["graph", "exact", "graph_then_exact"];

/// From a graph search with a small ef to an exact one among ten million.
const DISTANCES: [f64; 12] = [
    100.0,
    300.0,
    1000.0,
    3000.0,
    10_000.0,
    30_000.0,
    100_000.0,
    300_000.0,
    1_000_000.0,
    3_000_000.0,
    10_000_000.0,
    100_000_000.0,
];

/// A hop looks at the neighbours of one node; a search makes about as many as its ef is wide.
const HOPS: [f64; 10] = [10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0];

/// From a graph search in memory to an exact one in a large index.
const SECONDS: [f64; 13] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Lookups, searches, and the pools that searches run in.
#[derive(Debug)]
pub struct SearchMetrics {
    table_answers: Striped,
    shown_table_answers: IntCounter,
    searches: IntCounterVec,
    seconds: HistogramVec,
    distances: Histogram,
    hops: Histogram,
    running: IntGaugeVec,
    waiting: IntGaugeVec,
    refused: IntCounterVec,
}

impl SearchMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// Two metrics have the same name.
    pub fn new(register: &Register<'_>) -> Result<Self, prometheus::Error> {
        let searches = register.counters(
            "kindred_searches_total",
            "Searches that the neighbour table could not answer, by kind: graph, exact, graph_then_exact.",
            &["kind"],
        )?;
        for kind in KINDS {
            searches.with_label_values(&[kind]);
        }
        Ok(SearchMetrics {
            table_answers: Striped::default(),
            shown_table_answers: register.counter(
                "kindred_table_answers_total",
                "Answers that came from the neighbour table alone.",
            )?,
            searches,
            seconds: register.histograms(
                "kindred_search_duration_seconds",
                "Time of a search by kind, without the time in the queue.",
                "kind",
                &SECONDS,
            )?,
            distances: register.histogram(
                "kindred_search_distance_computations",
                "Distance computations of a search.",
                &DISTANCES,
            )?,
            hops: register.histogram(
                "kindred_search_hops",
                "Nodes that a search expanded; 0 for an exact search.",
                &HOPS,
            )?,
            running: register.gauges(
                "kindred_search_pool_running",
                "Searches and batch requests that are running, by pool.",
                &["pool"],
            )?,
            waiting: register.gauges(
                "kindred_search_pool_waiting",
                "Searches and batch requests that wait for a thread, by pool.",
                &["pool"],
            )?,
            refused: register.counters(
                "kindred_search_pool_refused_total",
                "Searches and batch requests that were refused because the queue was full, by pool.",
                &["pool"],
            )?,
        })
    }

    /// Counts an answer from the neighbour table alone.
    pub fn observe_table_answer(&self) {
        self.table_answers.add(1);
    }

    /// Counts an answer to one of many questions, whatever gave it.
    pub fn observe_answer(&self, work: &Work, took: Duration) {
        if work.table && !work.exact && work.hops == 0 {
            self.observe_table_answer();
        } else {
            self.observe_search(work, took);
        }
    }

    /// Counts a search.
    pub fn observe_search(&self, work: &Work, took: Duration) {
        let kind = kind(work);
        self.searches.with_label_values(&[kind]).inc();
        self.seconds.with_label_values(&[kind]).observe(took.as_secs_f64());
        self.distances.observe(work.distances as f64);
        self.hops.observe(work.hops as f64);
    }

    /// Brings what is shown up to date.
    pub fn refresh(&self, pools: &[&Pool]) {
        raise(&self.shown_table_answers, self.table_answers.total());
        for pool in pools {
            let PoolLoad { running, waiting, refused } = pool.load();
            set(&self.running.with_label_values(&[pool.name()]), running as u64);
            set(&self.waiting.with_label_values(&[pool.name()]), waiting as u64);
            raise(&self.refused.with_label_values(&[pool.name()]), refused);
        }
    }
}

fn kind(work: &Work) -> &'static str {
    let [graph, exact, both] = KINDS;
    match (work.exact, work.hops) {
        (false, _) => graph,
        (true, 0) => exact,
        (true, _) => both,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_search_did_says_how_it_was_done() {
        let work = |exact, hops| Work { distances: 10, hops, exact, table: false };
        for (work, name) in [
            (work(false, 5), "graph"),
            (work(false, 0), "graph"),
            (work(true, 0), "exact"),
            (work(true, 5), "graph_then_exact"),
        ] {
            assert_eq!(kind(&work), name, "{work:?}");
        }
    }
}
