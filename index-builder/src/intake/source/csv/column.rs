//! What a column is, decided over all of its cells.

use kindred::profile::Value;

use super::super::lists::array;
use super::number::{Look, Style, look};

/// The share of a column's cells, in percent of those that say something, which must be numbers for the column to be
/// numeric: what else is in it stays as it is, and a few numbers do not make a name one.
const NUMERIC_PERCENT: u64 = 90;

/// Above this share, in percent, zeros before digits make codes of a column.
const CODE_PERCENT: u64 = 1;

/// From that length on digits are rather a code than a number where all have the same length and some have zeros
/// before them: a postal code.
const CODE_DIGITS: usize = 3;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Number(Style),
    /// Arrays as PostgreSQL writes them, {a,b}, or as Java and DuckDB print them, [a, b].
    Arrays,
    Text,
    /// Left out: it counts the rows, or nothing is in it, and it has no name.
    LeftOut,
}

/// What was counted in a column.
#[derive(Debug, Clone, Default)]
pub(super) struct Count {
    /// Cells that say something.
    filled: u64,
    whole: u64,
    point: u64,
    point_or_thousands: u64,
    codes: u64,
    decimal_comma: u64,
    decimal_comma_with_points: u64,
    thousands_comma: u64,
    either_comma: u64,
    marked: u64,
    /// The fewest and most bytes of whole numbers and codes.
    digits: Option<(usize, usize)>,
    /// Cells that are such an array, and those with several elements.
    arrays: u64,
    long_arrays: u64,
    /// The first cells that are no plain number, of either kind, for a note.
    first_other: Option<(u64, String)>,
    first_mark: Option<String>,
    rows: RowNumbers,
}

/// What a note gives as an example is no longer than that, in characters.
const EXAMPLE_CHARACTERS: usize = 40;

impl Count {
    /// Counts the cell on a line.
    pub(super) fn add(&mut self, cell: &str, line: u64) {
        let look = look(cell);
        self.rows.add(cell, look);
        self.filled += u64::from(!matches!(look, Look::Empty | Look::Absent));
        match look {
            Look::Empty | Look::Absent => {}
            Look::Whole => {
                self.whole += 1;
                self.add_digits(cell);
            }
            Look::Code => {
                self.codes += 1;
                self.add_digits(cell);
                self.add_other(cell, line);
            }
            Look::Point => self.point += 1,
            Look::PointOrThousands => self.point_or_thousands += 1,
            Look::DecimalComma => self.decimal_comma += 1,
            Look::DecimalCommaWithPoints => self.decimal_comma_with_points += 1,
            Look::ThousandsComma => self.thousands_comma += 1,
            Look::EitherComma => self.either_comma += 1,
            Look::Marked => {
                self.marked += 1;
                self.add_other(cell, line);
            }
            Look::Other => {
                self.add_array(cell);
                self.add_other(cell, line);
            }
        }
        let has_mark = matches!(
            look,
            Look::DecimalComma
                | Look::DecimalCommaWithPoints
                | Look::ThousandsComma
                | Look::EitherComma
                | Look::PointOrThousands
                | Look::Marked
        );
        if has_mark && self.first_mark.is_none() {
            self.first_mark = Some(example(cell));
        }
    }

    fn add_digits(&mut self, cell: &str) {
        let length = cell.trim().len();
        let (least, most) = self.digits.unwrap_or((length, length));
        self.digits = Some((least.min(length), most.max(length)));
    }

    fn add_other(&mut self, cell: &str, line: u64) {
        if self.first_other.is_none() {
            self.first_other = Some((line, example(cell)));
        }
    }

    /// Not tried any more as soon as a cell is none.
    fn add_array(&mut self, cell: &str) {
        if self.arrays + 1 == self.filled
            && let Some(elements) = array(cell)
        {
            self.arrays += 1;
            let is_long = match elements {
                Value::List(values) => values.len() > 1,
                _ => true,
            };
            self.long_arrays += u64::from(is_long);
        }
    }

