//! What kind of character a character is.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// A set of characters, as ranges in order.
struct Set(Vec<(char, char)>);

impl Set {
    /// The set that a class of a regular expression names; every one is a constant of this module, and a test reads each.
    fn of(class: &str) -> Set {
        let parsed = regex_syntax::parse(class).map(regex_syntax::hir::Hir::into_kind);
        match parsed {
            Ok(HirKind::Class(Class::Unicode(class))) => {
                Set(class.ranges().iter().map(|range| (range.start(), range.end())).collect())
            }
            _ => Set(Vec::new()),
        }
    }

    /// The range that holds a character.
    fn range_of(&self, c: char) -> Option<(char, char)> {
        let place = self.0.partition_point(|&(_, end)| end < c);
        self.0.get(place).copied().filter(|&(start, _)| start <= c)
    }

    fn has(&self, c: char) -> bool {
        self.range_of(c).is_some()
    }
}

const IGNORED: &str = r"[\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}\u{640}--[\u{E0020}-\u{E007F}]]";
const MARK: &str = r"\p{M}";
const DIGIT: &str = r"\p{Nd}";
const LETTER_OR_NUMBER: &str = r"[\p{Alphabetic}\p{N}]";
const PICTURE: &str = r"[\p{Extended_Pictographic}\p{Regional_Indicator}\p{So}]";
const IDEOGRAPH: &str =
    r"[[\p{scx=Han}\p{scx=Bopomofo}\p{scx=Yi}]&&[\p{L}\p{Nl}]--[\p{Hiragana}\p{Katakana}\p{Hangul}]]";
const UNSPACED: &str = r"[[\p{scx=Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Javanese}\p{Balinese}\p{Ahom}\p{Tibetan}]&&[\p{L}\p{M}]--[\p{Katakana}\p{scx=Han}]]";
const SYLLABLES: &str = r"[[\p{scx=Katakana}\p{Hangul}]&&[\p{L}\p{M}]--[\p{Hiragana}\p{scx=Han}]]";

/// Whether a character is there for the layout or the skin of another one only: it is taken out. The letters of a
/// flag's tag stay.
pub fn is_ignored(c: char) -> bool {
    static SET: LazyLock<Set> = LazyLock::new(|| Set::of(IGNORED));
    !c.is_ascii() && SET.has(c)
}

/// Whether a character belongs to the one before it.
pub fn is_mark(c: char) -> bool {
    static SET: LazyLock<Set> = LazyLock::new(|| Set::of(MARK));
    c >= '\u{300}' && SET.has(c)
}

/// Whether a character is part of a word.
pub fn is_letter_or_number(c: char) -> bool {
    static SET: LazyLock<Set> = LazyLock::new(|| Set::of(LETTER_OR_NUMBER));
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { SET.has(c) }
}

/// Whether a character is a word of its own without being a letter: an emoji, half of a flag, a star.
pub fn is_picture(c: char) -> bool {
    static SET: LazyLock<Set> = LazyLock::new(|| Set::of(PICTURE));
    !c.is_ascii() && SET.has(c)
}

/// The decimal digit of any script as that of ASCII; another character as it is. Digits are encoded in tens.
pub fn plain_digit(c: char) -> char {
    static SET: LazyLock<Set> = LazyLock::new(|| Set::of(DIGIT));
    if c < '\u{660}' {
        return c;
    }
    SET.range_of(c).and_then(|(zero, _)| char::from_digit((c as u32 - zero as u32) % 10, 10)).unwrap_or(c)
}

/// How the words of a script are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// By blanks.
    Spaced,
    /// Not at all; a character is nearly a word.
    Ideographs,
    /// Not at all, and a character says little.
    Unspaced,
    /// By blanks or by the script, but a few characters are a word, and its end changes.
    Syllables,
}

/// The kind of script of a character.
pub fn script(c: char) -> Script {
    static SETS: LazyLock<[(Set, Script); 3]> = LazyLock::new(|| {
        [
            (Set::of(IDEOGRAPH), Script::Ideographs),
            (Set::of(UNSPACED), Script::Unspaced),
            (Set::of(SYLLABLES), Script::Syllables),
        ]
    });
    // Nothing before Thai is written without blanks.
    if c < '\u{e00}' {
        return Script::Spaced;
    }
    SETS.iter().find(|(set, _)| set.has(c)).map_or(Script::Spaced, |&(_, script)| script)
}

/// A letter in a costume that has no compatibility mapping: small capitals, white letters on a black ground.
pub fn undressed(c: char) -> char {
    const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡ\u{fffe}ʏᴢ";
    let place = match c {
        '\u{1f150}'..='\u{1f169}' => Some(c as u32 - 0x1f150),
        '\u{1f170}'..='\u{1f189}' => Some(c as u32 - 0x1f170),
        '\u{250}'..='\u{2af}' | '\u{1d00}'..='\u{1d7f}' | '\u{a700}'..='\u{a7ff}' => {
            SMALL_CAPITALS.chars().position(|small| small == c).and_then(|place| u32::try_from(place).ok())
        }
        _ => None,
    };
    place.and_then(|place| char::from_u32('a' as u32 + place)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_one() {
        for class in [IGNORED, MARK, DIGIT, LETTER_OR_NUMBER, PICTURE, IDEOGRAPH, UNSPACED, SYLLABLES] {
            assert!(Set::of(class).0.len() > 5, "{class}");
        }
    }

    #[test]
    fn digits_of_every_script_are_those_of_ascii() {
        for (zero, nine) in [('0', '9'), ('٠', '٩'), ('०', '९'), ('๐', '๙'), ('𝟎', '𝟗'), ('𝟶', '𝟿')]
        {
            assert_eq!((plain_digit(zero), plain_digit(nine)), ('0', '9'));
        }
        assert_eq!((plain_digit('²'), plain_digit('x'), plain_digit('日')), ('²', 'x', '日'));
        assert!(Set::of(DIGIT).0.iter().all(|&(zero, nine)| (nine as u32 - zero as u32) % 10 == 9));
    }

    #[test]
    fn scripts_are_told_apart_by_how_their_words_are() {
        for (characters, expected) in [
            ("aßж한", [Script::Spaced, Script::Spaced, Script::Spaced, Script::Syllables]),
            ("日々のサ", [Script::Ideographs, Script::Ideographs, Script::Unspaced, Script::Syllables]),
            ("ไ\u{e31}ខက", [Script::Unspaced; 4]),
            ("。ー、", [Script::Spaced, Script::Unspaced, Script::Spaced, Script::Spaced]),
        ] {
            for (c, expected) in characters.chars().zip(expected) {
                assert_eq!(script(c), expected, "{c}");
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_is_ignored_and_a_flag_s_letters_are_not() {
        for c in [
            '\u{200b}', '\u{200d}', '\u{fe0f}', '\u{ad}', '\u{feff}', '\u{2060}', '\u{3164}', '\u{640}', '🏽',
        ] {
            assert!(is_ignored(c), "{c:?}");
        }
        for c in ['\u{e0067}', 'a', ' ', '\u{a0}', '\u{301}', '👍'] {
            assert!(!is_ignored(c), "{c:?}");
        }
    }
}
