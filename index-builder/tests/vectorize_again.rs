//! A profile that comes again, from wherever, gets the vector that the build gave it, bit for bit.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

use std::io::Cursor;
use std::path::Path;

use index_builder::door::file::Parts;
use index_builder::door::intake::Skipped;
use index_builder::door::intake::SpoolWriter;
use index_builder::door::intake::{Ingest, IngestOptions, OnDuplicateId};
use index_builder::door::link::GraphParameters;
use index_builder::door::link::Progress;
use index_builder::door::link::TableOptions;
use index_builder::door::link::{GraphChoice, LinkOptions, link};
use index_builder::door::program::Cleanup;
use index_builder::door::source::{self, FormatChoice, Input, ReadOptions};
use index_builder::door::vectors::{FieldSelection, VectorOptions, VectorizerChoice};
use index_builder::door::vectors::{Job, vectorize};
use kindred::file::{Index, Metadata, Ordinal, Source, VectorizerMetadata};
use kindred::profile::json::{next_fields, parse};
use kindred::profile::{Fields, Value};
use kindred::query::{Question, Snapshot, answer};
use kindred::vectorizer::StoredVectorizer;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// An index, and the vector that the build gave each of its profiles.
struct Built {
    index: Index<Vec<u8>>,
    rows: Vec<Vec<f32>>,
}

/// All fields, two of them, and all but one.
fn selections() -> Vec<FieldSelection> {
    let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    vec![
        FieldSelection::default(),
        FieldSelection { only: Some(named(&["a", "b"])), ignored: Vec::new() },
        FieldSelection { only: None, ignored: named(&["a"]) },
    ]
}

fn in_the_field_v() -> VectorOptions {
    VectorOptions::new(VectorizerChoice::Field("v".to_owned()))
}

/// The builder's own steps in the builder's own order.
fn build(lines: &str, options: &VectorOptions) -> Built {
    let directory = tempfile::tempdir().unwrap();
    let mut skipped = Skipped::default();
    let field = match &options.vectorizer {
        VectorizerChoice::Field(name) => Some(name.clone()),
        _ => None,
    };
    let spool = || SpoolWriter::create(directory.path()).unwrap();
    let mut profiles = {
        let path = directory.path().join("profiles.jsonl");
        std::fs::write(&path, lines).unwrap();
        let input = Input::open(&path, directory.path()).unwrap();
        let format = FormatChoice::Auto.resolve(Path::new("profiles.jsonl")).unwrap();
        let ingest_options = IngestOptions { vector_field: field, ..IngestOptions::default() };
        let mut ingest = Ingest::new(ingest_options, spool());
        let mut take = |record| ingest.take(record, &mut skipped);
        source::read(format, &input, &ReadOptions::default(), &mut take).unwrap();
        ingest.finish(OnDuplicateId::Error, &mut skipped).unwrap()
    };
    let (progress, cleanup) = (Progress::silent(), Cleanup::default());
    let step = progress.step("vectorize", 0);
    let job = Job { options, max_skipped: 0.01, threads: 1, step: &step, cleanup: &cleanup };
    let vectors = vectorize(&job, &mut profiles, &mut skipped, spool()).unwrap();
    let rows = vectors.rows.outer_iter().map(|row| row.to_vec()).collect();
    let link_options = LinkOptions {
        builder: GraphChoice::Partitions,
        table: TableOptions::NONE,
        map: false,
        graph: GraphParameters { m: 8, ef_construction: 50, seed: 42 },
        target_recall: 0.9,
    };
    let linked = link(vectors.rows, &link_options, &progress).unwrap();
    let source = Source { name: "profiles.jsonl".to_owned(), format: "jsonl".to_owned() };
    let vectorizer = VectorizerMetadata {
        name: options.vectorizer.name(),
        fingerprint: vectors.fingerprint,
        language: None,
    };
    let metadata = Metadata {
        read: profiles.read,
        skipped: skipped.counts(),
        zero_vectors: (profiles.entries.len() - linked.nodes.profiles.len()) as u64,
        ..linked.metadata("tests", source, &profiles.id_field, vectorizer)
    };
    let parts = Parts {
        profiles: &profiles,
        linked: &linked,
        vectorizer_state: vectors.state.as_deref(),
        metadata: &metadata,
        created: 0,
    };
    let (_, written) = parts.write(Cursor::new(Vec::new())).unwrap();
    Built { index: Index::open(written.into_inner()).unwrap(), rows }
}

fn fields(text: &[u8]) -> Fields {
    match parse(text) {
        Ok(Value::Map(fields)) => fields,
        other => panic!("{other:?}"),
    }
}

/// Asks about a profile as it stood in the source, as it is stored, without its id, and within a longer text.
fn assert_found_again(built: &Built, line: &str, number: usize) {
    let ordinal = built.index.find(&format!("p{number:03}")).unwrap();
    let stored = built.index.document(ordinal).unwrap();
    let mut without_id = fields(line.as_bytes());
    without_id.retain(|(name, _)| name != "_id");
    let mut backwards = fields(line.as_bytes());
    backwards.reverse();
    let longer = format!("[ {line} ]");
    let mut json = jiter::Jiter::new(longer.as_bytes());
    json.next_array().unwrap();
    let within = next_fields(&mut json, longer.len()).unwrap();
    let mut forms = vec![fields(line.as_bytes()), without_id, backwards, within];
    let vectorizer = StoredVectorizer::of(&built.index);
    if built.index.metadata().vectorizer.name == "hashing" {
        // With a field that holds the vector, the stored document lacks it.
        forms.push(fields(stored));
    }
    for form in forms {
        let shown = format!("{form:?}");
        let vector = vectorizer.vectorize(form).unwrap();
        let bits = |numbers: &[f32]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&vector), bits(&built.rows[ordinal.0 as usize]), "{shown}");
        assert_at_zero(built, &vector, ordinal);
    }
}

