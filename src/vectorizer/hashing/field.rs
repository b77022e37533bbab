//! What is remembered of a field in the first pass, what kind it is, and why.

use std::collections::HashSet;

use twox_hash::XxHash3_64;

use super::fit::{FieldKind, MAX_CATEGORIES, NUMBERS_NEEDED, UNQUOTED_NEEDED};
use super::number::{Numbers, is_absent, number_of};
use super::walk::{Place, folded_value};
use crate::file::FieldMetadata;
use crate::profile::Value;

/// A field with at most so many distinct texts of digits holds codes.
const MOST_CODES: usize = 16;

/// Texts of so many digits, all of one length, are codes: 90210, 1234567.
const SHORTEST_CODE: usize = 3;

/// What is remembered of a field.
#[derive(Debug)]
pub(super) struct FieldStats {
    /// All numbers, also those that are text.
    numbers: Numbers,
    /// Of those, the ones that are text.
    quoted: u64,
    /// What tells whether texts of digits are codes.
    code: CodeSigns,
    /// Texts that stand for a missing number.
    absent: u64,
    texts: u64,
    booleans: u64,
    elements: u64,
    /// Hashes of the distinct values; `None` once there are too many. Elements of lists are not counted.
    distinct: Option<HashSet<u64>>,
    /// Profiles that have a value, and those that have one that does not stand for a missing number.
    filled: Seen,
    present: Seen,
}

/// What texts of digits look like.
#[derive(Debug, Default)]
struct CodeSigns {
    /// Some have a point or an exponent.
    has_fraction: bool,
    /// Digits with zeros before them.
    zeros: u64,
    /// The length that all have; `None` before the first.
    length: Option<usize>,
    lengths_differ: bool,
}

impl CodeSigns {
    fn observe(&mut self, number: &str) {
        self.has_fraction |= !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let length = *self.length.get_or_insert(number.len());
        self.lengths_differ |= length != number.len();
    }

    /// Whether a field of which all numbers are texts, with so many distinct values, holds codes and no quantities.
    fn are_codes(&self, distinct: Option<usize>, values: u64) -> bool {
        let are_few = distinct.is_some_and(|distinct| distinct <= MOST_CODES);
        let are_alike = !self.lengths_differ && self.length.is_some_and(|length| length >= SHORTEST_CODE);
        !self.has_fraction && (are_few || are_alike || 100 * self.zeros > values)
    }
}

/// A count of profiles, each once.
#[derive(Debug, Default)]
struct Seen {
    profiles: u64,
    last: u64,
}

impl Seen {
    fn see(&mut self, profile: u64) {
        self.profiles += u64::from(self.last != profile);
        self.last = profile;
    }
}

impl Default for FieldStats {
    fn default() -> FieldStats {
        FieldStats {
            numbers: Numbers::default(),
            quoted: 0,
            code: CodeSigns::default(),
            absent: 0,
            texts: 0,
            booleans: 0,
            elements: 0,
            distinct: Some(HashSet::new()),
            filled: Seen::default(),
            present: Seen::default(),
        }
    }
}

impl FieldStats {
    /// Takes a value of the profile that is the so many-th, from 1.
    pub fn observe(&mut self, profile: u64, place: Place<'_>, value: &Value) {
        if place.in_list {
            self.elements += 1;
            self.filled.see(profile);
            self.present.see(profile);
            return;
        }
        let Some(text) = folded_value(value) else { return };
        self.filled.see(profile);
        if let Some(distinct) = &mut self.distinct {
            distinct.insert(XxHash3_64::oneshot(text.as_bytes()));
            if distinct.len() > MAX_CATEGORIES {
                self.distinct = None;
            }
        }
        match value {
            Value::Bool(_) => self.booleans += 1,
            Value::Text(_) => match number_of(&text) {
                Some(number) => {
                    self.quoted += 1;
                    self.code.observe(&text);
                    self.numbers.observe(number);
                }
                None if is_absent(&text) => {
                    self.absent += 1;
                    return;
                }
                None => {
                    self.code.zeros += u64::from(text.bytes().all(|byte| byte.is_ascii_digit()));
                    self.texts += 1;
                }
            },
            other => other.as_number().into_iter().for_each(|number| self.numbers.observe(number)),
        }
        self.present.see(profile);
    }

