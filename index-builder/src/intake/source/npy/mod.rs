//! Vectors in a `.npy` file, as numpy's `save` writes it, with their ids in a text file, one a line.
//!
//! A record has nothing but its id, as text in `_id`, and its vector in [`VECTOR_FIELD`]. Rows are read one after the
//! other, so that the file may be larger than the memory; columns, as Fortran order has them, a part of each at a time.
//! A `.npz` file is a zip archive of such files, of which one is read.

mod archive;
mod header;
mod matrix;

use half::f16;
use kindred::profile::Value;

use super::ids::{Counted, Ids};
use super::lists::single;
use super::{Cause, Input, Record, Sink, SourceError};
use matrix::open;

pub use header::HeaderError;
pub(super) use header::Number;
pub(super) use matrix::Matrix;

/// The field of a record that holds the vector.
pub const VECTOR_FIELD: &str = "vector";

/// Reads vectors and ids, as many of the one as of the other.
pub(super) fn read(vectors: &Input, ids: &Input, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    read_rows(vectors, ids, sink, open)
}

/// The same for rows of whatever format.
pub(super) fn read_rows(
    vectors: &Input,
    ids: &Input,
    sink: &mut Sink<'_>,
    open: impl FnOnce(&Input) -> Result<Box<dyn Matrix>, Cause>,
) -> Result<(), SourceError> {
    let at = |cause| SourceError { input: vectors.name().to_owned(), place: None, cause };
    let mut matrix = open(vectors).map_err(at)?;
    let rows = matrix.rows();
    // Counted before anything is read: a build of hours must not end so.
    let Counted { lines: count, blank, first_blank } = Ids::count(ids)?;
    if count != rows {
        let ids = ids.name().to_owned();
        return Err(at(Cause::IdsAndRows { ids, count, blank, first_blank, rows }));
    }
    let mut ids = Ids::open(ids)?;
    for number in 0..rows {
        let row = matrix.next().map_err(at)?;
        let Some(id) = ids.next()? else {
            // It has changed since it was counted.
            let ids = ids.name().to_owned();
            return Err(at(Cause::IdsAndRows { ids, count: number, blank, first_blank, rows }));
        };
        if sink(record(id, row)).is_break() {
            return Ok(());
        }
    }
    matrix.end().map_err(at)
}

fn record(id: Result<Value, Record>, row: Vec<f32>) -> Record {
    match id {
        Ok(id) => {
            let vector = Value::Floats(row);
            Record::Fields(vec![("_id".to_owned(), id), (VECTOR_FIELD.to_owned(), vector)])
        }
        Err(unusable) => unusable,
    }
}

