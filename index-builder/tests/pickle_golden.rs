//! The pickles in `tests/golden/pickles`, written by CPython; `generate.py` there made them and explains them.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests are tests too")]

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;

use index_builder::door::source::pickle::{PickleError, read};
use index_builder::door::source::{FORMATS, Input, ReadOptions, Record};
use kindred::profile::Value;
use kindred::random::SplitMix64;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/pickles");

fn manifest() -> serde_json::Value {
    let text = fs::read(Path::new(GOLDEN).join("manifest.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The files of one part of the manifest, with what is said of them.
fn files(part: &str) -> Vec<(String, serde_json::Value)> {
    let manifest = manifest();
    let entries = manifest[part].as_array().unwrap().iter();
    entries.map(|entry| (entry["file"].as_str().unwrap().to_owned(), entry["expected"].clone())).collect()
}

fn open_file(name: &str) -> io::Result<Box<dyn BufRead>> {
    Ok(Box::new(BufReader::new(File::open(Path::new(GOLDEN).join(name))?)))
}

fn collect<'a>(open: &dyn Fn() -> io::Result<Box<dyn BufRead + 'a>>) -> Result<Vec<Record>, PickleError> {
    let mut records = Vec::new();
    read(open, "_id", &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    Ok(records)
}

fn json(record: &Record) -> serde_json::Value {
    let Record::Fields(fields) = record else { panic!("{record:?}") };
    serde_json::from_str(&serde_json::to_string(&Value::Map(fields.clone())).unwrap()).unwrap()
}

#[test]
fn every_good_pickle_reads_as_its_manifest_says() {
    let good = files("good");
    assert_eq!(good.len(), 151);
    for (file, expected) in good {
        let records = collect(&|| open_file(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let found: Vec<_> = records.iter().map(json).collect();
        assert_eq!(serde_json::Value::Array(found), expected, "{file}");
    }
}

#[test]
fn vectors_of_small_floats_stay_packed() {
    for protocol in 0..6 {
        for (kind, is_packed) in [("f2", true), ("f4", true), ("f8", false)] {
            let file = format!("good/numpy_vectors_{kind}.p{protocol}");
            for record in collect(&|| open_file(&file)).unwrap() {
                let Record::Fields(fields) = record else { panic!("{file}") };
                let (_, vector) = fields.iter().find(|(name, _)| name == "embedding").unwrap();
                assert_eq!(matches!(vector, Value::Floats(_)), is_packed, "{file}: {vector:?}");
            }
        }
    }
}

#[test]
fn every_bad_pickle_is_refused_and_executes_nothing() {
    let bad = files("bad");
    assert_eq!(bad.len(), 14);
    for (file, _) in bad {
        // A file is refused by the reader, or by the builder because it has no usable record.
        if let Ok(records) = collect(&|| open_file(&file)) {
            let unusable = |record: &Record| matches!(record, Record::Unusable { .. });
            assert!(!records.is_empty() && records.iter().all(unusable), "{file}: {records:?}");
        }
    }
    assert!(!Path::new("PWNED").exists());
}

#[test]
fn refusals_say_what_was_found() {
    let expected = [
        ("executes", "posix.system"),
        ("nested_200000_deep", "nested deeper"),
        ("dup_append_bomb", "contains itself"),
        ("declares_2_to_the_60_bytes", "truncated"),
        ("truncated", "truncated"),
        ("empty_file", "empty"),
        ("not_a_pickle", "not a pickle"),
        ("persistent_id", "persistent id"),
        ("contains_itself", "contains itself"),
        ("a_number", "found an integer"),
        ("list_of_numbers", "found a list whose first element is an integer"),
        ("data_frame", "pandas"),
        ("billion_laughs", "found a tuple"),
    ];
    for (name, words) in expected {
        let error = collect(&|| open_file(&format!("bad/{name}.pickle"))).unwrap_err().to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
    let surrogate = collect(&|| open_file("bad/lone_surrogate.pickle")).unwrap();
    let reason = "text is not Unicode";
    assert_eq!(surrogate, [Record::Unusable { reason, place: "record 1".to_owned() }]);
}

/// Pickles of libraries, and exports of a database: see `generate.py` there.
const LIBRARIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/library_pickles");

/// The records of a file there, read as the builder reads it.
fn read_file(name: &str) -> Result<Vec<Record>, String> {
    let path = Path::new(LIBRARIES).join(name);
    let input = Input::open(&path, &std::env::temp_dir()).unwrap();
    let format = if name.ends_with(".jsonl") { "jsonl" } else { "pickle" };
    let format = FORMATS.iter().find(|other| other.name == format).unwrap();
    let mut records = Vec::new();
    index_builder::door::source::read(format, &input, &ReadOptions::default(), &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })
    .map_err(|error| error.to_string())?;
    Ok(records)
}

fn library_manifest(part: &str) -> Vec<serde_json::Value> {
    let text = fs::read(Path::new(LIBRARIES).join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&text).unwrap();
    manifest[part].as_array().unwrap().clone()
}

#[test]
fn pickles_of_everyday_libraries_are_the_fields_of_their_objects() {
    let good = library_manifest("good");
    assert_eq!(good.len(), 70);
    let mut wrong = Vec::new();
    for entry in good {
        let file = entry["file"].as_str().unwrap();
        match read_file(file) {
            Ok(records) => {
                let found = serde_json::Value::Array(records.iter().map(json).collect());
                if found != entry["expected"] {
                    wrong.push(format!("{file}: {found} instead of {}", entry["expected"]));
                }
            }
            Err(error) => wrong.push(error),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_plain_data_is_named_with_what_to_do() {
    let bad = library_manifest("bad");
    assert_eq!(bad.len(), 53);
    let mut wrong = Vec::new();
    for entry in bad {
        let file = entry["file"].as_str().unwrap();
        match read_file(file) {
            Ok(records) => wrong.push(format!("{file} was read: {records:?}")),
            Err(error) => {
                let mut words = entry["words"].as_array().unwrap().iter();
                if !words.all(|word| error.contains(word.as_str().unwrap())) {
                    wrong.push(format!("{error}: instead of {}", entry["words"]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn extended_json_is_read_as_the_same_documents_from_a_pickle_of_pymongo() {
    // Compared as they are shown, since numbers that are none do not equal themselves.
    let expected = format!("{:#?}", read_file("mongo.pickle").unwrap());
    assert!(expected.contains("5c4e1f6a9d3b2a0017e8d211") && expected.contains("2015-07-01T12:30:05.123000"));
    for form in ["canonical", "relaxed", "legacy"] {
        assert_eq!(format!("{:#?}", read_file(&format!("mongo_{form}.jsonl")).unwrap()), expected, "{form}");
    }
}

/// A number below `bound`; 0 if that is 0.
fn below(random: &mut SplitMix64, bound: usize) -> usize {
    (random.bits() % bound.max(1) as u64) as usize
}

/// Changes, removes, repeats or inserts a few bytes.
fn damage(bytes: &mut Vec<u8>, random: &mut SplitMix64) {
    for _ in 0..=below(random, 3) {
        let place = below(random, bytes.len());
        match below(random, 5) {
            0 | 1 if !bytes.is_empty() => bytes[place] = random.bits() as u8,
            2 if !bytes.is_empty() => drop(bytes.remove(place)),
            3 => bytes.insert(place, random.bits() as u8),
            _ => {
                let end = (place + below(random, 16)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                let target = below(random, bytes.len());
                bytes.splice(target..target, piece);
            }
        }
    }
}

#[test]
fn damaged_pickles_never_panic() {
    let mut random = SplitMix64(42);
    let (mut read, mut refused) = (0, 0);
    for (file, _) in files("good").into_iter().chain(files("bad")) {
        let original = fs::read(Path::new(GOLDEN).join(&file)).unwrap();
        let rounds = if original.len() > 100_000 { 3 } else { 150 };
        for _ in 0..rounds {
            let mut bytes = original.clone();
            damage(&mut bytes, &mut random);
            match collect(&|| Ok(Box::new(bytes.as_slice()) as Box<dyn BufRead + '_>)) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} read, {refused} refused");
}

#[test]
fn pickles_cut_off_anywhere_are_refused() {
    for (file, _) in files("good") {
        let bytes = fs::read(Path::new(GOLDEN).join(&file)).unwrap();
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            let result = collect(&|| Ok(Box::new(cut) as Box<dyn BufRead + '_>));
            assert!(result.is_err(), "{file} cut to {length} bytes");
        }
    }
}
