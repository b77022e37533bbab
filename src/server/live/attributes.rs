//! What documents say by field, read from a file when somebody first asks for it.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use super::generation::OpenFile;
use crate::file::Damaged;
use crate::query::attributes::{AttributeReader, Attributes};
use crate::server::pools::give_way;

/// Profiles that are read while the first who asks waits: some 20 ms. Small indexes have no more.
const READ_AT_ONCE: u32 = 10_000;

/// Fewer profiles are read at a time where their documents have so many bytes together: one may have a megabyte.
const MOST_BYTES: usize = 32 << 20;

/// Profiles that are read before it is looked whether anybody still needs the file.
const READ_IN_BETWEEN: u32 = 2_000;

/// What has been read of one file.
#[derive(Debug, Default)]
pub struct KeptAttributes {
    /// The first profiles, or all once they have been read.
    known: Mutex<Option<Arc<Attributes>>>,
    /// Held while the first are read: others who ask wait for them.
    reading: Mutex<()>,
}

impl KeptAttributes {
    /// All of it or what there is so far, without waiting.
    fn known(&self) -> Option<Arc<Attributes>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, attributes: Arc<Attributes>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(attributes);
    }
}

/// What the documents of a file say. The first who asks waits until the first profiles have been read, and a thread begins
/// to read all of them; until it is done, everybody gets the first. Not for workers.
///
/// # Errors
/// [`Damaged`] where the file has changed.
pub fn of(file: &Arc<OpenFile>) -> Result<Arc<Attributes>, Damaged> {
    let kept = file.attributes();
    if let Some(known) = kept.known() {
        return Ok(known);
    }
    let _reading = kept.reading.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.known() {
        return Ok(known);
    }
    let view = file.index().view();
    let mut reader = AttributeReader::new(&file.index().metadata().id_field);
    let is_more = reader.read(&view, READ_AT_ONCE, MOST_BYTES)?;
    let first = Arc::new(reader.finish(view.profiles()));
    kept.keep(Arc::clone(&first));
    if is_more {
        start(Arc::downgrade(file));
    }
    Ok(first)
}

fn start(file: Weak<OpenFile>) {
    let thread = thread::Builder::new().name("kindred-fields".to_owned());
    if let Err(error) = thread.spawn(move || read_in_background(&file)) {
        tracing::warn!("searches by field know the first profiles only: no thread: {error}");
    }
}

fn read_in_background(file: &Weak<OpenFile>) {
    give_way();
    if let Err(reason) = read_all(file) {
        tracing::warn!("searches by field know the first profiles only: {reason}");
    }
}

/// Reads all profiles, for as long as somebody else has the file.
///
/// # Errors
/// Why the others stay unknown.
fn read_all(file: &Weak<OpenFile>) -> Result<(), String> {
    let Some(mut reader) = file.upgrade().map(|file| AttributeReader::new(&file.index().metadata().id_field))
    else {
        return Ok(());
    };
    loop {
        let Some(file) = file.upgrade() else { return Ok(()) };
        let read = reader.read(&file.index().view(), READ_IN_BETWEEN, MOST_BYTES);
        if !read.map_err(|damaged| format!("the file was changed, or is damaged: {damaged}"))? {
            break;
        }
    }
    let Some(file) = file.upgrade() else { return Ok(()) };
    let all = reader.finish(file.index().header().profiles);
    if !file.is_unchanged() {
        return Err("the file was changed".to_owned());
    }
    let (looked_at, profiles, is_complete) = (all.looked_at(), all.profiles(), all.is_complete());
    file.attributes().keep(Arc::new(all));
    match is_complete {
        true => Ok(()),
        false => Err(format!("memory is for {looked_at} of {profiles}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::SuppressedIds;
    use crate::directory::versions::VersionSeen;
    use crate::file::{FileIdentity, Residency};
    use crate::server::fixture::{PROFILES, documents_bytes, publish};
    use crate::server::live::Generation;

    fn opened(directory: &std::path::Path, last: &str) -> Arc<OpenFile> {
        let mut documents = vec![r#"{"_id":"x","name":"n"}"#.to_owned(); PROFILES.len() - 1];
        documents.push(last.to_owned());
        let path = publish(directory, 1, &documents_bytes(&PROFILES, &documents));
        let identity = FileIdentity::of(&std::fs::metadata(&path).unwrap());
        let seen = VersionSeen { version: 1, path, identity };
        let loaded = Generation::load(&seen, Residency::Mapped, &SuppressedIds::default()).unwrap();
        Arc::clone(loaded.file())
    }

    #[test]
    fn a_reading_that_ends_early_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let file = opened(directory.path(), "{no JSON}");
        let reason = read_all(&Arc::downgrade(&file)).unwrap_err();
        assert!(reason.contains("a document"), "{reason}");
        assert!(file.attributes().known().is_none());
        let file = opened(directory.path(), "{}");
        assert_eq!(read_all(&Arc::downgrade(&file)), Ok(()));
        assert!(file.attributes().known().unwrap().is_complete());
        let path = directory.path().join(crate::directory::versions::file_name(1));
        let changed = std::fs::File::options().write(true).open(path).unwrap();
        changed.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(read_all(&Arc::downgrade(&file)), Err("the file was changed".to_owned()));
    }
}
