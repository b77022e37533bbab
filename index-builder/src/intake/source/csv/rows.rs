//! The rows of a CSV file, as bytes, with the right line numbers and in bounded memory.
//!
//! The crates for this are too lenient to be used: they take a quote that is never closed, or text behind a closing
//! one, for an ordinary cell, and so lose in silence the rows between two quotes.

use std::io::BufRead;

use super::super::Cause;
use super::dialect::{Dialect, Escape};
use super::fault::CsvFault;

/// The first size of the text, which grows as needed.
const ROOM: usize = 1 << 10;

/// From how many lines within quotes on, each with as many cells as the table has columns, they must be rows and
/// not the text of a cell: prose does not come with the same number of separators on every line.
const SWALLOWED_LINES: u64 = 20;

/// From how many such lines on that is worth a note.
const SUSPECT_LINES: u64 = 2;

/// A CSV file while it is read from its start to its end.
pub(super) struct Rows<R> {
    reader: R,
    parser: Parser,
}

/// What was seen on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Backslashes that made a quote, a separator or a line end part of a cell.
    pub(super) escapes: u64,
    /// Backslashes that mean nothing where a backslash escapes whatever is behind it.
    pub(super) lone: u64,
    /// The line on which the first quoted cell starts whose lines look like rows.
    pub(super) suspect: Option<u64>,
}

impl<R: BufRead> Rows<R> {
    /// The rows of what is UTF-8; at most `limit` bytes and cells together are held of one.
    pub(super) fn new(reader: R, dialect: Dialect, limit: usize) -> Rows<R> {
        Rows { reader, parser: Parser::new(dialect, limit) }
    }

    /// Goes to the next row, passing over blank lines; false at the end.
    ///
    /// # Errors
    /// Where a quote stands as CSV does not allow it: then [`Rows::line`] is the line of that quote. Where a row is
    /// too long.
    pub(super) fn advance(&mut self) -> Result<bool, Cause> {
        self.parser.begin();
        loop {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                return self.parser.finish();
            }
            let (taken, ended) = self.parser.feed(bytes)?;
            self.reader.consume(taken);
            if ended {
                return Ok(true);
            }
        }
    }

    /// The line on which the present row starts, from 1; behind an error about a quote, the line of that.
    pub(super) fn line(&self) -> u64 {
        self.parser.line
    }

    /// The number of cells in the present row.
    pub(super) fn len(&self) -> usize {
        self.parser.ends.len()
    }

    /// Says how many cells the rows are to have, from which it is told what looks like rows.
    pub(super) fn expect(&mut self, columns: usize) {
        self.parser.columns = columns;
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> Seen {
        self.parser.seen
    }

    /// The cells of the present row.
    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.parser.ends.iter().map(move |&end| {
            let cell = &self.parser.text[start..end as usize];
            start = end as usize;
            cell
        })
    }

    /// The cells of the present row, if every one of them is UTF-8.
    pub(super) fn texts(&self) -> Option<impl Iterator<Item = &str> + Clone> {
        let text = std::str::from_utf8(&self.parser.text).ok()?;
        // Two halves of a character in two cells are not a character.
        if !self.parser.ends.iter().all(|&end| text.is_char_boundary(end as usize)) {
            return None;
        }
        let mut start = 0;
        Some(self.parser.ends.iter().map(move |&end| {
            let cell = &text[start..end as usize];
            start = end as usize;
            cell
        }))
    }

    /// All cells of the present row, one behind the other.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.parser.text
    }
}

/// What a byte is to the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    Blank,
    Quote,
    Separator,
    LineFeed,
    Return,
    Backslash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a cell, or behind blanks there.
    Start,
    /// In a cell without quotes.
    Plain,
    /// Behind a backslash in such a cell.
    PlainEscape,
    /// Between the quotes of a cell.
    Quoted,
    /// Behind a backslash in such a cell.
    QuotedEscape,
    /// Behind so many backslashes in such a cell.
    Backslashes(usize),
    /// Behind a quote that closes a cell, unless another one follows, and so many blanks.
    Closed(usize),
}