    /// Whether nothing is in any cell.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty
    }

    /// Whether the cells count the rows.
    pub(super) fn counts_rows(&self) -> bool {
        self.rows.count_rows()
    }

    /// What the column is, unless it has the id. A comma without a digit behind three is one between thousands where
    /// it does not separate the cells of the file as well.
    pub(super) fn kind(&self, separator: u8) -> Kind {
        if self.arrays > 0 && self.arrays == self.filled && self.long_arrays > 0 {
            return Kind::Arrays;
        }
        if self.has_codes() {
            return Kind::Text;
        }
        let points = self.point + self.point_or_thousands;
        let is_decimal = self.decimal_comma + self.decimal_comma_with_points > 0;
        let points_agree =
            self.point == 0 && (self.point_or_thousands == 0 || self.decimal_comma_with_points > 0);
        if is_decimal && self.thousands_comma == 0 && points_agree {
            let numbers = self.whole
                + self.point_or_thousands
                + self.decimal_comma
                + self.decimal_comma_with_points
                + self.either_comma;
            if self.are_nearly_all(numbers) {
                return Kind::Number(Style::DecimalComma);
            }
        }
        let is_thousands = self.thousands_comma > 0 || self.either_comma > 0 && separator == b',';
        let numbers = self.whole + points + self.thousands_comma + self.either_comma;
        if is_thousands && !is_decimal && self.are_nearly_all(numbers) {
            return Kind::Number(Style::ThousandsComma);
        }
        // Beside 950 a cell of 1.200 has its thousands apart, where the comma is free to be the decimal one.
        let are_thousands = self.whole > 0 && self.point_or_thousands > 0 && self.point == 0;
        if separator == b';' && are_thousands && self.are_nearly_all(self.whole + points) {
            return Kind::Number(Style::DecimalComma);
        }
        if self.are_nearly_all(self.whole + points) {
            return Kind::Number(Style::Point);
        }
        Kind::Text
    }

    /// Whether the numbers are codes: their zeros before the digits mean something.
    fn has_codes(&self) -> bool {
        let have_one_length = self.digits.is_some_and(|(least, most)| least == most && least >= CODE_DIGITS);
        self.codes * 100 > self.filled * CODE_PERCENT || self.codes > 0 && have_one_length
    }

    fn are_nearly_all(&self, numbers: u64) -> bool {
        numbers > 0 && numbers * 100 >= self.filled * NUMERIC_PERCENT
    }

    /// How many cells of a numeric column are no number, and the first of them with its line.
    pub(super) fn others(&self, style: Style) -> Option<(u64, u64, &str)> {
        let commas =
            self.decimal_comma + self.decimal_comma_with_points + self.either_comma + self.thousands_comma;
        let numbers = self.whole + self.point + self.point_or_thousands;
        let numbers = if style == Style::Point { numbers } else { numbers + commas };
        let (line, first) = self.first_other.as_ref()?;
        (self.filled > numbers).then_some((self.filled - numbers, *line, first.as_str()))
    }

    /// An example of a text column whose cells are nearly all numbers for a person.
    pub(super) fn number_like(&self) -> Option<&str> {
        let commas =
            self.decimal_comma + self.decimal_comma_with_points + self.either_comma + self.thousands_comma;
        let plain = self.whole + self.point + self.point_or_thousands;
        let is_it = !self.has_codes() && self.are_nearly_all(plain + commas + self.marked);
        self.first_mark.as_deref().filter(|_| is_it)
    }

    /// Where a text column has numbers in most cells: how many of so many, and the first other one with its line.
    pub(super) fn mostly_numbers(&self) -> Option<(u64, u64, u64, &str)> {
        let numbers = self.whole + self.point + self.point_or_thousands;
        let (line, first) = self.first_other.as_ref()?;
        let is_it = numbers * 2 > self.filled && !self.has_codes();
        is_it.then_some((numbers, self.filled, *line, first.as_str()))
    }

    /// The first cell with a comma or another mark, for a note.
    pub(super) fn first_mark(&self) -> &str {
        self.first_mark.as_deref().unwrap_or_default()
    }
}

