use std::ops::ControlFlow;

use kindred::random::SplitMix64;
use tempfile::TempDir;

use super::super::samples::{self, gzip, samples, zstd};
use super::*;

fn read_bytes(format: &str, bytes: &[u8]) -> Result<Vec<Record>, SourceError> {
    let dir = TempDir::new().unwrap();
    let input = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Input::open(&path, dir.path()).unwrap()
    };
    let format = FORMATS.iter().find(|other| other.name == format).unwrap();
    let ids = Some(input("ids", samples::IDS.as_bytes()));
    let mut records = Vec::new();
    read(format, &input("profiles", bytes), &ReadOptions { ids, ..ReadOptions::default() }, &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    Ok(records)
}

#[test]
fn every_format_of_files_has_a_sample() {
    for format in FORMATS.iter().filter(|format| !format.is_at_addresses()) {
        assert!(samples().iter().any(|(name, _)| *name == format.name), "{}", format.name);
    }
}

#[test]
fn compressed_sources_read_as_the_plain_ones() {
    for (format, bytes) in samples() {
        let plain = read_bytes(format, &bytes).unwrap();
        assert!(!plain.is_empty(), "{format}");
        assert!(plain.iter().all(|record| matches!(record, Record::Fields(_))), "{plain:?}");
        for compressed in [gzip(&bytes), zstd(&bytes)] {
            let compressed = read_bytes(format, &compressed).unwrap();
            assert_eq!(format!("{compressed:?}"), format!("{plain:?}"));
        }
    }
}

#[test]
fn a_truncated_compressed_source_is_an_error_that_names_it() {
    for (format, bytes) in samples() {
        for whole in [gzip(&bytes), zstd(&bytes)] {
            let error = read_bytes(format, &whole[..whole.len() - 9]).unwrap_err().to_string();
            assert!(
                error.contains("/profiles") && error.contains("ends too early; the file is truncated"),
                "{format}: {error}"
            );
        }
    }
}

#[test]
fn no_edited_source_makes_its_reader_panic() {
    let mut random = SplitMix64(SplitMix64::GAMMA);
    let mut random = move |below: usize| random.below(below as u64) as usize;
    for (format, bytes) in samples() {
        for plain in [bytes.clone(), gzip(&bytes), zstd(&bytes)] {
            for _ in 0..300 {
                let mut bytes = plain.clone();
                for _ in 0..=random(3) {
                    let at = random(bytes.len());
                    match random(3) {
                        0 => bytes[at] = random(256) as u8,
                        1 => bytes.insert(at, b"{}[]\",:\\\n\r\0"[random(11)]),
                        _ => bytes.truncate(at + 1),
                    }
                }
                let _ = read_bytes(format, &bytes);
            }
        }
    }
}

fn by_extension(path: &str) -> Option<&'static str> {
    FormatChoice::Auto.resolve(Path::new(path)).ok().map(|format| format.name)
}

#[test]
fn the_extension_decides_in_any_case_and_behind_it_may_be_that_of_a_compression() {
    let known = [
        ("people.jsonl", "jsonl"),
        ("people.ndjson", "jsonl"),
        ("dir.csv/people.json", "json"),
        ("People.CSV", "csv"),
        ("people.jsonl.gz", "jsonl"),
        ("people.csv.GZ", "csv"),
        ("-.json", "json"),
        ("people.json.zst", "json"),
        ("part-0.snappy.parquet", "parquet"),
        ("people.feather", "arrow"),
        ("people.ipc.ZST", "arrow"),
        ("postgres://user@host:5432/people.csv", "postgres"),
        ("PostgreSQL://host", "postgres"),
    ];
    for (path, name) in known {
        assert_eq!(by_extension(path), Some(name), "{path}");
    }
    for path in [
        "people",
        "people.gz",
        "people.txt",
        "people.csv.gz.gz",
        "people.csv.gz.zst",
        "people.npy",
        "s3://people.csv",
        "postgres",
        "json",
        ".json",
        "people.",
        "",
        "..",
    ] {
        assert_eq!(by_extension(path), None, "{path}");
    }
}

#[test]
fn a_named_format_is_taken_whatever_the_extension() {
    for format in FORMATS.iter().filter(|format| format.is_of_files()) {
        let choice: FormatChoice = format.name.parse().unwrap();
        assert_eq!(choice.resolve(Path::new("-")), Ok(format));
        assert_eq!(choice.resolve(Path::new("people.txt")), Ok(format));
        assert_eq!(choice.to_string(), format.name);
    }
    assert_eq!("auto".parse(), Ok(FormatChoice::Auto));
}

#[test]
fn messages_say_what_was_given_and_what_is_allowed() {
    let unknown = "xml".parse::<FormatChoice>().unwrap_err().to_string();
    let resolve = |path: &str| FormatChoice::Auto.resolve(Path::new(path)).unwrap_err().to_string();
    let (extension, stream, address) = (resolve("people.txt"), resolve("-"), resolve("s3://people.csv"));
    assert!(unknown.contains("\"xml\""), "{unknown}");
    assert!(extension.contains("people.txt"), "{extension}");
    assert!(address.contains("s3://"), "{address}");
    for format in FORMATS {
        for message in [&unknown, &extension, &stream] {
            assert_eq!(message.contains(format.name), format.is_of_files(), "{message}");
        }
        for mark in format.marks {
            assert_eq!(extension.contains(&format!(".{mark}")), format.is_of_files(), "{extension}");
            assert_eq!(address.contains(&format!("{mark}://")), format.is_at_addresses(), "{address}");
        }
    }
}

#[test]
fn a_format_that_a_path_cannot_have_is_refused() {
    let choose = |format: &str, path: &str| {
        format.parse::<FormatChoice>().and_then(|choice| choice.resolve(Path::new(path)).map(|_| ()))
    };
    assert_eq!(
        choose("csv", "postgres://host/people"),
        Err(FormatError::FormatOfAddress { scheme: "postgres".to_owned() })
    );
    assert_eq!(choose("auto", "v.npy"), Err(FormatError::Vectors { path: "v.npy".to_owned() }));
    for name in ["npy", "postgres"] {
        assert_eq!(choose(name, "v.npy"), Err(FormatError::UnknownName { given: name.to_owned() }));
    }
    assert_eq!(Format::of_vectors(Path::new("v.npy.zst")).unwrap().name, "npy");
    assert_eq!(Format::of_vectors(Path::new("v.csv")).unwrap().name, "npy");
}

#[test]
fn a_format_that_is_not_read_from_a_file_alone_says_so() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("v"), "").unwrap();
    let input = Input::open(&dir.path().join("v"), dir.path()).unwrap();
    for (name, part) in [("npy", "--ids"), ("postgres", "address")] {
        let format = FORMATS.iter().find(|format| format.name == name).unwrap();
        let error =
            read(format, &input, &ReadOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}