struct Parser {
    classes: [Class; 256],
    escape: Escape,
    limit: usize,
    columns: usize,
    /// The bytes of all cells of the present row, without quotes.
    text: Vec<u8>,
    /// Where each cell ends in the text.
    ends: Vec<u32>,
    state: State,
    /// The line on which the row starts, and the line of the next byte.
    line: u64,
    next_line: u64,
    /// Whether the byte before was a carriage return, to whose line a line feed belongs.
    after_return: bool,
    /// Whether a cell of the row has quotes.
    has_quotes: bool,
    quote: Quote,
    seen: Seen,
}

/// The quoted cell that is being read.
#[derive(Clone, Copy, Default)]
struct Quote {
    /// The line on which it opens.
    line: u64,
    /// Whether blanks stand before it: then it may be text as well.
    behind_blanks: bool,
    /// Lines that end in it, and separators in the last of these.
    breaks: u64,
    separators: usize,
    /// Whether a separator stands in it.
    has_separator: bool,
    /// Whether a line that is in it as a whole has another number of separators than a row.
    has_prose: bool,
}

impl Parser {
    fn new(dialect: Dialect, limit: usize) -> Parser {
        let mut classes = [Class::Other; 256];
        classes[usize::from(b' ')] = Class::Blank;
        classes[usize::from(b'\t')] = Class::Blank;
        if dialect.escape != Escape::None {
            classes[usize::from(b'\\')] = Class::Backslash;
        }
        classes[usize::from(dialect.separator)] = Class::Separator;
        classes[usize::from(b'"')] = Class::Quote;
        classes[usize::from(b'\n')] = Class::LineFeed;
        classes[usize::from(b'\r')] = Class::Return;
        Parser {
            classes,
            escape: dialect.escape,
            // Where a cell ends is kept in 32 bits.
            limit: limit.min(u32::MAX as usize),
            columns: 0,
            text: Vec::with_capacity(ROOM),
            ends: Vec::new(),
            state: State::Start,
            line: 1,
            next_line: 1,
            after_return: false,
            has_quotes: false,
            quote: Quote::default(),
            seen: Seen::default(),
        }
    }

    fn begin(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.state = State::Start;
        self.line = self.next_line;
        self.has_quotes = false;
    }

