//! The record of a build beside its version: `index-00000042.build.json`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kindred::directory::small_file::write_new;
use kindred::directory::versions::{file_name, parse_record_name, record_name};

use super::error::cannot;
use super::{FILE_MODE, PublishError, Publisher, crash_point, sync_directory};

/// The hidden name under which a record is written.
fn temporary_name(version: u64) -> String {
    format!(".{}.tmp", record_name(version))
}

/// Where the record of a version is, if its build left one.
pub(super) fn path(directory: &Path, version: u64) -> PathBuf {
    directory.join(record_name(version))
}

/// Writes the record of a version that is about to be published. A record of that number belongs to no version yet, so
/// one that is there is replaced.
pub(super) fn write(publisher: &Publisher, version: u64, content: &[u8]) -> Result<(), PublishError> {
    let directory = publisher.directory();
    let (temporary, path) = (directory.join(temporary_name(version)), path(directory, version));
    let removal = publisher.cleanup().remove_file(temporary.clone());
    let written = write_new(&temporary, content, FILE_MODE).and_then(|()| {
        crash_point("record-written");
        fs::rename(&temporary, &path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    drop(removal);
    // The order of two renames is not that of the disk unless it is asked for.
    written.and_then(|()| sync_directory(directory)).map_err(cannot("write", &path))
}

/// Removes the record of a version that is gone. That one could not be removed is logged: the next build tries again.
pub(super) fn remove(directory: &Path, version: u64) {
    let path = path(directory, version);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(file = %path.display(), %error, "the record of a version that is gone is kept");
        }
        _ => {}
    }
}

/// Whether that name is one that a dead build, or one whose version was deleted, left behind.
pub(super) fn is_leftover(directory: &Path, name: &str) -> bool {
    if let Some(hidden) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) {
        return parse_record_name(hidden.as_ref()).is_some();
    }
    // Where the system does not say whether the version is there, its record stays.
    let is_gone = |version| match directory.join(file_name(version)).symlink_metadata() {
        Ok(_) => false,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    parse_record_name(name.as_ref()).is_some_and(is_gone)
}
