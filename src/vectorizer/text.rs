//! Text normalisation: what a text field looks like before it is cut into words.
//!
//! The data science team's models were trained on the output of a Python service, so this repeats that service to
//! the letter, oddities included. `tests/golden/normalize.jsonl` holds its answers. [`normalize`] is these steps,
//! one function each, in this order:
//!
//! | step | function | example |
//! | --- | --- | --- |
//! | web addresses go | `urls::remove_urls` | `see www.a.de/b now` -> `see  now` |
//! | punctuation goes | `remove_punctuation` | `rock-n-roll` -> `rocknroll` |
//! | blank, character, blank goes, with both blanks | `remove_lone_characters` | `jazz i like` -> `jazzlike` |
//! | lower case | [`str::to_lowercase`] | `ẞ` -> `ß` |
//! | a few German and French letters are folded | `fold_letters` | `größe` -> `groesse` |
//! | digits are spelled in the language | `spell_digits` | `a7` -> `a seven ` |
//! | all but a to z becomes one blank, trimmed | `keep_letters` | `naïve ` -> `na ve` |
//!
//! Every step is linear in the length of the text, whatever the text. "Blank" and "word character" are meant as
//! Python's `\s` and `\w` mean them, which is not what Rust's names mean: see `is_blank` and `is_word`.

mod language;
mod urls;

use std::sync::LazyLock;

use regex::bytes::Regex;

pub use language::{Language, UnknownLanguage};

/// Punctuation that is removed and leaves nothing behind; other characters become a blank in the last step.
///
/// The golden lines prove `! & ' ( ) , - . / : @ _ ’`. For the rest of ASCII's punctuation and the quotation marks,
/// the ones that the web address pattern names, they only do not contradict it.
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»“”‘’";

/// Letters that are folded, after lower case; every other letter outside a to z becomes a blank (ç, ï, ñ, ú...).
const FOLDED_LETTERS: [(char, &str); 9] = [
    ('ä', "ae"),
    ('ö', "oe"),
    ('ü', "ue"),
    ('ß', "ss"),
    ('é', "e"),
    ('è', "e"),
    ('ê', "e"),
    ('á', "a"),
    ('à', "a"),
];

/// Normalises a text: only a to z and single blanks are left, none of them at either end.
///
/// Never fails; a text without anything to keep gives the empty string. Linear in the length of `text`.
///
/// ```
/// use kindred::vectorizer::text::{Language, normalize};
///
/// let text = "Ich mag München & 3 Katzen: http://katzen.example/3";
/// assert_eq!(normalize(text, Language::De), "ich mag muenchen katzen");
/// assert_eq!(normalize("Größe 1,75", Language::En), "groesse one seven five");
/// ```
pub fn normalize(text: &str, language: Language) -> String {
    let text = urls::remove_urls(text);
    let text = remove_punctuation(&text);
    let text = remove_lone_characters(&text).to_lowercase();
    let text = fold_letters(&text);
    let text = spell_digits(&text, language);
    keep_letters(&text)
}

fn remove_punctuation(text: &str) -> String {
    text.chars().filter(|&c| !PUNCTUATION.contains(c)).collect()
}

/// Removes every blank, word character, blank; what stood on either side is joined.
///
/// A blank belongs to one removal only, so of two lone characters in a row the second one stays: `a b c d` is `ac d`.
fn remove_lone_characters(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(first) = rest.next() {
        if is_blank(first) {
            let mut ahead = rest.clone();
            if ahead.next().is_some_and(is_word) && ahead.next().is_some_and(is_blank) {
                rest = ahead;
                continue;
            }
        }
        kept.push(first);
    }
    kept
}

