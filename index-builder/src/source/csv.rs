//! CSV with a header. A cell has no type of its own, so the column decides, and the source is read twice: once to
//! count what is in the columns, once to give the records.
//!
//! | column | a cell is |
//! | --- | --- |
//! | the id | text, also if it is empty |
//! | numbers: at least [`NUMERIC_PERCENT`] % of the cells that are not empty | a number, else null |
//! | anything else | a list if it is a JSON list, null if it is empty, else text |

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};
use kindred::profile::{Fields, Value};

use super::{
    Cause, Input, MAX_RECORD_BYTES, NOT_UNICODE, Place, ROW_NUMBERS, ReadOptions, Record, Sink, SourceError,
    json,
};

/// The share of a column's cells, in percent of those that are not empty, which must be numbers for the column to
/// be numeric: a few stray marks for "unknown" do not turn an age into text, and a few numbers do not make a name
/// one.
const NUMERIC_PERCENT: u64 = 99;

/// The names of the id column where none is given, the first one first.
const ID_FIELDS: [&str; 2] = ["_id", "id"];

const RAGGED: &str = "wrong number of cells";

/// Reads a CSV file.
pub(super) fn read(input: &Input, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    let limit = MAX_RECORD_BYTES as u64;
    let columns = Table::open(input, limit)?.columns(options)?;
    Table::open(input, limit)?.give(&columns, sink)
}

/// A column as it is decided over the whole source.
#[derive(Debug, PartialEq)]
struct Column {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Id,
    Number,
    Text,
}

/// What was counted in a column.
#[derive(Clone, Copy, Default)]
struct Count {
    filled: u64,
    numbers: u64,
}

impl Count {
    fn add(&mut self, cell: &str) {
        self.filled += u64::from(!cell.is_empty());
        self.numbers += u64::from(number(cell).is_some());
    }

    fn is_numeric(self) -> bool {
        self.numbers > 0 && self.numbers * 100 >= self.filled * NUMERIC_PERCENT
    }
}

/// A CSV file while it is read from its start to its end.
struct Table {
    reader: csv::Reader<Limited>,
    /// How many bytes may still be read for the present record.
    budget: Rc<Cell<u64>>,
    limit: u64,
    /// The path, for errors.
    input: String,
    header: ByteRecord,
    record: ByteRecord,
}

impl Table {
    fn open(input: &Input, limit: u64) -> Result<Table, SourceError> {
        let budget = Rc::new(Cell::new(limit));
        let limited = Limited { reader: input.reader(), budget: Rc::clone(&budget) };
        // The header is read like any record, and every record may have any number of cells.
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(limited);
        let (header, record) = (ByteRecord::new(), ByteRecord::new());
        let mut table = Table { reader, budget, limit, input: input.name().to_owned(), header, record };
        if !table.advance()? {
            return Err(table.error(None, Cause::NoHeader));
        }
        table.header = table.record.clone();
        Ok(table)
    }

