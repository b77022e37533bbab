//! The texts of one field: each distinct one once, in order, with the profiles that have it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use crate::index::Ordinal;

/// Of longer texts only the beginning is kept, and can be searched for.
pub const MOST_TEXT_BYTES: usize = 64;

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
}

impl Collector {
    /// Notes that a profile has a text, which is folded.
    pub fn add(&mut self, text: &str, ordinal: Ordinal) {
        let text = beginning(text, MOST_TEXT_BYTES).as_bytes();
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

    /// About what it takes in memory.
    pub fn taken(&self) -> usize {
        self.bytes.len() + self.ends.len() * 40 + self.had.len() * size_of::<(u32, Ordinal)>()
    }

    fn text(&self, number: u32) -> &[u8] {
        text_of(&self.bytes, &self.ends, number)
    }

    /// The texts in order.
    pub fn finish(self) -> Texts {
        let mut order: Vec<u32> = (0..self.ends.len() as u32).collect();
        order.sort_unstable_by_key(|&number| self.text(number));
        let mut rank = vec![0; order.len()];
        let (mut bytes, mut ends) = (Vec::with_capacity(self.bytes.len()), Vec::with_capacity(order.len()));
        for (place, &number) in order.iter().enumerate() {
            rank[number as usize] = place;
            bytes.extend_from_slice(self.text(number));
            ends.push(bytes.len() as u32);
        }
        let mut starts = vec![0_u32; order.len() + 1];
        for (number, _) in &self.had {
            starts[rank[*number as usize] + 1] += 1;
        }
        for place in 0..order.len() {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let mut profiles = vec![Ordinal(0); self.had.len()];
        for (number, ordinal) in &self.had {
            let place = &mut next[rank[*number as usize]];
            profiles[*place as usize] = *ordinal;
            *place += 1;
        }
        let mut texts = Texts {
            bytes,
            ends,
            starts,
            profiles,
            words: Vec::new(),
            has_texts: self.had.len() > self.switches,
        };
        texts.find_words();
        texts
    }
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

    /// How many distinct texts there are.
    pub fn distinct(&self) -> usize {
        self.ends.len()
    }

    /// Whether they are sentences rather than names.
    pub fn is_prose(&self) -> bool {
        self.bytes.len() > PROSE_BYTES * self.distinct()
    }

    /// The profiles that have a text, ascending.
    pub fn profiles_of(&self, number: usize) -> &[Ordinal] {
        let end = self.starts.get(number + 1).copied().unwrap_or_default() as usize;
        let start = self.starts.get(number).copied().unwrap_or_default() as usize;
        self.profiles.get(start..end).unwrap_or_default()
    }

    /// The profiles whose text begins so, by text and profile.
    pub fn beginning_with(&self, prefix: &str) -> impl Iterator<Item = Ordinal> {
        let numbers = run(self.distinct(), prefix, |number| self.text(number as u32));
        numbers.flat_map(|number| self.profiles_of(number)).copied()
    }

    /// The profiles of whose text another word than the first begins so.
    pub fn with_word_beginning_with(&self, prefix: &str) -> impl Iterator<Item = Ordinal> {
        let from = |place: usize| self.words.get(place).map_or(&[][..], |&word| self.text_from(word));
        let places = run(self.words.len(), prefix, from);
        let words = self.words.get(places).unwrap_or_default();
        words.iter().flat_map(|&(number, _)| self.profiles_of(number as usize)).copied()
    }

    fn text(&self, number: u32) -> &[u8] {
        text_of(&self.bytes, &self.ends, number)
    }

    fn text_from(&self, (number, start): (u32, u8)) -> &[u8] {
        self.text(number).get(usize::from(start)..).unwrap_or_default()
    }

    fn find_words(&mut self) {
        if !self.has_texts || self.is_prose() {
            return;
        }
        let mut words = Vec::new();
        for number in 0..self.distinct() as u32 {
            let text = std::str::from_utf8(self.text(number)).unwrap_or_default();
            let mut before = text.chars().next();
            for (start, c) in text.char_indices().skip(1) {
                if c.is_alphanumeric() && before.is_some_and(|before| !before.is_alphanumeric()) {
                    // Texts are shorter than 256 bytes.
                    words.push((number, start as u8));
                }
                before = Some(c);
            }
        }
        words.sort_unstable_by(|&one, &other| {
            self.text_from(one).cmp(self.text_from(other)).then(one.cmp(&other))
        });
        self.words = words;
    }
}

/// So many bytes of a text or a little less: whole characters.
pub fn beginning(text: &str, bytes: usize) -> &str {
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
