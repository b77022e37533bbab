//! What counts as a number in a cell, and what says that there is none.

use kindred::profile::Value;
use kindred::vectorizer::hashing;

/// How the numbers of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// 1234.5
    Point,
    /// 1234,5 or 1.234,5
    DecimalComma,
    /// 1,234.5
    ThousandsComma,
}

/// What a cell looks like as long as its column is not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing is in it.
    Empty,
    /// It says that there is no value: "NA", "-"...
    Absent,
    /// A whole number without any marks.
    Whole,
    /// A number with a point or an exponent.
    Point,
    /// Such a one that may be a whole number with its thousands apart: 1.234
    PointOrThousands,
    /// Digits with zeros before them.
    Code,
    /// 1,5
    DecimalComma,
    /// 1.234,5 or 1.234.567
    DecimalCommaWithPoints,
    /// 1,234.5 or 1,234,567
    ThousandsComma,
    /// 1,234
    EitherComma,
    /// A number with a unit or with blanks in it.
    Marked,
    /// Anything else.
    Other,
}

/// The longest text that may say that there is no value, in bytes; no other is looked at closely.
const LONGEST_ABSENT: usize = 32;

/// A plus before more digits than that is a telephone number's.
const PLUS_DIGITS: usize = 6;

/// What a cell looks like.
pub(super) fn look(cell: &str) -> Look {
    let cell = cell.trim();
    if cell.is_empty() {
        return Look::Empty;
    }
    if plain(cell).is_some() {
        return match cell.split_once('.') {
            Some(_) if without_points(cell).is_some() => Look::PointOrThousands,
            None if !cell.contains(['e', 'E']) => Look::Whole,
            _ => Look::Point,
        };
    }
    if is_absent(cell) {
        return Look::Absent;
    }
    let unsigned = unsigned(cell);
    if unsigned.len() > 1 && unsigned.starts_with('0') && are_digits(unsigned) {
        return Look::Code;
    }
    match (decimal_comma(cell).is_some(), thousands_comma(cell).is_some()) {
        (true, true) => Look::EitherComma,
        (true, false) if cell.contains('.') => Look::DecimalCommaWithPoints,
        (true, false) => Look::DecimalComma,
        (false, true) => Look::ThousandsComma,
        (false, false) if is_marked(cell) => Look::Marked,
        (false, false) => Look::Other,
    }
}

/// The finite number that a cell of a column of this style is.
pub(super) fn number(cell: &str, style: Style) -> Option<Value> {
    let cell = cell.trim();
    match style {
        Style::Point => plain(cell),
        Style::DecimalComma => match without_points(cell).or_else(|| decimal_comma(cell)) {
            Some(text) => plain(&text),
            None => plain(cell).filter(|_| !cell.contains('.')),
        },
        Style::ThousandsComma => match thousands_comma(cell) {
            Some(text) => plain(&text),
            None => plain(cell),
        },
    }
}

fn is_absent(cell: &str) -> bool {
    cell.len() <= LONGEST_ABSENT && hashing::is_absent(cell)
}

/// The finite number that a cell is, written as JSON writes numbers, or with a plus, or with nothing before or behind
/// the point, as some statistics programs do. What has leading zeros, or a plus before many digits, is rather a code
/// or a phone number than a number; so is a whole number beyond 64 bits, which a double would round.
fn plain(cell: &str) -> Option<Value> {
    let unsigned = unsigned(cell);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_whole = are_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let has_digits = match fraction {
        None => is_whole,
        Some("") => is_whole,
        Some(digits) => (is_whole || whole.is_empty()) && are_digits(digits),
    };
    let is_number =
        has_digits && exponent.is_none_or(|text| are_digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    if !is_number {
        return None;
    }
    if fraction.is_none() && exponent.is_none() {
        if cell.starts_with('+') && whole.len() > PLUS_DIGITS {
            return None;
        }
        let number = cell.parse::<i64>().map(Value::Int);
        return number.or_else(|_| cell.parse().map(Value::UInt)).ok();
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

fn unsigned(cell: &str) -> &str {
    cell.strip_prefix(['-', '+']).unwrap_or(cell)
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number with a decimal comma, and points between thousands or not, as it is written elsewhere.
fn decimal_comma(cell: &str) -> Option<String> {
    let (whole, fraction) = match unsigned(cell).split_once(',') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned(cell), None),
    };
    let is_whole = (are_digits(whole) && (whole == "0" || !whole.starts_with('0'))) || are_groups(whole, '.');
    // Without a comma one point alone is a decimal point.
    let is_number = match fraction {
        Some(digits) => is_whole && are_digits(digits),
        None => is_whole && whole.matches('.').count() > 1,
    };
    is_number.then(|| cell.replace('.', "").replace(',', "."))
}

/// 1.234 as 1234.
fn without_points(cell: &str) -> Option<String> {
    are_groups(unsigned(cell), '.').then(|| cell.replace('.', ""))
}

/// A number with commas between thousands, without them.
fn thousands_comma(cell: &str) -> Option<String> {
    let (whole, fraction) = match unsigned(cell).split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned(cell), None),
    };
    let is_number = are_groups(whole, ',') && fraction.is_none_or(are_digits);
    is_number.then(|| cell.replace(',', ""))
}

/// Whether a text has thousands, two at least, with a mark between them.
fn are_groups(text: &str, mark: char) -> bool {
    let mut groups = text.split(mark);
    let first = groups.next().unwrap_or_default();
    let is_first = are_digits(first) && first.len() <= 3 && !first.starts_with('0');
    let mut count = 0;
    is_first
        && groups.all(|group| {
            count += 1;
            group.len() == 3 && are_digits(group)
        })
        && count > 0
}

