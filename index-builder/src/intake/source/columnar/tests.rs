use std::ops::ControlFlow;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::data_type::{ByteArrayType, Int32Type as ParquetInt32Type};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use arrow_array::builder as b;
use arrow_array::types::{Float64Type, Int8Type, Int32Type};
use arrow_array::{self as a, Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field};
use half::f16;
use kindred::profile::Value;
use tempfile::TempDir;

use super::super::samples::{arrow_file, arrow_stream, codecs, parquet};
use super::super::{Input, ReadOptions, Record, SourceError, Wanted};
use super::{read_arrow, read_parquet};

type Read = fn(&Input, &ReadOptions, &mut super::Sink<'_>) -> Result<(), SourceError>;

fn read(reader: Read, bytes: &[u8]) -> Result<Vec<Record>, String> {
    read_with(&ReadOptions::default(), reader, bytes)
}

fn read_with(options: &ReadOptions, reader: Read, bytes: &[u8]) -> Result<Vec<Record>, String> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("table");
    std::fs::write(&path, bytes).unwrap();
    let mut records = Vec::new();
    reader(&Input::open(&path, dir.path()).unwrap(), options, &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })
    .map(|()| records)
    .map_err(|error| error.to_string())
}

/// The same batches in both formats, uncompressed.
fn written(batches: &[RecordBatch]) -> [(Read, Vec<u8>); 3] {
    [
        (read_parquet, parquet(batches, Compression::UNCOMPRESSED)),
        (read_arrow, arrow_file(batches, None)),
        (read_arrow, arrow_stream(batches, None)),
    ]
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    // Nullable all of them, whether or not there is a null.
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

/// The documents that records are.
fn documents(records: &[Record]) -> Vec<String> {
    let document = |record: &Record| match record {
        Record::Fields(fields) => serde_json::to_string(&Value::Map(fields.clone())).unwrap(),
        Record::Unusable { reason, place } => format!("{place}: {reason}"),
    };
    records.iter().map(document).collect()
}

/// One cell of a column that Arrow IPC holds as it is.
fn cell(column: impl Array + 'static) -> String {
    let bytes = arrow_stream(&[batch(vec![("x", Arc::new(column))])], None);
    documents(&read(read_arrow, &bytes).unwrap())[0].clone()
}

fn x(value: &str) -> String {
    format!("{{\"x\":{value}}}")
}

/// A column of every type that both formats hold, with a null in the second row, and what is expected of the first.
fn every_type() -> Vec<(&'static str, ArrayRef, &'static str)> {
    let mut map = b::MapBuilder::new(None, b::StringBuilder::new(), b::Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(1);
    map.append(true).unwrap();
    map.append(false).unwrap();
    let mut texts = b::ListBuilder::new(b::StringBuilder::new());
    texts.append_value([Some("p"), None]);
    texts.append_null();
    let mut fixed = b::FixedSizeListBuilder::new(b::Float32Builder::new(), 2);
    fixed.values().append_slice(&[0.1, 2.0]);
    fixed.append(true);
    fixed.values().append_nulls(2);
    fixed.append(false);
    let nested = a::StructArray::from(vec![
        (
            Arc::new(Field::new("n", DataType::Int32, true)),
            Arc::new(a::Int32Array::from(vec![Some(1), None])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("t", DataType::Utf8, true)),
            Arc::new(a::StringArray::from(vec![Some("é"), None])) as ArrayRef,
        ),
    ]);
    vec![
        ("null", Arc::new(a::NullArray::new(2)), "null"),
        ("boolean", Arc::new(a::BooleanArray::from(vec![Some(true), None])), "true"),
        ("i8", Arc::new(a::Int8Array::from(vec![Some(-8), None])), "-8"),
        ("i64", Arc::new(a::Int64Array::from(vec![Some(i64::MIN), None])), "-9223372036854775808"),
        ("u64", Arc::new(a::UInt64Array::from(vec![Some(u64::MAX), None])), "18446744073709551615"),
        ("f32", Arc::new(a::Float32Array::from(vec![Some(0.1), None])), "0.1"),
        ("f64", Arc::new(a::Float64Array::from(vec![Some(1e300), None])), "1e+300"),
        ("nan", Arc::new(a::Float64Array::from(vec![Some(f64::NAN), None])), "null"),
        ("infinite", Arc::new(a::Float32Array::from(vec![Some(f32::INFINITY), None])), "null"),
        (
            "decimal",
            Arc::new(
                a::Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(9, 2).unwrap(),
            ),
            "\"12.50\"",
        ),
        ("text", Arc::new(a::StringArray::from(vec![Some("a\"é"), None])), "\"a\\\"é\""),
        ("long text", Arc::new(a::LargeStringArray::from(vec![Some("a"), None])), "\"a\""),
        (
            "view",
            Arc::new(a::StringViewArray::from(vec![Some("longer than twelve bytes"), None])),
            "\"longer than twelve bytes\"",
        ),
        ("binary", Arc::new(a::BinaryArray::from(vec![Some(&b"\0\xffx"[..]), None])), "\"AP94\""),
        ("date", Arc::new(a::Date32Array::from(vec![Some(11_016), None])), "\"2000-02-29\""),
        (
            "time",
            Arc::new(a::Time64MicrosecondArray::from(vec![Some(45_005_000_001), None])),
            "\"12:30:05.000001\"",
        ),
        (
            "stamp",
            Arc::new(a::TimestampMillisecondArray::from(vec![Some(1_435_753_805_000), None])),
            "\"2015-07-01T12:30:05\"",
        ),
        (
            "zone",
            Arc::new(a::TimestampNanosecondArray::from(vec![Some(1), None]).with_timezone("+02:00")),
            "\"1970-01-01T02:00:00.000000001+02:00\"",
        ),
        ("duration", Arc::new(a::DurationSecondArray::from(vec![Some(90_000), None])), "\"P1DT3600S\""),
        (
            "category",
            Arc::new([Some("c"), None].into_iter().collect::<a::DictionaryArray<Int8Type>>()),
            "\"c\"",
        ),
        (
            "doubles",
            Arc::new(a::ListArray::from_iter_primitive::<Float64Type, _, _>([Some([Some(1.0), None]), None])),
            "[1.0,null]",
        ),
        (
            "integers",
            Arc::new(a::LargeListArray::from_iter_primitive::<Int32Type, _, _>([
                Some([Some(1), Some(2)]),
                None,
            ])),
            "[1,2]",
        ),
        ("texts", Arc::new(texts.finish()), "[\"p\",null]"),
        ("vector", Arc::new(fixed.finish()), "[0.1,2.0]"),
        ("map", Arc::new(map.finish()), "{\"k\":1}"),
        ("struct", Arc::new(nested), "{\"n\":1,\"t\":\"é\"}"),
    ]
}

#[test]
fn every_type_has_its_value_and_null() {
    let expected = every_type();
    let table = batch(expected.iter().map(|(name, column, _)| (*name, Arc::clone(column))).collect());
    let first: Vec<String> = expected.iter().map(|(name, _, text)| format!("{name:?}:{text}")).collect();
    let nulls: Vec<String> = expected
        .iter()
        .map(|(name, ..)| {
            format!("{name:?}:{}", if *name == "struct" { "{\"n\":null,\"t\":null}" } else { "null" })
        })
        .collect();
    for (reader, bytes) in written(&[table]) {
        let records = documents(&read(reader, &bytes).unwrap());
        assert_eq!(records, [format!("{{{}}}", first.join(",")), format!("{{{}}}", nulls.join(","))]);
    }
}

#[test]
fn types_that_only_arrow_has_have_their_values() {
    assert_eq!(cell(a::Float16Array::from(vec![f16::from_f32(0.5)])), x("0.5"));
    assert_eq!(cell(a::Decimal256Array::from(vec![None, Some(1.into())]).slice(1, 1)), x("\"0.0000000001\""));
    assert_eq!(cell(a::Date64Array::from(vec![86_400_000])), x("\"1970-01-02\""));
    assert_eq!(cell(a::Time32SecondArray::from(vec![61])), x("\"00:01:01\""));
    assert_eq!(cell(a::FixedSizeBinaryArray::try_from_iter([b"ab"].into_iter()).unwrap()), x("\"YWI=\""));
    assert_eq!(cell(a::BinaryViewArray::from(vec![&b"ab"[..]])), x("\"YWI=\""));
    let halves = a::Float16Array::from(vec![f16::from_f32(0.5), f16::NAN]);
    let field = Arc::new(Field::new_list_field(DataType::Float16, true));
    assert_eq!(cell(a::FixedSizeListArray::new(field, 2, Arc::new(halves), None)), x("[0.5,null]"));
    let numbers: ArrayRef = Arc::new(a::Float32Array::from(vec![1.0, 2.0, 3.0]));
    let field = Arc::new(Field::new_list_field(DataType::Float32, true));
    let view = a::ListViewArray::new(field, vec![1, 0].into(), vec![2, 1].into(), numbers, None);
    assert_eq!(cell(view), x("[2.0,3.0]"));
}

#[test]
fn a_list_of_numbers_is_a_vector_with_all_that_is_wrong_with_it() {
    let singles = |numbers: Vec<f32>| {
        let mut list = b::ListBuilder::new(b::Float32Builder::new());
        list.values().append_slice(&numbers);
        list.append(true);
        batch(vec![("v", Arc::new(list.finish()))])
    };
    for (reader, bytes) in written(&[singles(vec![1.0, f32::NAN])]) {
        let records = read(reader, &bytes).unwrap();
        let Record::Fields(fields) = &records[0] else { panic!("{records:?}") };
        assert!(matches!(&fields[0].1, Value::Floats(n) if n[0] == 1.0 && n[1].is_nan()), "{fields:?}");
    }
}

#[test]
fn every_codec_and_any_number_of_batches_gives_the_same_records() {
    let ids = |from: i64| {
        batch(vec![("_id", Arc::new(a::Int64Array::from_iter_values(from..from + 5000)) as ArrayRef)])
    };
    let batches = [ids(0), ids(5000), ids(10_000)];
    let expected: Vec<String> = (0..15_000).map(|id| format!("{{\"_id\":{id}}}")).collect();
    for codec in codecs() {
        assert!(documents(&read(read_parquet, &parquet(&batches, codec)).unwrap()) == expected, "{codec:?}");
    }
    for bytes in [arrow_file(&batches, None), arrow_stream(&batches, None)] {
        assert!(documents(&read(read_arrow, &bytes).unwrap()) == expected, "{} bytes", bytes.len());
    }
}

#[test]
fn a_table_without_rows_has_no_records() {
    let none = batch(vec![("_id", Arc::new(a::Int64Array::from(vec![0_i64; 0])) as ArrayRef)]);
    for (reader, bytes) in written(&[none]) {
        assert_eq!(read(reader, &bytes), Ok(vec![]));
    }
}

#[test]
fn a_column_that_is_not_read_is_named_with_its_type() {
    let months: ArrayRef = Arc::new(a::IntervalYearMonthArray::from(vec![1]));
    let table = batch(vec![("every", months)]);
    let error =
        read(read_parquet, &parquet(std::slice::from_ref(&table), Compression::UNCOMPRESSED)).unwrap_err();
    assert!(error.contains("\"every\"") && error.contains("INTERVAL"), "{error}");
    assert_eq!(documents(&read(read_arrow, &arrow_stream(&[table], None)).unwrap()), ["{\"every\":\"P1M\"}"]);
    let number: ArrayRef = Arc::new(a::Int32Array::from(vec![1]));
    let twice = batch(vec![("a", Arc::clone(&number)), ("b", Arc::clone(&number)), ("a", number)]);
    let error = read(read_arrow, &arrow_stream(&[twice], None)).unwrap_err();
    assert!(error.contains("columns 1 and 3") && error.contains("\"a\""), "{error}");
    let any = Field::new("x", DataType::Null, true);
    let mut deep: ArrayRef = Arc::new(a::Int32Array::from(vec![1]));
    for _ in 0..30 {
        let field = Arc::new(Field::new_list_field(deep.data_type().clone(), true));
        deep = Arc::new(a::FixedSizeListArray::new(field, 1, deep, None));
    }
    assert!(super::cell(&deep, &any).is_ok());
    for _ in 0..100 {
        let field = Arc::new(Field::new_list_field(deep.data_type().clone(), true));
        deep = Arc::new(a::FixedSizeListArray::new(field, 1, deep, None));
    }
    assert_eq!(super::cell(&deep, &any).err(), Some(super::Refused::TooDeep));
}

/// Lists as Hive, Spark and Avro once wrote them, with a level less, and a field that is simply repeated.
fn old_lists() -> Vec<u8> {
    let schema = parse_message_type(
        "message old {
            required binary _id (UTF8);
            optional group tags (LIST) { repeated int32 array; }
            repeated int32 plain;
        }",
    )
    .unwrap();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&["a".into(), "b".into()], None, None).unwrap();
    column.close().unwrap();
    let lists: [(&[i32], &[i16], &[i16]); 2] = [(&[1, 2], &[2, 2, 0], &[0, 1, 0]), (&[3], &[1, 0], &[0, 0])];
    for (values, definitions, repetitions) in lists {
        let mut column = group.next_column().unwrap().unwrap();
        let typed = column.typed::<ParquetInt32Type>();
        typed.write_batch(values, Some(definitions), Some(repetitions)).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn lists_of_old_writers_of_parquet_are_lists() {
    let expected =
        ["{\"_id\":\"a\",\"tags\":[1,2],\"plain\":[3]}", "{\"_id\":\"b\",\"tags\":null,\"plain\":[]}"];
    assert_eq!(documents(&read(read_parquet, &old_lists()).unwrap()), expected);
}

#[test]
fn rows_that_no_bytes_stand_for_are_refused() {
    let nulls = |rows: usize| batch(vec![("n", Arc::new(a::NullArray::new(rows)) as ArrayRef)]);
    assert_eq!(read(read_arrow, &arrow_stream(&[nulls(1000)], None)).unwrap().len(), 1000);
    for bytes in [arrow_stream(&[nulls(1 << 40)], None), arrow_file(&[nulls(1 << 40)], None)] {
        let error = read(read_arrow, &bytes).unwrap_err();
        assert!(error.contains("damaged") && error.contains("1099511627776 rows"), "{error}");
    }
}

#[test]
fn a_date_that_no_calendar_has_makes_its_record_unusable() {
    let days: ArrayRef = Arc::new(a::Date32Array::from(vec![0, i32::MAX]));
    for (reader, bytes) in written(&[batch(vec![("d", days)])]) {
        let records = documents(&read(reader, &bytes).unwrap());
        assert_eq!(records, ["{\"d\":\"1970-01-01\"}", "record 2: date or time out of range"]);
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error_that_names_it() {
    let table = batch(every_type().into_iter().map(|(name, column, _)| (name, column)).collect());
    for (reader, whole) in written(&[table.clone(), table]) {
        for length in (0..whole.len()).step_by(7).chain(whole.len() - 9..whole.len()) {
            let error = read(reader, &whole[..length]).unwrap_err();
            assert!(
                error.contains("/table: it ") || error.contains("/table: the Arrow"),
                "{length}: {error}"
            );
        }
    }
}

#[test]
fn what_is_another_file_is_said_to_be_none() {
    for bytes in [&b"{\"_id\":1}\n{\"_id\":2}\n"[..], b"PK\x03\x04 and so on, long enough"] {
        assert!(read(read_parquet, bytes).unwrap_err().contains("no Parquet file"));
        assert!(read(read_arrow, bytes).unwrap_err().contains("neither an Arrow IPC file nor a stream"));
    }
}

#[test]
fn sizes_that_no_machine_has_are_refused_before_they_are_asked_for() {
    let table = batch(vec![("_id", Arc::new(a::Int64Array::from(vec![7; 1000])) as ArrayRef)]);
    for compression in [arrow_ipc::CompressionType::LZ4_FRAME, arrow_ipc::CompressionType::ZSTD] {
        let mut bytes = arrow_stream(std::slice::from_ref(&table), Some(compression));
        // The length before compression stands in front of the data.
        let place = bytes.windows(8).position(|window| window == 8000_i64.to_le_bytes()).unwrap();
        bytes[place..place + 8].copy_from_slice(&(1_i64 << 60).to_le_bytes());
        assert!(read(read_arrow, &bytes).unwrap_err().contains("smaller batches"));
    }
    let nothing = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    assert!(read(read_arrow, &nothing).unwrap_err().contains("no schema"));
    let nothing = b"ARROW1\0\0\xff\xff\xff\xff\0\0\0\0ARROW1";
    assert!(read(read_arrow, nothing).unwrap_err().contains("its footer"));
    let long = [&[0xff; 4][..], &u32::MAX.to_le_bytes(), b"short"].concat();
    assert!(read(read_arrow, &long).unwrap_err().contains("truncated"));
}

#[test]
fn what_follows_a_stream_is_not_passed_over() {
    let table = batch(vec![("_id", Arc::new(a::Int64Array::from(vec![7])) as ArrayRef)]);
    let stream = arrow_stream(&[table], None);
    let error = read(read_arrow, &[stream.clone(), stream].concat()).unwrap_err();
    assert!(error.contains("something follows"), "{error}");
}

#[test]
fn a_few_bytes_that_stand_for_any_number_of_values_are_a_record_too_large() {
    let too_large = "record 1: record too large";
    let nulls: ArrayRef = Arc::new(a::NullArray::new(i32::MAX as usize));
    let field = Arc::new(Field::new("item", DataType::Null, true));
    let offsets = arrow_buffer::OffsetBuffer::new(vec![0, i32::MAX].into());
    assert_eq!(cell(a::ListArray::new(field, offsets, nulls, None)), too_large);
    // Two lists at each level that have the same two below: as many values as there are ways down.
    let twice = |below: ArrayRef, lists: usize| {
        let field = Arc::new(Field::new("item", below.data_type().clone(), true));
        a::ListViewArray::new(field, vec![0; lists].into(), vec![2; lists].into(), below, None)
    };
    let lowest: ArrayRef = Arc::new(a::BooleanArray::from(vec![true, true]));
    let below = (0..40).fold(lowest, |below, _| Arc::new(twice(below, 2)));
    assert_eq!(cell(twice(below, 1)), too_large);
    let long = "x".repeat(super::super::MAX_RECORD_BYTES);
    assert_eq!(cell(a::StringArray::from(vec![long])), too_large);
}

#[test]
fn a_binary_column_is_noted_where_it_is_used() {
    let bytes: ArrayRef = Arc::new(a::BinaryArray::from(vec![&b"\0\xff"[..], b"x"]));
    let texts: ArrayRef = Arc::new(a::StringArray::from(vec!["a", "b"]));
    for (reader, file) in written(&[batch(vec![("photo", bytes), ("city", texts)])]) {
        let options = ReadOptions::default();
        read_with(&options, reader, &file).unwrap();
        let notes = options.notes.take();
        assert!(notes.len() == 1 && notes[0].contains("\"photo\" is binary"), "{notes:?}");
        let wanted = Wanted { named: Vec::new(), others_but: Some(vec!["photo".to_owned()]) };
        let options = ReadOptions { wanted, ..ReadOptions::default() };
        read_with(&options, reader, &file).unwrap();
        assert_eq!(options.notes.take(), Vec::<String>::new());
    }
}
