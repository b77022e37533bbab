//! What searches find and what they cost, kept in `tests/golden/search_baseline.json` and compared exactly: a change
//! of construction, search or distance shows as a difference of that file, to be looked at and committed with it.
//!
//! `KINDRED_UPDATE_BASELINE=1 cargo test -p kindred --test search_baseline` writes the file anew.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use std::fmt::Write;
use std::path::Path;

use index_support::build::{Recipe, index_file, line};
use index_support::random::Random;
use kindred::file::Index;
use kindred::query::{Question, SearchMode, Snapshot, answer};
use serde_json::{Value, json};

const PROFILES: usize = 2_000;
const DIMENSION: usize = 16;
const CLUSTERS: usize = 8;
const RECIPE: Recipe = Recipe { m: 8, ef_construction: 60, seed: 42 };
/// Every so many profiles one is asked about.
const STEP: usize = 97;
const EFS: [usize; 2] = [16, 64];
const N: usize = 10;

fn baseline() -> String {
    let vectors = Random::new(2_000).clustered(PROFILES, DIMENSION, CLUSTERS);
    let lines: String = (0..).zip(&vectors).map(|(i, vector): (u32, _)| line(&json!(i), vector)).collect();
    let index = Index::open(index_file(&RECIPE, &lines)).unwrap();
    let (header, metadata) = (index.header(), index.metadata());
    let built = json!({
        "nodes": header.nodes,
        "levels": header.levels,
        "entry_point": header.entry_point,
        "attached": metadata.graph.attached,
        "default_ef": metadata.default_ef,
        "recall_at_10": metadata.recall_at_10,
    });
    // A line for each search, so that differences are easy to read.
    let mut text = format!("{{\n\"index\": {built},\n\"searches\": [");
    let mut separator = "\n";
    for id in (0..PROFILES).step_by(STEP).map(|id| id.to_string()) {
        for ef in EFS {
            write!(text, "{separator}{}", search(&index, &id, ef)).unwrap();
            separator = ",\n";
        }
    }
    text + "\n]\n}\n"
}

fn search(index: &Index<Vec<u8>>, id: &str, ef: usize) -> Value {
    let question = Question { how: SearchMode::Ef(ef), ..Question::about(id, N) };
    let answer = answer(&Snapshot::of(index), &question).unwrap();
    let documents: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
    let hits: Vec<&Value> = documents.iter().map(|document| &document["_id"]).collect();
    let work = answer.work;
    json!({ "id": id, "ef": ef, "distances": work.distances, "hops": work.hops, "exact": work.exact, "hits": hits })
}

#[test]
fn searches_find_the_same_at_the_same_cost_as_before() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/search_baseline.json");
    let now = baseline();
    serde_json::from_str::<Value>(&now).unwrap();
    if std::env::var_os("KINDRED_UPDATE_BASELINE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let before = std::fs::read_to_string(&path).unwrap();
    for (number, (before, now)) in (1..).zip(before.lines().zip(now.lines())) {
        assert_eq!(now, before, "line {number} of {}", path.display());
    }
    assert_eq!(now.lines().count(), before.lines().count(), "lines of {}", path.display());
}

#[test]
fn the_baseline_does_not_depend_on_the_number_of_threads() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(baseline), baseline());
}
