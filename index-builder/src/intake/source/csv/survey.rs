//! The first pass over a CSV file: what its columns are, and whether its rows are what they seem.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use super::super::encoding::Encoding;
use super::super::{Cause, Notes, ROW_NUMBERS, ReadOptions};
use super::column::{Count, Kind};
use super::dialect::{Dialect, Escape, Layout};
use super::encoding::{guess, guess_in_words};
use super::fault::{CsvFault, MAX_COLUMNS, cells};
use super::number::Style;
use super::rows::{Rows, Seen};

/// The names of the id column where none is given, the first one first.
pub(super) const ID_FIELDS: [&str; 2] = ["_id", "id"];

/// What pandas calls the column without a name of a file that it has read; a number follows.
const PANDAS_INDEX: &str = "Unnamed: ";

/// From so many rows on that are not UTF-8, where they are more than the rows that are it beyond ASCII, the file is in
/// another encoding; of fewer the rows are skipped, unless they are most of all.
const OTHER_ENCODING_ROWS: u64 = 10;

/// Names in a note.
const NAMES: usize = 5;

const ROW_NUMBERS_LEFT_OUT: &str =
    "columns without a name that count the rows are left out (who wants one gives it a name)";
const UNNAMED_AND_EMPTY: &str = "columns without a name and with nothing in them are left out";
const UNNAMED: &str = "columns without a name are named by their place";
const DECIMAL_COMMA: &str = "columns are read as numbers with a decimal comma";
const THOUSANDS_COMMA: &str = "columns are read as numbers with commas between thousands";
const NUMBER_LIKE: &str = "columns look like numbers, but are written in a way that is not read as such, or in several, \
                           and stay text; 1234.5 is read";
const MOSTLY_NUMBERS: &str =
    "columns have numbers in most of their cells, and stay text because of the others";
const MIXED: &str = "columns are read as numbers, and cells that are none stay as they are written";

/// A column as it is decided over the whole source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What was counted over all rows.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The names in the header, and its line.
    pub(super) names: Vec<String>,
    pub(super) header_line: u64,
    counts: Vec<Count>,
    /// All rows behind the header, and those with as many cells as that, and those with an empty one more.
    pub(super) rows: u64,
    fitting: u64,
    spare: u64,
    /// The number of cells of the rows that do not fit, if it is the same of all.
    other_width: Option<usize>,
    has_other_widths: bool,
    /// Rows that are not UTF-8, and those that are it and more than ASCII.
    not_utf8: u64,
    beyond_ascii: u64,
    first_not_utf8: Option<(u64, Vec<u8>)>,
    /// The line of the first row with something in every cell.
    first_full: Option<u64>,
    pub(super) seen: Seen,
}

/// Goes to the header and takes the names in it.
///
/// # Errors
/// Where there is none, or one that cannot be used.
pub(super) fn open<R: BufRead>(rows: &mut Rows<R>, layout: Layout) -> Result<Vec<String>, Cause> {
    if layout.has_separator_line {
        rows.advance()?;
    }
    if !rows.advance()? {
        return Err(Cause::NoHeader);
    }
    rows.expect(rows.len());
    if rows.len() > MAX_COLUMNS {
        return Err(CsvFault::TooManyColumns(rows.len()).into());
    }
    if rows.bytes().contains(&0) {
        return Err(CsvFault::Nul.into());
    }
    names(rows)
}

/// The names in the header, which is the present row; a column without one gets its number.
fn names<R: BufRead>(header: &Rows<R>) -> Result<Vec<String>, Cause> {
    let mut names = Vec::with_capacity(header.len());
    let mut numbers = HashMap::new();
    for (cell, number) in header.cells().zip(1..) {
        let name = std::str::from_utf8(cell).map_err(|_| CsvFault::NotUtf8 {
            rows: format!("the name of column {number} is"),
            guess: guess_in_words(cell),
        })?;
        let name = name.trim();
        if !name.is_empty()
            && let Some(first) = numbers.insert(name.to_owned(), number)
        {
            return Err(Cause::HeaderTwice { name: name.to_owned(), first, second: number });
        }
        names.push(name.to_owned());
    }
    if numbers.is_empty() {
        return Err(CsvFault::NoNames.into());
    }
    Ok(names)
}

impl Survey {
    /// Reads a file to its end.
    ///
    /// # Errors
    /// Where a row cannot be read.
    pub(super) fn new<R: BufRead>(rows: &mut Rows<R>, layout: Layout) -> Result<Survey, Cause> {
        let names = open(rows, layout)?;
        let counts = vec![Count::default(); names.len()];
        let mut survey = Survey { names, header_line: rows.line(), counts, ..Survey::default() };
        while rows.advance()? {
            survey.add(rows);
        }
        survey.seen = rows.seen();
        Ok(survey)
    }

