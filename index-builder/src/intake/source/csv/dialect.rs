//! How the cells of a file are kept apart: recognised from its beginning, where that is beyond doubt.

use std::str::FromStr;

use super::super::Cause;
use super::fault::CsvFault;
use super::number::{Look, look};
use super::rows::Rows;

/// The separators that are recognised, with their names.
const SEPARATORS: [(u8, &str); 4] =
    [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "pipes")];

/// The most lines above a header that are looked at.
const TITLE_LINES: usize = 30;

/// What Excel may write as the first line of a file, with the separator behind it.
const SEPARATOR_LINE: &[u8] = b"sep=";

/// What stands between two cells, and what a backslash means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) separator: u8,
    pub(super) escape: Escape,
}

/// What a backslash means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// Nothing: a quote is escaped by a second one, as RFC 4180 has it.
    None,
    /// Before a quote, within quotes, that the quote is part of the text; before that, itself. As Spark writes.
    Quotes,
    /// Everywhere, that the quote, separator, line end or backslash behind it is part of the text. As MySQL and
    /// Python's csv write.
    All,
}

/// The value of `--separator`: what stands between two cells of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Separator(pub(super) u8);

/// Why something is not a separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one ASCII character is allowed, such as ';' or '|', or tab; not a quote, a backslash or a line end")]
pub struct SeparatorError;

impl FromStr for Separator {
    type Err = SeparatorError;

    fn from_str(text: &str) -> Result<Separator, SeparatorError> {
        match text.as_bytes() {
            _ if text.eq_ignore_ascii_case("tab") || text == "\\t" => Ok(Separator(b'\t')),
            &[byte] if byte.is_ascii() && !b"\"\\\n\r\0".contains(&byte) => Ok(Separator(byte)),
            _ => Err(SeparatorError),
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) dialect: Dialect,
    /// Whether the first line names the separator and is not the header.
    pub(super) has_separator_line: bool,
    /// Whether every row has an empty cell more than the header.
    pub(super) has_spare_cell: bool,
}

/// What is known of a file before it is looked at.
pub(super) struct Known<'a> {
    /// The separator that the name of the file stands for.
    pub(super) usual: u8,
    /// The separator that was asked for.
    pub(super) asked: Option<Separator>,
    /// The names of the id column.
    pub(super) id_names: &'a [&'a str],
}

/// The beginning of a file, read with one separator.
struct Trial {
    separator: u8,
    header: Vec<String>,
    /// Whether a quote stands in a name.
    has_odd_quote: bool,
    /// The line, the number of cells and whether it may be a header, of every row behind the header.
    rows: Vec<(u64, usize, bool)>,
}

impl Trial {
    /// Reads what is there; the last row of a file that goes on is left out, because it may be cut.
    fn new(separator: u8, text: &[u8], goes_on: bool) -> Trial {
        let mut rows = Rows::new(text, Dialect { separator, escape: Escape::None }, text.len() + 1024);
        let mut trial = Trial { separator, header: Vec::new(), has_odd_quote: false, rows: Vec::new() };
        if matches!(rows.advance(), Ok(true)) {
            trial.header = rows.cells().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
            trial.has_odd_quote = trial.header.iter().any(|name| name.contains('"'));
        }
        while matches!(rows.advance(), Ok(true)) {
            // Only the first few can be the header below a title.
            let may_be_header = trial.rows.len() < TITLE_LINES && names_columns(&rows);
            trial.rows.push((rows.line(), rows.len(), may_be_header));
        }
        if goes_on {
            trial.rows.pop();
        }
        trial
    }

    fn width(&self) -> usize {
        self.header.len()
    }

    fn is_table(&self) -> bool {
        self.width() > 1 && !self.has_odd_quote
    }

    fn fitting(&self) -> usize {
        self.rows.iter().filter(|(_, width, _)| *width == self.width()).count()
    }

    fn fits(&self) -> bool {
        self.is_table() && self.fitting() == self.rows.len()
    }

    fn mostly_fits(&self) -> bool {
        self.is_table() && self.fitting() * 2 > self.rows.len()
    }

    fn names_one_of(&self, names: &[&str]) -> bool {
        self.header.iter().any(|name| names.contains(&name.as_str()))
    }

    /// The line of the header, if all rows from that on have the same number of cells, and other lines stand above.
    fn header_below_title(&self) -> Option<u64> {
        let &(_, width, _) = self.rows.last()?;
        let above = self.rows.iter().rev().skip_while(|row| row.1 == width).count();
        let &(line, _, may_be_header) = self.rows.get(above)?;
        let rows_below = self.rows.len() - above - 1;
        (width > 1 && self.width() == 1 && may_be_header && rows_below > 0).then_some(line)
    }
}