    /// Reads on; how many bytes were taken, and whether the row has ended.
    fn feed(&mut self, bytes: &[u8]) -> Result<(usize, bool), Cause> {
        let mut at = 0;
        while at < bytes.len() {
            let length = self.run(&bytes[at..]);
            if length > 0 {
                self.extend(&bytes[at..at + length])?;
                self.after_return = false;
                at += length;
                continue;
            }
            at += 1;
            if self.step(bytes[at - 1])? {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// How many of the next bytes are text and nothing else.
    fn run(&self, bytes: &[u8]) -> usize {
        let class = |byte: u8| self.classes[usize::from(byte)];
        let end = match self.state {
            State::Plain => bytes.iter().position(|&byte| match class(byte) {
                Class::Other | Class::Blank | Class::Quote => false,
                Class::Backslash => self.escape == Escape::All,
                Class::Separator | Class::LineFeed | Class::Return => true,
            }),
            State::Quoted => {
                bytes.iter().position(|&byte| !matches!(class(byte), Class::Other | Class::Blank))
            }
            _ => Some(0),
        };
        end.unwrap_or(bytes.len())
    }

    /// Takes one byte; whether the row ends with it.
    fn step(&mut self, byte: u8) -> Result<bool, Cause> {
        let class = self.classes[usize::from(byte)];
        if std::mem::take(&mut self.after_return) && class == Class::LineFeed {
            if self.state == State::Quoted {
                self.extend(b"\n")?;
            }
            return Ok(false);
        }
        if matches!(class, Class::LineFeed | Class::Return) {
            self.next_line += 1;
            self.after_return = class == Class::Return;
        }
        match self.state {
            State::Start => self.start(byte, class),
            State::Plain => self.plain(byte, class),
            State::PlainEscape => self.escaped(byte, class, State::Plain),
            State::Quoted => self.quoted(byte, class),
            State::QuotedEscape => self.escaped(byte, class, State::Quoted),
            State::Backslashes(count) => self.backslashes(byte, class, count),
            State::Closed(blanks) => self.closed(byte, class, blanks),
        }
    }

    fn start(&mut self, byte: u8, class: Class) -> Result<bool, Cause> {
        match class {
            Class::Blank => {
                self.quote.behind_blanks = true;
                Ok(false)
            }
            Class::Quote => {
                let behind_blanks = self.quote.behind_blanks;
                self.quote = Quote { line: self.next_line, behind_blanks, ..Quote::default() };
                self.has_quotes = true;
                self.state = State::Quoted;
                Ok(false)
            }
            _ => self.plain(byte, class),
        }
    }

    fn plain(&mut self, byte: u8, class: Class) -> Result<bool, Cause> {
        self.state = State::Plain;
        match class {
            Class::Separator => self.end_cell(true).map(|()| false),
            Class::LineFeed | Class::Return => self.end_row(true),
            Class::Backslash if self.escape == Escape::All => {
                self.state = State::PlainEscape;
                Ok(false)
            }
            _ => self.extend(&[byte]).map(|()| false),
        }
    }

    fn quoted(&mut self, byte: u8, class: Class) -> Result<bool, Cause> {
        match class {
            Class::Quote => {
                self.state = State::Closed(0);
                return Ok(false);
            }
            Class::Backslash => {
                self.state =
                    if self.escape == Escape::All { State::QuotedEscape } else { State::Backslashes(1) };
                return Ok(false);
            }
            Class::Separator => {
                self.quote.separators += 1;
                self.quote.has_separator = true;
            }
            Class::LineFeed | Class::Return => {
                let is_whole_line = self.quote.breaks > 0;
                self.quote.has_prose |= is_whole_line && self.quote.separators + 1 != self.columns;
                self.quote.breaks += 1;
                self.quote.separators = 0;
            }
            Class::Other | Class::Blank => {}
        }
        self.extend(&[byte]).map(|()| false)
    }

    /// Behind a backslash where a backslash is an escape everywhere.
    fn escaped(&mut self, byte: u8, class: Class, state: State) -> Result<bool, Cause> {
        self.state = state;
        match class {
            Class::Quote | Class::Separator | Class::LineFeed | Class::Return => self.seen.escapes += 1,
            Class::Backslash => {}
            Class::Other | Class::Blank => {
                // `\N` is how databases write that there is nothing.
                self.seen.lone += u64::from(byte != b'N');
                self.extend(b"\\")?;
            }
        }
        self.extend(&[byte]).map(|()| false)
    }

    /// Behind backslashes where they mean something only before a quote.
    fn backslashes(&mut self, byte: u8, class: Class, count: usize) -> Result<bool, Cause> {
        match class {
            Class::Backslash => {
                self.state = State::Backslashes(count + 1);
                self.check(count)?;
                Ok(false)
            }
            Class::Quote => {
                self.extend_backslashes(count / 2)?;
                if count.is_multiple_of(2) {
                    self.state = State::Closed(0);
                    return Ok(false);
                }
                self.seen.escapes += 1;
                self.state = State::Quoted;
                self.extend(&[byte]).map(|()| false)
            }
            _ => {
                self.extend_backslashes(count)?;
                self.state = State::Quoted;
                self.quoted(byte, class)
            }
        }
    }

    fn closed(&mut self, byte: u8, class: Class, blanks: usize) -> Result<bool, Cause> {
        match class {
            Class::Quote if blanks == 0 => {
                self.state = State::Quoted;
                self.extend(&[byte]).map(|()| false)
            }
            Class::Blank => {
                self.state = State::Closed(blanks + 1);
                self.check(blanks)?;
                Ok(false)
            }
            Class::Separator => {
                self.check_quoted_lines()?;
                self.end_cell(false).map(|()| false)
            }
            Class::LineFeed | Class::Return => {
                self.check_quoted_lines()?;
                self.end_row(false)
            }
            _ => self.text_behind_quote(byte, blanks),
        }
    }

    /// ` "hi" she said`: a quote behind a blank is text where the cell is not one in quotes, and nothing else can be
    /// meant.
    fn text_behind_quote(&mut self, byte: u8, blanks: usize) -> Result<bool, Cause> {
        let quote = self.quote;
        let is_text = quote.behind_blanks && quote.breaks == 0 && !quote.has_separator;
        if !is_text || self.escape != Escape::None {
            let (line, cell) = (self.next_line, self.ends.len() + 1);
            self.line = quote.line;
            return Err(CsvFault::TextBehindQuote { cell, line, found: byte.into() }.into());
        }
        let start = self.cell_start();
        let mut cell = vec![b'"'];
        for &byte in &self.text[start..] {
            cell.extend(if byte == b'"' { &b"\"\""[..] } else { std::slice::from_ref(&byte) });
        }
        cell.push(b'"');
        cell.resize(cell.len() + blanks, b' ');
        cell.push(byte);
        self.text.truncate(start);
        self.state = State::Plain;
        self.extend(&cell).map(|()| false)
    }

    /// # Errors
    /// Where the lines of a quoted cell must be rows that two stray quotes enclose.
    fn check_quoted_lines(&mut self) -> Result<(), Cause> {
        let quote = self.quote;
        let whole_lines = quote.breaks.saturating_sub(1);
        if quote.has_prose || self.columns < 2 {
            return Ok(());
        }
        if whole_lines >= SWALLOWED_LINES {
            let cell = self.ends.len() + 1;
            self.line = quote.line;
            return Err(CsvFault::QuoteAroundRows { cell, lines: quote.breaks + 1 }.into());
        }
        if whole_lines >= SUSPECT_LINES {
            self.seen.suspect.get_or_insert(quote.line);
        }
        Ok(())
    }

    fn end_cell(&mut self, trimmed: bool) -> Result<(), Cause> {
        if trimmed {
            let start = self.cell_start();
            let is_blank = |byte: u8| self.classes[usize::from(byte)] == Class::Blank;
            let blanks = self.text[start..].iter().rev().take_while(|&&byte| is_blank(byte)).count();
            self.text.truncate(self.text.len() - blanks);
        }
        self.check(1)?;
        // The limit of the text, which has just been checked, is within 32 bits.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.state = State::Start;
        self.quote.behind_blanks = false;
        Ok(())
    }

    /// Ends the row, unless it is a blank line: then the row is still to come.
    fn end_row(&mut self, trimmed: bool) -> Result<bool, Cause> {
        self.end_cell(trimmed)?;
        if self.ends.len() == 1 && self.text.is_empty() && !self.has_quotes {
            self.begin();
            return Ok(false);
        }
        Ok(true)
    }

    /// The end of the file; whether a row ends with it.
    fn finish(&mut self) -> Result<bool, Cause> {
        match self.state {
            State::Start if self.ends.is_empty() => Ok(false),
            State::Start | State::Plain => self.end_row(true),
            State::PlainEscape => {
                self.extend(b"\\")?;
                self.end_row(true)
            }
            State::Closed(_) => {
                self.check_quoted_lines()?;
                self.end_row(false)
            }
            State::Quoted | State::QuotedEscape | State::Backslashes(_) => {
                self.line = self.quote.line;
                Err(CsvFault::QuoteNotClosed { cell: self.ends.len() + 1 }.into())
            }
        }
    }

    /// Where the present cell starts in the text.
    fn cell_start(&self) -> usize {
        self.ends.last().map_or(0, |&end| end as usize)
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        self.check(bytes.len())?;
        self.text.extend_from_slice(bytes);
        Ok(())
    }

    fn extend_backslashes(&mut self, count: usize) -> Result<(), Cause> {
        self.check(count)?;
        self.text.resize(self.text.len() + count, b'\\');
        Ok(())
    }

    /// # Errors
    /// Where so many bytes more are too many for a row.
    fn check(&mut self, more: usize) -> Result<(), Cause> {
        if self.text.len() + self.ends.len() + more <= self.limit {
            return Ok(());
        }
        if self.state == State::Quoted {
            self.line = self.quote.line;
        }
        Err(Cause::EndlessRecord)
    }
}

#[cfg(test)]
mod tests;
