//! Files of other programs, which `tests/data/README.md` says how to make.

use std::ops::ControlFlow;
use std::path::Path;

use kindred::profile::Value;
use tempfile::TempDir;

use super::super::{Format, FormatChoice, Input, ReadOptions, Record, Wanted, format};

fn read(name: &str, options: &ReadOptions) -> Result<Vec<String>, String> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name);
    let bytes = std::fs::read(&path).unwrap();
    read_bytes(FormatChoice::Auto.resolve(&path).unwrap(), &bytes, options)
}

fn arrow() -> &'static Format {
    super::super::FORMATS.iter().find(|format| format.name == "arrow").unwrap()
}

fn read_bytes(format: &Format, bytes: &[u8], options: &ReadOptions) -> Result<Vec<String>, String> {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("table"), bytes).unwrap();
    let input = Input::open(&dir.path().join("table"), dir.path()).unwrap();
    let mut records = Vec::new();
    let read = format::read(format, &input, options, &mut |record| {
        records.push(match record {
            Record::Fields(fields) => serde_json::to_string(&Value::Map(fields)).unwrap(),
            Record::Unusable { reason, place } => format!("{place}: {reason}"),
        });
        ControlFlow::Continue(())
    });
    read.map(|()| records).map_err(|error| error.to_string())
}

