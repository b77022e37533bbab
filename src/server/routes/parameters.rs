//! The parameters of a request, from its path and its query, decoded and judged.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::super::problem::Problem;
use super::raw_path::{decode, query_pairs};
use crate::profile::MAX_ID_BYTES;

/// As many digits as a number may have, leading zeros included.
const MAX_DIGITS: usize = 10;

/// As many as the largest version has.
const MAX_VERSION_DIGITS: usize = 20;

/// Characters of what was given that a message has.
const MAX_SHOWN: usize = 40;

/// Decoded parameters by name. Each is there at most once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parameters<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    /// Decodes what the path gave and the query adds. `known` are the names that the query may have.
    ///
    /// # Errors
    /// [`Problem::BadParameter`] for text that cannot be decoded and for repetitions, [`Problem::UnknownParameter`].
    pub fn read(
        captures: impl Iterator<Item = (&'static str, &'a str)>,
        query: &'a str,
        known: &[&'static str],
    ) -> Result<Self, Problem> {
        let mut parameters = Parameters::default();
        for (name, raw) in captures {
            parameters.add(name, raw)?;
        }
        for (raw_name, raw) in query_pairs(query) {
            let decoded = decode(raw_name).ok();
            let name = known.iter().find(|name| decoded.as_deref() == Some(**name)).ok_or_else(|| {
                Problem::UnknownParameter {
                    name: decoded.unwrap_or(Cow::Borrowed(raw_name)).into_owned(),
                    known: listed(known),
                }
            })?;
            parameters.add(name, raw)?;
        }
        Ok(parameters)
    }

    fn add(&mut self, name: &'static str, raw: &'a str) -> Result<(), Problem> {
        if self.get(name).is_some() {
            return Err(bad(name, "may be given only once"));
        }
        let text = decode(raw).map_err(|broken| bad(name, &format!("cannot be decoded: {broken}")))?;
        self.0.push((name, text));
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| *found == name).map(|(_, text)| text.as_ref())
    }

    /// Whether a parameter is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The id that is asked about.
    ///
    /// # Errors
    /// It is missing, empty or too long to be an id.
    pub fn id(&self) -> Result<&str, Problem> {
        self.id_in("id")
    }

    /// An id under another name.
    ///
    /// # Errors
    /// It is missing, empty or too long to be an id.
    pub fn id_in(&self, name: &'static str) -> Result<&str, Problem> {
        self.text(name, &(1..=MAX_ID_BYTES))
    }

    /// A text of so many bytes. One that is too long in bytes, and not in characters, which is what OpenAPI counts, is
    /// let through: it is nobody's id, and no id begins with it.
    ///
    /// # Errors
    /// It is missing, or its length is not in the range.
    pub fn text(&self, name: &'static str, bytes: &RangeInclusive<usize>) -> Result<&str, Problem> {
        let text = self.get(name).ok_or_else(|| bad(name, "is missing"))?;
        check_length(name, text, bytes)?;
        Ok(text)
    }

    /// The same, and empty where it is left out.
    ///
    /// # Errors
    /// Its length is not in the range.
    pub fn optional_text(&self, name: &'static str, bytes: &RangeInclusive<usize>) -> Result<&str, Problem> {
        if self.has(name) { self.text(name, bytes) } else { Ok("") }
    }

    /// The number of a version: a whole number from 1 on, in 1 to 20 ASCII digits.
    ///
    /// # Errors
    /// It is missing, or something else.
    pub fn version(&self) -> Result<u64, Problem> {
        let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let digits = self.get("version").filter(|text| text.len() <= MAX_VERSION_DIGITS).filter(is_number);
        let version = digits.and_then(|digits| digits.parse().ok()).filter(|&version| version > 0);
        let allowed = || format!("must be a whole number from 1 to {}{}", u64::MAX, not(self.get("version")));
        version.ok_or_else(|| bad("version", &allowed()))
    }

    /// A number that has to be there.
    ///
    /// # Errors
    /// It is missing, not 1 to 10 ASCII digits, or not in the range.
    pub fn number(&self, name: &'static str, range: &RangeInclusive<usize>) -> Result<usize, Problem> {
        self.optional_number(name, range)?.ok_or_else(|| Problem::missing_number(name, range))
    }

    /// A number that may be left out.
    ///
    /// # Errors
    /// It is not 1 to 10 ASCII digits, or not in the range.
    pub fn optional_number(
        &self,
        name: &'static str,
        range: &RangeInclusive<usize>,
    ) -> Result<Option<usize>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let is_number = text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if is_number { text.parse().ok() } else { None };
        number
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or_else(|| out_of_range(name, range, text))
    }

    /// A switch, off unless it is there.
    ///
    /// # Errors
    /// It is neither `true` nor `false`.
    pub fn switch(&self, name: &'static str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            given => Err(bad(name, &format!("must be true or false{}", not(given)))),
        }
    }
}

