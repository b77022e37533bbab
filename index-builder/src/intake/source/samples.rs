//! What the tests of sources read: the same few things in every format, and ways of compressing them.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// The ids of a sample that has none in it.
pub(super) const IDS: &str = "a\nb\n";

/// Two or three records in every format of files, with its name; in some several times.
pub(super) fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let texts = [
        ("jsonl", "{\"_id\":\"a\",\"age\":31}\n\n{\"_id\":\"b\",\"v\":[1,NaN,2.5e3]}\n"),
        ("json", "[{\"_id\":\"a\",\"age\":31},\n {\"_id\":\"b\",\"v\":[1,{\"x\":\"\\u00e9\\\"]\"}]}]\n"),
        ("csv", "_id,age,v\r\na,31,\"[1,2.5]\"\r\n\"b\"\"\n\",,x\r\nc,-1.5e3,\"\"\r\n"),
    ];
    let mut samples: Vec<(&str, Vec<u8>)> =
        texts.into_iter().map(|(format, text)| (format, text.as_bytes().to_vec())).collect();
    let profiles = serde_json::json!([{"_id": "a", "age": 31}, {"_id": "b", "v": [1, 2.5]}]);
    samples.push(("pickle", serde_pickle::to_vec(&profiles, serde_pickle::SerOptions::default()).unwrap()));
    samples.extend(codecs().map(|codec| ("parquet", parquet(&[batch()], codec))));
    for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        samples.push(("arrow", arrow_file(&[batch(), batch()], compression)));
        samples.push(("arrow", arrow_stream(&[batch()], compression)));
    }
    samples.push(("glove", b"a 0.5 -2\nb b 1e-3 0\n".to_vec()));
    samples.push(("word2vec", b"2 2\na 0.5 -2 \nb 1e-3 0 \n".to_vec()));
    let number = 0.5_f32.to_le_bytes();
    samples.push(("word2vec", [b"2 1\na ", &number[..], b"\nb ", &number[..], b"\n"].concat()));
    let two = 2_u32.to_le_bytes();
    let vector = [&two[..], &number[..], &number[..]].concat();
    samples.push(("fvecs", vector.repeat(2)));
    samples.push(("ivecs", vector.repeat(2)));
    samples.push(("bvecs", [&two[..], b"\x07\xff"].concat().repeat(2)));
    samples.push(("npy", npy("<f4", "(2, 2)", &[1.0, 0.5, f32::NAN, 2.0].map(f32::to_le_bytes).concat())));
    samples
}

/// Every codec of Parquet that is read.
pub(super) fn codecs() -> impl Iterator<Item = Compression> {
    [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
    ]
    .into_iter()
}

/// Two records by column.
fn batch() -> RecordBatch {
    let mut vectors = FixedSizeListBuilder::new(Float32Builder::new(), 2);
    for vector in [[1.0, 0.5], [0.25, f32::NAN]] {
        vectors.values().append_slice(&vector);
        vectors.append(true);
    }
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.append_value([Some("x"), None]);
    tags.append_null();
    let columns: [(&str, ArrayRef); 4] = [
        ("_id", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("age", Arc::new(Int64Array::from(vec![Some(31), None]))),
        ("v", Arc::new(vectors.finish())),
        ("tags", Arc::new(tags.finish())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Batches in a Parquet file, a row group each.
pub(super) fn parquet(batches: &[RecordBatch], codec: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batches[0].schema(), Some(properties)).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
        writer.flush().unwrap();
    }
    writer.into_inner().unwrap()
}

fn options(compression: Option<CompressionType>) -> IpcWriteOptions {
    IpcWriteOptions::default().try_with_compression(compression).unwrap()
}

/// Batches in the file format of Arrow IPC.
pub(super) fn arrow_file(batches: &[RecordBatch], compression: Option<CompressionType>) -> Vec<u8> {
    let schema = batches[0].schema();
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, options(compression)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

/// Batches in the stream format of Arrow IPC.
pub(super) fn arrow_stream(batches: &[RecordBatch], compression: Option<CompressionType>) -> Vec<u8> {
    let schema = batches[0].schema();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options(compression)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

/// Bytes as gzip makes them.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Bytes as zstd makes them, with a checksum as its program adds it.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 0).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A `.npy` file as numpy writes it.
pub(super) fn npy(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // Numpy fills the header up, so that the numbers begin at a multiple of 64.
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), numbers].concat()
}
