//! The files below `fuzz/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// What is in a folder; nothing where there is none, as where no crash was found.
fn paths(folder: &Path) -> Vec<PathBuf> {
    if !folder.exists() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// What stands in a folder, without extensions.
pub fn names(name: &str) -> BTreeSet<String> {
    paths(&folder(name)).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The seeds of a target and the crashes that were found, each with its path.
pub fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folders = ["corpus", "crashes"].map(|name| folder(name).join(target));
    let files = folders.iter().flat_map(|folder| paths(folder));
    files.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

/// Keeps an input among the crashes of a target, from now on to be replayed.
pub fn keep(target: &str, input: &[u8]) -> PathBuf {
    let crashes = folder("crashes").join(target);
    std::fs::create_dir_all(&crashes).unwrap();
    let path = crashes.join(format!("{:016x}", twox_hash::XxHash3_64::oneshot(input)));
    std::fs::write(&path, input).unwrap();
    path
}

/// The words of a target, from a dictionary as libFuzzer reads it: one a line, in quotes, bytes as `\xNN`.
pub fn words(target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(folder("dictionaries").join(format!("{target}.dict"))).unwrap();
    let quoted = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(unescaped).collect()
}

fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let (byte, length) = match (rest.strip_prefix("\\x"), rest.strip_prefix('\\')) {
            (Some(digits), _) => (u8::from_str_radix(&digits[..2], 16).unwrap(), 4),
            (None, Some(escaped)) => (escaped.as_bytes()[0], 2),
            (None, None) => (u8::try_from(first).unwrap(), 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes
}

#[test]
fn a_dictionary_is_read_as_libfuzzer_reads_it() {
    assert_eq!(unescaped(r#"a\\x\"\\\x0A\xFF["#), b"a\\x\"\\\n\xff[");
    assert!(words("pickle").contains(&b"cos\nsystem\n".to_vec()));
}
