//! Answers to `/recommend/{id}/10` without the HTTP around them: the id is found, the index searched, the body made.
//!
//! 20,000 profiles in clusters, 64 numbers each, in a mapped file. Every call asks about another profile. What a mode
//! finds and how much it compares is printed before its time, because a time alone says little of a search that
//! approximates.
//!
//! Before that, exact search among a million vectors (`SCAN_NODES=`, `SCAN_DIMENSION=`), by codes and by vectors in turn,
//! the same question to both (`SCAN_ROUNDS=`): only their ratio says something on a machine that does other things too.

mod common;

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use common::environment::variable;
use criterion::{BenchmarkId, Criterion, Throughput};
use kindred::file::{CodesMetadata, Index, MappedFile};
use kindred::query::{Question, SearchMode, Snapshot, answer};
use kindred::search::codes::{self, Encoded, NodeCodes};
use kindred::search::exact::nearest_nodes;
use kindred::search::graph::{Graph, Level, Node};
use kindred::search::recall::{K, found_within, kth_distance};
use kindred::search::scan::{Scan, candidates};
use kindred::search::walk::Scratch;
use ndarray::Array2;

const PROFILES: usize = 20_000;
const DIMENSION: usize = 64;
const N: usize = K;
const EFS: [usize; 2] = [64, 128];

/// Enough that their vectors and documents do not stay in the first-level cache.
const QUESTIONS: usize = 2_000;
/// The questions whose answers are compared with exact ones.
const RECALL_SAMPLE: usize = 200;

fn main() -> Result<()> {
    let (nodes, dimension) = (variable("SCAN_NODES", 1_000_000)?, variable("SCAN_DIMENSION", 128)?);
    for (name, rows) in DATA {
        compare_exact(name, rows(nodes, dimension), variable("SCAN_ROUNDS", 15)?)?;
    }
    let sample = common::SampleIndex::build(PROFILES, DIMENSION)?;
    let index = sample.open()?;
    let questions = sample.questions(QUESTIONS);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("search");
    group.throughput(Throughput::Elements(1));
    let graph = EFS.map(|ef| (BenchmarkId::new("graph", ef), SearchMode::Ef(ef)));
    for (id, mode) in [(BenchmarkId::from_parameter("exact"), SearchMode::Exact)].into_iter().chain(graph) {
        describe(&index, &questions, mode)?;
        let mut asked = questions.iter().cycle();
        group.bench_function(id, |bencher| {
            bencher.iter(|| asked.next().map(|id| answer(&Snapshot::of(&index), &question(id, mode))));
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

fn question(id: &str, mode: SearchMode) -> Question<'_> {
    Question { how: mode, ..Question::about(id, N) }
}

/// Prints the mean work and the recall of a mode. Fails where an answer is none, so that no error is timed.
fn describe(index: &Index<MappedFile>, questions: &[String], mode: SearchMode) -> Result<()> {
    let (mut distances, mut hops, mut bytes) = (0, 0, 0);
    for id in questions {
        let answer = answer(&Snapshot::of(index), &question(id, mode))?;
        distances += answer.work.distances;
        hops += answer.work.hops;
        bytes += answer.body.len();
    }
    let mean = |sum: f64| sum / questions.len() as f64;
    println!(
        "{mode:?}: recall@{N} {:.4}, {:.0} distances, {:.0} hops, {:.0} bytes an answer",
        recall(index, questions, mode)?,
        mean(distances as f64),
        mean(hops as f64),
        mean(bytes as f64),
    );
    Ok(())
}

fn recall(index: &Index<MappedFile>, questions: &[String], mode: SearchMode) -> Result<f64> {
    let SearchMode::Ef(ef) = mode else { return Ok(1.0) };
    let view = index.view();
    let mut scratch = Scratch::default();
    let (mut found, mut all) = (0, 0);
    for id in questions.iter().take(RECALL_SAMPLE) {
        let ordinal = index.find(id).context("a question about no profile")?;
        let node = view.node_of(ordinal)?.context("a question about a zero vector")?;
        let truth = kth_distance(&view, node, N).with_context(|| format!("{} nodes", view.nodes()))?;
        found += found_within(&view, node, ef, truth, &mut scratch);
        all += truth.0;
    }
    Ok(found as f64 / all as f64)
}

/// How many of the nearest are asked for.
const WANTED: [usize; 3] = [10, 100, 1_000];

/// What is searched: vectors in clusters, as those of models are, and vectors without any.
const DATA: [(&str, Make); 2] = [("clusters", common::clustered), ("one cloud", cloud)];

/// Makes so many vectors of so many numbers.
type Make = fn(usize, usize) -> Array2<f32>;

fn cloud(rows: usize, dimension: usize) -> Array2<f32> {
    let mut random = common::Random::new(common::SEED);
    let mut vectors = Array2::from_shape_simple_fn((rows, dimension), || random.normal());
    index_builder::door::vectors::normalise(&mut vectors);
    vectors
}

/// Vectors and their codes, as an index has them. Without what is known of codes, vectors are compared.
#[derive(Clone, Copy)]
struct Rows<'a> {
    vectors: &'a Array2<f32>,
    codes: &'a [i8],
    known: Option<&'a CodesMetadata>,
}

impl Graph for Rows<'_> {
    fn nodes(&self) -> usize {
        self.vectors.nrows()
    }

    fn entry_point(&self) -> Option<Node> {
        None
    }

    fn level_of(&self, _: Node) -> Level {
        Level::BASE
    }

    fn vector(&self, node: Node) -> &[f32] {
        let (start, dimension) = (node.index() * self.vectors.ncols(), self.vectors.ncols());
        let all = self.vectors.as_slice().unwrap_or_default();
        all.get(start..start + dimension).unwrap_or_default()
    }

    fn codes(&self) -> Option<NodeCodes<'_>> {
        Some(NodeCodes::new(self.codes, self.vectors.ncols())?.with_metadata(self.known))
    }

    fn neighbours(&self, _: Node, _: Level) -> &[u32] {
        &[]
    }
}

