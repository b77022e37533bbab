use std::io::BufReader;

use super::*;

const COMMA: Dialect = Dialect { separator: b',', escape: Escape::None };

/// Rows with their lines.
type Lines = Vec<(u64, Vec<String>)>;

fn try_rows(buffer: usize, dialect: Dialect, text: &str) -> Result<Lines, (u64, String)> {
    let reader = BufReader::with_capacity(buffer, text.as_bytes());
    let mut rows = Rows::new(reader, dialect, 1 << 20);
    let mut all = Vec::new();
    loop {
        match rows.advance() {
            Ok(false) => return Ok(all),
            Ok(true) => {
                rows.expect(if all.is_empty() { rows.len() } else { rows.parser.columns });
                all.push((rows.line(), rows.texts().unwrap().map(str::to_owned).collect()));
            }
            Err(cause) => return Err((rows.line(), cause.to_string())),
        }
    }
}

/// The cells of all rows, the same wherever the buffer ends.
fn cells_of(dialect: Dialect, text: &str) -> Result<Vec<Vec<String>>, (u64, String)> {
    let whole = try_rows(1 << 10, dialect, text);
    for buffer in 1..20 {
        assert_eq!(try_rows(buffer, dialect, text), whole, "{text:?} {buffer}");
    }
    whole.map(|rows| rows.into_iter().map(|(_, cells)| cells).collect())
}

fn cells(text: &str) -> Vec<Vec<String>> {
    cells_of(COMMA, text).unwrap()
}

fn error(text: &str) -> (u64, String) {
    cells_of(COMMA, text).unwrap_err()
}

#[test]
fn rows_have_their_lines_with_every_line_end_and_wherever_the_buffer_ends() {
    let lines = ["a,b", "", "1", "\"x\ny\",\"\"\"\"", "2,3,4", "", "  ", "5,"];
    let expected = [
        (1, vec!["a", "b"]),
        (3, vec!["1"]),
        (4, vec!["x\ny", "\""]),
        (6, vec!["2", "3", "4"]),
        (9, vec!["5", ""]),
    ];
    let expected: Vec<(u64, Vec<String>)> = expected
        .map(|(line, cells)| (line, cells.into_iter().map(String::from).collect()))
        .into_iter()
        .collect();
    for end in ["\n", "\r\n", "\r"] {
        for last in ["", end] {
            let text = format!("{}{last}", lines.join(end));
            for buffer in 1..30 {
                assert_eq!(try_rows(buffer, COMMA, &text).as_ref(), Ok(&expected), "{text:?} {buffer}");
            }
        }
    }
}

#[test]
fn line_ends_within_quotes_stay_as_they_are_and_count() {
    for (end, lines) in [("\n", 1), ("\r\n", 1), ("\r", 1), ("\n\n", 2), ("\r\r", 2), ("\r\n\r\n", 2)] {
        let rows = try_rows(3, COMMA, &format!("\"x{end}y\"{end}z")).unwrap();
        assert_eq!(rows[0], (1, vec![format!("x{end}y")]));
        assert_eq!(rows[1].0, 1 + 2 * lines, "{end:?}");
    }
}

#[test]
fn blanks_around_cells_count_only_within_quotes() {
    assert_eq!(cells("a,  b c ,\t,\" d \" , \"e, f\",g\t\n"), [["a", "b c", "", " d ", "e, f", "g"]]);
    let tabs = Dialect { separator: b'\t', escape: Escape::None };
    assert_eq!(cells_of(tabs, "a\t b\t\t\"c\"\t \"d\te\"\n").unwrap(), [["a", "b", "", "c", "d\te"]]);
}

#[test]
fn a_quote_that_does_not_start_a_cell_is_text() {
    assert_eq!(cells("5'10\",a\"b\"c,'x,y'\n"), [["5'10\"", "a\"b\"c", "'x", "y'"]]);
    assert_eq!(cells("a, \"hi\"  she \"said\" ,\"C:\\\",b\n")[0], ["a", "\"hi\"  she \"said\"", "C:\\", "b"]);
    assert_eq!(cells("a, \"x\"\"y\" z\n"), [["a", "\"x\"\"y\" z"]]);
    assert_eq!(cells("\"\",\"\"\"\"\n\"\"\n"), [vec!["", "\""], vec![""]]);
}

#[test]
fn a_quote_that_csv_does_not_allow_is_an_error_on_its_line() {
    let cases = [
        ("_id,n\na,1\nb,\"2\nc,3\nd,4\n", 3, "cell 2 is never closed"),
        ("_id,n\na,1\nb,\"", 3, "cell 2 is never closed"),
        ("_id,n\na,1\n\"b,2\nc,3\n\"d,4\n", 3, "cell 1 closes on line 5"),
        ("_id,n\n\"a\"b,1\n", 2, "closes on line 2"),
        ("_id,n\na, \"x\"y\nb,1\na, \"x,\" y\n", 4, "closes on line 4"),
        ("_id,n\na,\"1\" 2\n", 2, "closes on line 2"),
        ("_id,n\na,\"1\" \"2\"\n", 2, "closes on line 2"),
        ("_id,n\na,\"say \\\"hi\\\"\"\n", 2, "closes on line 2"),
    ];
    for (text, line, part) in cases {
        let (found, message) = error(text);
        assert_eq!(found, line, "{text:?}: {message}");
        assert!(message.contains(part), "{text:?}: {message}");
    }
}

