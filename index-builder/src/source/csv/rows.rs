//! The rows of a CSV file, as bytes, with the right line numbers and in bounded memory.
//!
//! `csv_core` does the parsing. The reader of the `csv` crate is not used because it holds a record however long it
//! is (a quote that is not closed makes one record of the rest of the file), and because a line number of it is too
//! small by one behind every CRLF.

use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader};

use super::super::Cause;
use super::super::input::{Unmarked, without_byte_order_mark};

/// The first size of the buffers, which grow as needed.
const ROOM: usize = 1 << 10;

/// A CSV file while it is read from its start to its end.
pub(super) struct Rows<R> {
    reader: Unmarked<R>,
    parser: Reader,
    /// The most bytes that the cells of a row may have together.
    limit: usize,
    /// The bytes of all cells of the present row, without quotes.
    text: Vec<u8>,
    /// Where each cell ends in the text; only the first `cells` count.
    ends: Vec<usize>,
    cells: usize,
    line: u64,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(reader: R, limit: usize) -> Result<Rows<R>, Cause> {
        let (reader, _) = without_byte_order_mark(reader)?;
        let (text, ends) = (vec![0; ROOM], vec![0; ROOM]);
        Ok(Rows { reader, parser: Reader::new(), limit, text, ends, cells: 0, line: 1 })
    }

    /// Goes to the next row, passing over blank lines; false at the end.
    pub(super) fn advance(&mut self) -> Result<bool, Cause> {
        self.skip_line_ends()?;
        self.line = self.parser.line();
        self.cells = 0;
        let mut length = 0;
        loop {
            let bytes = self.reader.fill_buf()?;
            let (text, ends) = (&mut self.text[length..], &mut self.ends[self.cells..]);
            let (result, taken, written, ended) = self.parser.read_record(bytes, text, ends);
            self.reader.consume(taken);
            length += written;
            self.cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => grow(&mut self.text, 0, self.limit)?,
                ReadRecordResult::OutputEndsFull => grow(&mut self.ends, 0, self.limit)?,
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    /// The line on which the present row starts, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The number of cells in the present row.
    pub(super) fn len(&self) -> usize {
        self.cells
    }

    /// The cells of the present row.
    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends[..self.cells].iter().map(move |&end| {
            let cell = &self.text[start..end];
            start = end;
            cell
        })
    }

    /// Takes what lies between two rows: the second half of a CRLF and blank lines. The parser would pass over them
    /// too, but then count them to the row behind them.
    fn skip_line_ends(&mut self) -> Result<(), Cause> {
        loop {
            let bytes = self.reader.fill_buf()?;
            let is_more = |&&byte: &&u8| byte == b'\r' || byte == b'\n';
            let count = bytes.iter().take_while(is_more).count();
            let lines = bytes[..count].iter().filter(|&&byte| byte == b'\n').count();
            self.reader.consume(count);
            self.parser.set_line(self.parser.line() + lines as u64);
            if count == 0 {
                return Ok(());
            }
        }
    }
}

fn grow<T: Clone>(buffer: &mut Vec<T>, filler: T, limit: usize) -> Result<(), Cause> {
    if buffer.len() >= limit {
        return Err(Cause::EndlessRecord);
    }
    buffer.resize((buffer.len() * 2).min(limit), filler);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn rows(buffer: usize, text: &str) -> Vec<(u64, Vec<String>)> {
        let reader = BufReader::with_capacity(buffer, text.as_bytes());
        let mut rows = Rows::new(reader, 1 << 20).unwrap();
        let mut all = Vec::new();
        while rows.advance().unwrap() {
            let cells = rows.cells().map(|cell| String::from_utf8(cell.to_vec()).unwrap());
            all.push((rows.line(), cells.collect()));
        }
        all
    }

    #[test]
    fn rows_have_their_lines_with_every_line_end_and_wherever_the_buffer_ends() {
        let lines = ["a,b", "", "1", "\"x\ny\",\"\"\"\"", "2,3,4", "", "", "5,"];
        let expected = [
            (1, vec!["a", "b"]),
            (3, vec!["1"]),
            (4, vec!["x\ny", "\""]),
            (6, vec!["2", "3", "4"]),
            (9, vec!["5", ""]),
        ];
        let expected = expected.map(|(line, cells)| (line, cells.into_iter().map(String::from).collect()));
        for mark in ["", "\u{feff}"] {
            for end in ["\n", "\r\n"] {
                for last in ["", end] {
                    let text = format!("{mark}{}{last}", lines.join(end));
                    for buffer in 1..30 {
                        assert_eq!(rows(buffer, &text), expected, "{text:?} {buffer}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_longer_than_the_first_buffers_is_read() {
        let cells = vec!["cell"; 3 * ROOM];
        let found = rows(100, &cells.join(","));
        assert_eq!(found[0].1, cells);
    }

    #[test]
    fn a_row_above_the_limit_is_an_error_in_its_line() {
        let limit = 4 * ROOM;
        let texts = [format!("a,b\n\"{}", "x\n".repeat(limit)), format!("a,b\n{}", ",".repeat(2 * limit))];
        for text in texts {
            let mut rows = Rows::new(text.as_bytes(), limit).unwrap();
            assert!(rows.advance().unwrap());
            assert!(matches!(rows.advance(), Err(Cause::EndlessRecord)));
            assert_eq!(rows.line(), 2);
            assert!(rows.text.len() <= limit && rows.ends.len() <= limit);
        }
    }
}
