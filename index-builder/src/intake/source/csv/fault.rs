//! What is wrong with a CSV file as a whole.

use super::super::error::{Cause, Found};

/// The most columns of a table: far above any that is meant, and low enough that a file of separators cannot take the
/// machine's memory.
pub(super) const MAX_COLUMNS: usize = 1 << 16;

/// Why a CSV file is refused. Where a quote is meant, the error is on the line on which it opens.
#[derive(Debug, thiserror::Error)]
pub enum CsvFault {
    /// A quote opens and the file ends.
    #[error(
        "the quote that opens cell {cell} is never closed; a quote that is part of a text is written twice, within \
         quotes"
    )]
    QuoteNotClosed {
        /// The number of the cell in its row, from 1.
        cell: usize,
    },
    /// Something other than a separator or a line end behind a closing quote.
    #[error(
        "the quote that opens cell {cell} closes on line {line}, and {found} follows it instead of a separator or the \
         end of the line; a quote that is part of a text is written twice, within quotes"
    )]
    TextBehindQuote {
        /// The number of the cell in its row, from 1.
        cell: usize,
        /// The line on which the quote closes.
        line: u64,
        /// What follows.
        found: Found,
    },
    /// Two quotes with rows between them.
    #[error(
        "the quotes of cell {cell} enclose {lines} lines, each of which looks like a row of its own; the quote is \
         probably stray, and one that is part of a text is written twice, within quotes"
    )]
    QuoteAroundRows {
        /// The number of the cell in its row, from 1.
        cell: usize,
        /// The lines.
        lines: u64,
    },
    /// A line above the header.
    #[error(
        "it looks like a title and not like the names of columns, which seem to be on line {header}; remove what stands \
         above them: tail -n +{header} FILE"
    )]
    Title {
        /// The line on which the header seems to be.
        header: u64,
    },
    /// A header without one name in it.
    #[error("no column has a name; the first line of a CSV file names the columns")]
    NoNames,
    /// A header that no row fits.
    #[error(
        "the header has {names} {}, and {rows}; is it a title, or are the cells separated by something else? Remove \
         what stands above the header, or give --separator", cells(*names)
    )]
    NoRowFits {
        /// The names in the header.
        names: usize,
        /// How it is with the rows.
        rows: String,
    },
    /// Two separators fit.
    #[error("{found} separate the cells alike; say which it is with --separator")]
    SeparatorUnclear {
        /// The separators.
        found: String,
    },
    /// More columns than are read.
    #[error("it has {0} columns; at most {MAX_COLUMNS} are read")]
    TooManyColumns(usize),
    /// Text in another encoding.
    #[error("{rows} not UTF-8; {guess}")]
    NotUtf8 {
        /// What is not: "column 2 of the header is", "211 of 212 rows are".
        rows: String,
        /// What it may be, and what to do.
        guess: String,
    },
    /// A file of another kind.
    #[error("it is {found}, not CSV; {advice}")]
    Other {
        /// What it is.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// NUL bytes in the header.
    #[error("the header has NUL bytes in it; a text in UTF-8 is read")]
    Nul,
    /// A list of which a part is missing.
    #[error(
        "the list in the column {column:?} was cut when it was written, and has `...` for the rest; write it whole: \
         numpy.set_printoptions(threshold=sys.maxsize), or json.dumps(vector.tolist())"
    )]
    CutList {
        /// The column.
        column: String,
    },
}

/// "cell" or "cells".
pub(super) fn cells(count: usize) -> &'static str {
    if count == 1 { "cell" } else { "cells" }
}

impl From<CsvFault> for Cause {
    fn from(fault: CsvFault) -> Cause {
        Cause::Csv(fault)
    }
}

impl From<u8> for Found {
    fn from(byte: u8) -> Found {
        Found(Some(byte))
    }
}
