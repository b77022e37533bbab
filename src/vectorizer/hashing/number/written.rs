//! Numbers that are written as text, and what people write where there is none.

/// What programs and people write where a number is not known, folded. Of this and the empty text a field of numbers
/// knows nothing; in a field of anything else they are values as any other.
const ABSENT: [&str; 49] = [
    "na",
    "n/a",
    "n.a.",
    "n.a",
    "n/d",
    "nd",
    "#n/a",
    "#n/a n/a",
    "#na",
    "<na>",
    "nan",
    "-nan",
    "+nan",
    "nat",
    "null",
    "(null)",
    "<null>",
    "[null]",
    "none",
    "nil",
    "\\n",
    "?",
    "??",
    "???",
    "-",
    "--",
    "---",
    "–",
    "—",
    ".",
    "..",
    "...",
    "_",
    "*",
    "x",
    "inf",
    "+inf",
    "-inf",
    "infinity",
    "-infinity",
    "1.#ind",
    "-1.#ind",
    "1.#qnan",
    "-1.#qnan",
    "#div/0!",
    "#value!",
    "#ref!",
    "#num!",
    "#null!",
];

/// Words that say the same, in the languages of people who fill in forms. Only beside numbers.
const UNKNOWN: [&str; 8] =
    ["unknown", "missing", "undefined", "not available", "not given", "unbekannt", "inconnu", "onbekend"];

/// Whether a folded text says that there is no number.
pub fn is_absent(folded: &str) -> bool {
    ABSENT.contains(&folded) || UNKNOWN.contains(&folded)
}

/// The number that a folded text is, written as JSON writes numbers: "31", "-0.5", "1e3". Neither "007" nor "+41",
/// which are codes.
pub fn number_of(folded: &str) -> Option<f64> {
    let unsigned = folded.strip_prefix('-').unwrap_or(folded);
    let (mantissa, exponent) = match unsigned.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_written = digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    // A text of endless digits is none; Rust's reader would give infinity.
    is_written.then(|| folded.parse::<f64>().ok()).flatten().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_json_writes_them() {
        for (text, number) in [("31", 31.0), ("-0.5", -0.5), ("0", 0.0), ("1e3", 1000.0), ("1.5e-2", 0.015)] {
            assert_eq!(number_of(text), Some(number), "{text}");
        }
        for text in [
            "", "-", "007", "+41", "1.", ".5", "1e", "e3", "1,5", "1 000", "0x1f", "nan", "inf", "1e999",
            "--1", "12a",
        ] {
            assert_eq!(number_of(text), None, "{text}");
        }
    }

    #[test]
    fn what_says_that_there_is_none_is_folded_and_no_number() {
        for text in ABSENT.iter().chain(&UNKNOWN) {
            assert_eq!(number_of(text), None, "{text}");
            assert_eq!(
                super::super::super::words::fold(text, super::super::super::words::Spelling::Exact),
                *text
            );
        }
        assert!(!is_absent("m5v") && !is_absent("0"));
    }
}