/// Whether a text can be an id.
///
/// # Errors
/// It is empty or too long.
pub fn check_id(id: &str) -> Result<(), Problem> {
    check_length("id", id, &(1..=MAX_ID_BYTES))
}

fn check_length(name: &'static str, text: &str, bytes: &RangeInclusive<usize>) -> Result<(), Problem> {
    let (start, end) = bytes.clone().into_inner();
    if text.len() >= start && text.chars().count() <= end {
        return Ok(());
    }
    Err(bad(name, &format!("must have {start} to {end} bytes, not {}", text.len())))
}

/// What was given instead, shortened.
fn not(given: Option<&str>) -> String {
    let Some(given) = given else { return String::new() };
    let short: String = given.chars().take(MAX_SHOWN).collect();
    let more = if short.len() < given.len() { "..." } else { "" };
    format!(", not {short:?}{more}")
}

/// A number that is not in its range. One with more behind it has parameters that were meant for the query.
fn out_of_range(name: &'static str, range: &RangeInclusive<usize>, given: &str) -> Problem {
    let (start, end) = range.clone().into_inner();
    let number = given.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let rest = given.get(number.len() + 1..).filter(|rest| !number.is_empty() && rest.contains('='));
    let hint = match rest.and_then(|rest| rest.split('=').next()) {
        Some(first) if first.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            format!("; the first parameter follows a ?, as in {number}?{first}=...")
        }
        _ => String::new(),
    };
    bad(name, &format!("must be a whole number from {start} to {end}{}{hint}", not(Some(given))))
}

fn bad(name: &'static str, reason: &str) -> Problem {
    Problem::BadParameter { name, reason: reason.to_owned() }
}

