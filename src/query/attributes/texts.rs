//! The texts of one field: each distinct one once, in order, with the profiles that have it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use crate::file::Ordinal;
use crate::query::Suppressed;
use crate::vectorizer::hashing::{Spelling, fold};

/// Of longer texts only the beginning is kept, and can be searched for.
pub const MOST_TEXT_BYTES: usize = 64;

/// More of a text than becomes [`MOST_TEXT_BYTES`] of its folded form is not folded.
const MOST_FOLDED_BYTES: usize = 4 * MOST_TEXT_BYTES;

/// What a text costs where its hash is noted: a table of 17 bytes each that is never more than seven eighths full.
const KNOWN_BYTES: usize = 20;

/// A field whose texts have more bytes on average is one of sentences: people search it only when they mean it, and for
/// its beginnings only.
const PROSE_BYTES: usize = 40;

/// Texts while they are collected, in the order in which they come.
#[derive(Debug, Default)]
pub struct Collector {
    bytes: Vec<u8>,
    /// Where each distinct text ends.
    ends: Vec<u32>,
    /// Which text has a hash; where another has it, the next number is taken.
    known: HashMap<u64, u32>,
    hasher: RandomState,
    /// Text and profile, by ascending profile.
    had: Vec<(u32, Ordinal)>,
    switches: usize,
    /// Words of the distinct texts, without the first of each.
    words: usize,
}

impl Collector {
    /// Notes that a profile has a text, which is folded.
    pub fn add(&mut self, text: &str, ordinal: Ordinal) {
        let words = later_words(text);
        let text = text.as_bytes();
        let mut hash = self.hasher.hash_one(text);
        let number = loop {
            match self.known.get(&hash) {
                Some(&number) if self.text(number) == text => break number,
                Some(_) => hash = hash.wrapping_add(1),
                None => {
                    let number = self.ends.len() as u32;
                    self.bytes.extend_from_slice(text);
                    // What is collected is bounded far below 4 GiB.
                    self.ends.push(self.bytes.len() as u32);
                    self.known.insert(hash, number);
                    self.words += words.count();
                    break number;
                }
            }
        };
        self.had.push((number, ordinal));
    }

    /// Notes that a profile has true or false.
    pub fn add_switch(&mut self, switch: bool, ordinal: Ordinal) {
        self.switches += 1;
        self.add(if switch { "true" } else { "false" }, ordinal);
    }

    /// About what it takes in memory, with the words that are looked for when it is finished.
    pub fn taken(&self) -> usize {
        let words = if is_prose(&self.bytes, &self.ends) { 0 } else { self.words };
        self.bytes.capacity()
            + self.ends.capacity() * size_of::<u32>()
            + self.known.capacity() * KNOWN_BYTES
            + self.had.capacity() * size_of::<(u32, Ordinal)>()
            + words * size_of::<(u32, u8)>()
    }

    fn text(&self, number: u32) -> &[u8] {
        text_of(&self.bytes, &self.ends, number)
    }

    /// The texts in order. What is no longer needed goes before the next part is made: these may be all the memory there is.
    pub fn finish(self) -> Texts {
        let Collector { bytes: collected, ends: collected_ends, known, had, switches, words, .. } = self;
        drop(known);
        let text = |number: u32| text_of(&collected, &collected_ends, number);
        let mut order: Vec<u32> = (0..collected_ends.len() as u32).collect();
        order.sort_unstable_by_key(|&number| text(number));
        let mut rank = vec![0_u32; order.len()];
        let (mut bytes, mut ends) = (Vec::with_capacity(collected.len()), Vec::with_capacity(order.len()));
        for (place, &number) in (0_u32..).zip(&order) {
            rank[number as usize] = place;
            bytes.extend_from_slice(text(number));
            ends.push(bytes.len() as u32);
        }
        drop((collected, collected_ends, order));
        let has_texts = had.len() > switches;
        let (starts, profiles) = by_text(&had, &rank);
        drop((had, rank));
        let mut texts = Texts { bytes, ends, starts, profiles, words: Vec::new(), has_texts };
        texts.find_words(words);
        texts
    }
}

/// Where the profiles of each text start, and the profiles by text; `rank` says where each text is in order.
fn by_text(had: &[(u32, Ordinal)], rank: &[u32]) -> (Vec<u32>, Vec<Ordinal>) {
    let mut starts = vec![0_u32; rank.len() + 1];
    for (number, _) in had {
        starts[rank[*number as usize] as usize + 1] += 1;
    }
    for place in 0..rank.len() {
        starts[place + 1] += starts[place];
    }
    let mut next = starts.clone();
    let mut profiles = vec![Ordinal(0); had.len()];
    for (number, ordinal) in had {
        let place = &mut next[rank[*number as usize] as usize];
        profiles[*place as usize] = *ordinal;
        *place += 1;
    }
    (starts, profiles)
}

/// The distinct texts of a field, by their bytes.
#[derive(Debug)]
pub struct Texts {
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<u32>,
    /// Where the profiles of each text start, and the end.
    starts: Vec<u32>,
    /// Profiles by text, ascending for each.
    profiles: Vec<Ordinal>,
    /// Text and where a later word of it starts, by what stands from there on.
    words: Vec<(u32, u8)>,
    /// Whether it has more than true and false.
    has_texts: bool,
}

impl Texts {
    /// Whether anything in it can be searched for.
    pub fn can_be_searched(&self) -> bool {
        self.has_texts
    }

