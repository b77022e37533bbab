//! What the system says of a running process: the memory that is its own, and the index files in its maps.

#![allow(dead_code, reason = "several programs share this, and each uses only a part")]

use std::collections::BTreeSet;
use std::fs;
use std::io;

/// Memory that is in no file, in bytes: heap and stacks. What is mapped from an index file is not in it.
pub fn own_bytes(process: u32) -> io::Result<u64> {
    bytes(&format!("/proc/{process}/status"), "RssAnon:")
}

/// All memory that it uses, in bytes: its own, and what is mapped from files, as far as nobody else maps it too.
pub fn resident_bytes(process: u32) -> io::Result<u64> {
    bytes(&format!("/proc/{process}/smaps_rollup"), "Pss:")
}

fn bytes(file: &str, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = value.and_then(|value| value.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| io::Error::other(format!("no {name} in {file}")))
}

/// The names of the index files that a process maps. One that is deleted has ` (deleted)` behind its name.
pub fn mapped_index_files(process: u32) -> io::Result<BTreeSet<String>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let name = |line: &str| Some(line.split_once('/')?.1.rsplit('/').next()?.to_owned());
    Ok(maps.lines().filter_map(name).filter(|name| name.contains(".knd")).collect())
}
