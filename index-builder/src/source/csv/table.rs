//! The columns of a CSV file, decided over all rows, and its records.

use std::collections::HashMap;
use std::io::BufRead;

use kindred::profile::Value;
use kindred::profile::json::parse_list;

use super::super::{
    Cause, Input, MAX_RECORD_BYTES, NOT_UNICODE, Place, ROW_NUMBERS, ReadOptions, Record, Sink, SourceError,
};
use super::number::number;
use super::rows::Rows;

/// The share of a column's cells, in percent of those that are not empty, which must be numbers for the column to
/// be numeric: a few stray marks for "unknown" do not turn an age into text, and a few numbers do not make a name
/// one.
const NUMERIC_PERCENT: u64 = 99;

/// The names of the id column where none is given, the first one first.
const ID_FIELDS: [&str; 2] = ["_id", "id"];

const RAGGED: &str = "wrong number of cells";

/// Reads a CSV file.
pub(in super::super) fn read(
    input: &Input,
    options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    let columns = with_table(input, |table| table.columns(options))?;
    with_table(input, |table| table.give(&columns, sink))
}

/// Reads the file from its start; an error gets the path and the line.
fn with_table<T>(
    input: &Input,
    work: impl FnOnce(&mut Table<Box<dyn BufRead>>) -> Result<T, Cause>,
) -> Result<T, SourceError> {
    let at = |place, cause| SourceError { input: input.name().to_owned(), place, cause };
    let mut rows = Rows::new(input.reader(), MAX_RECORD_BYTES).map_err(|cause| at(None, cause))?;
    let result = Table::open(&mut rows).and_then(|mut table| work(&mut table));
    result.map_err(|cause| at(Some(Place::Line(rows.line())), cause))
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

/// A CSV file of which the header has been read.
struct Table<'a, R> {
    names: Vec<String>,
    rows: &'a mut Rows<R>,
}

impl<R: BufRead> Table<'_, R> {
    fn open(rows: &mut Rows<R>) -> Result<Table<'_, R>, Cause> {
        if !rows.advance()? {
            return Err(Cause::NoHeader);
        }
        Ok(Table { names: names(rows)?, rows })
    }

    /// The cells of the present row, or why it cannot be used.
    fn cells(&self) -> Result<impl Iterator<Item = &str>, &'static str> {
        if self.rows.len() != self.names.len() {
            return Err(RAGGED);
        }
        if self.rows.cells().any(|cell| std::str::from_utf8(cell).is_err()) {
            return Err(NOT_UNICODE);
        }
        // The default is that of a path never taken.
        Ok(self.rows.cells().map(|cell| std::str::from_utf8(cell).unwrap_or_default()))
    }

    /// Reads to the end and decides about every column.
    fn columns(&mut self, options: &ReadOptions) -> Result<Vec<Column>, Cause> {
        let mut counts = vec![Count::default(); self.names.len()];
        while self.rows.advance()? {
            if let Ok(cells) = self.cells() {
                counts.iter_mut().zip(cells).for_each(|(count, cell)| count.add(cell));
            }
        }
        let id = id_column(&self.names, options.id_field.as_deref());
        let columns = self.names.iter().zip(counts).enumerate();
        Ok(columns
            .map(|(at, (name, count))| {
                let kind = match count.is_numeric() {
                    _ if id == Some(at) => Kind::Id,
                    true => Kind::Number,
                    false => Kind::Text,
                };
                Column { name: name.clone(), kind }
            })
            .collect())
    }

    /// Reads to the end and gives every record to the sink.
    fn give(&mut self, columns: &[Column], sink: &mut Sink<'_>) -> Result<(), Cause> {
        while self.rows.advance()? {
            let record = match self.cells() {
                Ok(cells) => Record::Fields(columns.iter().zip(cells).map(field).collect()),
                Err(reason) => Record::Unusable { reason, place: Place::Line(self.rows.line()).to_string() },
            };
            if sink(record).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The names in the header, which is the present row.
fn names<R: BufRead>(header: &Rows<R>) -> Result<Vec<String>, Cause> {
    let mut names = Vec::with_capacity(header.len());
    let mut numbers = HashMap::new();
    for (cell, number) in header.cells().zip(1..) {
        let name = std::str::from_utf8(cell).map_err(|_| Cause::HeaderNotUnicode(number))?.to_owned();
        if let Some(first) = numbers.insert(cell, number) {
            return Err(Cause::HeaderTwice { name, first, second: number });
        }
        names.push(name);
    }
    Ok(names)
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
        Kind::Text => parse_list(cell).unwrap_or_else(|| Value::Text(cell.to_owned())),
    };
    (column.name.clone(), value)
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
        let options = ReadOptions { id_field: id_field.map(str::to_owned), ..ReadOptions::default() };
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
