//! The specification of the index file. No other place in the project says where a byte is.
//!
//! All numbers are little-endian. A file consists of a header, a table of sections, and the sections:
//!
//! ```text
//! offset  size  header
//!      0     8  magic                89 4B 4E 44 0D 0A 1A 0A
//!      8     4  format version       1
//!     12     4  header length        128
//!     16     8  file length          exact, in bytes
//!     24     8  created              seconds since 1970-01-01 UTC
//!     32     4  profiles             documents and ids in the file
//!     36     4  nodes                distinct vectors; 0 is allowed
//!     40     4  dimension            numbers per vector; 0 only without nodes
//!     44     4  m                    links per node on the upper levels; level 0 has 2m
//!     48     4  levels               levels of the graph; 0 only without nodes
//!     52     4  entry point          a node of the top level; FF FF FF FF without nodes
//!     56     4  section count        entries of the table
//!     60    60  reserved             zero
//!    120     8  checksum             XXH3-64 of header and table, these 8 bytes taken as zero
//!
//! offset  size  table entry, one per section, from byte 128 on
//!      0     4  kind                 see `SectionKind`
//!      4     4  flags                bit 0: required (a reader that does not know the kind refuses the file)
//!      8     4  element size         bytes; the length is a multiple of it
//!     12     4  reserved             zero
//!     16     8  offset               from the start of the file, a multiple of 64
//!     24     8  length               bytes
//!     32     8  checksum             XXH3-64 of the section
//!     40     8  reserved             zero
//! ```
//!
//! The sections have the order of the table. Each begins at the next multiple of 64 after the section before it, the
//! first one after the table. The bytes between them are zero. The file ends with the last section.
//!
//! | section | elements |
//! | --- | --- |
//! | metadata | JSON, see [`Metadata`](super::Metadata) |
//! | vectors | nodes x dimension `f32`, each vector of length 1 |
//! | node of profile | profiles x `u32`: the profile's node, or `u32::MAX` for a zero vector |
//! | node starts | (nodes + 1) x `u32`: where a node's list in *node profiles* starts; ascending |
//! | node profiles | `u32` ordinals, ascending within a node: the profiles that share its vector |
//! | level 0 | nodes x 2m `u32`: neighbours, the rest of a list `u32::MAX` |
//! | upper starts | (nodes + 1) x `u32`: a node's levels above 0, added up; their number is the node's level |
//! | upper levels | lists of m `u32` for levels 1, 2 ... of each node in turn, the rest of a list `u32::MAX` |
//! | id starts | (profiles + 1) x `u64`: where an id starts in *ids* |
//! | ids | the ids, sorted bytewise and unique |
//! | document starts | (profiles + 1) x `u64`: where a document starts in *documents* |
//! | documents | JSON objects, ready to send |
//! | vectorizer | optional: the fitted state of hashing; of `columns:` the names of the fields, in order, as a JSON list |
//! | id hash | optional: slots of `u64`, a power of two and at least 2 x profiles (and 2) of them, see below |
//! | neighbours | optional: profiles x K `u32`: the K nearest profiles of each, see below |
//! | codes | optional: nodes x dimension `i8`, filled up to a multiple of 32, see [`codes`](crate::search::codes) |
//! | map | optional: profiles x 2 `u16`: the place of each on a map in two dimensions, see below |
//! | vector lengths | optional: profiles x `f32`: how long each profile's vector was before it got the length 1 |
//!
//! Optional sections came after the first files of format version 1 and do not change the version. A reader ignores a
//! kind that it does not know, and works without a kind that is missing. Optional sections make
//! answers faster or more exact, or tell more about profiles.
//!
//! **Id hash**: a hash table with open addressing. The low 32 bits of a slot are an ordinal, the high 32 bits are the
//! high 32 bits of the id's XXH3-64. An empty slot is all ones. The low bits of the hash are the number of the first slot
//! to try. If it is taken, the next slots follow, and after the last slot comes the first. Profiles are inserted by
//! ascending ordinals. Without the section, or if an id is not found in it, the reader does a binary search of the ids.
//!
//! **Neighbours**: the neighbour table. An element is a row of 4 x K bytes, with K from 1 to [`MAX_NEIGHBOURS`]. A row
//! holds the ordinals of the nearest profiles, ordered by (distance, id), without the profile itself and without zero
//! vectors. It ends at its first `u32::MAX`. It has K entries, or fewer if there are fewer others. The row of a zero
//! vector is empty. If and only if the section exists, the metadata describe it: its kind, and its recall.
//!
//! **Map**: the place of each profile on a map of all profiles. An element has 4 bytes: x and then y, each from 0 to
//! [`MAX_PLACE`]. A step along x is as long as a step along y. Profiles that share a node share a place. A profile without
//! a node, and no other, has [`NO_PLACE`]: all ones. One number alone is never `u16::MAX`. The metadata may say how the map
//! was made. The map is for people to look at: no answer depends on it.
//!
//! **Vector lengths**: the length of each profile's vector before it was normalised. A length is finite. It is 0 if, and
//! only if, the profile has no node. A length beyond the largest `f32` is stored as the largest `f32`. No answer depends on
//! the lengths.
//!
//! **Codes**: the metadata may describe them, as `codes`: the `mean` and the `scale` that they were made with, and the largest
//! `residual`, the greatest distance of a vector from `mean + code / scale`. With these three a reader can prove by the codes
//! alone that a node is not among the nearest. Without them it has to compare vectors.