    /// Reads the next record; false at the end.
    fn advance(&mut self) -> Result<bool, SourceError> {
        self.budget.set(self.limit);
        let line = self.reader.position().line();
        self.reader.read_byte_record(&mut self.record).map_err(|error| {
            let error = match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => io::Error::other(format!("{other:?}")),
            };
            let is_endless = error.get_ref().is_some_and(|cause| cause.is::<Endless>());
            self.error(
                Some(Place::Line(line)),
                if is_endless { Cause::EndlessRecord } else { Cause::Io(error) },
            )
        })
    }

    /// The first line of the present record, from 1.
    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn error(&self, place: Option<Place>, cause: Cause) -> SourceError {
        SourceError { input: self.input.clone(), place, cause }
    }

    /// The cells of the present record, or why it cannot be used.
    fn cells(&self) -> Result<impl Iterator<Item = &str>, &'static str> {
        if self.record.len() != self.header.len() {
            return Err(RAGGED);
        }
        if self.record.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
            return Err(NOT_UNICODE);
        }
        Ok(self.record.iter().map(|cell| std::str::from_utf8(cell).unwrap_or_default()))
    }

    fn names(&self) -> Result<Vec<String>, SourceError> {
        let place = Some(Place::Line(self.line()));
        let mut names = Vec::with_capacity(self.header.len());
        let mut numbers = HashMap::new();
        for (cell, number) in self.header.iter().zip(1..) {
            let Ok(name) = std::str::from_utf8(cell) else {
                return Err(self.error(place, Cause::HeaderNotUnicode(number)));
            };
            if let Some(first) = numbers.insert(name, number) {
                let name = name.to_owned();
                return Err(self.error(place, Cause::HeaderTwice { name, first, second: number }));
            }
            names.push(name.to_owned());
        }
        Ok(names)
    }

    /// Reads to the end and decides about every column.
    fn columns(mut self, options: &ReadOptions) -> Result<Vec<Column>, SourceError> {
        let names = self.names()?;
        let id = id_column(&names, options.id_field.as_deref());
        let mut counts = vec![Count::default(); names.len()];
        while self.advance()? {
            if let Ok(cells) = self.cells() {
                counts.iter_mut().zip(cells).for_each(|(count, cell)| count.add(cell));
            }
        }
        let kind = |at, count: Count| match count.is_numeric() {
            _ if id == Some(at) => Kind::Id,
            true => Kind::Number,
            false => Kind::Text,
        };
        let columns = names.into_iter().zip(counts).enumerate();
        Ok(columns.map(|(at, (name, count))| Column { name, kind: kind(at, count) }).collect())
    }

    /// Reads to the end and gives every record to the sink.
    fn give(mut self, columns: &[Column], sink: &mut Sink<'_>) -> Result<(), SourceError> {
        while self.advance()? {
            let record = match self.cells() {
                Ok(cells) => Record::Fields(columns.iter().zip(cells).map(field).collect::<Fields>()),
                Err(reason) => Record::Unusable { reason, place: Place::Line(self.line()).to_string() },
            };
            if sink(record).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Which of the columns has the id.
fn id_column(names: &[String], id_field: Option<&str>) -> Option<usize> {
    let position = |wanted: &str| names.iter().position(|name| name == wanted);
    match id_field {
        Some(ROW_NUMBERS) => None,
        Some(name) => position(name),
        None => ID_FIELDS.into_iter().find_map(position),
    }
}

fn field((column, cell): (&Column, &str)) -> (String, Value) {
    let value = match column.kind {
        Kind::Id => Value::Text(cell.to_owned()),
        Kind::Number => number(cell).unwrap_or(Value::Null),
        Kind::Text if cell.is_empty() => Value::Null,
        Kind::Text => json::parse_list(cell).unwrap_or_else(|| Value::Text(cell.to_owned())),
    };
    (column.name.clone(), value)
}

/// The finite number that a cell is, written as JSON writes numbers or with nothing before the point (".5", as some
/// statistics programs do). What has leading zeros, a plus or blanks is rather a code, a phone number or prose than
/// a number; so is a whole number beyond 64 bits, which a double would round.
fn number(cell: &str) -> Option<Value> {
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = are_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let is_number = (is_whole || whole.is_empty() && fraction.is_some())
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(|text| are_digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    if !is_number {
        return None;
    }
    if fraction.is_none() && exponent.is_none() {
        let number = cell.parse::<i64>().map(Value::Int);
        return number.or_else(|_| cell.parse().map(Value::UInt)).ok();
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

/// A reader that gives up within a record that does not end: a quote that is not closed would otherwise make one
/// record of the rest of the file, in memory.
struct Limited {
    reader: Box<dyn io::BufRead>,
    budget: Rc<Cell<u64>>,
}

/// The error of a [`Limited`] reader whose budget is spent.
#[derive(Debug, thiserror::Error)]
#[error("a record without an end")]
struct Endless;

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.get() == 0 {
            return Err(io::Error::other(Endless));
        }
        let count = self.reader.read(buffer)?;
        self.budget.set(self.budget.get().saturating_sub(count as u64));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use tempfile::TempDir;

    use super::*;

    fn input_of(text: &[u8]) -> Input {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("people.csv");
        std::fs::write(&path, text).unwrap();
        Input::open(&path, dir.path()).unwrap()
    }

    fn read_with(id_field: Option<&str>, text: &[u8]) -> Result<Vec<Record>, String> {
        let mut records = Vec::new();
        let options = ReadOptions { id_field: id_field.map(str::to_owned) };
        let result = read(&input_of(text), &options, &mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        });
        result.map(|()| records).map_err(|error| error.to_string())
    }

    fn records(text: &str) -> Vec<Record> {
        read_with(None, text.as_bytes()).unwrap()
    }

    fn error(text: &[u8]) -> String {
        read_with(None, text).unwrap_err()
    }

    /// The values of one column, the one that is named "x".
    fn column(cells: &[&str]) -> Vec<Value> {
        let rows: String =
            cells.iter().map(|cell| format!("a,\"{}\"\n", cell.replace('"', "\"\""))).collect();
        let value = |record: Record| match record {
            Record::Fields(fields) => fields[1].1.clone(),
            unusable => panic!("{unusable:?}"),
        };
        records(&format!("name,x\n{rows}")).into_iter().map(value).collect()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn fields(fields: &[(&str, Value)]) -> Record {
        Record::Fields(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn unusable(reason: &'static str, place: &str) -> Record {
        Record::Unusable { reason, place: place.to_owned() }
    }

    #[test]
    fn columns_get_their_names_and_types() {
        let expected = [
            fields(&[("_id", text("1")), ("name", text("Ann, \"A\"")), ("age", Value::Int(31))]),
            fields(&[("_id", text("2")), ("name", Value::Null), ("age", Value::Null)]),
        ];
        for mark in ["", "\u{feff}"] {
            for end in ["\n", "\r\n"] {
                let rows = ["_id,\"name\",age", "1,\"Ann, \"\"A\"\"\",31", "2,,"].join(end);
                assert_eq!(records(&format!("{mark}{rows}")), expected, "{mark:?} {end:?}");
            }
        }
        assert_eq!(
            records("\u{feff}\"_id\",name\n1,Bo"),
            [fields(&[("_id", text("1")), ("name", text("Bo"))])]
        );
    }

    #[test]
    fn what_is_a_number_and_what_is_not() {
        let numbers = [
            ("0", Value::Int(0)),
            ("-0", Value::Int(0)),
            ("-1", Value::Int(-1)),
            ("18446744073709551615", Value::UInt(u64::MAX)),
            ("3.0", Value::Float(3.0)),
            ("0.5", Value::Float(0.5)),
            ("-0.5", Value::Float(-0.5)),
            (".5", Value::Float(0.5)),
            ("-.5", Value::Float(-0.5)),
            ("1e5", Value::Float(100_000.0)),
            ("1.5E-3", Value::Float(0.0015)),
            ("2e+2", Value::Float(200.0)),
            ("1e-999", Value::Float(0.0)),
        ];
        for (cell, value) in numbers {
            assert_eq!(number(cell), Some(value), "{cell}");
        }
        let others = [
            "",
            "-",
            ".",
            "-.",
            "e5",
            "1e",
            "1e+",
            "5.",
            "007",
            "-01",
            "00.5",
            "+1",
            " 1",
            "1 ",
            "1,5",
            "1_000",
            "0x10",
            "1e5.5",
            "1.2.3",
            "--1",
            "NaN",
            "nan",
            "inf",
            "Infinity",
            "1e999",
            "-1e999",
            "18446744073709551616",
            "½",
            "1é5",
            "٣",
        ];
        for cell in others {
            assert_eq!(number(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_column_is_numeric_from_99_percent_of_its_filled_cells() {
        let mut cells = vec!["7"; 99];
        cells.extend(["unknown", "", ""]);
        let values = column(&cells);
        assert_eq!(values[0], Value::Int(7));
        assert_eq!(values[99..], [Value::Null, Value::Null, Value::Null]);

        let mut cells = vec!["7"; 98];
        cells.extend(["unknown", ""]);
        let values = column(&cells);
        assert_eq!(values[0], text("7"));
        assert_eq!(values[98..], [text("unknown"), Value::Null]);

        assert_eq!(column(&["", ""]), [Value::Null, Value::Null]);
        assert_eq!(column(&["007", "008"]), [text("007"), text("008")]);
        assert_eq!(column(&["3", "2.5"]), [Value::Int(3), Value::Float(2.5)]);
    }

    #[test]
    fn a_json_list_in_a_cell_is_a_list() {
        let values = column(&["[0.5, 1]", "[]", r#"["a"]"#, "[0.5 1]", "['a']", "[1, NaN]"]);
        assert_eq!(values[0], Value::List(vec![Value::Float(0.5), Value::Int(1)]));
        assert_eq!(values[1], Value::List(vec![]));
        assert_eq!(values[2], Value::List(vec![text("a")]));
        assert_eq!(values[3..5], [text("[0.5 1]"), text("['a']")]);
        assert!(matches!(&values[5], Value::Floats(numbers) if numbers[0] == 1.0 && numbers[1].is_nan()));
    }

    #[test]
    fn the_id_column_is_text_whatever_is_in_it() {
        let table = "id,_id,x\n1,007,5\n2,,6\n";
        let id_and_x = |id_field| match &read_with(id_field, table.as_bytes()).unwrap()[..] {
            [Record::Fields(first), Record::Fields(second)] => {
                [first.clone(), second.clone()].map(|fields| {
                    let [id, underscore, x] = fields.try_into().unwrap();
                    (id.1, underscore.1, x.1)
                })
            }
            other => panic!("{other:?}"),
        };
        let ints = |a, b| (Value::Int(a), Value::Int(b));
        let (one, two) = ints(1, 2);
        let (five, six) = ints(5, 6);
        assert_eq!(
            id_and_x(None),
            [(one.clone(), text("007"), five.clone()), (two.clone(), text(""), six.clone())]
        );
        assert_eq!(
            id_and_x(Some("id")),
            [(text("1"), text("007"), five.clone()), (text("2"), Value::Null, six.clone())]
        );
        assert_eq!(id_and_x(Some("x"))[1], (two.clone(), Value::Null, text("6")));
        for no_column in [ROW_NUMBERS, "missing"] {
            assert_eq!(
                id_and_x(Some(no_column)),
                [(one.clone(), text("007"), five.clone()), (two.clone(), Value::Null, six.clone())]
            );
        }
        assert_eq!(records("id,x\n1,5\n"), [fields(&[("id", text("1")), ("x", Value::Int(5))])]);
    }

    #[test]
    fn a_bad_row_is_named_by_its_line_and_does_not_count_for_the_columns() {
        let table = b"_id,x\n1,5\n2\n\n\"3\n3\",6\n4,7,8\n5,caf\xe9\n6,\n";
        let expected = [
            fields(&[("_id", text("1")), ("x", Value::Int(5))]),
            unusable(RAGGED, "line 3"),
            fields(&[("_id", text("3\n3")), ("x", Value::Int(6))]),
            unusable(RAGGED, "line 7"),
            unusable(NOT_UNICODE, "line 8"),
            fields(&[("_id", text("6")), ("x", Value::Null)]),
        ];
        assert_eq!(read_with(None, table).unwrap(), expected);
    }

    #[test]
    fn a_header_alone_has_no_records_and_no_header_is_an_error() {
        assert_eq!(records("_id,name\n"), []);
        assert_eq!(records("_id"), []);
        for nothing in ["", "\n\n", "\u{feff}"] {
            assert!(error(nothing.as_bytes()).contains("starts with a header"), "{nothing:?}");
        }
    }

    #[test]
    fn a_bad_header_is_an_error_that_names_the_columns() {
        let twice = error(b"_id,a,b,a\n");
        assert!(twice.contains("people.csv, line 1: columns 2 and 4"), "{twice}");
        assert!(twice.contains("\"a\""), "{twice}");
        assert!(error(b"_id,caf\xe9\n1,2\n").contains("column 2"));
    }

    #[test]
    fn a_quote_that_is_not_closed_ends_at_the_limit_and_not_with_the_memory() {
        let table = format!("_id,x\n1,2\n3,\"{}", "x\n".repeat(20_000));
        let input = input_of(table.as_bytes());
        let mut table = Table::open(&input, 10_000).unwrap();
        assert!(table.advance().unwrap());
        let error = table.advance().unwrap_err();
        assert!(matches!(error.cause, Cause::EndlessRecord));
        assert_eq!(error.place, Some(Place::Line(3)));
        let short = Table::open(&input, 1 << 20).unwrap();
        assert_eq!(short.columns(&ReadOptions::default()).unwrap().len(), 2);
    }

    #[test]
    fn the_sink_can_stop_the_reading() {
        let mut calls = 0;
        read(&input_of(b"_id\n1\n2\n3\n"), &ReadOptions::default(), &mut |_| {
            calls += 1;
            if calls == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        assert_eq!(calls, 2);
    }
}