fn documents(name: &str) -> Vec<String> {
    read(name, &ReadOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn only(named: &[&str]) -> ReadOptions {
    let named = named.iter().map(|&name| name.to_owned()).collect();
    ReadOptions { wanted: Wanted { named, others_but: None }, ..ReadOptions::default() }
}

const POLARS: [&str; 2] = ["polars-1.8.2", "polars-2.1.0"];

#[test]
fn every_type_of_polars_is_read_from_every_format_it_writes() {
    let expected = [
        concat!(
            r#"{"_id":"a","text":"short","u64":1,"f64":0.5,"bool":true,"date":"2020-02-29","time":"12:30:05.000001","#,
            r#""dur":"P1DT3S","zone":"2024-01-02T02:04:05+00:00","cat":"x","enum":"lo","ints":[1,2],"texts":["p","q"],"#,
            r#""struct":{"a":1,"b":"t"},"null":null,"dec":"12.50","bin":"AP94","array":[0.5,1.0],"i8":1}"#
        ),
        concat!(
            r#"{"_id":"b","text":"a text longer than twelve bytes","u64":null,"f64":null,"bool":null,"date":null,"#,
            r#""time":null,"dur":null,"zone":null,"cat":"y","enum":"hi","ints":null,"texts":[],"#,
            r#""struct":{"a":2,"b":"u"},"null":null,"dec":null,"bin":null,"array":[0.25,2.0],"i8":null}"#
        ),
        concat!(
            r#"{"_id":"c","text":null,"u64":18446744073709551615,"f64":2.5,"bool":false,"date":"1969-12-31","#,
            r#""time":"00:00:00","dur":"PT0S","zone":"2019-12-31T23:00:00+00:00","cat":null,"enum":null,"ints":[],"#,
            r#""texts":null,"struct":{"a":null,"b":null},"null":null,"dec":"-0.01","#,
            r#""bin":"YSBiaW5hcnkgbG9uZ2VyIHRoYW4gdHdlbHZlIGJ5dGVz","array":[1.0,1.0],"i8":-3}"#
        ),
    ];
    for version in POLARS {
        for ending in ["-uncompressed.arrow", "-lz4.arrow", "-zstd.arrow", ".arrows", ".parquet"] {
            assert_eq!(documents(&format!("{version}{ending}")), expected, "{version}{ending}");
        }
        let small = documents(&format!("{version}-small.arrow"));
        assert_eq!(small, [r#"{"_id":"a","x":1}"#, r#"{"_id":"b","x":2}"#]);
        let batches = documents(&format!("{version}-batches.arrow"));
        assert_eq!(batches.len(), 6);
        assert_eq!(batches[4..], [r#"{"_id":"p2","cat":"c2"}"#, r#"{"_id":"q2","cat":"common"}"#]);
    }
}

#[test]
fn files_of_pyarrow_are_read_with_all_their_batches_and_dictionaries() {
    let rest = |cat: &str, v: &str, runs: &str, union: &str| {
        format!(r#""cat":{cat},"v":{v},"iv":"P14M2DT3.5S","runs":"{runs}","union":{union}}}"#)
    };
    let expected = [
        format!(r#"{{"_id":"a",{}"#, rest("\"p\"", "[1.0,2.0]", "g", "5")),
        format!(r#"{{"_id":"b",{}"#, rest("\"q\"", "[3.0,4.0]", "g", "\"s\"")),
        format!(r#"{{"_id":"c",{}"#, rest("\"p\"", "[5.0,6.0]", "h", "6")),
        format!(r#"{{"_id":"d",{}"#, rest("null", "[7.0,8.0]", "h", "null")),
    ];
    for codec in ["plain", "lz4", "zstd"] {
        assert_eq!(documents(&format!("pyarrow-{codec}.arrow")), expected, "{codec}");
    }
    let deltas = documents("pyarrow-deltas.arrow");
    assert_eq!(deltas[2..], [r#"{"_id":"c","c":"z"}"#, r#"{"_id":"d","c":"y"}"#]);
}

#[test]
fn annotations_say_what_bytes_and_texts_mean() {
    let first = "00000012-3456-7890-abcd-ef1234567890";
    let second = "00000024-68ac-f121-579b-de2468acf120";
    for file in ["annotated.parquet", "annotated-no-schema.parquet", "annotated.feather", "annotated.arrows"]
    {
        let found = documents(&format!("pyarrow-{file}"));
        // Without the schema of Arrow nothing tells that bytes are truth values.
        let [truth, falsehood] = if file.contains("no-schema") { ["1", "0"] } else { ["true", "false"] };
        let a = format!(
            r#"{{"_id":"{first}","raw":"AAAAEjRWeJCrze8SNFZ4kA==","uuids":["{first}","{second}"],"json":{{"a":[1,2]}},"bool8":{truth}}}"#
        );
        assert_eq!(found[0], a, "{file}");
        assert!(
            found[1].ends_with(&format!(r#""uuids":[],"json":"no json","bool8":{falsehood}}}"#)),
            "{}",
            found[1]
        );
        assert!(found[2].ends_with(r#""json":null,"bool8":null}"#), "{}", found[2]);
    }
    let found = documents("duckdb.parquet");
    let id = "11111111-2222-3333-4444-555555555552";
    let expected = format!(r#"{{"_id":"{id}","n":2,"j":{{"k":[1]}},"m":{{"a":2}},"l":[2,3],"s":{{"x":2}}}}"#);
    assert_eq!(found[2], expected);
}

#[test]
fn a_column_that_cannot_be_read_refuses_the_file_only_where_something_asks_for_it() {
    for (file, column, part) in
        [("duckdb-interval.parquet", "iv", "INTERVAL"), ("pyarrow-brotli-x.parquet", "x", "Brotli")]
    {
        for options in [ReadOptions::default(), only(&["_id", column])] {
            let error = read(file, &options).unwrap_err();
            assert!(error.contains(&format!("{column:?}")) && error.contains(part), "{error}");
            assert!(error.contains("--ignore-fields"), "{error}");
        }
    }
    let found = read("duckdb-interval.parquet", &only(&["_id", "x"])).unwrap();
    assert_eq!((found.len(), found[7].as_str()), (40, r#"{"_id":"k7","x":"text 7","iv":null}"#));
    assert_eq!(read("pyarrow-brotli-x.parquet", &only(&["_id"])).unwrap()[0], r#"{"_id":"a","x":null}"#);
    let error = read("pyarrow-brotli.parquet", &only(&["_id"])).unwrap_err();
    assert!(error.contains("\"_id\"") && error.contains("zstd or snappy"), "{error}");
}

#[test]
fn an_index_of_pandas_without_a_name_is_left_out_unless_it_is_asked_for() {
    let options = ReadOptions::default();
    let found = read("pandas-filtered.parquet", &options).unwrap();
    assert_eq!(found, [r#"{"_id":"a","x":1}"#, r#"{"_id":"b","x":2}"#, r#"{"_id":"d","x":4}"#]);
    let notes = options.notes.take();
    assert!(notes.len() == 1 && notes[0].contains("--id-field '__index_level_0__'"), "{notes:?}");
    let found = read("pandas-filtered.parquet", &only(&["__index_level_0__"])).unwrap();
    assert_eq!(found[2], r#"{"_id":"d","x":4,"__index_level_0__":3}"#);
    assert_eq!(documents("pandas-range.parquet")[1], r#"{"_id":"b","x":2}"#);
    assert_eq!(documents("pandas.feather")[1], r#"{"_id":"b","x":2}"#);
    assert_eq!(documents("pandas-named.parquet")[1], r#"{"x":2,"_id":"b"}"#);
    assert_eq!(documents("pandas-unnamed-text.parquet")[1], r#"{"x":2,"__index_level_0__":"b"}"#);
}

#[test]
fn timestamps_of_96_bits_keep_every_date() {
    let options = ReadOptions::default();
    assert_eq!(
        read("pyarrow-int96.parquet", &options).unwrap(),
        [
            r#"{"_id":"a","t":"2024-01-02T03:04:05.678901"}"#,
            r#"{"_id":"b","t":"0001-01-01T00:00:00"}"#,
            r#"{"_id":"c","t":"9999-12-31T00:00:00"}"#
        ]
    );
    assert!(options.notes.take()[0].contains("to the microsecond"));
}

#[test]
fn a_footer_that_lies_is_an_error() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/polars-2.1.0-small.arrow"));
    let whole = std::fs::read(path).unwrap();
    let footer =
        whole.len() - 10 - u32::from_le_bytes(*whole[whole.len() - 10..].first_chunk().unwrap()) as usize;
    let block =
        footer + whole[footer..].windows(8).position(|window| window == 0xb0_u64.to_le_bytes()).unwrap();
    // Where the only block begins, how long its metadata is and its body.
    for (at, bytes) in [
        (block, (1_u64 << 40).to_le_bytes()),
        (block, u64::MAX.to_le_bytes()),
        (block, (footer as u64).to_le_bytes()),
        (block, 7_u64.to_le_bytes()),
        (block + 8, (-8_i64 as u64).to_le_bytes()),
        (block + 8, (1_u64 << 30).to_le_bytes()),
        (block + 8, 2_u64.to_le_bytes()),
        (block + 16, i64::MIN.to_le_bytes()),
        (block + 16, i64::MAX.to_le_bytes()),
        (block + 16, 8_u64.to_le_bytes()),
    ] {
        let mut bytes_of_file = whole.clone();
        bytes_of_file[at..at + 8].copy_from_slice(&bytes);
        let error = read_bytes(arrow(), &bytes_of_file, &ReadOptions::default()).unwrap_err();
        assert!(error.contains("damaged") || error.contains("cannot be read"), "{at} {bytes:?}: {error}");
    }
    let length = whole.len() - 10;
    for lie in [0, 1, 4, u32::MAX, whole.len() as u32] {
        let mut bytes = whole.clone();
        bytes[length..length + 4].copy_from_slice(&lie.to_le_bytes());
        assert!(read_bytes(arrow(), &bytes, &ReadOptions::default()).is_err(), "{lie}");
    }
}

#[test]
fn a_file_of_polars_damaged_anywhere_never_makes_the_reader_panic() {
    for version in POLARS {
        let path = format!("{}/tests/data/{version}-small.arrow", env!("CARGO_MANIFEST_DIR"));
        let whole = std::fs::read(path).unwrap();
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                let _ = read_bytes(arrow(), &bytes, &ReadOptions::default());
            }
            assert!(read_bytes(arrow(), &whole[..at], &ReadOptions::default()).is_err(), "{at}");
        }
    }
}

/// The footer of the last one names offsets that lie in the first: its rows would be taken for all.
#[test]
fn two_files_one_behind_the_other_are_refused() {
    let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"));
    for (first, second) in [
        ("polars-2.1.0.parquet", "polars-2.1.0.parquet"),
        ("polars-1.8.2.parquet", "polars-2.1.0.parquet"),
        ("polars-2.1.0-uncompressed.arrow", "polars-2.1.0-uncompressed.arrow"),
        ("polars-2.1.0-small.arrow", "polars-2.1.0-uncompressed.arrow"),
        ("polars-2.1.0-batches.arrow", "polars-1.8.2-zstd.arrow"),
    ] {
        let (first_bytes, second_bytes) =
            (std::fs::read(dir.join(first)).unwrap(), std::fs::read(dir.join(second)).unwrap());
        let ending = Path::new(first);
        let format = FormatChoice::Auto.resolve(ending).unwrap();
        let both = [&first_bytes[..], &second_bytes].concat();
        let error = read_bytes(format, &both, &ReadOptions::default()).unwrap_err();
        let expected = format!("the first ends at byte {}", first_bytes.len());
        assert!(error.contains(&expected), "{first} + {second}: {error}");
    }
}