use super::error::OpenError;

pub use super::sections::SectionKind;
pub use crate::search::graph::{MAX_LEVELS, NONE};

#[cfg(target_endian = "big")]
compile_error!("index files are little-endian and mapped as they are; big-endian machines are not supported");

/// The first bytes of every index file. Like PNG's, they show when a transfer has changed line ends or cut bit 7.
pub const MAGIC: [u8; 8] = [0x89, b'K', b'N', b'D', b'\r', b'\n', 0x1a, b'\n'];
/// The version of the format that is written.
pub const FORMAT_VERSION: u32 = 1;
/// The oldest version of the format that is read.
pub const OLDEST_FORMAT_VERSION: u32 = 1;
/// Bytes of the header.
pub const HEADER_LENGTH: usize = 128;
/// The same, as a header holds it.
const HEADER_LENGTH_U32: u32 = 128;
const _: () = assert!(HEADER_LENGTH_U32 as usize == HEADER_LENGTH);
/// Bytes of an entry of the section table.
pub const ENTRY_LENGTH: usize = 48;
/// Sections start at multiples of this many bytes.
pub const ALIGNMENT: u64 = 64;
/// The most sections a file may have; a bound for the table, far above what is used.
pub(crate) const MAX_SECTIONS: u32 = 1024;
/// The m that a file may have.
pub const M_RANGE: std::ops::RangeInclusive<u32> = 2..=256;
/// The most numbers a vector may have.
pub const MAX_DIMENSION: u32 = 1 << 16;

/// The most neighbours of a profile that a file may hold.
pub const MAX_NEIGHBOURS: u32 = 1 << 16;

/// The largest x and y of the map.
pub const MAX_PLACE: u16 = u16::MAX - 1;
/// Stands on the map for a profile that is not on it.
pub const NO_PLACE: [u16; 2] = [u16::MAX; 2];

const CREATED: usize = 24;
const CHECKSUM: usize = 120;
const REQUIRED: u32 = 1;

