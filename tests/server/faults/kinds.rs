//! Every kind of file that is no index, and what is to be said about it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use kindred::index::Index;
use kindred::index::format::{ENTRY_LENGTH, FORMAT_VERSION, HEADER_LENGTH, header_checksum};

use super::scene::publish;

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

/// One of each kind. `other` is a good file of the same length as `good`.
pub fn kinds(good: &[u8], other: &[u8]) -> Vec<Kind> {
    const CHECKSUM: &str = "the checksum of header and section table";
    const INCOMPLETE: &str = "incomplete";
    let sections = sections(good);
    let table_end = HEADER_LENGTH + sections.len() * ENTRY_LENGTH;
    let end_of_first = sections[0].1;
    assert!(good[end_of_first] == 0 && end_of_first < sections[1].0, "a gap follows the first section");
    assert_eq!(good.len(), other.len());
    assert_ne!(good[table_end..], other[table_end..]);
    let spliced = [&good[..table_end], &other[table_end..]].concat();
    let mut kinds: Vec<Kind> = [
        ("empty", INCOMPLETE, Bad::Bytes(Vec::new())),
        ("a directory", "not a regular file", Bad::Directory),
        ("a dangling link", "a symbolic link that leads nowhere", Bad::Link("nowhere")),
        ("a FIFO", "not a regular file", Bad::Fifo),
        ("a device", "not a regular file", Bad::Link("/dev/zero")),
        ("the content of another program's file", "magic", Bad::Bytes(b"{\"_id\": 1}\n".repeat(500))),
        ("header and table of one file, sections of another", "the checksum is", Bad::Bytes(spliced)),
        ("something behind the end", "declared", Bad::Bytes([good, b"more"].concat())),
        ("a newer format version", "format version 2 is not supported", newer(good, table_end)),
        ("a changed byte in the magic number", "magic", changed(good, 1)),
        ("a changed byte in the counts", CHECKSUM, changed(good, 32)),
        ("a changed byte in the checksum", CHECKSUM, changed(good, HEADER_LENGTH - 1)),
        ("a changed byte in the table", CHECKSUM, changed(good, HEADER_LENGTH + ENTRY_LENGTH + 20)),
        ("a changed byte in a gap", "are not zero", changed(good, end_of_first)),
        (
            "a changed byte in the first section",
            "\"metadata\": the checksum is",
            changed(good, sections[0].0),
        ),
        ("a changed byte at the very end", "the checksum is", changed(good, good.len() - 1)),
    ]
    .into_iter()
    .map(|(name, reason, bad)| Kind { name: name.to_owned(), reason, bad })
    .collect();
    let starts = sections.iter().map(|&(start, _)| start);
    let mut cuts: Vec<usize> =
        starts.chain(sections.iter().map(|&(_, end)| end)).chain([HEADER_LENGTH, table_end]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.retain(|&length| length < good.len());
    kinds.extend(cuts.into_iter().map(|length| Kind {
        name: format!("cut at {length}"),
        reason: INCOMPLETE,
        bad: Bad::Bytes(good[..length].to_vec()),
    }));
    kinds
}
