//! What the system says of a running process: the memory that is its own, and the index files in its maps.

use std::collections::BTreeSet;
use std::fs;
use std::io;

/// Memory that is in no file, in bytes: heap and stacks. What is mapped from an index file is not in it.
pub fn own_bytes(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.and_then(|value| value.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1024).ok_or_else(|| io::Error::other("no RssAnon in its status"))
}

/// The names of the index files that a process maps. One that is deleted has ` (deleted)` behind its name.
pub fn mapped_index_files(process: u32) -> io::Result<BTreeSet<String>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let name = |line: &str| Some(line.split_once('/')?.1.rsplit('/').next()?.to_owned());
    Ok(maps.lines().filter_map(name).filter(|name| name.contains(".knd")).collect())
}
