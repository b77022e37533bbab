//! Texts that look like lists: `jazz; hiking; tea`.

use std::collections::{BTreeMap, HashSet};

use kindred::profile::{Fields, Value};
use twox_hash::XxHash3_64;

/// What is looked for between elements, the likeliest first.
const SEPARATORS: [&str; 3] = [";", "|", ", "];
/// Fields that are looked at.
const MOST_FIELDS: usize = 256;
/// Values of a field that are looked at.
const MOST_VALUES: u64 = 10_000;
/// Elements of a field that are told apart.
const MOST_ELEMENTS: usize = 4_096;
/// The longest element, in characters and words.
const LONGEST: (usize, usize) = (40, 4);
/// The longest text that may be a list, in bytes.
const LONGEST_TEXT: usize = 2_000;

/// Looks for fields whose texts are probably lists.
#[derive(Debug, Default)]
pub struct ListHints(BTreeMap<String, Texts>);

/// The texts of a field.
#[derive(Debug, Default)]
struct Texts {
    count: u64,
    by: [Parts; SEPARATORS.len()],
}

/// Those of them that have a separator.
#[derive(Debug, Default)]
struct Parts {
    texts: u64,
    parts: u64,
    short: u64,
    fewest: usize,
    most: usize,
    hashes: HashSet<u64>,
    /// The parts among which those were found.
    told_apart: u64,
}

impl ListHints {
    /// Looks at a record.
    pub fn observe(&mut self, fields: &Fields) {
        for (name, value) in fields {
            let Value::Text(text) = value else { continue };
            if !self.0.contains_key(name) {
                if self.0.len() >= MOST_FIELDS {
                    continue;
                }
                self.0.insert(name.clone(), Texts::default());
            }
            if let Some(texts) = self.0.get_mut(name) {
                texts.observe(text.trim());
            }
        }
    }

    /// A sentence for each field that probably holds lists, of those that `counts` says matter.
    pub fn hints(&self, counts: impl Fn(&str) -> bool) -> Vec<String> {
        let fields = self.0.iter().filter(|(name, _)| counts(name));
        fields.filter_map(|(name, texts)| texts.hint(name)).collect()
    }
}

impl Texts {
    fn observe(&mut self, text: &str) {
        if text.is_empty() || self.count >= MOST_VALUES {
            return;
        }
        self.count += 1;
        if text.len() <= LONGEST_TEXT {
            for (parts, separator) in self.by.iter_mut().zip(SEPARATORS) {
                parts.observe(text, separator);
            }
        }
    }

    fn hint(&self, name: &str) -> Option<String> {
        let (mut best, mut most) = (None, 0);
        for (parts, separator) in self.by.iter().zip(SEPARATORS) {
            if parts.texts > most && parts.are_lists(self.count, separator) {
                (best, most) = (Some(separator), parts.texts);
            }
        }
        let separator = best?.trim_end();
        let percent = 100 * most / self.count.max(1);
        Some(format!(
            "{percent} % of the values of {name:?} have {separator} in them: is it a list? --list-separator \
             '{name}={separator}'"
        ))
    }
}

impl Parts {
    fn observe(&mut self, text: &str, separator: &str) {
        // HTML writes characters as &amp; and the like.
        if !text.contains(separator) || separator == ";" && text.contains('&') && has_entity(text) {
            return;
        }
        let parts = || text.split(separator).map(str::trim).filter(|part| !part.is_empty());
        let count = parts().count();
        self.fewest = if self.texts == 0 { count } else { self.fewest.min(count) };
        self.most = self.most.max(count);
        self.texts += 1;
        for part in parts() {
            self.parts += 1;
            let (characters, words) = LONGEST;
            self.short += u64::from(part.chars().count() <= characters && part.split(' ').count() <= words);
            if self.hashes.len() < MOST_ELEMENTS {
                self.told_apart += 1;
                self.hashes.insert(XxHash3_64::oneshot(part.as_bytes()));
            }
        }
    }

    /// Whether at least half of all texts have the separator, and what stands between is as short as elements are. A
    /// comma is in sentences, addresses and names as well: there, elements come again, and are not as many in each.
    fn are_lists(&self, all: u64, separator: &str) -> bool {
        let is_frequent = self.texts * 2 >= all && self.parts >= self.texts * 3 / 2;
        let are_short = self.short * 10 >= self.parts * 9;
        let come_again = self.hashes.len() as u64 * 3 <= self.told_apart * 2;
        let vary = self.most >= 3 && self.fewest < self.most;
        is_frequent && are_short && (separator != ", " || come_again && vary)
    }
}

fn has_entity(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        let name = rest.split(';').next().unwrap_or_default();
        name.len() < rest.len()
            && (2..=10).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(texts: &[&str]) -> Vec<String> {
        let mut hints = ListHints::default();
        for text in texts {
            hints.observe(&vec![("f".to_owned(), Value::Text((*text).to_owned()))]);
        }
        hints.hints(|_| true)
    }

    #[test]
    fn texts_that_look_like_lists_are_named_with_what_separates_them() {
        let cases: [(&[&str], &str, &str); 4] = [
            (&["a; b; c", "b;a", "c", "d; a", "a; d", "b; c"], "83 %", "'f=;'"),
            (&["a|b", "b|c|d", "c|a"], "100 %", "'f=|'"),
            (&["chess, jazz", "golf", "jazz, chess, golf", "golf, chess"], "75 %", "'f=,'"),
            (&["rock & roll; jazz", "R&B; jazz"], "100 %", "'f=;'"),
        ];
        for (texts, share, option) in cases {
            let hints = hints(texts);
            assert!(hints.len() == 1 && hints[0].contains(share) && hints[0].contains(option), "{hints:?}");
        }
    }

    #[test]
    fn prose_addresses_names_and_entities_are_no_lists() {
        let none: [&[&str]; 7] = [
            &[
                "I like tea, and I like long walks in the rain with my dog, when it rains.",
                "No, never, I say, never.",
            ],
            &["Berlin, Germany", "Bonn, Germany", "Paris, France"],
            &["Smith, John", "Smith, Ann", "Doe, John"],
            &["Tom &amp; Jerry", "R&amp;B", "&#39;t"],
            &["a;b", "c", "d", "e", "f"],
            &[
                "I came; I saw a great many things there that day; I left at once.",
                "It rained; we all went home early.",
            ],
            &[""],
        ];
        for texts in none {
            assert_eq!(hints(texts), [""; 0], "{texts:?}");
        }
    }
}
