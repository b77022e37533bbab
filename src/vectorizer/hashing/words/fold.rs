//! One form for all ways to write the same.

use std::borrow::Cow;

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

use super::letters::{is_ignored, is_mark, plain_digit, undressed};

/// How much of a text's spelling is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// All that another text can differ by: for values, of which equal ones are wanted.
    Exact,
    /// Accents that people leave out are left out: for words.
    Loose,
}

/// A text in its one form: in Unicode's compatibility form and case folding, without what cannot be seen, its digits
/// those of ASCII, each run of blanks one blank, none at either end. Texts that Unicode calls equal without regard to
/// case are equal, and so are the four letters i of Turkish. Linear in the length of the text.
pub fn fold(text: &str, spelling: Spelling) -> Cow<'_, str> {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    let mut folder = Folder { kept: String::with_capacity(text.len()), base: ' ', spelling };
    let plain = text.chars().filter(|&c| !is_ignored(c)).map(undressed);
    plain.nfkd().default_case_fold().for_each(|c| folder.take(c));
    let composed: String = folder.kept.nfc().collect();
    Cow::Owned(composed.trim_end_matches(' ').to_owned())
}

fn fold_ascii(text: &str) -> Cow<'_, str> {
    let mut blank_before = true;
    let is_folded = text.bytes().all(|byte| {
        let blank = byte == b' ';
        let good = if blank { !blank_before } else { !is_blank(byte.into()) && !byte.is_ascii_uppercase() };
        blank_before = blank;
        good
    });
    if is_folded && (!blank_before || text.is_empty()) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.extend(word.chars().map(|c| c.to_ascii_lowercase()));
    }
    Cow::Owned(kept)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Takes the characters of a decomposed, folded text.
struct Folder {
    kept: String,
    /// The last character that is no mark.
    base: char,
    spelling: Spelling,
}

impl Folder {
    fn take(&mut self, c: char) {
        if is_blank(c) {
            if !self.kept.is_empty() && !self.kept.ends_with(' ') {
                self.kept.push(' ');
            }
            self.base = ' ';
        } else if is_mark(c) {
            self.mark(c);
        } else {
            self.base = if c == 'ı' { 'i' } else { plain_digit(c) };
            match self.spelling {
                Spelling::Exact => self.kept.push(self.base),
                Spelling::Loose => self.letter(),
            }
        }
    }

    fn letter(&mut self) {
        match loose_letter(self.base) {
            Some(letters) => self.kept.push_str(letters),
            None => self.kept.push(self.base),
        }
    }

    fn mark(&mut self, mark: char) {
        const DOT_ABOVE: char = '\u{307}';
        const DIAERESIS: char = '\u{308}';
        let base = self.base;
        if base == 'i' && mark == DOT_ABOVE {
            return;
        }
        let is_kept = match (self.spelling, base) {
            (Spelling::Exact, _) => true,
            (Spelling::Loose, 'a' | 'o' | 'u') if mark == DIAERESIS => {
                self.kept.push('e');
                false
            }
            (Spelling::Loose, _) => is_told_apart(base, mark),
        };
        if is_kept {
            self.kept.push(mark);
        }
    }
}

/// Whether a mark makes another word of it for those who write the script every day.
fn is_told_apart(base: char, mark: char) -> bool {
    match (base, mark) {
        // Marks that enclose a letter or a digit, as that of keycaps.
        (_, '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}') => false,
        // Stress, and the two dots of ё.
        ('\u{400}'..='\u{52f}', '\u{300}' | '\u{301}') | ('е', '\u{308}') => false,
        ('\u{400}'..='\u{52f}', _) => true,
        // Latin and Greek accents, Hebrew points, Arabic vowel signs and hamzas.
        ('!'..='\u{3ff}' | '\u{590}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{1d00}'..='\u{1fff}', _) => {
            false
        }
        _ => true,
    }
}

/// What stands for a letter that is often written otherwise, for want of a key; none: the letter itself.
fn loose_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'œ' | 'ø' => "oe",
        'þ' => "th",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        // The apostrophe of a typewriter.
        '’' | 'ʼ' | '‘' | '׳' => "'",
        '״' => "\"",
        // Arabic letters that have another key in Persian and Urdu, or are written for each other.
        'ک' => "ك",
        'ی' | 'ى' => "ي",
        'ة' => "ه",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> String {
        fold(text, Spelling::Exact).into_owned()
    }

    fn loose(text: &str) -> String {
        fold(text, Spelling::Loose).into_owned()
    }

    #[test]
    fn costumes_of_letters_are_taken_off() {
        for text in [
            "ｓａｌｓａ",
            "𝓼𝓪𝓵𝓼𝓪",
            "𝕊𝔸𝕃𝕊𝔸",
            "ⓢⓐⓛⓢⓐ",
            "ꜱᴀʟꜱᴀ",
            "🅢🅐🅛🅢🅐",
            "🆂🅰🅻🆂🅰",
            "ſalſa",
            "s\u{200b}al\u{ad}s\u{feff}a",
        ] {
            assert_eq!(exact(text), "salsa", "{text}");
        }
    }

    #[test]
    fn normal_forms_and_cases_are_one() {
        for same in [
            &["Café", "cafe\u{301}", "CAFÉ", "CAFE\u{301}"][..],
            &["straße", "STRASSE", "STRAẞE", "Strasse"],
            &["ΣΊΣΥΦΟΣ", "σίσυφος", "Σίσυφοσ"],
            &["ガ", "カ\u{3099}", "ｶﾞ"],
            &["한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"],
            &["سلام", "ســـلام", "\u{fee1}".replace('\u{fee1}', "سلام").as_str()],
            &["İstanbul", "istanbul", "ISTANBUL", "ıstanbul", "I\u{307}stanbul"],
            &["٣ km", "3 km", "３\u{3000}㎞", " 3\n km\u{a0}"],
            &["ﬁt", "fit", "FIT"],
        ] {
            assert!(same.iter().all(|text| exact(text) == exact(same[0])), "{same:?}");
        }
        assert_eq!(exact("\u{fedf}\u{fe8e}"), exact("لا"), "presentation forms");
    }

    #[test]
    fn values_keep_their_accents_and_words_do_not() {
        assert_eq!(exact("Größe"), "grösse");
        assert_eq!(loose("Größe naïve Łódź Crème ÅÆØ"), "groesse naive lodz creme aaeoe");
        assert_eq!(loose("gro\u{308}\u{df}e"), "groesse");
        assert_eq!(loose("Ελλάδα ΕΛΛΆΔΑ ΕΛΛΑΔΑ"), "ελλαδα ελλαδα ελλαδα");
        assert_eq!(loose("Ёлка мой за́мок"), "елка мой замок");
        assert_eq!(loose("שָׁלוֹם أَهْلًا"), "שלום اهلا");
        assert_eq!(loose("हिन्दी ภาษาไทย ガ"), exact("हिन्दी ภาษาไทย ガ"), "marks that are letters stay");
    }

    #[test]
    fn blanks_are_one_blank_and_none_at_the_ends() {
        assert_eq!(exact(" A\t\n b\u{2003}"), "a b");
        assert_eq!(exact(" é\t\n b\u{2003}"), "é b");
        for empty in ["", " ", "\n", "\u{200b}", "\u{a0}\u{feff} "] {
            assert_eq!(exact(empty), "", "{empty:?}");
        }
    }
}
