//! What to say of a file that cannot be opened: where there is none, what there is instead.

use std::fs;
use std::io;
use std::path::Path;

use kindred::directory::versions::{VersionFile, list, parse_file_name};

use crate::ground::names::shown;

/// Names that a folder is searched for the one that was meant.
const MOST_LOOKED_AT: usize = 10_000;
/// Names that a message has.
const MOST_NAMED: usize = 5;
/// Versions that a message has.
const MOST_VERSIONS: usize = 20;

/// The directory that a file is in.
pub fn directory_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Why a file cannot be opened, and what to do.
pub fn cannot_open(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => no_such_file(path),
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a directory".to_owned(),
        io::ErrorKind::PermissionDenied => {
            format!("cannot be opened: {error}; the user of this process may not read it")
        }
        _ => format!("cannot be opened: {error}"),
    }
}

/// Why a directory cannot be used.
pub fn cannot_list(directory: &Path, error: &io::Error) -> String {
    let reason = match error.kind() {
        io::ErrorKind::NotADirectory if directory.is_file() => {
            "a file; a directory is expected, in which the versions are".to_owned()
        }
        _ => cannot_open(directory, error),
    };
    format!("{}: {reason}", directory.display())
}

fn no_such_file(path: &Path) -> String {
    let what = "No such file or directory";
    let folder = directory_of(path);
    if !folder.is_dir() {
        return format!("{what}, and {} is no directory either", folder.display());
    }
    if let (Some(_), Ok(versions)) = (path.file_name().and_then(parse_file_name), list(folder)) {
        return format!("{what}; {}", has_versions(folder, &versions));
    }
    let names = names_in(folder);
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(meant) = nearest(&wanted, &names) {
        return format!("{what}; did you mean {}?", shown(&folder_and(path, meant)));
    }
    let extension = path.extension();
    let alike: Vec<String> = names
        .iter()
        .filter(|name| extension.is_some() && Path::new(name).extension() == extension)
        .take(MOST_NAMED)
        .map(|name| shown(name))
        .collect();
    match (alike.is_empty(), folder == Path::new(".")) {
        (false, _) => format!("{what}; there are: {}", alike.join(", ")),
        (true, true) => match std::env::current_dir() {
            Ok(here) => format!("{what}; it was looked for in {}", here.display()),
            Err(_) => what.to_owned(),
        },
        (true, false) => what.to_owned(),
    }
}

/// The name that differs in the fewest letters, a few at most.
fn nearest<'n>(wanted: &str, names: &'n [String]) -> Option<&'n str> {
    let most = wanted.chars().count().div_ceil(5).min(3);
    let distances = names.iter().map(|name| (strsim::damerau_levenshtein(wanted, name), name));
    let (distance, name) = distances.min_by_key(|&(distance, _)| distance)?;
    (distance <= most).then_some(name)
}

/// A name in the folder of a path.
fn folder_and(path: &Path, name: &str) -> String {
    path.with_file_name(name).display().to_string()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(MOST_LOOKED_AT).flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    names
}

/// Which versions a directory has.
pub fn has_versions(directory: &Path, versions: &[VersionFile]) -> String {
    let directory = directory.display();
    let highest: Vec<String> =
        versions.iter().rev().take(MOST_VERSIONS).rev().map(|file| file.version.to_string()).collect();
    match versions.len().saturating_sub(MOST_VERSIONS) {
        0 if versions.is_empty() => format!(
            "{directory} has no version (index-00000001.knd): index-builder build --out {directory} makes one"
        ),
        0 => format!("the versions of {directory} are: {}", highest.join(", ")),
        more => format!("the versions of {directory} are: {} and {more} lower ones", highest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: &Path) -> String {
        cannot_open(path, &fs::File::open(path).unwrap_err())
    }

    #[test]
    fn a_path_without_a_file_is_answered_with_what_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["members.csv", "old.csv", "index-00000002.knd", "notes.txt"] {
            fs::write(path(name), "").unwrap();
        }
        let cases = [
            ("member.csv", "did you mean"),
            ("member.csv", "members.csv?"),
            ("zebra.csv", "there are: members.csv, old.csv"),
            ("x.csv", "there are: members.csv, old.csv"),
            ("index-00000007.knd", "are: 2"),
            ("nowhere/x.csv", "is no directory either"),
            ("notes.txt/x", "a part of the path is a file, not a directory"),
        ];
        for (name, part) in cases {
            let message = message(&path(name));
            assert!(message.contains(part), "{name}: {message}");
        }
        assert_eq!(message(&path("zebra")), "No such file or directory");
        let error = fs::read_dir(path("notes.txt")).unwrap_err();
        assert!(cannot_list(&path("notes.txt"), &error).contains("a directory is expected"));
        assert!(has_versions(Path::new("x"), &[]).contains("index-builder build --out x"));
    }
}