fn example(cell: &str) -> String {
    cell.chars().take(EXAMPLE_CHARACTERS).collect()
}

/// Whether numbers count rows: each is greater than the one before (rows may have been left out), or one more than
/// that or the first again (tables one behind the other), or they are the first numbers in any order (rows were
/// shuffled).
#[derive(Debug, Clone)]
struct RowNumbers {
    is_empty: bool,
    are_whole: bool,
    rise: bool,
    step: bool,
    first: u64,
    last: Option<u64>,
    count: u128,
    least: u64,
    most: u64,
    sum: u128,
    squares: u128,
}

impl Default for RowNumbers {
    fn default() -> RowNumbers {
        RowNumbers {
            is_empty: true,
            are_whole: true,
            rise: true,
            step: true,
            first: 0,
            last: None,
            count: 0,
            least: u64::MAX,
            most: 0,
            sum: 0,
            squares: 0,
        }
    }
}

impl RowNumbers {
    fn add(&mut self, cell: &str, look: Look) {
        self.is_empty &= look == Look::Empty;
        if !self.are_whole {
            return;
        }
        // Pandas gives an index that was whole once as 0.0, 1.0...
        let whole = cell.trim().strip_suffix(".0").unwrap_or(cell.trim());
        let Some(number) = whole.parse::<u32>().ok().map(u64::from).filter(|_| !whole.starts_with('+'))
        else {
            self.are_whole = false;
            return;
        };
        match self.last {
            None => {
                self.first = number;
                self.step = number <= 1;
            }
            Some(last) => {
                self.rise &= number > last;
                self.step &= number == last + 1 || number == self.first;
            }
        }
        self.last = Some(number);
        self.count += 1;
        self.least = self.least.min(number);
        self.most = self.most.max(number);
        let number = u128::from(number);
        self.sum += number;
        self.squares += number * number;
    }

    fn count_rows(&self) -> bool {
        self.are_whole && self.count > 0 && (self.rise || self.step || self.are_the_first_numbers())
    }

