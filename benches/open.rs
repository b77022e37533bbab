//! What a swap costs before its one store: the full verification of a file, and what is as good as free beside it.
//!
//! The file is the one that `search` asks, mapped, and its pages are in memory: this is the cost of the checks and not
//! of the disk.

mod common;

use anyhow::Result;
use criterion::{Criterion, SamplingMode, Throughput};
use kindred::file::{Header, Index, MappedFile};
use kindred::query::{Question, Snapshot, answer};

const PROFILES: usize = 20_000;
const DIMENSION: usize = 64;

fn main() -> Result<()> {
    let sample = common::SampleIndex::build(PROFILES, DIMENSION)?;
    let index = sample.open()?;
    let questions = sample.questions(1_000);
    for id in &questions {
        body(&index, id)?;
    }
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("open");

    // One look of the server's poll at a file: enough to know whether it is another generation.
    group.bench_function("map_and_header", |bencher| {
        bencher.iter(|| MappedFile::open(&sample.path).map(|file| Header::parse(file.as_ref())));
    });

    let mut asked = questions.iter().cycle();
    group.bench_function("answer", |bencher| {
        bencher.iter(|| asked.next().map(|id| body(&index, id)));
    });

    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Bytes(index.header().file_length));
    group.bench_function("verify", |bencher| {
        bencher.iter(|| Index::open(index.bytes().as_ref()).map(|index| *index.header()));
    });

    // The page table is new with every map, so this is more than the two parts above.
    let mut asked = questions.iter().cycle();
    group.bench_function("map_verify_answer", |bencher| {
        bencher.iter(|| asked.next().map(|id| sample.open().map(|index| body(&index, id))));
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}

fn body<B: AsRef<[u8]>>(index: &Index<B>, id: &str) -> Result<Vec<u8>> {
    Ok(answer(&Snapshot::of(index), &Question::about(id, 10))?.body)
}
