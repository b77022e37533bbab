use std::ops::ControlFlow;

use tempfile::TempDir;

use super::super::super::ROW_NUMBERS;
use super::*;

/// What a file of this name gives: its records and what is said about it, or the error.
fn read_file(name: &str, options: &ReadOptions, text: &[u8]) -> Result<(Vec<Record>, Vec<String>), String> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    let mut records = Vec::new();
    let result = read(&Input::open(&path, dir.path()).unwrap(), options, &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    });
    let notes = options.notes.take();
    assert!(notes.iter().all(|note| note.contains(name)), "{notes:?}");
    result.map(|()| (records, notes)).map_err(|error| error.to_string())
}

fn read_with(id_field: Option<&str>, text: &[u8]) -> Result<Vec<Record>, String> {
    let options = ReadOptions { id_field: id_field.map(str::to_owned), ..ReadOptions::default() };
    read_file("people.csv", &options, text).map(|(records, _)| records)
}

/// The records and the notes.
fn noted(text: &[u8]) -> (Vec<Record>, String) {
    let (records, notes) = read_file("people.csv", &ReadOptions::default(), text).unwrap();
    (records, notes.join("\n"))
}

fn records(text: &str) -> Vec<Record> {
    read_with(None, text.as_bytes()).unwrap()
}

fn error(text: &[u8]) -> String {
    read_with(None, text).unwrap_err()
}

/// The values of one column, the one that is named "x".
fn column(cells: &[&str]) -> Vec<Value> {
    let rows: String = cells.iter().map(|cell| format!("a,\"{}\"\n", cell.replace('"', "\"\""))).collect();
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
    assert_eq!(records("\u{feff}\"_id\",name\n1,Bo"), [fields(&[("_id", text("1")), ("name", text("Bo"))])]);
}

#[test]
fn a_numeric_column_keeps_what_is_no_number_as_it_is_written() {
    let mut cells = vec!["90001"; 298];
    cells.extend(["K1A 0B1", "H0H 0H0", "", "NA", " 7 ", "NULL", "\\N", "NaN", "unknown", "?"]);
    let values = column(&cells);
    assert_eq!(values[0], Value::Int(90001));
    assert_eq!(values[298..302], [text("K1A 0B1"), text("H0H 0H0"), Value::Null, text("NA")]);
    assert_eq!(
        values[302..],
        [Value::Int(7), text("NULL"), text("\\N"), text("NaN"), text("unknown"), text("?")]
    );
    let mut cells = vec!["7"; 8];
    cells.extend(["unknown of", ""]);
    assert_eq!(column(&cells)[7..], [text("7"), text("unknown of"), Value::Null]);

    assert_eq!(column(&["", ""]), [Value::Null, Value::Null]);
    assert_eq!(column(&["007", "008"]), [text("007"), text("008")]);
    assert_eq!(
        column(&["3", "2.5", "+5", "1e3"]),
        [Value::Int(3), Value::Float(2.5), Value::Int(5), Value::Float(1000.0)]
    );
    assert_eq!(column(&["true", "TRUE", " x "]), [text("true"), text("TRUE"), text(" x ")]);
}

#[test]
fn notes_say_what_a_column_was_taken_for_where_that_may_surprise() {
    let mut table = "_id,zip,pay,price\n".to_owned();
    (0..20).for_each(|row| table += &format!("{row},90001,\"1,250\",$5\n"));
    let (_, note) = noted((table + "x,K1A 0B1,7,7\n").as_bytes());
    assert!(note.contains("\"zip\" (1, the first on line 22: \"K1A 0B1\")"), "{note}");
    assert!(note.contains("commas between thousands: \"pay\" (\"1,250\")"), "{note}");
    assert!(note.contains("stay text; 1234.5 is read: \"price\" (\"$5\")"), "{note}");
    assert_eq!(noted(b"_id,x\n1,5\n2,NA\n3,\n").1, "");
    let (_, note) = noted(b"_id,x\n1,5\n2,refused\n3,6\n");
    assert!(note.contains("stay text because of the others: \"x\" (2 of 3; line 3: \"refused\")"), "{note}");
}

