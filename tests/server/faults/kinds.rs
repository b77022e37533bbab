//! Every kind of file that is no index, and what is to be said about it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use kindred::file::Index;
use kindred::file::format::{ENTRY_LENGTH, FORMAT_VERSION, HEADER_LENGTH, header_checksum};

use super::scene::publish;

const INCOMPLETE: &str = "incomplete";

/// A kind of bad file.
pub struct Kind {
    pub name: String,
    /// What the reason has to hold.
    pub reason: &'static str,
    bad: Bad,
}

enum Bad {
    /// A file of these bytes.
    Bytes(Vec<u8>),
    Directory,
    /// A link to this.
    Link(&'static str),
    Fifo,
}

impl Kind {
    /// Puts it where a version is expected.
    pub fn place(&self, path: &Path) {
        match &self.bad {
            Bad::Bytes(bytes) => publish(path, bytes),
            Bad::Directory => fs::create_dir(path).unwrap(),
            Bad::Link(to) => symlink(to, path).unwrap(),
            Bad::Fifo => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        }
    }
}

/// The places of a good file's sections: where each starts and ends.
fn sections(good: &[u8]) -> Vec<(usize, usize)> {
    let index = Index::open(good).unwrap();
    let place = |offset: u64, length: u64| (offset as usize, (offset + length) as usize);
    index.sections().iter().map(|entry| place(entry.offset, entry.length)).collect()
}

/// Where the section table ends.
fn table_end(sections: &[(usize, usize)]) -> usize {
    HEADER_LENGTH + sections.len() * ENTRY_LENGTH
}

/// A good file with one byte changed.
fn changed(good: &[u8], at: usize) -> Bad {
    let mut bytes = good.to_vec();
    bytes[at] = !bytes[at];
    Bad::Bytes(bytes)
}

/// A good file of the next format version, with its checksum.
fn newer(good: &[u8], table_end: usize) -> Bad {
    let mut bytes = good.to_vec();
    bytes[8..12].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    let checksum = header_checksum(&bytes[..table_end]);
    bytes[120..128].copy_from_slice(&checksum.to_le_bytes());
    Bad::Bytes(bytes)
}

/// One of each kind but those that are cut. `other` is a good file of the same length as `good`.
pub fn kinds(good: &[u8], other: &[u8]) -> Vec<Kind> {
    const CHECKSUM: &str = "the checksum of header and section table";
    let sections = sections(good);
    let table_end = table_end(&sections);
    let gap = sections.windows(2).find(|pair| pair[0].1 < pair[1].0).unwrap()[0].1;
    assert_eq!(good.len(), other.len());
    assert_ne!(good[table_end..], other[table_end..]);
    let spliced = [&good[..table_end], &other[table_end..]].concat();
    [
        ("empty", INCOMPLETE, Bad::Bytes(Vec::new())),
        ("a directory", "not a regular file", Bad::Directory),
        ("a dangling link", "a symbolic link that leads nowhere", Bad::Link("nowhere")),
        ("a FIFO", "not a regular file", Bad::Fifo),
        ("a device", "not a regular file", Bad::Link("/dev/zero")),
        ("the content of another program's file", "magic", Bad::Bytes(b"{\"_id\": 1}\n".repeat(500))),
        ("header and table of one file, sections of another", "the checksum is", Bad::Bytes(spliced)),
        ("something behind the end", "declared", Bad::Bytes([good, b"more"].concat())),
        ("a newer format version", "is not supported", newer(good, table_end)),
        ("a changed byte in the magic number", "magic", changed(good, 1)),
        ("a changed byte in the counts", CHECKSUM, changed(good, 32)),
        ("a changed byte in the checksum", CHECKSUM, changed(good, HEADER_LENGTH - 1)),
        ("a changed byte in the table", CHECKSUM, changed(good, HEADER_LENGTH + ENTRY_LENGTH + 20)),
        ("a changed byte in a gap", "are not zero", changed(good, gap)),
        (
            "a changed byte in the first section",
            "\"metadata\": the checksum is",
            changed(good, sections[0].0),
        ),
        ("a changed byte at the very end", "the checksum is", changed(good, good.len() - 1)),
    ]
    .into_iter()
    .map(|(name, reason, bad)| Kind { name: name.to_owned(), reason, bad })
    .collect()
}

/// A good file cut where header, table and each section start and end.
pub fn cuts(good: &[u8]) -> Vec<Kind> {
    let sections = sections(good);
    let table_end = table_end(&sections);
    let ends = sections.iter().flat_map(|&(start, end)| [start, end]).chain([HEADER_LENGTH, table_end]);
    let lengths: BTreeSet<usize> = ends.filter(|&length| length < good.len()).collect();
    let cut = |length: usize| Kind {
        name: format!("cut at {length}"),
        reason: INCOMPLETE,
        bad: Bad::Bytes(good[..length].to_vec()),
    };
    lengths.into_iter().map(cut).collect()
}