/// Whether a row has what a header has: names that differ.
fn names_columns(rows: &Rows<&[u8]>) -> bool {
    let Some(texts) = rows.texts() else { return false };
    let mut names: Vec<&str> = texts.map(str::trim).collect();
    let are_names = names.iter().all(|name| !name.is_empty() && look(name) == Look::Other);
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    are_names && names.len() == count
}

/// The layout of a file that starts with `text`, and what is to be said about it.
///
/// # Errors
/// With its line, what is no table, or more than one.
pub(super) fn recognise(
    text: &[u8],
    goes_on: bool,
    known: &Known<'_>,
) -> Result<(Layout, Option<String>), (u64, Cause)> {
    let (named, text) = separator_line(text);
    let layout = |separator| Layout {
        dialect: Dialect { separator, escape: Escape::None },
        has_separator_line: named.is_some(),
        has_spare_cell: false,
    };
    if let Some(separator) = known.asked.map(|asked| asked.0).or(named) {
        return Ok((layout(separator), None));
    }
    let others = SEPARATORS.iter().map(|(byte, _)| *byte).filter(|&byte| byte != known.usual);
    let separators = std::iter::once(known.usual).chain(others);
    let trials: Vec<Trial> = separators.map(|separator| Trial::new(separator, text, goes_on)).collect();
    let (separator, doubt) = choose(&trials, known).map_err(|fault| (1, fault.into()))?;
    check_title(&trials, separator, known).map_err(|(line, fault)| (line, fault.into()))?;
    let note = (separator != known.usual)
        .then(|| format!("the cells are separated by {}; --separator would say otherwise", name(separator)));
    Ok((layout(separator), note.or(doubt)))
}

/// The separator of a file, and a doubt about it.
fn choose(trials: &[Trial], known: &Known<'_>) -> Result<(u8, Option<String>), CsvFault> {
    let usual = known.usual;
    let with_id: Vec<&Trial> =
        trials.iter().filter(|trial| trial.is_table() && trial.names_one_of(known.id_names)).collect();
    if let [trial] = with_id[..] {
        return Ok((trial.separator, None));
    }
    let fitting: Vec<&Trial> = trials.iter().filter(|trial| trial.fits()).collect();
    match fitting[..] {
        [trial] => return Ok((trial.separator, None)),
        [] => {}
        _ => {
            let names: Vec<&str> = fitting.iter().map(|trial| name(trial.separator)).collect();
            let found = names.join(" and ");
            if fitting.iter().all(|trial| trial.separator != usual) {
                return Err(CsvFault::SeparatorUnclear { found });
            }
            let doubt = format!(
                "{found} separate the cells alike; {} are taken, unless --separator says otherwise",
                name(usual)
            );
            return Ok((usual, Some(doubt)));
        }
    }
    // `max_by_key` gives the last of equals, and the usual one comes first.
    let best = trials.iter().rev().filter(|trial| trial.mostly_fits()).max_by_key(|trial| trial.fitting());
    Ok((best.map_or(usual, |trial| trial.separator), None))
}

/// # Errors
/// Where the first line is a title above the header, with its line.
fn check_title(trials: &[Trial], separator: u8, known: &Known<'_>) -> Result<(), (u64, CsvFault)> {
    let has_table = trials.iter().any(|trial| trial.separator == separator && trial.width() > 1);
    let is_id = trials.iter().any(|trial| trial.width() == 1 && trial.names_one_of(known.id_names));
    if has_table || is_id {
        return Ok(());
    }
    match trials.iter().find_map(Trial::header_below_title) {
        Some(header) => Err((1, CsvFault::Title { header })),
        None => Ok(()),
    }
}

/// The separator that a first line such as `sep=;` names, and the text behind that line.
fn separator_line(text: &[u8]) -> (Option<u8>, &[u8]) {
    let end = text.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let is_named = line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(SEPARATOR_LINE));
    match line.get(4..) {
        Some(&[separator]) if is_named => (Some(separator), rest),
        _ => (None, text),
    }
}