fn listed(known: &[&'static str]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(query: &str) -> Result<Parameters<'_>, Problem> {
        Parameters::read(std::iter::empty(), query, &["id", "n", "exact"])
    }

    fn detail<T: std::fmt::Debug>(result: Result<T, Problem>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn path_and_query_are_decoded_once() {
        let captures = [("id", "a%2Fb%2520+"), ("n", "5")].into_iter();
        let parameters = Parameters::read(captures, "exact=tr%75e", &["exact"]).unwrap();
        assert_eq!(parameters.id(), Ok("a/b%20+"));
        assert_eq!(parameters.number("n", &(1..=10)), Ok(5));
        assert_eq!(parameters.switch("exact"), Ok(true));
        assert_eq!(query("id=a+b%26c").unwrap().id(), Ok("a+b&c"));
    }

    #[test]
    fn unknown_and_repeated_parameters_are_named() {
        assert!(detail(query("id=a&page=2")).contains("\"page\" is not known here; known: id, n, exact"));
        assert!(detail(query("ID=a")).contains("\"ID\""));
        assert!(detail(query("=a")).contains("\"\""));
        assert!(detail(query("%zz=a")).contains("\"%zz\""));
        assert!(detail(query("id=a&id=a")).starts_with("id may be given only once"));
        let known = Parameters::read(std::iter::empty(), "x", &[]);
        assert!(detail(known).ends_with("known: none"));
        let captured = Parameters::read([("id", "a")].into_iter(), "id=a", &["exact"]);
        assert!(detail(captured).contains("\"id\" is not known here"));
    }

    #[test]
    fn text_that_cannot_be_decoded_is_refused() {
        assert!(detail(query("id=%zz")).contains("id cannot be decoded: a % is not followed"));
        assert!(detail(query("id=%FF")).contains("id cannot be decoded: the decoded bytes are not UTF-8"));
    }

    #[test]
    fn an_id_has_1_to_512_bytes() {
        assert_eq!(detail(query("n=1").unwrap().id()), "id is missing");
        assert!(detail(query("id=").unwrap().id()).contains("1 to 512 bytes, not 0"));
        assert!(query(&format!("id={}", "é".repeat(256))).unwrap().id().is_ok());
        assert!(detail(query(&format!("id={}", "a".repeat(513))).unwrap().id()).contains("not 513"));
        assert!(query(&format!("id={}", "é".repeat(512))).unwrap().id().is_ok(), "nobody's, and looked for");
        assert!(detail(query(&format!("id={}", "é".repeat(513))).unwrap().id()).contains("not 1026"));
        assert_eq!(query("id=a").unwrap().optional_text("exact", &(0..=2)), Ok(""));
        assert!(query("exact=abc").unwrap().optional_text("exact", &(0..=2)).is_err());
    }

    #[test]
    fn a_version_is_a_number_that_a_file_can_have_in_its_name() {
        let version = |text| Parameters::read([("version", text)].into_iter(), "", &[]).unwrap().version();
        for (text, number) in
            [("1", 1), ("00000042", 42), ("18446744073709551615", u64::MAX), ("00000000000000000007", 7)]
        {
            assert_eq!(version(text), Ok(number));
        }
        for text in ["", "0", "-1", "+1", "1.0", "x", "18446744073709551616", "000000000000000000007", "%20"]
        {
            let detail = detail(version(text));
            let range = "version must be a whole number from 1 to 18446744073709551615, not \"";
            assert!(detail.starts_with(range), "{text}: {detail}");
        }
    }

    #[test]
    fn a_number_has_1_to_10_ascii_digits_and_is_in_its_range() {
        for (text, number) in [("1", 1), ("0000000007", 7), ("1000", 1000), ("%35", 5)] {
            assert_eq!(query(&format!("n={text}")).unwrap().number("n", &(1..=1000)), Ok(number));
        }
        for text in [
            "",
            "0",
            "00",
            "1001",
            "-1",
            "+1",
            "1.0",
            "1e2",
            "abc",
            "%20",
            "5%20",
            "00000000001",
            "٣",
            "5%00",
        ] {
            let detail = detail(query(&format!("n={text}")).unwrap().number("n", &(1..=1000)));
            assert!(
                detail.starts_with("n must be a whole number from 1 to 1000, not \""),
                "{text}: {detail}"
            );
            assert!(!detail.contains('?'), "{text}: {detail}");
        }
        let missing = detail(query("id=a").unwrap().number("n", &(1..=1000)));
        assert_eq!(missing, "n is missing; it must be a whole number from 1 to 1000");
        for behind in ["3&distances=true", "3%3Fdistances=true", "3;distances=true", "3,distances=true"] {
            let read = Parameters::read([("n", behind)].into_iter(), "", &[]).unwrap();
            let detail = detail(read.number("n", &(1..=1000)));
            assert!(detail.ends_with("the first parameter follows a ?, as in 3?distances=..."), "{detail}");
        }
        assert_eq!(query("id=a").unwrap().optional_number("n", &(1..=1000)), Ok(None));
    }

    #[test]
    fn a_switch_is_true_or_false() {
        assert_eq!(query("exact=false").unwrap().switch("exact"), Ok(false));
        assert_eq!(query("").unwrap().switch("exact"), Ok(false));
        for text in ["", "1", "True", "yes", "true%20"] {
            let detail = detail(query(&format!("exact={text}")).unwrap().switch("exact"));
            assert!(detail.starts_with("exact must be true or false, not \""), "{text}: {detail}");
        }
    }
}
