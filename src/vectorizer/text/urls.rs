//! Finds web addresses in running text, as John Gruber's liberal pattern does (the one of 2010 that asks for
//! `http`, `https`, `www` or something like `name.tld/`), ignoring case, with what Python understands by its classes.
//!
//! A backtracking engine needs exponential time for this pattern and a text of open parentheses. An automaton does
//! not, and finds the same: the pattern is regular, parentheses nest two deep and no deeper. The automaton does not
//! read the text itself but its sketch, one ASCII byte a character, in which characters that the pattern cannot
//! tell apart are the same byte. So all of Unicode is dealt with in [`sketch_of`], and the pattern stays ASCII.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::{compile, is_blank, is_word};

/// In a sketch: a decimal digit outside ASCII. Sketches are in lower case, so the capitals are free.
const OTHER_DIGIT: u8 = b'D';
/// In a sketch: a word character outside ASCII that is no decimal digit. It has no place in the name of a host.
const OTHER_WORD: u8 = b'W';
/// In a sketch: any other character outside ASCII. An address may go on and end with it.
const OTHER: u8 = b'~';

/// Gruber's pattern, over a sketch: how an address begins, what it goes on with, and what it can end with.
const ADDRESS: &str = r#"(?x-u)
    \b
    (?: https?:// | www[0-9D]{0,3}\. | [a-z0-9.\-]+\.[a-z]{2,4}/ )
    (?: [^\s()<>]+ | \( (?: [^\s()<>]+ | \([^\s()<>]+\) )* \) )+
    (?: \( (?: [^\s()<>]+ | \([^\s()<>]+\) )* \) | [^\s`!()\[\]{};:'".,<>?] )
"#;

/// Removes every web address and leaves nothing in its place.
pub(super) fn remove_urls(text: &str) -> String {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| compile(ADDRESS));

    let sketch = sketch_of(text);
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars();
    let mut done = 0;
    for address in PATTERN.find_iter(&sketch) {
        kept.extend(characters.by_ref().take(address.start() - done));
        characters.by_ref().take(address.len()).for_each(drop);
        done = address.end();
    }
    kept.push_str(characters.as_str());
    kept
}

/// One ASCII byte for each character of a text: itself in lower case, or what stands for its kind.
fn sketch_of(text: &str) -> Vec<u8> {
    text.chars().map(sketch_of_character).collect()
}

fn sketch_of_character(c: char) -> u8 {
    static DECIMAL_DIGIT: LazyLock<Regex> = LazyLock::new(|| compile(r"\A\p{Nd}\z"));

    match c {
        _ if is_blank(c) => b' ',
        '«' | '»' | '“' | '”' | '‘' | '’' => b'"',
        // The characters outside ASCII that Python takes for ASCII letters when it ignores case.
        'İ' | 'ı' => b'i',
        'ſ' => b's',
        '\u{212a}' => b'k',
        _ if c.is_ascii() => (c as u8).to_ascii_lowercase(),
        _ if !is_word(c) => OTHER,
        _ if DECIMAL_DIGIT.is_match(c.encode_utf8(&mut [0; 4]).as_bytes()) => OTHER_DIGIT,
        _ => OTHER_WORD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_and_the_text_around_them_stays() {
        let cases = [
            ("visit http://example.com/path?q=1 now", "visit  now"),
            ("HTTPS://WWW.UPPER.COM/X", ""),
            ("www.test.de/abc and foo.bar/baz", " and "),
            ("www2.test.de, www1234.de", ", www1234.de"),
            ("ünï http://ö.de/ä — é", "ünï  — é"),
            ("http://a.de/x\u{a0}http://b.de/y\u{1c}z", "\u{a0}\u{1c}z"),
        ];
        for (text, kept) in cases {
            assert_eq!(remove_urls(text), kept, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_stays() {
        for text in [
            "foo.com",
            "www.",
            "co.uk/ test",
            "a@b.com",
            "http:// x",
            "ftp://ab",
            "mailto:ab",
            "a.b/cd",
            "a.bc/d",
        ] {
            assert_eq!(remove_urls(text), text);
        }
    }

    #[test]
    fn an_address_begins_at_a_word_boundary() {
        assert_eq!(remove_urls("straßewww.x.de"), "straßewww.x.de");
        assert_eq!(remove_urls("²http://x.de"), "²http://x.de", "a number of any kind is a word character");
        assert_eq!(remove_urls("e\u{301}http://x.de"), "e\u{301}", "a combining mark is none");
        assert_eq!(
            remove_urls("_.ab.de/xy -.ab.de/xy"),
            "_ -.",
            "a dot is a beginning only after a word character"
        );
    }

    #[test]
    fn punctuation_after_an_address_is_not_part_of_it() {
        assert_eq!(remove_urls("http://a.bc/d. x"), ". x");
        assert_eq!(remove_urls("“www.x.de”, ‘www.x.de’?!"), "“”, ‘’?!");
        assert_eq!(remove_urls("http://a.bc/d… x"), " x", "an ellipsis is not in Gruber's list");
        assert_eq!(remove_urls("<http://a.bc/d>"), "<>");
    }

    #[test]
    fn parentheses_of_an_address_nest_two_deep() {
        assert_eq!(remove_urls("(http://en.wikipedia.org/wiki/X_(disambig))"), "()");
        assert_eq!(remove_urls("http://x.de/a_(b_(c)_d)_e"), "");
        assert_eq!(remove_urls("http://x.de/a(b(c(d)))"), "(b(c(d)))");
        assert_eq!(remove_urls("http://x.de/a(b"), "(b");
        assert_eq!(remove_urls("http://x.de/a)b"), ")b");
    }

    #[test]
    fn case_is_ignored_as_python_ignores_it() {
        assert_eq!(remove_urls("http\u{17f}://x.de"), "", "a long s is an s");
        assert_eq!(remove_urls("x.\u{130}\u{131}\u{212a}/ab"), "", "two letters i and a Kelvin sign");
        assert_eq!(remove_urls("x.dé/ab"), "x.dé/ab");
    }

    #[test]
    fn digits_of_every_script_may_follow_www() {
        assert_eq!(remove_urls("www٣９.x"), "www٣９.x", "a body needs two characters");
        assert_eq!(remove_urls("www٣９.xy"), "");
        assert_eq!(remove_urls("www².xy"), "www².xy", "a superscript is no decimal digit");
    }

    #[test]
    fn a_sketch_has_a_byte_for_each_character() {
        assert_eq!(sketch_of("Aß٣😀»\u{2003}\u{1f}\u{301}_"), b"aWD~\"  ~_");
    }

    /// A backtracking engine would not come back from any of these, nor would anything quadratic.
    #[test]
    fn long_hostile_texts_are_searched_to_their_end() {
        const LENGTH: usize = 1 << 20;
        for piece in
            ["(", "www.(((", "http://ab(", "http://ab((x)", "(a", "(a)", "((a)", "a.", "a-", "a.bc/", "!"]
        {
            let repeated = piece.repeat(LENGTH / piece.len());
            for text in [format!("www.ab{repeated}"), format!("http://ab((({repeated}"), repeated] {
                assert!(remove_urls(&text).len() <= text.len(), "{piece}");
            }
        }
        let parentheses = "(".repeat(LENGTH);
        assert_eq!(remove_urls(&format!("www.ab{parentheses}")), parentheses);
        let exclaimed = "!".repeat(LENGTH);
        assert_eq!(remove_urls(&format!("www.ab{exclaimed}")), exclaimed);
    }
}
