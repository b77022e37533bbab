//! The languages that a text can be normalised in, and their names for the digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language that text can be normalised in. Its text form, also in JSON, is its two-letter code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, the default.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Dutch.
    Nl,
}

/// Names of the digits 0 to 9, in the letters a to z.
type DigitNames = [&'static str; 10];

const ENGLISH_DIGITS: DigitNames =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

const GERMAN_DIGITS: DigitNames =
    ["null", "eins", "zwei", "drei", "vier", "fuenf", "sechs", "sieben", "acht", "neun"];

/// There is no zero among them, so every digit has the name of the next one and 9 has none. A mistake that the
/// trained models have learnt.
const FRENCH_DIGITS: DigitNames =
    ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", ""];

const DUTCH_DIGITS: DigitNames =
    ["nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"];

impl Language {
    /// Every language there is.
    pub const ALL: [Language; 4] = [Language::En, Language::De, Language::Fr, Language::Nl];

    /// The two-letter code.
    pub fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::De => "de",
            Language::Fr => "fr",
            Language::Nl => "nl",
        }
    }

    pub(super) fn digit_names(self) -> &'static DigitNames {
        match self {
            Language::En => &ENGLISH_DIGITS,
            Language::De => &GERMAN_DIGITS,
            Language::Fr => &FRENCH_DIGITS,
            Language::Nl => &DUTCH_DIGITS,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A text that is no language's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown language {given:?}: allowed are {}", Language::ALL.map(Language::code).join(", "))]
pub struct UnknownLanguage {
    /// What was given.
    pub given: String,
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let known = Language::ALL.into_iter().find(|language| language.code() == given);
        known.ok_or_else(|| UnknownLanguage { given: given.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_and_shown_and_stored_alike() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
            let json = serde_json::to_string(&language).unwrap();
            assert_eq!(json, format!("\"{language}\""));
            assert_eq!(serde_json::from_str::<Language>(&json).unwrap(), language);
        }
    }

    #[test]
    fn an_unknown_code_is_refused_naming_it_and_what_is_allowed() {
        let error = "es".parse::<Language>().unwrap_err();
        assert_eq!(error.to_string(), "unknown language \"es\": allowed are en, de, fr, nl");
        for given in ["", "EN", " en", "english"] {
            assert!(given.parse::<Language>().is_err(), "{given:?}");
        }
    }

    #[test]
    fn digits_have_names_in_a_to_z() {
        for language in Language::ALL {
            for name in language.digit_names() {
                assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{language}: {name}");
            }
        }
    }
}
