//! The words of a text, in every script.
//!
//! | step | example |
//! | --- | --- |
//! | web addresses go | `see www.a.de/b 看http://a.de好` -> `see 看 好` |
//! | one form for all spellings ([`fold()`], loosely) | `Ｇröße` -> `groesse`, `Σαλσα ΣΆΛΣΑ` -> `σαλσα σαλσα` |
//! | apostrophes within words go, or part them in French | `don't` -> `dont`, `l'amour` -> `l amour` |
//! | words by UAX 29, pictures too | `rock-n-roll 🍕!` -> `rock` `n` `roll` `🍕` |
//! | a lone digit is spelled in the language | `2 cats` -> `two cats` |
//! | where words have no blanks, or a few characters are one: two and three neighbours | `喜欢爬山` -> `喜欢` `欢爬` `爬山` ... |
//!
//! Every step is linear in the length of the text.

mod fold;
mod letters;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

pub use fold::{Spelling, fold};
use letters::{Script, is_letter_or_number, is_picture, script};

use crate::vectorizer::text::Language;

/// What is found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'t> {
    /// A word.
    Word(&'t str),
    /// A character that is a word and has its neighbours as [`Found::Gram`]: no pairs are made of it.
    Ideograph(&'t str),
    /// Two or three neighbouring characters of a script that needs them.
    Gram(&'t str),
}

/// Calls `visit` with the words of a text in their order, then with its grams.
pub fn words(text: &str, language: Language, visit: &mut impl FnMut(Found<'_>)) {
    let text = remove_addresses(text);
    let text = fold(&text, Spelling::Loose);
    let text = without_apostrophes(&text, language);
    for segment in text.split_word_bounds() {
        word(segment, language, visit);
    }
    if text.chars().any(|c| script(c) != Script::Spaced) {
        grams(&text, visit);
    }
}

/// Addresses as people paste them. They are of ASCII, and what follows without a blank in another script is text.
#[allow(clippy::expect_used, reason = "the pattern is a constant, and tests compile it")]
fn remove_addresses(text: &str) -> Cow<'_, str> {
    const ADDRESS: &str =
        r"(?i-u)(?:https?://|\bwww[0-9]{0,3}\.|\b[a-z0-9][a-z0-9.\-]*\.[a-z]{2,4}/)[!-;=?-~]+";
    static PATTERN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(ADDRESS).expect("a constant pattern compiles"));
    PATTERN.replace_all(text, " ")
}

fn without_apostrophes(text: &str, language: Language) -> Cow<'_, str> {
    if !text.contains(['\'', '"']) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_hebrew = ('\u{590}'..='\u{5ff}').contains(&before);
        let is_inside = (c == '\'' || (c == '"' && is_hebrew))
            && is_letter_or_number(before)
            && rest.peek().copied().is_some_and(is_letter_or_number);
        match (is_inside, language) {
            (false, _) => kept.push(c),
            (true, Language::Fr) => kept.push(' '),
            (true, _) => {}
        }
        before = c;
    }
    Cow::Owned(kept)
}

