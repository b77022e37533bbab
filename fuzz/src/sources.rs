//! Sources of profiles: each is read as `index-builder build` reads it, up to the profiles that would be vectorized.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use index_builder::door::intake::Skipped;
use index_builder::door::intake::SpoolWriter;
use index_builder::door::intake::{Ingest, IngestOptions, OnDuplicateId};
use index_builder::door::source::{self, FormatChoice, Input, ROW_NUMBERS, ReadOptions, Record};
use kindred::profile::{Value, json};

/// Reads a pickle.
pub fn pickle(data: &[u8]) {
    read("pickle", data, &[None], None);
}

/// Reads lines of JSON, and the same as a document, and what is in it.
pub fn jsonl(data: &[u8]) {
    read("jsonl", data, &[None], None);
    for records in [None, Some("."), Some("data")] {
        read("json", data, &[None], records);
    }
}

/// Reads a CSV file, with ids of its own and without.
pub fn csv(data: &[u8]) {
    read("csv", data, &[None, Some(ROW_NUMBERS)], None);
}

fn read(format: &str, data: &[u8], id_fields: &[Option<&str>], records: Option<&str>) {
    let Ok(FormatChoice::Is(format)) = format.parse() else { panic!("there is no format {format:?}") };
    let directory = temporary();
    let file = file_of(data, &directory).unwrap_or_else(|error| panic!("a temporary file: {error}"));
    let input = Input::open(file.path(), &directory).unwrap_or_else(|error| panic!("{error}"));
    for id_field in id_fields {
        let options = ReadOptions {
            id_field: id_field.map(str::to_owned),
            records: records.map(str::to_owned),
            ..ReadOptions::default()
        };
        let mut taken = Taken::new(&options, &directory);
        if source::read(format, &input, &options, &mut |record| taken.take(record)).is_ok() {
            taken.finish();
        }
    }
}

/// In memory where the system has a place for that: thousands of files a second are too much for a disk.
fn temporary() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

fn file_of(data: &[u8], directory: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(data)?;
    Ok(file)
}

/// Takes records as a build does.
struct Taken {
    ingest: Ingest,
    skipped: Skipped,
    records: u64,
}

impl Taken {
    fn new(options: &ReadOptions, directory: &Path) -> Taken {
        let spool =
            SpoolWriter::create(directory).unwrap_or_else(|error| panic!("a temporary file: {error}"));
        let options = IngestOptions {
            id_field: options.id_field.clone(),
            vector_field: Some("vector".to_owned()),
            ..IngestOptions::default()
        };
        Taken { ingest: Ingest::new(options, spool), skipped: Skipped::default(), records: 0 }
    }

    fn take(&mut self, record: Record) -> ControlFlow<()> {
        self.records += 1;
        if let Record::Fields(fields) = &record {
            assert_is_a_document(&Value::Map(fields.clone()));
        }
        self.ingest.take(record, &mut self.skipped)
    }

    fn finish(self) {
        let mut skipped = self.skipped;
        let Ok(profiles) = self.ingest.finish(OnDuplicateId::First, &mut skipped) else { return };
        assert_eq!(profiles.read, self.records);
        let accounted = profiles.entries.len() as u64 + profiles.duplicates + skipped.total();
        assert_eq!(accounted, self.records, "every record is a profile, a duplicate or skipped");
        let ids: Vec<&str> = profiles.entries.iter().map(|entry| profiles.id(entry)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "ids are sorted and unique");
    }
}

/// What is written into an index must read as a JSON object, and mean the same when that is written again. The text
/// may differ: single-precision numbers are written with fewer digits.
fn assert_is_a_document(fields: &Value) {
    let document = |value: &Value| {
        let text = serde_json::to_vec(value).unwrap_or_else(|error| panic!("cannot be written: {error}"));
        let read = json::parse(&text);
        read.unwrap_or_else(|error| panic!("{} is no document: {error:?}", text.escape_ascii()))
    };
    let read = document(fields);
    assert_eq!(document(&read), read, "of {fields:?}");
}