    fn add<R: BufRead>(&mut self, rows: &Rows<R>) {
        self.rows += 1;
        let (line, width) = (rows.line(), self.names.len());
        let has_spare = rows.len() == width + 1 && rows.cells().last().is_some_and(<[u8]>::is_empty);
        self.spare += u64::from(has_spare);
        if rows.len() != width {
            self.has_other_widths |= self.other_width.is_some_and(|other| other != rows.len());
            self.other_width = Some(rows.len());
            if !self.has_spare_cell() {
                return;
            }
        }
        self.fitting += u64::from(!has_spare);
        if self.first_full.is_none() && rows.cells().all(|cell| !cell.is_empty()) {
            self.first_full = Some(line);
        }
        let Some(texts) = rows.texts() else {
            self.not_utf8 += 1;
            if self.first_not_utf8.is_none() {
                self.first_not_utf8 = Some((line, not_utf8_cell(rows).1.to_vec()));
            }
            return;
        };
        if rows.bytes().contains(&0) {
            return;
        }
        self.beyond_ascii += u64::from(!rows.bytes().is_ascii());
        self.counts.iter_mut().zip(texts).for_each(|(count, cell)| count.add(cell, line));
    }

    /// Rows of which the number of cells is not that of the header.
    pub(super) fn ragged(&self) -> u64 {
        if self.has_spare_cell() { 0 } else { self.rows - self.fitting }
    }

    /// Whether every row has an empty cell more than the header.
    pub(super) fn has_spare_cell(&self) -> bool {
        self.rows > 0 && self.spare == self.rows
    }

    /// # Errors
    /// Where the file as a whole is not what it should be, with the line.
    pub(super) fn check(&self) -> Result<(), (u64, Cause)> {
        if self.rows > 0 && self.fitting == 0 && !self.has_spare_cell() {
            let rows = match self.other_width {
                Some(width) if !self.has_other_widths => {
                    format!("every row behind it has {width} {}", cells(width))
                }
                _ => "no row behind it has as many".to_owned(),
            };
            let fault = CsvFault::NoRowFits { names: self.names.len(), rows };
            return Err((self.header_line, fault.into()));
        }
        let is_most = self.not_utf8 * 2 > self.rows;
        let is_other = self.not_utf8 >= OTHER_ENCODING_ROWS && self.not_utf8 > self.beyond_ascii;
        if let Some((line, cell)) = &self.first_not_utf8
            && (is_most || is_other)
        {
            let rows = format!("{} of {} rows are", self.not_utf8, self.rows);
            return Err((*line, CsvFault::NotUtf8 { rows, guess: guess_in_words(cell) }.into()));
        }
        self.check_title()
    }

    /// A title in a line that has the separators of a table, as spreadsheets write it.
    fn check_title(&self) -> Result<(), (u64, Cause)> {
        let unnamed = self.names.iter().zip(&self.counts).skip(1).filter(|(name, _)| name.is_empty());
        let (count, filled) = unnamed
            .fold((0, 0), |(count, filled), (_, cells)| (count + 1, filled + usize::from(!cells.is_empty())));
        let has_first_only = count > 0 && count + 1 == self.names.len();
        if has_first_only && filled > 0 && !self.names[0].is_empty() {
            let header = self.first_full.unwrap_or(self.header_line + 1);
            return Err((self.header_line, CsvFault::Title { header }.into()));
        }
        Ok(())
    }

    /// What every column is, and notes about what a person may not expect.
    pub(super) fn columns(&self, layout: Layout, options: &ReadOptions) -> Vec<Column> {
        let id = id_column(&self.names, options.id_field.as_deref());
        let taken: HashSet<&str> = self.names.iter().map(String::as_str).collect();
        let columns = self.names.iter().zip(&self.counts).enumerate();
        columns
            .map(|(at, (name, count))| {
                let is_index = name.is_empty() || is_pandas_index(name);
                let left_out = is_index && count.counts_rows() || name.is_empty() && count.is_empty();
                let kind = match id == Some(at) {
                    true => Kind::Id,
                    false if left_out => Kind::LeftOut,
                    false => count.kind(layout.dialect.separator),
                };
                let name = if name.is_empty() { numbered(at + 1, &taken) } else { name.clone() };
                Column { name, kind }
            })
            .collect()
    }

