//! Answers to `/recommend/{id}/10` without the HTTP around them: the id is found, the index searched, the body made.
//!
//! 20,000 profiles in clusters, 64 numbers each, in a mapped file. Every call asks about another profile. What a mode
//! finds and how much it compares is printed before its time, because a time alone says little of a search that
//! approximates.

mod common;

use anyhow::{Context, Result};
use criterion::{BenchmarkId, Criterion, Throughput};
use kindred::answer::{RecommendRequest, SearchMode, recommend};
use kindred::index::graph::Graph;
use kindred::index::recall::{K, found_within, kth_distance};
use kindred::index::search::Scratch;
use kindred::index::{Index, MappedFile};

const PROFILES: usize = 20_000;
const DIMENSION: usize = 64;
const N: usize = K;
const EFS: [usize; 2] = [64, 128];

/// Enough that their vectors and documents do not stay in the first-level cache.
const QUESTIONS: usize = 2_000;
/// The questions whose answers are compared with exact ones.
const RECALL_SAMPLE: usize = 200;

fn main() -> Result<()> {
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
            bencher.iter(|| asked.next().map(|id| recommend(&index, &request(id, mode))));
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

fn request(id: &str, mode: SearchMode) -> RecommendRequest<'_> {
    RecommendRequest { id, n: N, mode, distances: false }
}

/// Prints the mean work and the recall of a mode. Fails where an answer is none, so that no error is timed.
fn describe(index: &Index<MappedFile>, questions: &[String], mode: SearchMode) -> Result<()> {
    let (mut distances, mut hops, mut bytes) = (0, 0, 0);
    for id in questions {
        let answer = recommend(index, &request(id, mode))?;
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
        let node = view.node_of(ordinal).flatten().context("a question about a zero vector")?;
        let truth = kth_distance(&view, node, N).with_context(|| format!("{} nodes", view.nodes()))?;
        found += found_within(&view, node, ef, truth, &mut scratch);
        all += truth.0;
    }
    Ok(found as f64 / all as f64)
}
