//! The two steps that a build spends its time on: vectors from profiles, and a graph from vectors.
//!
//! The graph is over 5,000 x 64 clustered vectors, by the builder's default parameters and each of the ways to
//! construct one. The profiles are synthetic, written as JSON lines and read by the builder's own source, so fields
//! have the types that they have in a build.

mod common;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use criterion::{Criterion, SamplingMode, Throughput};
use index_builder::door::link::{GraphBuilder, HnswRs, Partitioned};
use index_builder::door::source::{self, FormatChoice, Input, ReadOptions, Record};
use kindred::profile::Fields;
use kindred::vectorizer::hashing::{Fitter, HashingConfig, HashingVectorizer};
use kindred::vectorizer::text::Language;
use serde_json::json;

use common::Random;

const NODES: usize = 5_000;
const DIMENSION: usize = 64;
const PROFILES: usize = 5_000;

/// Building a graph takes seconds; criterion's smallest sample is ten of them.
const FEW_SAMPLES: usize = 10;
const LONG_ENOUGH: Duration = Duration::from_secs(20);

const TOWNS: &[&str] = &["Berlin", "Lyon", "Utrecht", "Bristol", "Lisbon", "Valencia", "Turin", "Stockholm"];
const INTERESTS: &[&str] = &[
    "sailing",
    "baking",
    "chess",
    "opera",
    "climbing",
    "pottery",
    "karaoke",
    "birds",
    "cinema",
    "gardens",
    "football",
    "jazz",
    "sewing",
    "astronomy",
    "cheese",
    "trains",
];
const OPENINGS: &[&str] =
    &["I have always loved", "Nobody believes me about", "On Sundays I think of", "Ask me for"];
const ENDINGS: &[&str] =
    &["and I mean it.", "since 1999.", "but <b>never</b> before noon.", "&amp; good company!"];

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    bench_graph(&mut criterion)?;
    bench_hashing(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

fn bench_graph(criterion: &mut Criterion) -> Result<()> {
    let vectors = common::clustered(NODES, DIMENSION);
    let mut group = criterion.benchmark_group("build");
    group.sampling_mode(SamplingMode::Flat).sample_size(FEW_SAMPLES).measurement_time(LONG_ENOUGH);
    group.throughput(Throughput::Elements(NODES as u64));
    for builder in [&Partitioned as &dyn GraphBuilder, &HnswRs] {
        let (name, (_, report)) = (builder.name(), common::link_graph(builder, &vectors)?);
        println!(
            "{name}: {} of {NODES} nodes not reached before the repair, {} links made",
            report.unreached_before, report.attached
        );
        group.bench_function(format!("{name}_and_repair"), |bencher| {
            bencher.iter(|| common::link_graph(builder, &vectors));
        });
    }
    group.finish();
    Ok(())
}

fn bench_hashing(criterion: &mut Criterion) -> Result<()> {
    let profiles = synthetic_profiles()?;
    let vectorizer = fit(&profiles)?;
    let mut group = criterion.benchmark_group("hashing");
    group.throughput(Throughput::Elements(1));
    let mut next = profiles.iter().cycle();
    group.bench_function("vectorize", |bencher| {
        bencher.iter(|| next.next().map(|fields| vectorizer.vectorize(fields)));
    });
    group.sampling_mode(SamplingMode::Flat).sample_size(FEW_SAMPLES);
    group.throughput(Throughput::Elements(PROFILES as u64));
    group.bench_function("fit", |bencher| bencher.iter(|| fit(&profiles)));
    group.finish();
    Ok(())
}

/// Both passes over the profiles, on one thread.
fn fit(profiles: &[Fields]) -> Result<HashingVectorizer> {
    let mut fitter = Fitter::new(HashingConfig::new("_id", Language::En))?;
    profiles.iter().for_each(|fields| fitter.observe(fields));
    let mut counter = fitter.finish();
    profiles.iter().for_each(|fields| counter.observe(fields));
    Ok(counter.finish())
}

fn synthetic_profiles() -> Result<Vec<Fields>> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = directory.path().join("profiles.jsonl");
    write_profiles(&path).with_context(|| path.display().to_string())?;
    let input = Input::open(&path, directory.path())?;
    let format = FormatChoice::Auto.resolve(&path)?;
    let mut profiles = Vec::with_capacity(PROFILES);
    source::read(format, &input, &ReadOptions::default(), &mut |record| {
        if let Record::Fields(fields) = record {
            profiles.push(fields);
        }
        ControlFlow::Continue(())
    })?;
    ensure!(profiles.len() == PROFILES, "{} of {PROFILES} profiles were read", profiles.len());
    Ok(profiles)
}

/// A field of every kind that the vectorizer knows: number, category, list and text.
fn write_profiles(path: &Path) -> Result<()> {
    let mut random = Random::new(common::SEED);
    let mut out = BufWriter::new(File::create_new(path)?);
    for number in 0..PROFILES {
        let interests: Vec<&str> = (0..2 + random.below(4)).map(|_| random.one_of(INTERESTS)).collect();
        let sentences: Vec<String> = (0..3 + random.below(4)).map(|_| sentence(&mut random)).collect();
        let profile = json!({
            "_id": format!("{number:024x}"),
            "age": 18 + random.below(60),
            "city": random.one_of(TOWNS),
            "smokes": random.below(5) == 0,
            "interests": interests,
            "bio": sentences.join(" "),
        });
        serde_json::to_writer(&mut out, &profile)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn sentence(random: &mut Random) -> String {
    format!("{} {} {}", random.one_of(OPENINGS), random.one_of(INTERESTS), random.one_of(ENDINGS))
}