/// The header of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The version of the format.
    pub format_version: u32,
    /// The exact length of the file in bytes.
    pub file_length: u64,
    /// When it was built, in seconds since 1970-01-01 UTC.
    pub created: u64,
    /// Profiles (ids and documents).
    pub profiles: u32,
    /// Nodes (distinct vectors).
    pub nodes: u32,
    /// Numbers per vector.
    pub dimension: u32,
    /// Links per node on the upper levels; level 0 has twice as many.
    pub m: u32,
    /// Levels of the graph.
    pub levels: u32,
    /// Where a search starts; none without nodes.
    pub entry_point: Option<u32>,
    /// Entries of the section table.
    pub sections: u32,
    /// The checksum over header and table, which names this very file.
    pub checksum: u64,
}

impl Header {
    /// The links of a node on level 0 (the HNSW paper's Mmax0).
    pub fn m0(&self) -> usize {
        2 * self.m as usize
    }

    /// Reads and checks the header alone: magic, format version, header length. The checksum is for
    /// [`reader`](super::reader) to check, because it covers the table as well.
    ///
    /// # Errors
    /// [`OpenError::Incomplete`], [`OpenError::NotAnIndex`], [`OpenError::FormatVersion`], [`OpenError::HeaderField`].
    pub fn parse(bytes: &[u8]) -> Result<Header, OpenError> {
        let magic = bytes.get(..MAGIC.len()).unwrap_or(bytes);
        if !MAGIC.starts_with(magic) {
            return Err(OpenError::NotAnIndex);
        }
        let Some(header) = bytes.get(..HEADER_LENGTH) else {
            return Err(OpenError::Incomplete { needed: HEADER_LENGTH as u64, there: bytes.len() as u64 });
        };
        let format_version = u32_at(header, 8);
        if !(OLDEST_FORMAT_VERSION..=FORMAT_VERSION).contains(&format_version) {
            return Err(OpenError::FormatVersion { found: format_version });
        }
        if u32_at(header, 12) as usize != HEADER_LENGTH {
            return Err(OpenError::field("header length", u32_at(header, 12)));
        }
        let entry_point = u32_at(header, 52);
        Ok(Header {
            format_version,
            file_length: u64_at(header, 16),
            created: u64_at(header, CREATED),
            profiles: u32_at(header, 32),
            nodes: u32_at(header, 36),
            dimension: u32_at(header, 40),
            m: u32_at(header, 44),
            levels: u32_at(header, 48),
            entry_point: (entry_point != NONE).then_some(entry_point),
            sections: u32_at(header, 56),
            checksum: u64_at(header, CHECKSUM),
        })
    }