    /// By their sum and the sum of their squares, so that they need not be held.
    fn are_the_first_numbers(&self) -> bool {
        let (least, most) = (u128::from(self.least), u128::from(self.most));
        let up_to = |n: u128| (n * (n + 1) / 2, n * (n + 1) * (2 * n + 1) / 6);
        least <= 1 && most + 1 - least == self.count && (self.sum, self.squares) == up_to(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(cells: &[&str]) -> Count {
        let mut count = Count::default();
        for (cell, line) in cells.iter().zip(2..) {
            count.add(cell, line);
        }
        count
    }

    /// The kind of a column of a file with commas, and one with semicolons.
    fn kinds(cells: &[&str]) -> (Kind, Kind) {
        (count(cells).kind(b','), count(cells).kind(b';'))
    }

    fn kind(cells: &[&str]) -> Kind {
        let (commas, semicolons) = kinds(cells);
        assert_eq!(commas, semicolons);
        commas
    }

    fn times<'a>(cell: &'a str, count: usize, others: &[&'a str]) -> Vec<&'a str> {
        let mut cells = vec![cell; count];
        cells.extend(others);
        cells
    }

    const POINT: Kind = Kind::Number(Style::Point);

    #[test]
    fn a_column_is_numeric_from_90_percent_of_the_cells_that_say_something() {
        assert_eq!(
            kind(&times("7", 9, &["xx", "", "NA", "NULL", "\\N", "NaN", "N/A", "None", "?", "-"])),
            POINT
        );
        assert_eq!(kind(&times("7", 8, &["xx", "", "NA"])), Kind::Text);
        assert_eq!(kind(&["", "NA"]), Kind::Text);
        assert_eq!(kind(&["NA", "NA", "NA", "7"]), POINT);
        assert_eq!(kind(&["3", "2.5", "1e3", "+5", " 30 "]), POINT);
        let numbers = count(&times("7", 19, &["NA", "K1A 0B1"]));
        assert_eq!(numbers.others(Style::Point), Some((1, 22, "K1A 0B1")));
        let text = count(&times("7", 8, &["xx", "y", "NA"]));
        assert_eq!(text.mostly_numbers(), Some((8, 10, 10, "xx")));
        assert_eq!(count(&["7", "xx"]).mostly_numbers(), None);
        assert_eq!(count(&["7", "8", "007"]).mostly_numbers(), None);
    }

    #[test]
    fn zeros_before_digits_make_codes_of_a_column() {
        assert_eq!(kind(&["007", "008"]), Kind::Text);
        assert_eq!(kind(&times("90210", 99, &["02139"])), Kind::Text);
        assert_eq!(kind(&times("90210", 999, &["02139", ""])), Kind::Text);
        assert_eq!(kind(&times("90210", 90, &["8080", "02139", "01234"])), Kind::Text);
        let mut ages = times("31", 500, &["7", "007"]);
        assert_eq!(kind(&ages), POINT);
        ages.extend(["07"; 10]);
        assert_eq!(kind(&ages), Kind::Text);
    }

    #[test]
    fn commas_are_read_where_the_whole_column_agrees() {
        let decimal = Kind::Number(Style::DecimalComma);
        let thousands = Kind::Number(Style::ThousandsComma);
        assert_eq!(kind(&["1,5", "2", "12,25", "NA"]), decimal);
        assert_eq!(kind(&["1,5", "1,234"]), decimal);
        assert_eq!(kind(&["1.234,5", "1.234", "7"]), decimal);
        assert_eq!(kind(&["1,234.5", "1,234", "7.5"]), thousands);
        assert_eq!(kinds(&["1,234", "950"]), (thousands, Kind::Text));
        assert_eq!(kind(&["1,5", "1.5"]), Kind::Text);
        assert_eq!(kind(&["1,5", "1.234"]), Kind::Text);
        assert_eq!(kind(&["1,5", "1,234,567"]), Kind::Text);
        assert_eq!(count(&["1,5", "1.5"]).number_like(), Some("1,5"));
        assert_eq!(count(&["$5", "7"]).number_like(), Some("$5"));
        assert_eq!(count(&["Ann", "7"]).number_like(), None);
    }

    #[test]
    fn arrays_of_postgresql_are_a_column_of_nothing_else() {
        assert_eq!(kind(&["{a,b}", "{c}", "{}", "", "NULL"]), Kind::Arrays);
        assert_eq!(kind(&["{a}", "{b}"]), Kind::Text);
        assert_eq!(kind(&["{a,b}", "xx"]), Kind::Text);
        assert_eq!(kind(&["xx", "{a,b}"]), Kind::Text);
        assert_eq!(kind(&["{'a', 'b'}", "{'c', 'd'}"]), Kind::Text);
        assert_eq!(kind(&["[jazz, go]", "[]", "[tea]", ""]), Kind::Arrays);
        assert_eq!(kind(&["[jazz, go]", "see [1, 2]"]), Kind::Text);
        assert_eq!(kind(&["[sic]", "[x]"]), Kind::Text);
    }

    #[test]
    fn row_numbers_rise_or_step_or_are_the_first_in_any_order() {
        for cells in [
            &["0", "1", "2"][..],
            &["1", "2", "3"],
            &["0"],
            &["0", "3", "17"],
            &["0", "1", "2", "0", "1"],
            &["2", "0", "1"],
            &["3", "1", "2"],
            &["0.0", "1.0"],
        ] {
            assert!(count(cells).counts_rows(), "{cells:?}");
        }
        for cells in [
            &["3", "9", "4"][..],
            &["0", "1", "xx"],
            &["0", "", "2"],
            &[],
            &["7", "7"],
            &["1.5", "2.5"],
            &["-1", "0"],
            &["0", "2", "2"],
            &["5", "6", "5"],
        ] {
            assert!(!count(cells).counts_rows(), "{cells:?}");
        }
        assert!(count(&["", " "]).is_empty() && !count(&["", "NA"]).is_empty());
    }
}