fn assert_at_zero(built: &Built, vector: &[f32], ordinal: Ordinal) {
    let n = built.rows.len();
    let question = Question { distances: true, ..Question::about(vector, n) };
    let Ok(answer) = answer(&Snapshot::of(&built.index), &question) else {
        assert!(vector.iter().all(|&number| number == 0.0), "only a zero vector has no answer");
        return;
    };
    let answer: Vec<serde_json::Value> = serde_json::from_slice(&answer.body).unwrap();
    let id = std::str::from_utf8(built.index.id(ordinal).unwrap()).unwrap();
    let mut zero = answer.iter().take_while(|found| found["distance"] == 0.0);
    assert!(zero.any(|found| found["profile"]["_id"] == id), "{id} is not at the distance 0 from itself");
}

fn lines_of(profiles: &[Vec<(String, Value)>]) -> Vec<String> {
    let line = |(number, profile): (usize, &Vec<(String, Value)>)| {
        let mut fields = vec![("_id".to_owned(), Value::Text(format!("p{number:03}")))];
        fields.extend(profile.iter().cloned());
        serde_json::to_string(&Value::Map(fields)).unwrap()
    };
    profiles.iter().enumerate().map(line).collect()
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-5i64..5).prop_map(Value::Int),
        (1 << 63..=u64::MAX).prop_map(Value::UInt),
        any::<u64>().prop_map(|bits| Value::float(f64::from_bits(bits))),
        any::<f32>().prop_map(Value::float32),
        any::<String>().prop_map(Value::Text),
        "[a-c ]{0,6}".prop_map(Value::Text),
        prop::collection::vec(any::<f32>(), 1..4).prop_map(Value::Floats),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[xy]{1,2}", inner, 0..3)
                .prop_map(|fields| Value::Map(fields.into_iter().collect())),
        ]
    })
}

/// Profiles of a few field names, so that fields have values of several kinds.
fn any_profiles() -> impl Strategy<Value = Vec<Vec<(String, Value)>>> {
    let profile = prop::collection::btree_map("[a-e]|\\PC{1,3}", any_value(), 0..5);
    prop::collection::vec(profile.prop_map(|fields| fields.into_iter().collect()), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(5), ..ProptestConfig::default() })]

    #[test]
    fn profiles_that_are_hashed(
        profiles in any_profiles(),
        dimension in prop::sample::select(vec![1, 7, 64, 256]),
        selection in prop::sample::select(selections()),
    ) {
        let dimension = Some(dimension);
        let options = VectorOptions { dimension, selection, ..VectorOptions::new("hashing".parse().unwrap()) };
        let lines = lines_of(&profiles);
        let built = build(&format!("{}\n", lines.join("\n")), &options);
        for (number, line) in lines.iter().enumerate() {
            assert_found_again(&built, line, number);
        }
    }

    #[test]
    fn profiles_that_bring_their_vector(
        vectors in prop::collection::vec(prop::collection::vec(-1e6f64..1e6, 3), 1..25),
        scale in prop::sample::select(vec![1.0, 1e-30, 1e30, 0.1]),
    ) {
        let options = in_the_field_v();
        let profile = |vector: &Vec<f64>| {
            let numbers = vector.iter().map(|&number| Value::float(number * scale)).collect();
            vec![("name".to_owned(), Value::Int(1)), ("v".to_owned(), Value::List(numbers))]
        };
        let lines = lines_of(&vectors.iter().map(profile).collect::<Vec<_>>());
        let built = build(&format!("{}\n", lines.join("\n")), &options);
        for (number, line) in lines.iter().enumerate() {
            assert_found_again(&built, line, number);
        }
    }
}

#[test]
fn multiples_of_a_vector_are_one_node_and_at_the_distance_0() {
    let scales = [1.0, 3.0, 0.1, 7e-7, 1e20];
    let vector = |scale: f64| [0.3 * scale, -0.7 * scale, 0.123_456_789 * scale];
    let profile =
        |&scale: &f64| vec![("v".to_owned(), Value::List(vector(scale).map(Value::Float).to_vec()))];
    let lines = lines_of(&scales.iter().map(profile).collect::<Vec<_>>());
    let built = build(&format!("{}\n", lines.join("\n")), &in_the_field_v());
    assert_eq!(built.index.header().nodes, 1);
    assert!(built.rows.iter().any(|row| row != &built.rows[0]), "rounding changes some");
    for (number, line) in lines.iter().enumerate() {
        assert_found_again(&built, line, number);
    }
}

#[test]
fn a_profile_whose_vector_does_not_fit_says_why() {
    let lines = "{\"_id\":\"a\",\"v\":[1,2]}\n";
    let built = build(lines, &in_the_field_v());
    let refused = StoredVectorizer::of(&built.index).vectorize(fields(br#"{"v":[1]}"#)).unwrap_err();
    assert_eq!(refused.to_string(), "the vector has 1 number, and those of the index have 2");
    let refused = StoredVectorizer::of(&built.index).vectorize(fields(br#"{"v":[1e39,1]}"#)).unwrap_err();
    assert!(refused.to_string().contains("not finite in single precision, at place 0"), "{refused}");
    let refused = StoredVectorizer::of(&built.index).vectorize(fields(br#"{"w":[1,2]}"#)).unwrap_err();
    assert_eq!(refused.to_string(), "the vector is expected in the field \"v\": vector missing");
}
