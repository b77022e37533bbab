//! Any bytes, read as changes to a good file. Checksums are right afterwards, so that what is behind them is reached.
//!
//! An edit is a byte that says what to do and as many bytes as that needs; where the bytes end, zeros stand for them.
//! Edits of pieces come first: the file is then put together again, with every section in its place. What is left is
//! written over the file as it lies there.

use kindred::file::format::{ENTRY_LENGTH, HEADER_LENGTH, Header, NONE};

use super::super::pieces::{Pieces, Section, reseal};

/// More edits than this are noise.
const MOST_EDITS: usize = 16;

/// The file after the edits.
pub fn apply(mut pieces: Pieces, edits: &[u8]) -> Vec<u8> {
    let mut edits = Edits(edits);
    let mut overwritten = Vec::new();
    for _ in 0..MOST_EDITS {
        if edits.0.is_empty() {
            break;
        }
        match edits.byte() % 10 {
            0 => edit_section(&mut pieces, &mut edits, |bytes, edits| set_word(bytes, edits)),
            1 => edit_section(&mut pieces, &mut edits, |bytes, edits| set_long(bytes, edits)),
            2 | 3 => edit_section(&mut pieces, &mut edits, |bytes, edits| set_harmful(bytes, edits)),
            4 => edit_section(&mut pieces, &mut edits, |bytes, edits| copy_word(bytes, edits)),
            5 => edit_section(&mut pieces, &mut edits, resize),
            6 => edit_header(&mut pieces.header, &mut edits),
            7 => edit_entry(&mut pieces.sections, &mut edits),
            kind => overwritten.push((kind == 8, edits.short(), edits.long())),
        }
    }
    let mut file = pieces.assemble();
    let table = HEADER_LENGTH + pieces.sections.len() * ENTRY_LENGTH;
    for (in_table, place, long) in overwritten {
        let end = if in_table { table } else { file.len() };
        let at = usize::from(place) * size_of::<u64>() % end;
        let there = &mut file[at..end.min(at + size_of::<u64>())];
        let length = there.len();
        there.copy_from_slice(&long.to_le_bytes()[..length]);
    }
    if file.len() >= HEADER_LENGTH {
        reseal(&mut file);
    }
    file
}

/// What is left of the bytes.
struct Edits<'a>(&'a [u8]);

impl Edits<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let (now, rest) = self.0.split_at(N.min(self.0.len()));
        taken[..now.len()].copy_from_slice(now);
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        let [byte] = self.take();
        byte
    }

    fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn long(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

fn edit_section(pieces: &mut Pieces, edits: &mut Edits<'_>, edit: impl FnOnce(&mut Vec<u8>, &mut Edits<'_>)) {
    let section = usize::from(edits.byte()) % pieces.sections.len().max(1);
    if let Some(section) = pieces.sections.get_mut(section) {
        edit(&mut section.bytes, edits);
    }
}

/// The element of `N` bytes at a place, wherever that is.
fn element<'a, const N: usize>(bytes: &'a mut [u8], edits: &mut Edits<'_>) -> Option<&'a mut [u8; N]> {
    let elements = bytes.as_chunks_mut().0;
    let place = usize::from(edits.short()) % elements.len().max(1);
    elements.get_mut(place)
}

fn set_word(bytes: &mut [u8], edits: &mut Edits<'_>) {
    if let Some(element) = element(bytes, edits) {
        *element = edits.word().to_le_bytes();
    }
}

fn set_long(bytes: &mut [u8], edits: &mut Edits<'_>) {
    if let Some(element) = element(bytes, edits) {
        *element = edits.long().to_le_bytes();
    }
}

/// A number that is likely to do harm where a number stands.
fn set_harmful(bytes: &mut [u8], edits: &mut Edits<'_>) {
    let Some(element) = element(bytes, edits) else { return };
    let there = u32::from_le_bytes(*element);
    let harmful = match edits.byte() % 10 {
        0 => 0,
        1 => NONE,
        2 => NONE - 1,
        3 => there.wrapping_add(1),
        4 => there.wrapping_sub(1),
        5 => there ^ 1 << 31,
        6 => f32::NAN.to_bits(),
        7 => f32::INFINITY.to_bits(),
        8 => u32::MAX / 2,
        _ => u32::from(edits.byte()),
    };
    *element = harmful.to_le_bytes();
}

/// What stands elsewhere in the section: a number that is right, but not here.
fn copy_word(bytes: &mut [u8], edits: &mut Edits<'_>) {
    let Some(from) = element::<4>(bytes, edits).copied() else { return };
    if let Some(element) = element(bytes, edits) {
        *element = from;
    }
}

/// Takes bytes away behind a place, or puts some there.
fn resize(bytes: &mut Vec<u8>, edits: &mut Edits<'_>) {
    let at = usize::from(edits.short()) % (bytes.len() + 1);
    let (count, filler) = (usize::from(edits.byte()), edits.byte());
    if filler.is_multiple_of(2) {
        bytes.drain(at..bytes.len().min(at + count));
    } else {
        bytes.splice(at..at, std::iter::repeat_n(filler, count));
    }
}

fn edit_header(header: &mut Header, edits: &mut Edits<'_>) {
    let (field, harmful) = (edits.byte() % 7, edits.byte());
    let there = match field {
        0 => header.profiles,
        1 => header.nodes,
        2 => header.dimension,
        3 => header.m,
        4 => header.levels,
        _ => 0,
    };
    let number = match harmful % 6 {
        0 => there.wrapping_sub(1),
        1 => there.wrapping_add(1),
        2 => 0,
        3 => there.wrapping_mul(2),
        4 => NONE,
        _ => edits.word(),
    };
    match field {
        0 => header.profiles = number,
        1 => header.nodes = number,
        2 => header.dimension = number,
        3 => header.m = number,
        4 => header.levels = number,
        5 => header.entry_point = Some(number).filter(|&number| number != NONE),
        _ => header.format_version = number,
    }
}

fn edit_entry(sections: &mut Vec<Section>, edits: &mut Edits<'_>) {
    let (place, what, number) = (usize::from(edits.byte()), edits.byte() % 5, edits.word());
    let place = place % sections.len().max(1);
    let Some(section) = sections.get_mut(place) else { return };
    match what {
        0 => section.kind = number,
        1 => section.required = !section.required,
        2 => section.element_size = number,
        3 => drop(sections.remove(place)),
        _ => sections.swap(0, place),
    }
}