/// Whether a cell is a number with something about it: a unit of money, a percent sign, blanks or apostrophes between
/// thousands.
fn is_marked(cell: &str) -> bool {
    let is_sign = |c: char| "%$€£¥ \u{a0}\u{202f}\u{2212}+-".contains(c);
    let bare = cell.trim_matches(is_sign);
    let is_part = |c: char| c.is_ascii_digit() || ".,'’ \u{a0}\u{202f}".contains(c);
    bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.len() < 32
        && bare.chars().all(is_part)
        && (bare.len() < cell.len() || bare.contains(['\'', '’', ' ', '\u{a0}', '\u{202f}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_number_and_what_is_not() {
        let numbers = [
            ("0", Value::Int(0)),
            ("-0", Value::Int(0)),
            ("-1", Value::Int(-1)),
            ("+5", Value::Int(5)),
            ("+123456", Value::Int(123_456)),
            (" 30 ", Value::Int(30)),
            ("18446744073709551615", Value::UInt(u64::MAX)),
            ("3.0", Value::Float(3.0)),
            ("5.", Value::Float(5.0)),
            ("0.5", Value::Float(0.5)),
            ("-0.5", Value::Float(-0.5)),
            (".5", Value::Float(0.5)),
            ("-.5", Value::Float(-0.5)),
            ("+0.5", Value::Float(0.5)),
            ("1e5", Value::Float(100_000.0)),
            ("1.5E-3", Value::Float(0.0015)),
            ("2e+2", Value::Float(200.0)),
            ("1e-999", Value::Float(0.0)),
        ];
        for (cell, value) in numbers {
            assert_eq!(number(cell, Style::Point), Some(value), "{cell}");
        }
        let others = [
            "",
            "-",
            ".",
            "-.",
            "e5",
            "1e",
            "1e+",
            "007",
            "-01",
            "00.5",
            "++1",
            "+-1",
            "1 2",
            "1,5",
            "1_000",
            "0x10",
            "1e5.5",
            "1.2.3",
            "--1",
            "NaN",
            "nan",
            "inf",
            "…",
            "Infinity",
            "1e999",
            "-1e999",
            "18446744073709551616",
            "+15551234567",
            "½",
            "1é5",
            "٣",
        ];
        for cell in others {
            assert_eq!(number(cell, Style::Point), None, "{cell}");
        }
    }

    #[test]
    fn a_comma_is_what_the_style_of_the_column_says() {
        let cases = [
            ("1,5", Some(Value::Float(1.5)), None),
            ("-0,25", Some(Value::Float(-0.25)), None),
            ("1.234,5", Some(Value::Float(1234.5)), None),
            ("1.234.567", Some(Value::Int(1_234_567)), None),
            ("1.234", Some(Value::Int(1234)), Some(Value::Float(1.234))),
            ("1,234", Some(Value::Float(1.234)), Some(Value::Int(1234))),
            ("1,234,567", None, Some(Value::Int(1_234_567))),
            ("-1,234.5", None, Some(Value::Float(-1234.5))),
            ("12", Some(Value::Int(12)), Some(Value::Int(12))),
            ("1.5", None, Some(Value::Float(1.5))),
            ("1,23,456", None, None),
            (",5", None, None),
            ("1,", None, None),
            ("01,5", None, None),
            ("1,5e3", None, None),
        ];
        for (cell, decimal, thousands) in cases {
            assert_eq!(number(cell, Style::DecimalComma), decimal, "{cell}");
            assert_eq!(number(cell, Style::ThousandsComma), thousands, "{cell}");
        }
    }

    #[test]
    fn every_cell_has_its_look() {
        let looks = [
            (Look::Empty, &["", "  "][..]),
            (
                Look::Absent,
                &[
                    "NA",
                    "n/a",
                    "N/A",
                    "#N/A",
                    "null",
                    "NULL",
                    "\\N",
                    "NaN",
                    "-nan",
                    "None",
                    "?",
                    "-",
                    " na ",
                    "<NA>",
                    "Not available",
                    "unbekannt",
                    "inf",
                    "x",
                    "#NULL!",
                ],
            ),
            (Look::Whole, &["7", "-7", "+5", " 30 ", "0"]),
            (Look::Point, &["1.5", "1e3", "0.125", "5.", "1234.567", "1.2345"]),
            (Look::PointOrThousands, &["1.234", "-12.500"]),
            (Look::Code, &["007", "01234", "00", "-01"]),
            (Look::DecimalComma, &["1,5", "0,125", "1234,567", "12,50"]),
            (Look::DecimalCommaWithPoints, &["1.234,5", "1.234.567"]),
            (Look::ThousandsComma, &["1,234.5", "1,234,567"]),
            (Look::EitherComma, &["1,234", "-12,500"]),
            (Look::Marked, &["12%", "$5", "€ 1.200,50", "1 234", "1'234.50", "5 €", "−5"]),
            (
                Look::Other,
                &[
                    "xx",
                    "Nadia",
                    "None of it",
                    "K1A 0B1",
                    "2024-01-02",
                    "12:30",
                    "5kg",
                    "1,2,3",
                    "-x",
                    "Ünal",
                ],
            ),
        ];
        for (expected, cells) in looks {
            for cell in cells {
                assert_eq!(look(cell), expected, "{cell:?}");
            }
        }
    }
}