#[test]
fn numbers_with_commas_are_read_where_the_column_agrees() {
    let european = "_id;height;weight;both\na;1,5;1.250,5;1,5\nb;2;70;1.5\nc;1,75;;7\n";
    let (records, note) = noted(european.as_bytes());
    assert_eq!(
        records[0],
        fields(&[
            ("_id", text("a")),
            ("height", Value::Float(1.5)),
            ("weight", Value::Float(1250.5)),
            ("both", text("1,5"))
        ])
    );
    assert_eq!(
        records[1],
        fields(&[
            ("_id", text("b")),
            ("height", Value::Int(2)),
            ("weight", Value::Int(70)),
            ("both", text("1.5"))
        ])
    );
    assert!(note.contains("decimal comma: \"height\" (\"1,5\"), \"weight\" (\"1.250,5\")"), "{note}");
    assert!(note.contains("in several, and stay text; 1234.5 is read: \"both\""), "{note}");
    assert_eq!(
        column(&["1,250", "950", "1,000,000.5"]),
        [Value::Int(1250), Value::Int(950), Value::Float(1_000_000.5)]
    );
}

#[test]
fn blanks_around_names_and_cells_are_no_part_of_them() {
    let (records, note) = noted(b"_id, name, age, \"bio\"\na, Ann, 30, \"x, y\"\n b , Bob,NA , z \n");
    assert_eq!(
        records,
        [
            fields(&[
                ("_id", text("a")),
                ("name", text("Ann")),
                ("age", Value::Int(30)),
                ("bio", text("x, y"))
            ]),
            fields(&[("_id", text("b")), ("name", text("Bob")), ("age", text("NA")), ("bio", text("z"))]),
        ]
    );
    assert_eq!(note, "");
    assert!(error(b"_id,a, a\n1,2,3\n").contains("columns 2 and 3"));
}