    /// Whether anybody who may be seen has one.
    pub fn can_be_seen(&self, suppressed: &Suppressed) -> bool {
        self.profiles.iter().any(|&ordinal| !suppressed.contains(ordinal))
    }

    /// How many distinct texts there are.
    pub fn distinct(&self) -> usize {
        self.ends.len()
    }

    /// Whether they are sentences rather than names.
    pub fn is_prose(&self) -> bool {
        is_prose(&self.bytes, &self.ends)
    }

    /// A text by its place in their order, folded.
    pub fn text(&self, number: usize) -> &str {
        std::str::from_utf8(self.bytes_of(number as u32)).unwrap_or_default()
    }

    /// The profiles that have a text, ascending.
    pub fn profiles_of(&self, number: usize) -> &[Ordinal] {
        let end = self.starts.get(number + 1).copied().unwrap_or_default() as usize;
        let start = self.starts.get(number).copied().unwrap_or_default() as usize;
        self.profiles.get(start..end).unwrap_or_default()
    }

    /// The profiles whose text begins so, by text and profile.
    pub fn beginning_with(&self, prefix: &str) -> impl Iterator<Item = Ordinal> {
        let numbers = run(self.distinct(), prefix, |number| self.bytes_of(number as u32));
        numbers.flat_map(|number| self.profiles_of(number)).copied()
    }

    /// The profiles of whose text another word than the first begins so.
    pub fn with_word_beginning_with(&self, prefix: &str) -> impl Iterator<Item = Ordinal> {
        let from = |place: usize| self.words.get(place).map_or(&[][..], |&word| self.text_from(word));
        let places = run(self.words.len(), prefix, from);
        let words = self.words.get(places).unwrap_or_default();
        words.iter().flat_map(|&(number, _)| self.profiles_of(number as usize)).copied()
    }

    fn bytes_of(&self, number: u32) -> &[u8] {
        text_of(&self.bytes, &self.ends, number)
    }

    fn text_from(&self, (number, start): (u32, u8)) -> &[u8] {
        self.bytes_of(number).get(usize::from(start)..).unwrap_or_default()
    }

    /// `count` are the words there are.
    fn find_words(&mut self, count: usize) {
        if !self.has_texts || self.is_prose() {
            return;
        }
        let mut words = Vec::with_capacity(count);
        for number in 0..self.distinct() {
            // Texts are shorter than 256 bytes.
            words.extend(later_words(self.text(number)).map(|start| (number as u32, start as u8)));
        }
        words.sort_unstable_by(|&one, &other| {
            self.text_from(one).cmp(self.text_from(other)).then(one.cmp(&other))
        });
        self.words = words;
    }
}

/// Where the words of a text start, without the first.
fn later_words(text: &str) -> impl Iterator<Item = usize> {
    let pairs = text.chars().zip(text.char_indices().skip(1));
    pairs
        .filter(|(before, (_, c))| c.is_alphanumeric() && !before.is_alphanumeric())
        .map(|(_, (start, _))| start)
}

/// Whether texts are sentences rather than names.
fn is_prose(bytes: &[u8], ends: &[u32]) -> bool {
    bytes.len() > PROSE_BYTES * ends.len()
}

/// A text as it is searched for: folded, and only its beginning.
pub fn folded(text: &str) -> String {
    let mut folded = fold(beginning(text, MOST_FOLDED_BYTES), Spelling::Loose).into_owned();
    folded.truncate(beginning(&folded, MOST_TEXT_BYTES).len());
    folded
}

/// So many bytes of a text or a little less: whole characters.
fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn text_of<'a>(bytes: &'a [u8], ends: &[u32], number: u32) -> &'a [u8] {
    let number = number as usize;
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    let end = ends.get(number).copied().unwrap_or_default();
    bytes.get(start as usize..end as usize).unwrap_or_default()
}

/// The numbers of sorted texts that begin so.
fn run<'a>(count: usize, prefix: &str, text: impl Fn(usize) -> &'a [u8]) -> Range<usize> {
    let prefix = prefix.as_bytes();
    let first = partition(0..count, |number| text(number) < prefix);
    first..partition(first..count, |number| text(number).starts_with(prefix))
}

/// Where a condition that holds up to some number holds no more.
fn partition(range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_texts_is_counted_while_they_are_collected() {
        for text in ["a b c d e f g h", "name", "one sentence of many words that nobody searches by them"] {
            let mut collector = Collector::default();
            for number in 0..5000 {
                collector.add(&format!("{number:05} {text}"), Ordinal(number));
            }
            let taken = collector.taken();
            let texts = collector.finish();
            let made = texts.bytes.capacity()
                + (texts.ends.capacity() + texts.starts.capacity() + texts.profiles.capacity()) * 4
                + texts.words.capacity() * size_of::<(u32, u8)>();
            assert!(made <= taken, "{made} of {taken} bytes: {text}");
            assert_eq!(texts.words.capacity(), texts.words.len(), "they were counted right");
        }
    }

    #[test]
    fn a_text_is_folded_as_far_as_it_is_kept() {
        assert_eq!(folded("Zürich"), "zuerich");
        assert_eq!(folded(&"ß".repeat(1000)).len(), MOST_TEXT_BYTES);
        assert!(folded(&"東".repeat(1000)).len() <= MOST_TEXT_BYTES);
    }
}