impl Number {
    /// The numbers that bytes are. Doubles beyond what single precision holds become infinite, which no vector may be.
    pub(super) fn read(self, bytes: &[u8]) -> Vec<f32> {
        fn all<const N: usize>(bytes: &[u8], little: bool, number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            let (items, _) = bytes.as_chunks::<N>();
            let in_order = |mut item: [u8; N]| {
                if !little {
                    item.reverse();
                }
                item
            };
            items.iter().map(|&item| number(in_order(item))).collect()
        }
        match self {
            Number::Half { little } => all(bytes, little, |item| f16::from_le_bytes(item).to_f32()),
            Number::Single { little } => all(bytes, little, f32::from_le_bytes),
            Number::Double { little } => all(bytes, little, |item| single(f64::from_le_bytes(item))),
            Number::Truth => bytes.iter().map(|&byte| if byte == 0 { 0.0 } else { 1.0 }).collect(),
            Number::Whole { bytes: 1, signed: true, .. } => {
                all(bytes, true, |item| i8::from_le_bytes(item).into())
            }
            Number::Whole { bytes: 1, .. } => all(bytes, true, |item| u8::from_le_bytes(item).into()),
            Number::Whole { bytes: 2, signed: true, little } => {
                all(bytes, little, |item| i16::from_le_bytes(item).into())
            }
            Number::Whole { bytes: 2, little, .. } => {
                all(bytes, little, |item| u16::from_le_bytes(item).into())
            }
            Number::Whole { bytes: 4, signed: true, little } => {
                all(bytes, little, |item| i32::from_le_bytes(item) as f32)
            }
            Number::Whole { bytes: 4, little, .. } => {
                all(bytes, little, |item| u32::from_le_bytes(item) as f32)
            }
            Number::Whole { signed: true, little, .. } => {
                all(bytes, little, |item| i64::from_le_bytes(item) as f32)
            }
            Number::Whole { little, .. } => all(bytes, little, |item| u64::from_le_bytes(item) as f32),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use tempfile::TempDir;

    use super::super::NOT_UNICODE;
    use super::super::samples::{gzip, npy, zstd};
    use super::*;

    fn read_pair(vectors: &[u8], ids: &[u8]) -> Result<Vec<Record>, String> {
        let dir = TempDir::new().unwrap();
        let input = |name: &str, bytes: &[u8]| {
            std::fs::write(dir.path().join(name), bytes).unwrap();
            Input::open(&dir.path().join(name), dir.path()).unwrap()
        };
        let mut records = Vec::new();
        read(&input("v.npy", vectors), &input("ids.txt", ids), &mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        })
        .map(|()| records)
        .map_err(|error| error.to_string())
    }

    fn fields(id: &str, vector: &[f32]) -> Record {
        Record::Fields(vec![
            ("_id".to_owned(), Value::Text(id.to_owned())),
            (VECTOR_FIELD.to_owned(), Value::Floats(vector.to_vec())),
        ])
    }

    const PAIRS: [f32; 6] = [1.0, 0.5, -2.0, 0.25, 0.0, 8.0];

    fn singles() -> Vec<u8> {
        npy("<f4", "(3, 2)", &PAIRS.map(f32::to_le_bytes).concat())
    }

    #[test]
    fn every_width_and_order_of_bytes_gives_the_same_vectors() {
        let expected = [fields("7", &PAIRS[..2]), fields("é b", &PAIRS[2..4]), fields("", &PAIRS[4..])];
        let half = PAIRS.map(f16::from_f32);
        let files = [
            singles(),
            npy(">f4", "(3, 2)", &PAIRS.map(f32::to_be_bytes).concat()),
            npy("<f8", "(3, 2)", &PAIRS.map(|number| f64::from(number).to_le_bytes()).concat()),
            npy(">f8", "(3, 2)", &PAIRS.map(|number| f64::from(number).to_be_bytes()).concat()),
            npy("<f2", "(3, 2)", &half.map(f16::to_le_bytes).concat()),
            npy(">f2", "(3L,2L,)", &half.map(f16::to_be_bytes).concat()),
            gzip(&singles()),
            zstd(&singles()),
        ];
        for file in files {
            for ids in ["7\né b\n\n", "\u{feff}7\r\né b\r\n\r\n"] {
                assert_eq!(read_pair(&file, ids.as_bytes()).unwrap(), expected);
            }
        }
    }

    /// The pairs with all rows of the first number in front.
    fn by_column(descr: &str, numbers: &[u8]) -> Vec<u8> {
        let whole = npy(descr, "(3, 2)", numbers);
        let at = whole.windows(5).position(|window| window == b"False").unwrap();
        [&whole[..at], b"True ", &whole[at + 5..]].concat()
    }

    #[test]
    fn columns_one_after_the_other_are_read_as_rows() {
        let columns = [1.0_f32, -2.0, 0.0, 0.5, 0.25, 8.0];
        let files = [
            by_column("<f4", &columns.map(f32::to_le_bytes).concat()),
            by_column(">f8", &columns.map(|number| f64::from(number).to_be_bytes()).concat()),
        ];
        let expected = [fields("a", &PAIRS[..2]), fields("b", &PAIRS[2..4]), fields("c", &PAIRS[4..])];
        for file in files {
            for file in [gzip(&file), file.clone()] {
                assert_eq!(read_pair(&file, b"a\nb\nc\n").unwrap(), expected);
            }
            for length in 0..file.len() {
                let error = read_pair(&file[..length], b"a\nb\nc\n").unwrap_err();
                assert!(error.contains("truncated"), "{length}: {error}");
            }
            let longer = [&file[..], b"\0"].concat();
            assert!(read_pair(&longer, b"a\nb\nc\n").unwrap_err().contains("more bytes"));
        }
        let huge = npy("<f4", "(9000000000000000000, 65536)", b"").to_vec();
        let at = huge.windows(5).position(|window| window == b"False").unwrap();
        let huge = [&huge[..at], b"True ", &huge[at + 5..]].concat();
        assert!(read_pair(&huge, b"a\n").unwrap_err().contains("truncated"));
    }

    #[test]
    fn whole_numbers_of_every_width_and_truth_values_are_read() {
        let numbers = [1_i8, 0, -2, 3, 0, 8];
        let expected: Vec<Record> = ["a", "b", "c"]
            .iter()
            .zip(numbers.chunks(2))
            .map(|(id, pair)| fields(id, &[pair[0].into(), pair[1].into()]))
            .collect();
        let files = [
            ("|i1", numbers.map(i8::to_le_bytes).concat()),
            ("<i2", numbers.map(|n| i16::from(n).to_le_bytes()).concat()),
            (">i2", numbers.map(|n| i16::from(n).to_be_bytes()).concat()),
            ("<i4", numbers.map(|n| i32::from(n).to_le_bytes()).concat()),
            (">i8", numbers.map(|n| i64::from(n).to_be_bytes()).concat()),
        ];
        for (descr, bytes) in files {
            assert_eq!(read_pair(&npy(descr, "(3, 2)", &bytes), b"a\nb\nc\n").unwrap(), expected, "{descr}");
        }
        let largest = [
            ("|u1", vec![0xff], 255.0),
            ("<u2", vec![0xff; 2], 65_535.0),
            (">u4", vec![0xff; 4], 4_294_967_296.0),
            ("<u8", vec![0xff; 8], 18_446_744_073_709_551_616.0),
            ("|b1", vec![1], 1.0),
        ];
        for (descr, bytes, number) in largest {
            let records = read_pair(&npy(descr, "(1, 1)", &bytes), b"a").unwrap();
            assert_eq!(records, [fields("a", &[number])], "{descr}");
        }
    }

    #[test]
    fn an_id_that_is_no_text_makes_its_record_unusable() {
        let records = read_pair(&singles(), b"a\n\xff\nc").unwrap();
        let Record::Unusable { reason, place } = &records[1] else { panic!("{records:?}") };
        assert_eq!(*reason, NOT_UNICODE);
        assert!(place.ends_with("ids.txt, line 2"), "{place}");
        assert_eq!(records[2], fields("c", &PAIRS[4..]));
    }

    #[test]
    fn there_are_as_many_ids_as_rows_or_nothing_is_read() {
        for ids in ["", "a\n", "a\nb", "a\nb\nc\nd", "a\nb\nc\n\n"] {
            let error = read_pair(&singles(), ids.as_bytes()).unwrap_err();
            let count = ids.lines().count();
            assert!(error.contains("v.npy") && error.contains("3 rows"), "{error}");
            assert!(error.contains(&format!("ids.txt has {count} ")), "{error}");
            let blank = ids.lines().filter(|line| line.is_empty()).count();
            assert_eq!(error.contains("1 of them blank, the first line 4"), blank == 1, "{error}");
        }
    }

    #[test]
    fn a_file_of_another_length_than_its_header_says_is_refused() {
        let whole = singles();
        for length in 0..whole.len() {
            let error = read_pair(&whole[..length], b"a\nb\nc\n").unwrap_err();
            assert!(error.contains("v.npy") && error.contains("truncated"), "{length}: {error}");
        }
        let longer = [&whole[..], b"\0"].concat();
        assert!(read_pair(&longer, b"a\nb\nc\n").unwrap_err().contains("more bytes"));
    }

    #[test]
    fn numbers_that_no_vector_may_have_are_kept_to_be_refused() {
        let numbers = [f64::NAN, 1e300].map(f64::to_le_bytes).concat();
        let records = read_pair(&npy("<f8", "(1, 2)", &numbers), b"a").unwrap();
        let Record::Fields(fields) = &records[0] else { panic!("{records:?}") };
        assert!(matches!(&fields[1].1, Value::Floats(n) if n[0].is_nan() && n[1] == f32::INFINITY));
    }
}