#[test]
fn a_stray_quote_that_encloses_rows_is_an_error_on_its_line() {
    let rows = |count: usize| "r,1,2\n".repeat(count);
    let (line, message) = error(&format!("_id,n,m\na,\"1,2\n{}b,2,3\"\n", rows(5000)));
    assert_eq!(line, 2);
    assert!(message.contains("5002 lines"), "{message}");
    let (line, message) = error(&format!("_id,n,m\na,\"1,2\n{}b,3\"x,4\n", rows(5000)));
    assert!(line == 2 && message.contains("closes on line 5003"), "{message}");

    let few = format!("_id,n,m\na,1,\"2\n{}\"\n", rows(3));
    assert_eq!(cells(&few)[1][2], format!("2\n{}", rows(3)));
    let mut read = Rows::new(few.as_bytes(), COMMA, 1 << 20);
    while read.advance().unwrap() {
        read.expect(3);
    }
    assert_eq!(read.seen().suspect, Some(2));
    let prose = format!("_id,n,m\na,1,\"{}\"\n", "a, b\nc\n".repeat(100));
    assert_eq!(cells(&prose).len(), 2);
}

#[test]
fn a_backslash_is_what_the_dialect_says() {
    let text = "a,\"x\\\\\",\"C:\\\"\n";
    assert_eq!(cells(text), [["a", "x\\\\", "C:\\"]]);
    let quotes = Dialect { separator: b',', escape: Escape::Quotes };
    let all = Dialect { separator: b',', escape: Escape::All };
    let spark = r#"C:\x\,"said \"hi\", \y\\z","\\","a\\\"b\\","#;
    assert_eq!(
        cells_of(quotes, spark).unwrap(),
        [["C:\\x\\", "said \"hi\", \\y\\\\z", "\\", "a\\\"b\\", ""]]
    );
    let python = "x\\,y,\"a\\\"b\\\\\",\\N,l\\\nm,\"\"\"\",\\";
    assert_eq!(cells_of(all, python).unwrap(), [["x,y", "a\"b\\", "\\N", "l\nm", "\"", "\\"]]);
    let seen = |dialect, text: &str| {
        let mut rows = Rows::new(text.as_bytes(), dialect, 1 << 20);
        while rows.advance().unwrap() {}
        (rows.seen().escapes, rows.seen().lone)
    };
    assert_eq!(seen(all, python), (3, 0));
    assert_eq!(seen(all, "\"\\\"\",a\\b\n"), (1, 1));
    assert_eq!(seen(quotes, spark), (3, 0));
    for escape in [Escape::Quotes, Escape::All] {
        let (line, message) = cells_of(Dialect { separator: b',', escape }, "a\nb,\"x\\\"\n").unwrap_err();
        assert!(line == 2 && message.contains("never closed"), "{message}");
    }
}

#[test]
fn halves_of_a_character_in_two_cells_are_no_text() {
    let mut rows = Rows::new(&b"\xc3,\xa9\n"[..], COMMA, 1 << 20);
    assert!(rows.advance().unwrap());
    assert!(rows.texts().is_none());
    assert_eq!(rows.cells().collect::<Vec<_>>(), [b"\xc3", b"\xa9"]);
}

#[test]
fn a_row_longer_than_the_first_buffers_is_read() {
    let cells = vec!["cell"; 3 * ROOM];
    let found = try_rows(100, COMMA, &cells.join(",")).unwrap();
    assert_eq!(found[0].1, cells);
}

#[test]
fn a_row_above_the_limit_is_an_error_in_its_line() {
    let limit = 4 * ROOM;
    let texts = [
        format!("a,b\n\"{}", "x\n".repeat(limit)),
        format!("a,b\n{}", ",".repeat(2 * limit)),
        format!("a,b\n\"\\{}", "\\".repeat(3 * limit)),
        format!("a,b\n\"x\"{}", " ".repeat(2 * limit)),
    ];
    for text in texts {
        for escape in [Escape::None, Escape::Quotes, Escape::All] {
            let mut rows = Rows::new(text.as_bytes(), Dialect { separator: b',', escape }, limit);
            assert!(rows.advance().unwrap());
            assert!(matches!(rows.advance(), Err(Cause::EndlessRecord)), "{escape:?}");
            assert_eq!(rows.line(), 2);
            assert!(rows.parser.text.len() <= limit && rows.parser.ends.len() <= limit);
        }
    }
}
