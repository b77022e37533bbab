//! Index files, and answers from those that open.
//!
//! Bytes that start as an index file does are opened as they are, and once more with their checksums made right.
//! Any others say what to change in one of the [`BASES`]; see [`edits`].

mod ask;
mod edits;

use std::cell::Cell;

use kindred::file::Index;
use kindred::file::format::{HEADER_LENGTH, MAGIC};
use kindred::vectorizer::hashing::HashingVectorizer;

use super::pieces::{Pieces, reseal};

/// Good files, which are changed: one without what came later than the format, and two that have all of it.
pub const BASES: [&[u8]; 3] = [
    include_bytes!("../../bases/vectors.knd"),
    include_bytes!("../../bases/hashing.knd"),
    include_bytes!("../../../tests/golden/index/format-1.knd"),
];

/// Opens a file and asks it everything.
pub fn run(data: &[u8]) {
    if data.starts_with(&MAGIC) {
        open(&Aligned::of(data));
        if data.len() >= HEADER_LENGTH {
            let mut sealed = data.to_vec();
            reseal(&mut sealed);
            open(&Aligned::of(&sealed));
        }
        return;
    }
    let Some((&base, edits)) = data.split_first() else { return };
    let base = BASES[usize::from(base) % BASES.len()];
    let file = Aligned::of(&edits::apply(Pieces::of(base), edits));
    open(&file);
    changed(&Aligned::of(base), &file);
}

/// Opens a file in both ways there are.
fn open(file: &Aligned) {
    if let Ok(index) = Index::open(file) {
        ask::verified(&index);
    }
    if let Ok(index) = Index::open_unverified(file) {
        ask::unverified(&index, file.as_ref().len());
        let _ = HashingVectorizer::from_bytes(index.vectorizer_state());
    }
}

/// Asks a good file that becomes another one after it was opened.
fn changed(before: &Aligned, after: &Aligned) {
    let changing = Changing { before, after, changed: Cell::new(false) };
    let Ok(index) = Index::open(changing) else { panic!("a good file was refused") };
    index.bytes().changed.set(true);
    ask::unverified(&index, after.as_ref().len());
}

/// Bytes that start at a multiple of 8, as a map does.
struct Aligned {
    words: Vec<u64>,
    length: usize,
}

impl Aligned {
    fn of(bytes: &[u8]) -> Aligned {
        let mut words = vec![0; bytes.len().div_ceil(size_of::<u64>())];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Aligned { words, length: bytes.len() }
    }
}

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.length]
    }
}

/// Bytes that are replaced by others, as those of a map can be.
struct Changing<'a> {
    before: &'a Aligned,
    after: &'a Aligned,
    changed: Cell<bool>,
}

impl AsRef<[u8]> for Changing<'_> {
    fn as_ref(&self) -> &[u8] {
        if self.changed.get() { self.after.as_ref() } else { self.before.as_ref() }
    }
}