    /// Values that do not stand for a missing number.
    fn given(&self) -> u64 {
        self.numbers.count() + self.texts + self.booleans + self.elements
    }

    fn is_number(&self) -> bool {
        let (numbers, quoted) = (self.numbers.count(), self.quoted);
        let distinct = self.distinct.as_ref().map(HashSet::len);
        numbers > 0
            && 100 * numbers >= NUMBERS_NEEDED * self.given()
            && (100 * (numbers - quoted) >= UNQUOTED_NEEDED * numbers
                || !self.code.are_codes(distinct, self.given()))
    }

    /// The kind, decided over all values.
    pub fn kind(&self) -> FieldKind {
        let has_texts = self.texts + self.absent + self.quoted > 0;
        match (&self.distinct, self.elements > 0) {
            _ if self.is_number() => {
                let scale = self.numbers.scale();
                FieldKind::Number { middle: scale.middle, spread: scale.spread }
            }
            (None, true) if has_texts => FieldKind::Text,
            (_, true) => FieldKind::List,
            (Some(_), false) => FieldKind::Category,
            (None, false) => FieldKind::Text,
        }
    }

    /// The kind in words, with the reason.
    pub fn describe(&self, name: &str, profiles: u64) -> FieldMetadata {
        let kind = self.kind();
        let is_number = matches!(kind, FieldKind::Number { .. });
        let values = self.given() + if is_number { 0 } else { self.absent };
        let with_value = if is_number { self.present.profiles } else { self.filled.profiles };
        FieldMetadata {
            name: name.to_owned(),
            kind: kind.to_string(),
            reason: if is_number { self.why_number() } else { self.why_not_number(kind, values) },
            values,
            numbers: self.numbers.count(),
            share: share(self.numbers.count(), values),
            missing: profiles.saturating_sub(with_value),
            distinct: self.distinct.as_ref().map(|distinct| distinct.len() as u64),
            // What is returned is not the vectorizer's business.
            exposed: None,
        }
    }

    fn why_number(&self) -> String {
        let (numbers, given) = (self.numbers.count(), self.given());
        let mut reason = match given - numbers {
            0 => format!("all {given} values are numbers"),
            others => format!(
                "{} of {given} values are numbers, {NUMBERS_NEEDED} % are needed; compared as a category: {others}",
                percent(numbers, given)
            ),
        };
        if self.quoted > 0 {
            reason += &format!("; numbers that are text: {}", self.quoted);
        }
        if self.absent > 0 {
            reason += &format!("; texts that say that there is none: {}", self.absent);
        }
        if self.numbers.scale().has_far {
            reason += "; some are far from all others and do not count for the scale";
        }
        reason
    }

    fn why_not_number(&self, kind: FieldKind, values: u64) -> String {
        let numbers = self.numbers.count();
        let mut reason = String::new();
        if numbers > 0 && self.elements == 0 {
            let given = self.given();
            if 100 * numbers < NUMBERS_NEEDED * given {
                reason = format!(
                    "{} of {given} values are numbers, {NUMBERS_NEEDED} % are needed; ",
                    percent(numbers, given)
                );
            } else {
                reason = "its numbers are written as text, as codes are; ".to_owned();
            }
        }
        reason
            + &match (&self.distinct, kind) {
                (_, FieldKind::List) => format!("{} elements of lists", self.elements),
                (Some(distinct), _) => {
                    format!(
                        "{} distinct of {values} values, at most {MAX_CATEGORIES} are a category",
                        distinct.len()
                    )
                }
                (None, _) => format!("more than {MAX_CATEGORIES} distinct of {values} values"),
            }
    }
}

/// A share to four digits.
fn share(part: u64, whole: u64) -> f64 {
    (part * 10_000).checked_div(whole).unwrap_or_default() as f64 / 10_000.0
}

/// A share in percent, rounded down: what is not enough does not look as if it were.
fn percent(part: u64, whole: u64) -> String {
    let tenths = (part * 1_000).checked_div(whole).unwrap_or_default();
    match tenths % 10 {
        0 => format!("{} %", tenths / 10),
        tenth => format!("{}.{tenth} %", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_up() {
        assert_eq!(percent(899_999, 1_000_000), "89.9 %");
        assert_eq!(percent(62, 100), "62 %");
        assert_eq!((percent(0, 0).as_str(), share(1, 3)), ("0 %", 0.3333));
    }
}