/// What a separator is called, in the plural.
fn name(separator: u8) -> &'static str {
    SEPARATORS.iter().find(|(byte, _)| *byte == separator).map_or("other characters", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(usual: u8) -> Known<'static> {
        Known { usual, asked: None, id_names: &["_id", "id"] }
    }

    fn separator_of(text: &str) -> char {
        char::from(recognise(text.as_bytes(), false, &known(b',')).unwrap().0.dialect.separator)
    }

    fn title_of(text: &str) -> Option<String> {
        recognise(text.as_bytes(), false, &known(b',')).err().map(|(line, cause)| format!("{line}: {cause}"))
    }

    #[test]
    fn the_separator_is_what_all_rows_agree_on() {
        for (separator, text) in SEPARATORS.iter().flat_map(|&(byte, _)| {
            let of = |text: &str| (char::from(byte), text.replace('~', &char::from(byte).to_string()));
            [
                of("_id~name~age\na~Ann~30\n"),
                of("name~age\nAnn~30\nBob~31\n"),
                of("name~age\n\"A~nn\"~30\nBob~31"),
                of("a~b\n"),
                of("_id~name\n1~Ann\n2\n3~x~y\n"),
                of("\n\r\n_id~height\n1~1.5\n"),
                of("name~text\nAnn~\"a\nb\"\nBob~\"said \\\"hi\\\" to\"\n"),
            ]
        }) {
            assert_eq!(separator_of(&text), separator, "{text:?}");
        }
        let others = [
            ("_id;height, m;age\n1;1,5;30\n", ';'),
            ("_id;\"height, m\";age\n1;\"1,5\";30\n", ';'),
            ("name;\"height, m\"\nAnn;\"1,5\"\nBob;\"1,75\"\n", ';'),
            ("_id,tags\n1,a;b;c\n2,a;b;c\n", ','),
            ("_id,a|b\n1,x|y\n", ','),
            ("_id\n1;2\n3;4\n", ','),
            ("_id\n1\n2\n", ','),
            ("", ','),
            ("\"_id;x\"\n\"1;2\"\n", ','),
            ("name,age\nAnn,30\nBob;31\nCid,32\n", ','),
        ];
        for (text, separator) in others {
            assert_eq!(separator_of(text), separator, "{text:?}");
        }
        assert_eq!(recognise(b"a\tb\n1\t2\n", false, &known(b'\t')).unwrap().1, None);
        let (layout, note) = recognise(b"a,b\n1,2\n", false, &known(b'\t')).unwrap();
        assert_eq!(layout.dialect.separator, b',');
        assert!(note.unwrap().contains("commas"));
    }

    #[test]
    fn what_two_separators_fit_is_said_or_refused() {
        let (layout, note) = recognise(b"a,b|c\n1,2|3\n", false, &known(b',')).unwrap();
        assert_eq!(layout.dialect.separator, b',');
        assert!(note.unwrap().contains("commas and pipes"));
        let unclear = title_of("a;b|c\n1;2|3\n").unwrap();
        assert!(unclear.contains("semicolons and pipes") && unclear.contains("--separator"), "{unclear}");
    }

    #[test]
    fn a_cut_last_row_does_not_count() {
        let text = b"name;age\nAnn;30\nBob";
        assert_eq!(recognise(text, true, &known(b',')).unwrap().0.dialect.separator, b';');
        let mut long = b"name;text\n".to_vec();
        long.extend([b'x'; 5000]);
        assert_eq!(recognise(&long, true, &known(b',')).unwrap().0.dialect.separator, b';');
    }

    #[test]
    fn the_line_of_excel_names_the_separator_and_an_option_is_above_it() {
        for text in ["sep=|\n_id;a|b\n", "\"sep=|\"\r\n_id;a|b\r\n", "SEP=|\r_id;a|b\r"] {
            let (layout, _) = recognise(text.as_bytes(), false, &known(b',')).unwrap();
            assert!(layout.has_separator_line && layout.dialect.separator == b'|', "{text:?}");
            let asked = Known { asked: Some(Separator(b';')), ..known(b',') };
            let (layout, _) = recognise(text.as_bytes(), false, &asked).unwrap();
            assert!(layout.has_separator_line && layout.dialect.separator == b';');
        }
        assert_eq!(separator_line(b"sep=\t\nx"), (Some(b'\t'), &b"\nx"[..]));
        for text in ["sep=", "sep=ab\n", "sepal\n"] {
            assert_eq!(separator_line(text.as_bytes()), (None, text.as_bytes()));
        }
    }

    #[test]
    fn a_title_above_the_header_is_named_with_the_line_of_the_header() {
        let titles = [
            ("Members 2024\n_id,name\n1,Ann\n", "line 2"),
            ("Members 2024\n\n_id;name\n1;Ann\n2;Bob\n", "line 3"),
            ("Members\nof the club\n\n\nuser\tname\n1\tAnn\n", "line 5"),
            ("\"Members, all\"\nuser,name\n1,Ann\n", "line 2"),
        ];
        for (text, part) in titles {
            let message = title_of(text).unwrap_or_else(|| panic!("{text:?}"));
            assert!(message.starts_with("1: ") && message.contains(part), "{message}");
            assert!(message.contains("tail -n +"), "{message}");
        }
        for text in ["_id\na;b\nc;d\ne;f\n", "bio\nI like, a\nx\nfoo, b\n", "name\n", "name\nx,y\n"] {
            assert_eq!(title_of(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_separator_is_one_character() {
        let separators =
            [(";", b';'), ("tab", b'\t'), ("\\t", b'\t'), ("TAB", b'\t'), ("\t", b'\t'), (" ", b' ')];
        for (text, byte) in separators {
            assert_eq!(text.parse(), Ok(Separator(byte)));
        }
        for text in ["", ";;", "\"", "\n", "\\", "§", "\\n", "comma"] {
            assert_eq!(text.parse::<Separator>(), Err(SeparatorError), "{text:?}");
        }
    }
}
