//! The fuzz targets without a fuzzer: every corpus and every crash that was found is replayed, and the corpora are
//! mutated from a fixed seed.
//!
//! With `FUZZ_SECONDS` each target is mutated for that long instead, from a seed that is printed (`FUZZ_SEED` repeats
//! it), and what fails is kept among the crashes: what `make fuzz` does where there is no cargo-fuzz.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod corpus;
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;
mod mutate;
#[allow(dead_code, reason = "the tests of index files use the rest of it")]
#[path = "../index_support/random.rs"]
mod random;
mod rounds;

use std::collections::BTreeSet;

use fuzz::TARGETS;
use rounds::rounds;

#[test]
fn index_file() {
    rounds("index_file", 2_000);
}

#[test]
fn pickle() {
    rounds("pickle", 20_000);
}

#[test]
fn jsonl() {
    rounds("jsonl", 20_000);
}

#[test]
fn csv() {
    rounds("csv", 10_000);
}

#[test]
fn keys_file() {
    rounds("keys_file", 100_000);
}

#[test]
fn http_target() {
    rounds("http_target", 200_000);
}

#[test]
fn every_target_has_a_program_seeds_and_words() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(corpus::names("fuzz_targets"), names);
    assert_eq!(corpus::names("corpus"), names);
    assert_eq!(corpus::names("dictionaries"), names);
    assert!(corpus::names("crashes").is_subset(&names));
}