    /// Writes header and table, with their checksum.
    pub fn encode(&self, table: &[Entry]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_LENGTH];
        bytes[..8].copy_from_slice(&MAGIC);
        let words = [
            (8, self.format_version),
            (12, HEADER_LENGTH_U32),
            (32, self.profiles),
            (36, self.nodes),
            (40, self.dimension),
            (44, self.m),
            (48, self.levels),
            (52, self.entry_point.unwrap_or(NONE)),
            (56, u32::try_from(table.len()).unwrap_or(u32::MAX)),
        ];
        for (offset, word) in words {
            bytes[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
        }
        bytes[16..24].copy_from_slice(&self.file_length.to_le_bytes());
        bytes[CREATED..CREATED + 8].copy_from_slice(&self.created.to_le_bytes());
        for entry in table {
            entry.encode(&mut bytes);
        }
        let checksum = header_checksum(&bytes);
        bytes[CHECKSUM..CHECKSUM + 8].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

/// An entry of the section table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// A [`SectionKind`], or a number that this program does not know.
    pub kind: u32,
    /// Whether a reader that does not know the kind must refuse the file.
    pub required: bool,
    /// Bytes of an element.
    pub element_size: u32,
    /// Where the section starts.
    pub offset: u64,
    /// Its bytes.
    pub length: u64,
    /// XXH3-64 of the section.
    pub checksum: u64,
}

impl Entry {
    /// Reads an entry of exactly [`ENTRY_LENGTH`] bytes; `None` where reserved bits are not zero.
    pub fn parse(bytes: &[u8]) -> Option<Entry> {
        let flags = u32_at(bytes, 4);
        if flags & !REQUIRED != 0 || u32_at(bytes, 12) != 0 || u64_at(bytes, 40) != 0 {
            return None;
        }
        Some(Entry {
            kind: u32_at(bytes, 0),
            required: flags & REQUIRED != 0,
            element_size: u32_at(bytes, 8),
            offset: u64_at(bytes, 16),
            length: u64_at(bytes, 24),
            checksum: u64_at(bytes, 32),
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let flags = if self.required { REQUIRED } else { 0 };
        for word in [self.kind, flags, self.element_size, 0] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for word in [self.offset, self.length, self.checksum, 0] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// What messages call the section.
    pub fn name(&self) -> String {
        match SectionKind::from_number(self.kind) {
            Some(kind) => kind.name().to_owned(),
            None => format!("kind {}", self.kind),
        }
    }
}

/// The checksum over header and table, with the header's own field taken as zero.
pub fn header_checksum(header_and_table: &[u8]) -> u64 {
    let mut hasher = twox_hash::xxhash3_64::Hasher::new();
    use std::hash::Hasher;
    hasher.write(header_and_table.get(..CHECKSUM).unwrap_or_default());
    hasher.write(&[0; 8]);
    hasher.write(header_and_table.get(CHECKSUM + 8..).unwrap_or_default());
    hasher.finish()
}

/// The bytes that the format keeps for later: all must be zero.
pub(crate) fn reserved_header_bytes(header: &[u8]) -> &[u8] {
    header.get(60..CHECKSUM).unwrap_or_default()
}

/// The next multiple of [`ALIGNMENT`]; `None` beyond the end of `u64`.
pub fn align(offset: u64) -> Option<u64> {
    offset.checked_next_multiple_of(ALIGNMENT)
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |&word| u32::from_le_bytes(word))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    bytes.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |&word| u64::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            format_version: FORMAT_VERSION,
            file_length: 1 << 33,
            created: 1_700_000_000,
            profiles: 3,
            nodes: 2,
            dimension: 5,
            m: 16,
            levels: 1,
            entry_point: Some(1),
            sections: 1,
            checksum: 0,
        }
    }

    #[test]
    fn a_header_reads_back_as_written() {
        let entry = Entry { kind: 2, required: true, element_size: 20, offset: 192, length: 40, checksum: 9 };
        let bytes = header().encode(&[entry]);
        assert_eq!(bytes.len(), HEADER_LENGTH + ENTRY_LENGTH);
        let read = Header::parse(&bytes).unwrap();
        assert_eq!(read, Header { checksum: header_checksum(&bytes), ..header() });
        assert_eq!(Entry::parse(&bytes[HEADER_LENGTH..]), Some(entry));
    }

    #[test]
    fn every_bit_of_header_and_table_is_under_the_checksum() {
        let entry = Entry { kind: 2, required: true, element_size: 20, offset: 192, length: 40, checksum: 9 };
        let bytes = header().encode(&[entry]);
        let checksum = header_checksum(&bytes);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let stored = u64_at(&changed, CHECKSUM);
            assert!(
                header_checksum(&changed) != stored || header_checksum(&changed) != checksum,
                "bit {bit}"
            );
        }
    }

    #[test]
    fn something_else_is_told_from_something_incomplete() {
        assert_eq!(Header::parse(b"{\"_id\": 1}"), Err(OpenError::NotAnIndex));
        assert_eq!(Header::parse(b""), Err(OpenError::Incomplete { needed: 128, there: 0 }));
        assert_eq!(Header::parse(&MAGIC[..3]), Err(OpenError::Incomplete { needed: 128, there: 3 }));
        let mut newer = header().encode(&[]);
        newer[8] = 9;
        assert_eq!(Header::parse(&newer), Err(OpenError::FormatVersion { found: 9 }));
    }
}