/// Asks for the nearest by codes and by vectors in turn, and prints how long each took.
fn compare_exact(name: &str, vectors: Array2<f32>, rounds: usize) -> Result<()> {
    let (nodes, dimension) = vectors.dim();
    let all = vectors.as_slice().context("the vectors do not lie one after the other")?;
    let Encoded { codes, metadata } = codes::encode(all, dimension);
    let by_codes = Rows { vectors: &vectors, codes: &codes, known: Some(&metadata) };
    let by_vectors = Rows { known: None, ..by_codes };
    let mut random = common::Random::new(common::SEED);
    println!(
        "exact search, {nodes} x {dimension}, {name}: median (fastest to slowest) of {rounds} questions, ms"
    );
    for wanted in WANTED {
        let (mut scans, mut comparisons, mut compared) = (Vec::new(), Vec::new(), 0);
        for _ in 0..rounds {
            let node = Node(random.below(nodes) as u32);
            let (scanned, took) = timed(|| nearest_nodes(&by_codes, node, wanted));
            scans.push(took);
            let (expected, took) = timed(|| nearest_nodes(&by_vectors, node, wanted));
            comparisons.push(took);
            ensure!(scanned == expected, "{name}: the {wanted} nearest of {node} are others by codes");
            let scan = Scan { query: by_codes.vector(node), wanted, zero_below: 0.0 };
            compared +=
                candidates(&by_codes, &scan, |other| other != node).map_or(nodes, |found| found.len());
        }
        let [scans, comparisons] = [&mut scans, &mut comparisons].map(|times| spread(times));
        println!(
            "  n {wanted:>4}: by codes {}, by vectors {}: {:.1} times as fast; {} vectors compared",
            describe_spread(scans),
            describe_spread(comparisons),
            comparisons[1] / scans[1],
            compared / rounds.max(1),
        );
    }
    Ok(())
}

fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let found = black_box(run());
    (found, started.elapsed().as_secs_f64() * 1e3)
}

/// The fastest, the median and the slowest.
fn spread(times: &mut [f64]) -> [f64; 3] {
    times.sort_by(f64::total_cmp);
    let at = |place: usize| times.get(place).copied().unwrap_or(f64::NAN);
    [at(0), at(times.len() / 2), at(times.len().saturating_sub(1))]
}

fn describe_spread([fastest, median, slowest]: [f64; 3]) -> String {
    format!("{median:.2} ({fastest:.2} to {slowest:.2})")
}
