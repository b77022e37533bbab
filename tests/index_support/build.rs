//! Builds an index in memory, with the builder's own steps in the builder's own order.

use std::io::Cursor;

use index_builder::door::file::Parts;
use index_builder::door::intake::Skipped;
use index_builder::door::intake::SpoolWriter;
use index_builder::door::intake::{Ingest, IngestOptions, OnDuplicateId, Profiles};
use index_builder::door::link::GraphParameters;
use index_builder::door::link::Progress;
use index_builder::door::link::TableOptions;
use index_builder::door::link::{GraphChoice, LinkOptions, Linked, link};
use index_builder::door::source::{self, FormatChoice, Input, ReadOptions};
use index_builder::door::vectors;
use kindred::file::{Metadata, Source, VectorizerMetadata};
use serde_json::{Value, json};

/// The field of a record that holds its vector.
pub const VECTOR: &str = "vector";

const TARGET_RECALL: f64 = 0.99;

/// How an index is built.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// Links per node.
    pub m: usize,
    /// Breadth of the construction.
    pub ef_construction: usize,
    /// What random numbers start from.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Recipe {
        Recipe { m: 16, ef_construction: 100, seed: 42 }
    }
}

/// A record as a line of JSON.
pub fn line(id: &Value, vector: &[f32]) -> String {
    format!("{}\n", json!({ "_id": id, "name": format!("the one called {id}"), VECTOR: vector }))
}

/// What the index returns of the record that [`line`] gives.
pub fn document(id: &Value) -> String {
    json!({ "_id": id, "name": format!("the one called {id}") }).to_string()
}

/// Builds the index file of some lines of JSON, created at second 0.
pub fn index_file(recipe: &Recipe, lines: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let mut skipped = Skipped::default();
    let mut profiles = ingest(lines, directory.path(), &mut skipped);
    let spans: Vec<_> = profiles.entries.iter().map(|entry| entry.vector).collect();
    let spool = profiles.spool.try_clone().unwrap();
    let lengths = spans.iter().flatten().map(|span| span.length as usize / size_of::<f32>());
    let dimension = vectors::dimension(None, lengths, &skipped).unwrap();
    let rows = vectors::load(&mut profiles, &spans, &spool, dimension, &mut skipped).unwrap();
    let graph = GraphParameters { m: recipe.m, ef_construction: recipe.ef_construction, seed: recipe.seed };
    let options = LinkOptions {
        builder: GraphChoice::Partitions,
        table: TableOptions::NONE,
        map: true,
        graph,
        target_recall: TARGET_RECALL,
    };
    let linked = link(rows, &options, &Progress::silent()).unwrap();
    let metadata = metadata(&profiles, &linked, &skipped);
    let parts = Parts {
        profiles: &profiles,
        linked: &linked,
        vectorizer_state: None,
        metadata: &metadata,
        created: 0,
    };
    let (_, written) = parts.write(Cursor::new(Vec::new())).unwrap();
    written.into_inner()
}

fn ingest(lines: &str, directory: &std::path::Path, skipped: &mut Skipped) -> Profiles {
    let path = directory.join("profiles.jsonl");
    std::fs::write(&path, lines).unwrap();
    let input = Input::open(&path, directory).unwrap();
    let format = FormatChoice::Auto.resolve(&path).unwrap();
    let options = IngestOptions { vector_field: Some(VECTOR.to_owned()), ..IngestOptions::default() };
    let mut ingest = Ingest::new(options, SpoolWriter::create(directory).unwrap());
    source::read(format, &input, &ReadOptions::default(), &mut |record| ingest.take(record, skipped))
        .unwrap();
    ingest.finish(OnDuplicateId::Error, skipped).unwrap()
}

fn metadata(profiles: &Profiles, linked: &Linked, skipped: &Skipped) -> Metadata {
    let source = Source { name: "profiles.jsonl".to_owned(), format: "jsonl".to_owned() };
    let vectorizer =
        VectorizerMetadata { name: format!("field:{VECTOR}"), fingerprint: "0".to_owned(), language: None };
    Metadata {
        read: profiles.read,
        skipped: skipped.counts(),
        duplicates: profiles.duplicates,
        zero_vectors: (profiles.entries.len() - linked.nodes.profiles.len()) as u64,
        ..linked.metadata("tests", source, &profiles.id_field, vectorizer)
    }
}
