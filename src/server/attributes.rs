//! What documents say by field, read from a file when somebody first asks for it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;

use super::generation::OpenFile;
use crate::answer::attributes::{AttributeReader, Attributes};
use crate::index::Damaged;

/// Profiles that are read while the first who asks waits: some 20 ms. Small indexes have no more.
const READ_AT_ONCE: u32 = 10_000;

/// Profiles that are read before it is looked whether anybody still needs the file.
const READ_IN_BETWEEN: u32 = 2_000;

/// By how much the thread that reads the others gives way to those that answer.
const NICE: i32 = 10;

/// What has been read of one file.
#[derive(Debug, Default)]
pub struct KeptAttributes {
    first: OnceLock<Arc<Attributes>>,
    all: OnceLock<Arc<Attributes>>,
    /// Held while the first are read: others who ask wait for them.
    reading: Mutex<()>,
}

impl KeptAttributes {
    /// All of it or what there is so far, without waiting.
    fn known(&self) -> Option<Arc<Attributes>> {
        self.all.get().or_else(|| self.first.get()).cloned()
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
    let is_more = reader.read(&view, READ_AT_ONCE)?;
    let first = Arc::new(reader.finish(view.profiles()));
    let known = Arc::clone(kept.first.get_or_init(|| first));
    if is_more {
        start(Arc::downgrade(file));
    }
    Ok(known)
}

fn start(file: Weak<OpenFile>) {
    let thread = thread::Builder::new().name("kindred-fields".to_owned());
    if let Err(error) = thread.spawn(move || read_all(&file)) {
        tracing::warn!("searches by field know the first {READ_AT_ONCE} profiles only: no thread: {error}");
    }
}

/// Reads all profiles, for as long as somebody else has the file. What it could not read it leaves unread: those who read
/// the file find out what is wrong with it.
fn read_all(file: &Weak<OpenFile>) {
    // On Linux the priority is a thread's own.
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::warn!("the thread that reads fields keeps its priority: {error}");
    }
    let Some(mut reader) = file.upgrade().map(|file| AttributeReader::new(&file.index().metadata().id_field))
    else {
        return;
    };
    loop {
        let Some(file) = file.upgrade() else { return };
        let Ok(is_more) = reader.read(&file.index().view(), READ_IN_BETWEEN) else { return };
        if !is_more {
            break;
        }
    }
    let Some(file) = file.upgrade() else { return };
    let all = reader.finish(file.index().header().profiles);
    if file.is_unchanged() {
        file.attributes().all.get_or_init(|| Arc::new(all));
    }
}
