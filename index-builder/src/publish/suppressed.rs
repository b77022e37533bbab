//! The list of ids that are in no answer, whatever version is served.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use kindred::directory::SuppressedIds;
use kindred::directory::small_file::{remove, replace};
use kindred::directory::suppressed::SUPPRESSED_FILE;

use super::error::cannot;
use super::{FILE_MODE, PublishError, grant};

/// Locked by whoever changes the list. Not the builder's lock: a member who leaves does not wait for a build.
const LOCK_FILE: &str = ".SUPPRESSED.lock";

/// Changes the list of a directory, and gives it as it is now. Several may do so at once; each change counts.
///
/// # Errors
/// [`PublishError::Io`] where the directory cannot be read or written to; the list is then what it was.
pub fn change_suppressed(
    directory: &Path,
    change: impl FnOnce(&mut SuppressedIds),
) -> Result<SuppressedIds, PublishError> {
    let _lock = lock(directory)?;
    let list = directory.join(SUPPRESSED_FILE);
    let mut ids = SuppressedIds::read(directory).map_err(cannot("read", &list))?;
    for doubtful in SuppressedIds::doubtful(directory) {
        tracing::warn!("{doubtful}");
    }
    let before = ids.clone();
    change(&mut ids);
    if ids.0.is_empty() {
        remove(directory, SUPPRESSED_FILE)?;
    } else if ids != before {
        replace(directory, SUPPRESSED_FILE, &ids.to_bytes())?;
    }
    Ok(ids)
}

/// Waits for its turn, which is a matter of milliseconds. The lock ends with the file that is given.
fn lock(directory: &Path) -> Result<File, PublishError> {
    let path = directory.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(FILE_MODE).open(&path);
    let ours = file.and_then(|file| grant(&file, FILE_MODE).map(|()| file));
    ours.and_then(|file| file.lock().map(|()| file)).map_err(cannot("lock", &path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn changes_of_many_at_once_all_count_and_no_list_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || {
                    for step in 0..10 {
                        let id = format!("{number}-{step}").into_bytes();
                        change_suppressed(path, |ids| ids.0.extend([id])).unwrap();
                    }
                });
            }
        });
        assert_eq!(SuppressedIds::read(path).unwrap().0.len(), 80);
        change_suppressed(path, |ids| ids.0.retain(|id| id.starts_with(b"7-9"))).unwrap();
        assert_eq!(fs::read(path.join(SUPPRESSED_FILE)).unwrap(), b"7-9\n");
        change_suppressed(path, |ids| ids.0.clear()).unwrap();
        assert!(!path.join(SUPPRESSED_FILE).exists());
        change_suppressed(path, |ids| ids.0.clear()).unwrap();
    }
}
