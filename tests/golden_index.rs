//! Files of every format that is read must keep opening, and answering as they did when they were made.
//!
//! `tests/golden/index/make.sh` made them and says how; they are never made again.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

use std::path::{Path, PathBuf};

use kindred::file::format::{FORMAT_VERSION, Header, OLDEST_FORMAT_VERSION};
use kindred::file::{Index, MappedFile, Ordinal};
use kindred::profile::json::parse;
use kindred::query::{AnswerError, Question, SearchMode, Snapshot, answer, profile};
use kindred::vectorizer::StoredVectorizer;
use kindred::vectorizer::unit::is_same;
use serde_json::Value;

/// The profile whose vector is zero.
const ZERO: &str = "p05";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/index").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(golden(name)).unwrap()
}

/// Every file that this program must be able to read.
fn files() -> impl Iterator<Item = (u32, Index<MappedFile>)> {
    (OLDEST_FORMAT_VERSION..=FORMAT_VERSION).map(|format| {
        let file = MappedFile::open(&golden(&format!("format-{format}.knd"))).unwrap();
        let index = Index::open(file).unwrap_or_else(|error| panic!("format {format}: {error}"));
        (format, index)
    })
}

#[test]
fn files_of_every_format_open_as_what_they_were() {
    for (format, index) in files() {
        assert_eq!(index.header().format_version, format);
        let Header { created, profiles, nodes, dimension, m, .. } = *index.header();
        assert_eq!((created, profiles, nodes, dimension, m), (0, 37, 34, 6, 2), "format {format}");
        let metadata = index.metadata();
        assert_eq!((metadata.read, metadata.zero_vectors, metadata.default_ef), (37, 1, 64));
        assert_eq!((metadata.id_field.as_str(), metadata.vectorizer.name.as_str()), ("_id", "field:vector"));
    }
}

#[test]
fn the_first_format_is_that_very_file() {
    let (_, index) = files().next().unwrap();
    let header = *index.header();
    assert_eq!((header.format_version, header.file_length, header.checksum), FIRST);
    assert_eq!((header.levels, header.entry_point), (5, Some(15)));
}

/// Format, length and checksum of the oldest file.
const FIRST: (u32, u64, u64) = (1, 7_280, 0xcacf_38b9_45a5_1f78);

#[test]
fn files_of_every_format_answer_as_they_did() {
    for (format, index) in files() {
        let answers = text(&format!("format-{format}.tsv"));
        assert_eq!(answers.lines().count(), 53);
        for line in answers.lines() {
            let [id, n, flags, body] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let flags: Vec<&str> = flags.split_whitespace().collect();
            let ef = flags.iter().position(|&flag| flag == "--ef").map(|place| flags[place + 1]);
            let mode = match ef {
                Some(ef) => SearchMode::Ef(ef.parse().unwrap()),
                None if flags.contains(&"--exact") => SearchMode::Exact,
                None => SearchMode::Default,
            };
            let distances = flags.contains(&"--distances");
            let question = Question { how: mode, distances, ..Question::about(id, n.parse().unwrap()) };
            let answer = answer(&Snapshot::of(&index), &question).unwrap();
            assert_eq!(String::from_utf8(answer.body).unwrap(), body, "format {format}: {id} {n} {flags:?}");
        }
        let question = Question::about(ZERO, 1);
        assert_eq!(answer(&Snapshot::of(&index), &question), Err(AnswerError::ZeroVector));
        assert_eq!(answer(&Snapshot::of(&index), &Question::about("p5", 1)), Err(AnswerError::UnknownId));
    }
}

#[test]
fn files_of_every_format_hold_the_profiles_that_they_were_made_from() {
    for (format, index) in files() {
        for line in text("profiles.jsonl").lines() {
            let mut fields: Value = serde_json::from_str(line).unwrap();
            assert!(fields.as_object_mut().unwrap().shift_remove("vector").is_some());
            let id = fields["_id"].as_str().map_or_else(|| fields["_id"].to_string(), str::to_owned);
            let document = String::from_utf8(profile(&Snapshot::of(&index), &id).unwrap()).unwrap();
            assert_eq!(document, fields.to_string(), "format {format}");
        }
    }
}

#[test]
fn a_vectorizer_of_an_earlier_program_makes_the_vectors_of_its_time() {
    let index = Index::open(MappedFile::open(&golden("hashing-1.knd")).unwrap()).unwrap();
    assert_eq!((index.header().profiles, index.metadata().fields.as_ref()), (260, None));
    assert!(index.vectorizer_state().starts_with(b"KHV1"));
    let vectorizer = StoredVectorizer::of(&index);
    for number in 0..index.header().profiles {
        let document = index.document(Ordinal(number)).unwrap();
        let Ok(kindred::profile::Value::Map(fields)) = parse(document) else { panic!("{document:?}") };
        let vector = vectorizer.vectorize(fields).unwrap();
        let node = index.view().node_of(Ordinal(number)).unwrap().unwrap();
        let stored = index.view().vector_of(node);
        assert!(is_same(&vector, stored), "{}", String::from_utf8_lossy(document));
    }
}