#[test]
fn the_separator_is_recognised_and_said_or_given() {
    let expected = [
        fields(&[("_id", text("a")), ("name", text("Ann")), ("age", Value::Int(30))]),
        fields(&[("_id", text("b")), ("name", text("Bob")), ("age", Value::Int(31))]),
    ];
    for (separator, name) in [(';', "semicolons"), ('\t', "tabs"), ('|', "pipes"), (',', "")] {
        let table = "_id~name~age\na~Ann~30\nb~Bob~31\n".replace('~', &separator.to_string());
        let (records, note) = noted(table.as_bytes());
        assert_eq!(records, expected, "{separator:?}");
        assert!(note.contains(name) && note.is_empty() == (separator == ','), "{note}");
        for (name, is_usual) in [("p.tsv", separator == '\t'), ("P.TAB", separator == '\t')] {
            let (records, notes) = read_file(name, &ReadOptions::default(), table.as_bytes()).unwrap();
            assert_eq!((records, notes.is_empty()), (expected.to_vec(), is_usual), "{name} {separator:?}");
        }
        for given in [separator, '~', ' '] {
            let asked = Some(given.to_string().parse().unwrap());
            let table = table.replace(separator, &given.to_string());
            let options = ReadOptions { separator: asked, ..ReadOptions::default() };
            let (records, notes) = read_file("p.csv", &options, table.as_bytes()).unwrap();
            assert_eq!((records, notes.len()), (expected.to_vec(), 0), "{given:?}");
        }
        let excel = format!("sep={separator}\r\n{table}");
        assert_eq!(self::records(&excel), expected);
        let utf16: Vec<u8> = format!("\u{feff}{excel}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (records, note) = noted(&utf16);
        assert_eq!(records, expected);
        assert!(note.contains("UTF-16"), "{note}");
    }
    assert_eq!(usual_separator("a/b.TSV.gz"), b'\t');
    assert_eq!(usual_separator("a/tsv"), b',');
}

#[test]
fn an_error_has_the_line_on_which_a_quote_opened() {
    let open = error(b"_id,n\na,1\nb,\"2\nc,3\nd,4\n");
    assert!(open.contains("people.csv, line 3: the quote that opens cell 2 is never closed"), "{open}");
    let rows = "r,1\n".repeat(5000);
    let stray = error(format!("_id,n\na,1\nb,\"2\n{rows}x,\"3\n{rows}").as_bytes());
    assert!(stray.contains("line 3: ") && stray.contains("closes on line 5004"), "{stray}");
    assert!(error(b"_id,n\n\"a\"b,1\n").contains("line 2: "));
    assert!(error(b"_id,\"n\na,1\n").contains("line 1: "));
    let long = error(format!("_id,n\na,\"{}", "x".repeat(MAX_RECORD_BYTES + 1)).as_bytes());
    assert!(long.contains("line 2: ") && long.contains("quote"), "{long}");
    assert_eq!(records("_id,n\na,5'10\"\nb,C:\\\n")[0], fields(&[("_id", text("a")), ("n", text("5'10\""))]));
}

#[test]
fn a_backslash_is_an_escape_where_only_so_all_rows_fit() {
    let second = |table: &str| {
        let (records, note) = noted(table.as_bytes());
        let Record::Fields(fields) = &records[0] else { panic!("{records:?}") };
        (fields[1].1.clone(), note.contains("backslash"))
    };
    let cases = [
        ("_id,n\na,\"said \\\"hi\\\" to\"\n", "said \"hi\" to", true),
        ("_id,n\na,\"x, \\\"y\\\"\"\nb,\"C:\\dir\"\n", "x, \"y\"", true),
        ("_id,n\na,\"\\\\s\\x \\\"y\\\" \\\\\"\n", "\\\\s\\x \"y\" \\", true),
        ("_id,n\na,\"\\\\ \\\"y\\\"\"\n", "\\ \"y\"", true),
        ("_id,n\na,x\\,y\nb,z\n", "x,y", true),
        ("_id,n\na,\"x\\\",y\"\nb,z\n", "x\",y", true),
        ("_id,n\na,\"C:\\\"\nb,\"D:\\\"\n", "C:\\", false),
        ("_id,n\na,C:\\dir\\\nb,\\N\n", "C:\\dir\\", false),
        ("_id,n\na,\"x \"\"y\"\" \\\"\n", "x \"y\" \\", false),
        ("_id,n\na,\"x\\\\\"\n", "x\\\\", false),
        ("_id;n\na;\"said \\\"hi\\\"\"\n", "said \"hi\"", true),
    ];
    for (table, value, is_escape) in cases {
        assert_eq!(second(table), (text(value), is_escape), "{table}");
    }
    assert!(error(b"_id,n\na,\"said \\\"hi\\\" to\"\nb,\"x\nc,y\n").contains("line 2: "));
}

#[test]
fn lists_in_cells_are_read_as_programs_write_them() {
    let values = column(&[
        "[0.5, 1]",
        "[]",
        r#"["a"]"#,
        "[0.5\n 1]",
        "['a']",
        "[1, NaN]",
        "[sic]",
        "{'a': [1]}",
        "[np.float64(0.5), np.float64(2.0)]",
    ]);
    let numbers = Value::List(vec![Value::Float(0.5), Value::Int(1)]);
    assert_eq!(values[..3], [numbers.clone(), Value::List(vec![]), Value::List(vec![text("a")])]);
    assert_eq!(values[3..5], [numbers, Value::List(vec![text("a")])]);
    assert!(matches!(&values[5], Value::Floats(numbers) if numbers[0] == 1.0 && numbers[1].is_nan()));
    assert_eq!(
        values[6..],
        [
            text("[sic]"),
            Value::Map(vec![("a".to_owned(), Value::List(vec![Value::Int(1)]))]),
            Value::List(vec![Value::Float(0.5), Value::Float(2.0)]),
        ]
    );
    assert_eq!(
        column(&["{a,b}", "{}", "", "{c}"]),
        [
            Value::List(vec![text("a"), text("b")]),
            Value::List(vec![]),
            Value::Null,
            Value::List(vec![text("c")]),
        ]
    );
    let cut = error(b"_id,v\na,[0.1 0.2]\nb,[0.1 ... 0.2]\n");
    assert!(cut.contains("line 3: the list in the column \"v\" was cut"), "{cut}");
}

#[test]
fn a_column_without_a_name_that_counts_rows_is_left_out() {
    let ann = fields(&[("_id", text("a")), ("age", Value::Int(30))]);
    for table in [
        ",_id,age\n0,a,30\n1,b,31\n",
        ",_id,age\n17,a,30\n19,b,31\n",
        ",_id,age\n1,a,30\n0,b,31\n",
        "\"\",_id,age\n\"1\",a,30\n\"2\",b,31\n",
        "Unnamed: 0,_id,age\n0,a,30\n1,b,31\n",
        "Unnamed: 0.1,Unnamed: 0,_id,age\n0,0,a,30\n1,1,b,31\n",
        ",Unnamed: 0,_id,age\n0,0,a,30\n1,1,b,31\n",
        "_id,age,\na,30,\nb,31,\n",
        "_id,age\na,30,\nb,31,\n",
        "_id,age,,\na,30,,\nb,31,,\n",
    ] {
        let (records, note) = noted(table.as_bytes());
        assert_eq!(records[0], ann, "{table}");
        assert!(!note.is_empty(), "{table}");
    }
    let (records, note) = noted(b"_id,,Unnamed: 1\na,x,y\n");
    assert_eq!(records, [fields(&[("_id", text("a")), ("column 2", text("x")), ("Unnamed: 1", text("y"))])]);
    assert!(note.contains("column 2"), "{note}");
    assert_eq!(
        noted(b",age,_id\n9,30,a\n7,31,b\n").0[0],
        fields(&[("column 1", Value::Int(9)), ("age", Value::Int(30)), ("_id", text("a"))])
    );
    let by_name = read_with(Some("Unnamed: 0"), b"Unnamed: 0,age\n0,30\n").unwrap();
    assert_eq!(by_name, [fields(&[("Unnamed: 0", text("0")), ("age", Value::Int(30))])]);
    assert_eq!(self::records("age,_id\n0,a\n1,b\n").len(), 2);
}

#[test]
fn what_is_no_table_in_utf_8_says_what_it_is() {
    let cases: [(&[u8], &[&str]); 10] = [
        (
            b"_id,n\na,M\xfcller\n",
            &["line 2", "1 of 1 rows are not UTF-8", "Windows-1252", "iconv -f WINDOWS-1252"],
        ),
        (b"_id,n\na,M\xfcller\nb,caf\xe9\nc,x\n", &["line 2", "2 of 3 rows"]),
        (b"_id,caf\xe9\n1,2\n", &["line 1", "column 2", "Windows-1252", "iconv"]),
        (b"Members\n_id,name\na,Ann\n", &["line 1", "title", "line 2"]),
        (b"Members,,\n,,\n_id,name,age\na,Ann,30\n", &["line 1", "title", "line 3"]),
        (
            b"_id,name\na,Ann,30\nb,Bob,31\n",
            &["line 1", "header has 2 cells", "every row behind it has 3 cells"],
        ),
        (b"_id\na,Ann\nb,Bob,31\n", &["header has 1 cell", "no row behind it has as many"]),
        (b",,\n_id,a,b\n", &["line 1", "no column has a name"]),
        (b"_\0i\0d\0,\0a\0\n\0", &["UTF-16"]),
        (b"_id,a\0b\n1,2\n", &["line 1", "NUL"]),
    ];
    for (table, parts) in cases {
        let message = error(table);
        for part in parts {
            assert!(message.contains(part), "no {part:?} in {message}");
        }
    }
    let wide = format!("{}\n", ",".repeat(70_000));
    assert!(error(wide.as_bytes()).contains("70001 columns"));
    assert_eq!(read_with(None, b"_id,a\n1,x\0y\n2,z\n").unwrap()[0], unusable(NUL, "line 2"));
}

#[test]
fn rows_of_another_encoding_are_skipped_only_where_they_are_stray() {
    let table = |bad: usize, good: usize| {
        let mut table = b"_id,n\n".to_vec();
        (0..bad).for_each(|_| table.extend(b"x,caf\xe9\n"));
        (0..good).for_each(|_| table.extend("y,café\n".as_bytes()));
        (0..100).for_each(|_| table.extend(b"z,tea\n"));
        table
    };
    for (bad, good) in [(9, 0), (50, 50)] {
        let (records, note) = noted(&table(bad, good));
        assert_eq!(records.len(), bad + good + 100);
        assert!(
            note.contains(&format!("{bad} of")) && note.contains("line 2") && note.contains("iconv"),
            "{note}"
        );
    }
    assert!(error(&table(10, 9)).contains("iconv"));
}

#[test]
fn quotes_around_lines_like_rows_are_noted_or_refused() {
    let table = |count: usize| format!("_id,n,m\na,1,\"2\n{}b,3,4\"\n", "r,1,2\n".repeat(count));
    assert!(noted(table(3).as_bytes()).1.contains("line 2"));
    assert!(error(table(30).as_bytes()).contains("line 2: the quotes of cell 3 enclose 32 lines"));
}

#[test]
fn the_id_column_is_text_whatever_is_in_it() {
    let table = "id,_id,x\n1,007,5\n2,,6\n";
    let id_and_x = |id_field| match &read_with(id_field, table.as_bytes()).unwrap()[..] {
        [Record::Fields(first), Record::Fields(second)] => [first.clone(), second.clone()].map(|fields| {
            let [id, underscore, x] = fields.try_into().unwrap();
            (id.1, underscore.1, x.1)
        }),
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
        unusable(RAGGED, "line 3 (1 cell instead of 2)"),
        fields(&[("_id", text("3\n3")), ("x", Value::Int(6))]),
        unusable(RAGGED, "line 7 (3 cells instead of 2)"),
        unusable(NOT_UNICODE, "line 8 (column \"x\" is not UTF-8, perhaps WINDOWS-1252)"),
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
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("people.csv");
    std::fs::write(&path, "_id\n1\n2\n3\n").unwrap();
    read(&Input::open(&path, dir.path()).unwrap(), &ReadOptions::default(), &mut |_| {
        calls += 1;
        if calls == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(calls, 2);
}
