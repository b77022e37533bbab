//! Takes an index file apart and puts it together again, with whatever was done to it in between.

use std::ops::Range;

use kindred::file::format::{
    ENTRY_LENGTH, Entry, HEADER_LENGTH, Header, SectionKind, align, header_checksum,
};
use twox_hash::XxHash3_64;

/// A section.
#[derive(Debug, Clone)]
pub struct Section {
    /// A [`SectionKind`], or another number.
    pub kind: u32,
    /// Whether a reader has to know it.
    pub required: bool,
    /// Bytes of an element.
    pub element_size: u32,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A file in pieces.
#[derive(Debug, Clone)]
pub struct Pieces {
    /// Its header. Lengths, number of sections and checksum are set anew by [`Pieces::assemble`].
    pub header: Header,
    /// Its sections.
    pub sections: Vec<Section>,
}

impl Pieces {
    /// Takes a good file apart.
    pub fn of(file: &[u8]) -> Pieces {
        let sections = entries(file)
            .into_iter()
            .map(|entry| Section {
                kind: entry.kind,
                required: entry.required,
                element_size: entry.element_size,
                bytes: file[range(&entry)].to_vec(),
            })
            .collect();
        Pieces { header: Header::parse(file).unwrap(), sections }
    }

    /// Puts the file together: every section in its place, every checksum right.
    pub fn assemble(&self) -> Vec<u8> {
        let mut end = (HEADER_LENGTH + self.sections.len() * ENTRY_LENGTH) as u64;
        let mut table = Vec::new();
        for section in &self.sections {
            let offset = align(end).unwrap();
            let length = section.bytes.len() as u64;
            table.push(Entry {
                kind: section.kind,
                required: section.required,
                element_size: section.element_size,
                offset,
                length,
                checksum: XxHash3_64::oneshot(&section.bytes),
            });
            end = offset + length;
        }
        let mut file = Header { file_length: end, ..self.header }.encode(&table);
        for (entry, section) in table.iter().zip(&self.sections) {
            file.resize(entry.offset as usize, 0);
            file.extend_from_slice(&section.bytes);
        }
        file
    }

    /// The bytes of a section that is there.
    pub fn bytes(&mut self, kind: SectionKind) -> &mut Vec<u8> {
        &mut self.sections.iter_mut().find(|section| section.kind == kind as u32).unwrap().bytes
    }

    /// A section's elements of 32 bits.
    pub fn words(&mut self, kind: SectionKind) -> Vec<u32> {
        self.bytes(kind).as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
    }

    /// A section's elements of 64 bits.
    pub fn long_words(&mut self, kind: SectionKind) -> Vec<u64> {
        self.bytes(kind).as_chunks().0.iter().map(|&word| u64::from_le_bytes(word)).collect()
    }

    /// Sets an element of 32 bits.
    pub fn set(&mut self, kind: SectionKind, element: usize, word: u32) {
        self.bytes(kind)[element * 4..][..4].copy_from_slice(&word.to_le_bytes());
    }

    /// Sets an element of 64 bits.
    pub fn set_long(&mut self, kind: SectionKind, element: usize, word: u64) {
        self.bytes(kind)[element * 8..][..8].copy_from_slice(&word.to_le_bytes());
    }
}

/// The section table of a good file.
pub fn entries(file: &[u8]) -> Vec<Entry> {
    let count = Header::parse(file).unwrap().sections as usize;
    let table = &file[HEADER_LENGTH..][..count * ENTRY_LENGTH];
    table.chunks_exact(ENTRY_LENGTH).map(|entry| Entry::parse(entry).unwrap()).collect()
}

/// Where a section of a good file is.
pub fn range(entry: &Entry) -> Range<usize> {
    entry.offset as usize..(entry.offset + entry.length) as usize
}

/// Makes every checksum of a file right again, whatever else is wrong with it. Sections that are not within the file
/// keep theirs.
pub fn reseal(file: &mut [u8]) {
    let word = |file: &[u8], at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap());
    let count = u32::from_le_bytes(file[56..60].try_into().unwrap()) as usize;
    let table_end = (HEADER_LENGTH + count * ENTRY_LENGTH).min(file.len());
    for entry in (HEADER_LENGTH..table_end).step_by(ENTRY_LENGTH) {
        if entry + ENTRY_LENGTH > table_end {
            break;
        }
        let (offset, length) = (word(file, entry + 16), word(file, entry + 24));
        let section = offset.checked_add(length).and_then(|end| file.get(offset as usize..end as usize));
        if let Some(checksum) = section.map(XxHash3_64::oneshot) {
            file[entry + 32..entry + 40].copy_from_slice(&checksum.to_le_bytes());
        }
    }
    let checksum = header_checksum(&file[..table_end]);
    file[120..128].copy_from_slice(&checksum.to_le_bytes());
}
