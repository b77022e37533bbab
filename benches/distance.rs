//! The kernels that this machine chose against the scalar reference, compiled for the plain target.
//!
//! Throughput is in components of one vector. Both vectors lie in the first-level cache.

mod common;

use std::hint::black_box;

use anyhow::{Context, Result};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use kindred::distance::{distance, dot, scalar};

const DIMENSIONS: [usize; 4] = [64, 128, 256, 1024];

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, kernel, reference) in [
        ("dot", dot as Compare, scalar::dot as Compare),
        ("distance", distance as Compare, reference_distance as Compare),
    ] {
        let mut group = criterion.benchmark_group(name);
        for dimension in DIMENSIONS {
            let vectors = common::clustered(2, dimension);
            let pair = vectors.as_slice().and_then(|numbers| numbers.split_at_checked(dimension));
            let pair = pair.context("two vectors that are one slice")?;
            group.throughput(Throughput::Elements(dimension as u64));
            bench(&mut group, "kernel", kernel, pair);
            bench(&mut group, "scalar", reference, pair);
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

type Compare = fn(&[f32], &[f32]) -> f32;

fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, compare: Compare, (a, b): (&[f32], &[f32])) {
    group.bench_function(BenchmarkId::new(name, a.len()), |bencher| {
        bencher.iter(|| compare(black_box(a), black_box(b)));
    });
}

/// What [`distance`] is defined to be.
fn reference_distance(a: &[f32], b: &[f32]) -> f32 {
    (1.0 - scalar::dot_f64(a, b)).clamp(0.0, 2.0) as f32
}
