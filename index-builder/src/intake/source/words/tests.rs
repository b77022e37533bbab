use std::ops::ControlFlow;

use tempfile::TempDir;

use super::super::samples::gzip;
use super::*;

fn read_with(bytes: &[u8], options: &ReadOptions) -> Result<Vec<Record>, String> {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("w"), bytes).unwrap();
    let mut records = Vec::new();
    read(&Input::open(&dir.path().join("w"), dir.path()).unwrap(), options, &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })
    .map(|()| records)
    .map_err(|error| error.to_string())
}

fn words(bytes: &[u8]) -> Result<Vec<(String, Vec<f32>)>, String> {
    let word = |record| match record {
        Record::Fields(fields) => match &fields[..] {
            [(id, Value::Text(word)), (field, Value::Floats(numbers))]
                if id == "_id" && field == "vector" =>
            {
                (word.clone(), numbers.clone())
            }
            other => panic!("{other:?}"),
        },
        Record::Unusable { reason, place } => (format!("{place}: {reason}"), Vec::new()),
    };
    Ok(read_with(bytes, &ReadOptions::default())?.into_iter().map(word).collect())
}

fn words_of(text: &str) -> Vec<(String, Vec<f32>)> {
    words(text.as_bytes()).unwrap()
}

fn expected() -> Vec<(String, Vec<f32>)> {
    vec![("the".to_owned(), vec![0.5, -2.0, 0.25]), ("é".to_owned(), vec![1.0, 0.0, 1e-5])]
}

fn binary(line_ends: bool) -> Vec<u8> {
    let mut bytes = b"2 3\n".to_vec();
    for (word, numbers) in expected() {
        bytes.extend(word.as_bytes());
        bytes.push(b' ');
        numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(line_ends.then_some(b'\n'));
    }
    bytes
}

#[test]
fn every_way_of_writing_words_gives_the_same_vectors() {
    let lines = "the 0.5 -2 0.25\né 1 0 1e-05\n";
    let texts = [
        lines.to_owned(),
        format!("2 3\n{lines}"),
        format!("2 3\n{}", lines.replace('\n', " \n")),
        lines.replace('\n', "\r\n"),
        lines.replace(' ', "\t"),
        format!("{lines}\n"),
    ];
    let files =
        texts.map(String::into_bytes).into_iter().chain([binary(false), binary(true), gzip(&binary(true))]);
    for bytes in files {
        assert_eq!(words(&bytes).unwrap(), expected(), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn the_numbers_are_the_last_of_a_line_and_the_word_may_have_blanks() {
    let found = words(b"a 1 2\nat name@x 3 4\n. . . 5 6\n1 7 8\n\xc2\xa0 9 1\n").unwrap();
    let words: Vec<&str> = found.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["a", "at name@x", ". . .", "1", "\u{a0}"]);
    assert_eq!(found[2].1, [5.0, 6.0]);
    // The header does not make a binary file of it, nor do letters behind a blank.
    let found = words_of("1 2\né é 3 4\n");
    assert_eq!(found, [("é é".to_owned(), vec![3.0, 4.0])]);
}

#[test]
fn a_damaged_line_is_an_error_with_its_number() {
    let cases: [(&[u8], &[&str]); 8] = [
        (b"a 1 2\nb 3 4\nc 5\n", &["line 3", "1 numbers", "2 are expected"]),
        (b"a 1 2\nb 3 x\nc 5 6\n", &["line 2", "\"x\"", "no number"]),
        (b"3 2\na 1 2\nb 3 4\n", &["says 3 words", "has 2", "truncated"]),
        (b"1 2\na 1 2\nb 3 4\n", &["says 1 words", "has 2", "damaged"]),
        (b"2 0\na 1 2\n", &["line 1", "1 to 65536"]),
        (b"", &["nothing in it"]),
        (b"a\nb\n", &["line 1", "0 numbers"]),
        (b"{\"_id\": \"a\"}\n", &["line 1", "no number"]),
    ];
    for (bytes, parts) in cases {
        let error = words(bytes).unwrap_err();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
}

#[test]
fn a_binary_file_cut_anywhere_is_an_error_with_its_place() {
    let whole = binary(false);
    for length in 5..whole.len() {
        // What is left of the first word may look as text.
        let error = words(&whole[..length]).unwrap_err();
        assert!(error.contains("truncated") || error.contains("expected"), "{length}: {error}");
    }
    let error = words(&[&whole[..], b"more"].concat()).unwrap_err();
    assert!(error.contains("something follows the 2 words"), "{error}");
    let endless = [&b"2 3\n\0"[..], &vec![b'x'; 5000], b" \0\0"].concat();
    assert!(
        words(&endless).unwrap_err().contains("no number") || words(&endless).unwrap_err().contains("4096")
    );
}

#[test]
fn a_word_that_is_no_text_makes_its_record_unusable() {
    assert_eq!(words(b"a 1 2\n\xff 3 4\n").unwrap()[1].0, "line 2: text is not Unicode");
    let mut bytes = binary(true);
    let at = bytes.iter().position(|&byte| byte == b't').unwrap();
    bytes[at] = 0xff;
    assert_eq!(words(&bytes).unwrap()[0].0, "word 1: text is not Unicode");
}

#[test]
fn the_field_of_the_id_and_what_the_file_is_are_said() {
    let options = ReadOptions { id_field: Some("word".to_owned()), ..ReadOptions::default() };
    let records = read_with(b"a 1 2\nb 3 4", &options).unwrap();
    assert!(matches!(&records[0], Record::Fields(fields) if fields[0].0 == "word"));
    let notes = options.notes.take();
    assert!(notes[0].contains("2 numbers") && notes[0].contains("field:vector"), "{notes:?}");
    assert!(notes[1].contains("last line has no end"), "{notes:?}");
}