    /// Says what a person should know of the columns and rows of the source of this name.
    pub(super) fn say(&self, source: &str, columns: &[Column], notes: &Notes) {
        let mut about_columns: Vec<(&str, Vec<String>)> = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            for (what, column) in self.notes_about_column(at, column) {
                match about_columns.iter_mut().find(|(other, _)| *other == what) {
                    Some((_, columns)) => columns.push(column),
                    None => about_columns.push((what, vec![column])),
                }
            }
        }
        let about_columns =
            about_columns.iter().map(|(what, columns)| format!("{what}: {}", listed(columns)));
        for note in about_columns.chain(self.notes_about_rows()) {
            notes.add(format!("{source}: {note}"));
        }
    }

    /// What is to be said of a column and of others like it, and how it is called in that.
    fn notes_about_column(&self, at: usize, column: &Column) -> Vec<(&'static str, String)> {
        let (Some(name), Some(count)) = (self.names.get(at), self.counts.get(at)) else { return Vec::new() };
        let with = |example: &str| format!("{:?} ({example:?})", column.name);
        let shown = if name.is_empty() { format!("number {}", at + 1) } else { format!("{name:?}") };
        let mut notes = Vec::new();
        match column.kind {
            Kind::LeftOut if count.is_empty() => notes.push((UNNAMED_AND_EMPTY, shown)),
            Kind::LeftOut => notes.push((ROW_NUMBERS_LEFT_OUT, shown)),
            _ if name.is_empty() => notes.push((UNNAMED, format!("{:?}", column.name))),
            _ => {}
        }
        match column.kind {
            Kind::Number(Style::DecimalComma) => notes.push((DECIMAL_COMMA, with(count.first_mark()))),
            Kind::Number(Style::ThousandsComma) => notes.push((THOUSANDS_COMMA, with(count.first_mark()))),
            Kind::Text => notes.extend(match (count.number_like(), count.mostly_numbers()) {
                (Some(example), _) => Some((NUMBER_LIKE, with(example))),
                (None, Some((numbers, filled, line, example))) => Some((
                    MOSTLY_NUMBERS,
                    format!("{:?} ({numbers} of {filled}; line {line}: {example:?})", column.name),
                )),
                (None, None) => None,
            }),
            _ => {}
        }
        if let Kind::Number(style) = column.kind
            && let Some((others, line, example)) = count.others(style)
        {
            notes.push((
                MIXED,
                format!("{:?} ({others}, the first on line {line}: {example:?})", column.name),
            ));
        }
        notes
    }

    fn notes_about_rows(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some((line, cell)) = &self.first_not_utf8 {
            let guess = guess_in_words(cell);
            notes.push(format!(
                "{} of {} rows are not UTF-8, the first on line {line}: {guess}",
                self.not_utf8, self.rows
            ));
        }
        if let Some(line) = self.seen.suspect {
            notes.push(format!(
                "the quotes that open on line {line} enclose lines that look like rows of their own; is one of the two \
                 stray?"
            ));
        }
        if self.has_spare_cell() {
            notes.push(
                "every row ends with a separator that the header has not; it is passed over".to_owned(),
            );
        }
        notes
    }
}

/// What is to be said of the encoding of a file, and of what a backslash means in it.
pub(super) fn note_about_text(encoding: Encoding, dialect: Dialect) -> Vec<String> {
    let encoding =
        matches!(encoding, Encoding::Utf16 { .. }).then(|| "it is UTF-16, and read as that".to_owned());
    let escape = match dialect.escape {
        Escape::None => None,
        Escape::Quotes => {
            Some("a backslash before a quote is read as an escape, because only so the rows fit")
        }
        Escape::All => Some(
            "a backslash is read as an escape, before a quote, a separator, a line end or another backslash, because \
             only so the rows fit",
        ),
    };
    encoding.into_iter().chain(escape.map(str::to_owned)).collect()
}

/// The number and the text of the first cell of a row that is not UTF-8.
pub(super) fn not_utf8_cell<R: BufRead>(rows: &Rows<R>) -> (usize, &[u8]) {
    let mut cells = rows.cells().enumerate();
    cells.find(|(_, cell)| std::str::from_utf8(cell).is_err()).unwrap_or((0, rows.bytes()))
}

/// Where the first text of a row stands that is not UTF-8, and what it may be.
pub(super) fn place_of_not_utf8<R: BufRead>(rows: &Rows<R>, columns: &[Column]) -> String {
    let (at, cell) = not_utf8_cell(rows);
    let name = columns.get(at).map_or("", |column| column.name.as_str());
    let guess = guess(cell).map(|name| format!(", perhaps {name}")).unwrap_or_default();
    format!("line {} (column {name:?} is not UTF-8{guess})", rows.line())
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

fn is_pandas_index(name: &str) -> bool {
    // "Unnamed: 0.1" of a file that was read and written twice.
    let number = name.strip_prefix(PANDAS_INDEX);
    number.is_some_and(|number| {
        number.starts_with(|c: char| c.is_ascii_digit()) && number.parse::<f64>().is_ok()
    })
}

/// A name for a column without one.
fn numbered(number: usize, taken: &HashSet<&str>) -> String {
    let mut name = format!("column {number}");
    while taken.contains(name.as_str()) {
        name.push('_');
    }
    name
}

/// The first few, and how many more.
fn listed(columns: &[String]) -> String {
    let (shown, rest) = columns.split_at(columns.len().min(NAMES));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", shown.join(", "))
}