fn fold_letters(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match FOLDED_LETTERS.iter().find(|(letter, _)| *letter == c) {
            Some((_, letters)) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// Puts the name of every ASCII digit between blanks. Digits of other scripts are no digits here.
fn spell_digits(text: &str, language: Language) -> String {
    let mut spelled = String::with_capacity(text.len());
    for c in text.chars() {
        match c.to_digit(10).and_then(|digit| language.digit_names().get(digit as usize)) {
            Some(name) => {
                spelled.push(' ');
                spelled.push_str(name);
                spelled.push(' ');
            }
            None => spelled.push(c),
        }
    }
    spelled
}

/// Turns every run of anything but a to z into one blank, and trims.
fn keep_letters(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_ascii_lowercase()).filter(|word| !word.is_empty()) {
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

/// Python's `\s`: Unicode's white space and the four ASCII separators from file to unit.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Python's `\w`: letters, numbers of every kind (² and Ⅳ too) and the underscore, but no combining marks, which
/// Rust's `is_alphanumeric` and the regex crate's `\w` count in.
fn is_word(c: char) -> bool {
    static LETTER_OR_NUMBER: LazyLock<Regex> = LazyLock::new(|| compile(r"\A[\p{L}\p{N}]\z"));

    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    LETTER_OR_NUMBER.is_match(c.encode_utf8(&mut [0; 4]).as_bytes())
}

/// Compiles a pattern of this module.
#[allow(clippy::expect_used, reason = "every pattern is a constant of this module, and a test compiles each")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_leaves_nothing_behind() {
        assert_eq!(remove_punctuation("don’t e-mail_me @ a/b!"), "dont emailme  ab");
        assert_eq!(remove_punctuation("«“‘quoted’”»"), "quoted");
    }

    #[test]
    fn punctuation_leaves_dashes_signs_and_letters_to_the_last_step() {
        assert_eq!(remove_punctuation("a—b § ñ 😀"), "a—b § ñ 😀");
    }

    #[test]
    fn a_lone_character_goes_with_both_its_blanks() {
        assert_eq!(remove_lone_characters("jazz i like"), "jazzlike");
        assert_eq!(remove_lone_characters(" m "), "");
        assert_eq!(remove_lone_characters("a\u{a0}b\u{2003}c"), "ac");
        assert_eq!(remove_lone_characters("a\u{1c}b\u{85}c"), "ac");
    }

    #[test]
    fn a_blank_belongs_to_one_lone_character_only() {
        assert_eq!(remove_lone_characters("a b c d"), "ac d");
        assert_eq!(remove_lone_characters(" a b c "), "b");
        assert_eq!(remove_lone_characters("a  b  c  d"), "a  d");
    }

    #[test]
    fn a_character_at_either_end_is_not_lone() {
        assert_eq!(remove_lone_characters("x yz "), "x yz ");
        assert_eq!(remove_lone_characters(" yz x"), " yz x");
        assert_eq!(remove_lone_characters(" x"), " x");
        assert_eq!(remove_lone_characters(" "), " ");
    }

    #[test]
    fn lone_characters_are_word_characters_as_python_sees_them() {
        for word in ["9", "_", "ñ", "日", "٣", "９", "²", "½", "Ⅳ", "ª"] {
            assert_eq!(remove_lone_characters(&format!("a {word} b")), "ab", "{word}");
        }
        for other in ["😀", "—", "€", " ", "\u{301}", "\u{93e}", "Ⓐ", "\u{200d}", "‿"] {
            let text = format!("a {other} b");
            assert_eq!(remove_lone_characters(&text), text, "{other}");
        }
    }

    #[test]
    fn german_and_french_letters_are_folded_and_others_are_not() {
        assert_eq!(fold_letters("äöüßéèêáà"), "aeoeuesseeeaa");
        assert_eq!(fold_letters("çïñúâ"), "çïñúâ");
    }

    #[test]
    fn digits_are_spelled_between_blanks() {
        assert_eq!(spell_digits("a10", Language::En), "a one  zero ");
        assert_eq!(spell_digits("٣９²", Language::En), "٣９²");
    }

    #[test]
    fn digits_are_spelled_in_the_language_and_french_is_off_by_one() {
        let spelled = |language| normalize("0123456789", language);
        assert_eq!(spelled(Language::En), "zero one two three four five six seven eight nine");
        assert_eq!(spelled(Language::De), "null eins zwei drei vier fuenf sechs sieben acht neun");
        assert_eq!(spelled(Language::Fr), "un deux trois quatre cinq six sept huit neuf");
        assert_eq!(spelled(Language::Nl), "nul een twee drie vier vijf zes zeven acht negen");
        assert_eq!(normalize("9", Language::Fr), "");
    }

    #[test]
    fn only_letters_and_single_blanks_are_kept() {
        assert_eq!(keep_letters(" na\u{308}ve\t\n9 x "), "na ve x");
        assert_eq!(keep_letters("日本"), "");
    }

    #[test]
    fn case_is_lowered_as_python_lowers_it() {
        assert_eq!(normalize("ÄÖÜẞ", Language::En), "aeoeuess");
        assert_eq!(
            normalize("İstanbul", Language::En),
            "i stanbul",
            "a dotted I is two characters in lower case"
        );
        assert_eq!(normalize("300 \u{212a}elvin", Language::En), "three zero zero kelvin");
    }

    #[test]
    fn the_steps_run_in_their_order() {
        assert_eq!(normalize("like i. jazz", Language::En), "likejazz", "punctuation before lone characters");
        assert_eq!(normalize("am 5 pm", Language::En), "ampm", "lone characters before digits");
        assert_eq!(normalize("ab http://a.bc/d. cd", Language::En), "ab cd", "addresses before punctuation");
    }

    #[test]
    fn long_hostile_texts_are_normalised() {
        const LENGTH: usize = 1 << 20;
        for piece in [" a", " ", "ß", "\u{301}", "\u{0}", "İ", "9", "."] {
            let text = piece.repeat(LENGTH / piece.len());
            let normalized = normalize(&text, Language::De);
            assert!(normalized.bytes().all(|b| b.is_ascii_lowercase() || b == b' '), "{piece:?}");
        }
    }
}