/// What UAX 29 has between two boundaries: a word, several that a dot or an underscore holds together, a picture, or
/// nothing of interest.
fn word(segment: &str, language: Language, visit: &mut impl FnMut(Found<'_>)) {
    let Some(first) = segment.chars().next() else { return };
    if !segment.chars().any(is_letter_or_number) {
        if segment.chars().any(is_picture) {
            visit(Found::Word(segment));
        }
        return;
    }
    match script(first) {
        Script::Ideographs => visit(Found::Ideograph(segment)),
        // Such characters are found by their neighbours.
        Script::Unspaced => {}
        Script::Spaced | Script::Syllables if first.is_ascii_digit() => {
            visit(Found::Word(spelled(segment, language)));
        }
        Script::Spaced | Script::Syllables => {
            let parts = segment.split(['.', ':', ',', ';', '_', '\'', '"', '·', '\u{2027}', '‿']);
            parts.filter(|part| !part.is_empty()).for_each(|part| visit(Found::Word(part)));
        }
    }
}

fn spelled(word: &str, language: Language) -> &str {
    let names = match language {
        Language::En => ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        Language::De => ["null", "eins", "zwei", "drei", "vier", "fuenf", "sechs", "sieben", "acht", "neun"],
        Language::Fr => ["zero", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
        Language::Nl => ["nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"],
    };
    match word.as_bytes() {
        &[digit @ b'0'..=b'9'] => names[usize::from(digit - b'0')],
        _ => word,
    }
}

/// Two and three neighbours of every run of characters whose script needs them. One that is alone is a word.
fn grams(text: &str, visit: &mut impl FnMut(Found<'_>)) {
    // Where the last characters of the run begin, the latest first.
    let mut starts = [None; 2];
    let mut run = 0u32;
    let mut last = "";
    let end_of_run = |run: u32, last: &str, visit: &mut dyn FnMut(Found<'_>)| {
        if run == 1 && last.chars().next().is_some_and(|c| script(c) == Script::Unspaced) {
            visit(Found::Word(last));
        }
    };
    for (start, character) in text.grapheme_indices(true) {
        if character.chars().next().is_none_or(|c| script(c) == Script::Spaced) {
            end_of_run(run, last, visit);
            (starts, run) = ([None; 2], 0);
            continue;
        }
        let end = start + character.len();
        for before in starts.into_iter().flatten() {
            if let Some(gram) = text.get(before..end) {
                visit(Found::Gram(gram));
            }
        }
        starts = [Some(start), starts[0]];
        (run, last) = (run.saturating_add(1), character);
    }
    end_of_run(run, last, visit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, language: Language) -> String {
        let mut all = Vec::new();
        words(text, language, &mut |found| {
            all.push(match found {
                Found::Word(word) => word.to_owned(),
                Found::Ideograph(word) => format!("{word}!"),
                Found::Gram(gram) => format!("({gram})"),
            });
        });
        all.join(" ")
    }

    fn en(text: &str) -> String {
        found(text, Language::En)
    }

    #[test]
    fn words_of_scripts_with_blanks_are_between_them() {
        assert_eq!(en("Люблю сальсу — и горные походы!"), "люблю сальсу и горные походы");
        assert_eq!(en("أحب الرقص، والجبال."), "احب الرقص والجبال");
        assert_eq!(en("मुझे पहाड़ पसंद हैं।"), "मुझे पहाड़ पसंद हैं");
        assert_eq!(en("Μου αρέσει ο χορός;"), "μου αρεσει ο χοροσ");
        assert_eq!(en("אני אוהב צה\"ל ג׳ז"), "אני אוהב צהל גז");
        assert_eq!(en("Rock-n-Roll, don’t e.g. foo_bar 3.14 a.b"), "rock n roll dont e g foo bar 3.14 a b");
    }

    #[test]
    fn scripts_without_blanks_have_their_characters_and_neighbours() {
        assert_eq!(en("爬山。"), "爬! 山! (爬山)");
        assert_eq!(en("喜欢茶 A1"), "喜! 欢! 茶! a1 (喜欢) (欢茶) (喜欢茶)");
        assert_eq!(
            en("サルサが好き"),
            "サルサ 好! (サル) (ルサ) (サルサ) (サが) (ルサが) (が好) (サが好) (好き) (が好き)"
        );
        assert_eq!(en("한국어 말"), "한국어 말 (한국) (국어) (한국어)");
        assert_eq!(en("รัก"), "(รัก)");
        assert_eq!(en("ก ข"), "ก ข");
    }

    #[test]
    fn pictures_are_words() {
        assert_eq!(en("🍕🍕 👍🏽 ❤️ 🇨🇭🇮🇹 ★"), "🍕 🍕 👍 ❤ 🇨🇭 🇮🇹 ★");
        assert_eq!(en("👩🏽\u{200d}💻"), "👩 💻");
        assert_ne!(en("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"), en("🏴"));
        assert_eq!(en("1\u{fe0f}\u{20e3}"), "one");
        assert_eq!(en("... !? --- «»"), "");
    }

    #[test]
    fn addresses_go_and_text_beside_them_stays() {
        assert_eq!(en("see http://a.de/b?c=1 and WWW.x.de/y or foo.com/bar"), "see and or");
        assert_eq!(en("看http://a.de/b好"), "看! 好!");
        assert_eq!(en("foo.com and/or a@b.org"), "foo com and or a b org");
    }

    #[test]
    fn a_lone_digit_is_spelled_in_the_language() {
        assert_eq!(en("2 cats, ３ dogs, 42 birds, ٤"), "two cats three dogs 42 birds four");
        assert_eq!(found("2 chats", Language::Fr), "deux chats");
        assert_eq!(found("5", Language::Nl), "vijf");
        assert_eq!(found("5", Language::De), "fuenf");
    }

    #[test]
    fn apostrophes_part_french_words_only() {
        assert_eq!(found("J’aime l'amour 'tout'", Language::Fr), "j aime l amour tout");
        assert_eq!(en("'tis o'clock'"), "tis oclock");
    }

    #[test]
    fn long_hostile_texts_come_to_an_end() {
        const LENGTH: usize = 1 << 19;
        for piece in [
            "a",
            "a.",
            "a'",
            "\u{301}",
            "a\u{301}",
            "日",
            "か\u{3099}",
            "ก",
            "🇨",
            "👩\u{200d}",
            "(",
            "www.",
            "http://",
            "a-",
            "ﷺ",
            "'\u{301}",
            "한",
            "_",
        ] {
            let text = piece.repeat(LENGTH / piece.len());
            let mut bytes = 0;
            words(&text, Language::Fr, &mut |found| match found {
                Found::Word(text) | Found::Ideograph(text) | Found::Gram(text) => bytes += text.len(),
            });
            assert!(bytes <= 40 * LENGTH, "{piece}");
        }
    }
}
