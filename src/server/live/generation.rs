//! One index file as a running server has opened it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, io};

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;

use super::attributes::{self, KeptAttributes};
use super::colouring::Colouring;
use crate::directory::SuppressedIds;
use crate::directory::versions::{self, VersionSeen};
use crate::file::{Damaged, FileIdentity, Index, MappedFile, Ordinal, Residency};
use crate::query::attributes::Attributes;
use crate::query::{self, AnswerError, Question, Snapshot, Suppressed};
use crate::vectorizer::StoredVectorizer;

/// Searches before an index is served: enough to touch every kind of page and every branch of the code once.
const WARM_UP_SEARCHES: u32 = 32;

/// The n of those searches, as requests usually have it.
const WARM_UP_N: usize = 10;

/// An index that is ready to answer, and what answers say about it.
#[derive(Debug)]
pub struct Generation {
    /// The number in the file's name.
    pub version: u64,
    /// The entity tag of every answer: the header's checksum, which stands for the whole file, and a number for the
    /// profiles that are suppressed, if any are.
    pub etag: HeaderValue,
    /// The version as a header value.
    pub version_header: HeaderValue,
    /// When it was ready.
    pub loaded: SystemTime,
    /// Profiles that are in no answer.
    pub suppressed: Suppressed,
    /// How long getting ready took.
    pub phases: LoadPhases,
    /// The body of `/map`, once somebody has asked for it: all who ask share it.
    map: OnceLock<Bytes>,
    /// Held by whoever makes it.
    making_map: Mutex<()>,
    /// What the map can be coloured by, from the last reading that somebody has asked for.
    colouring: Mutex<Option<Arc<Colouring>>>,
    file: Arc<OpenFile>,
}

/// The parts of getting ready, one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadPhases {
    /// Mapping the file and reading its pages in, or copying it.
    pub open: Duration,
    /// Checking all of it.
    pub verify: Duration,
    /// A few searches.
    pub warm: Duration,
}

impl LoadPhases {
    /// Their names and lengths, in their order.
    pub fn named(&self) -> [(&'static str, Duration); 3] {
        [("open", self.open), ("verify", self.verify), ("warm", self.warm)]
    }
}

/// A file that was verified. Generations that differ in what is suppressed share it.
#[derive(Debug)]
pub struct OpenFile {
    index: Index<MappedFile>,
    condemned: AtomicBool,
    vectorizer: OnceLock<StoredVectorizer>,
    attributes: KeptAttributes,
}

impl OpenFile {
    /// The index over the file.
    pub fn index(&self) -> &Index<MappedFile> {
        &self.index
    }

    /// What its documents say by field, as far as it has been read.
    pub fn attributes(&self) -> &KeptAttributes {
        &self.attributes
    }

    /// Whether it is still what was verified, as far as anybody knows.
    pub fn is_unchanged(&self) -> bool {
        !self.condemned.load(Ordering::Relaxed) && self.index.bytes().is_unchanged()
    }
}

/// Why a file did not become a generation.
#[derive(Debug)]
pub enum LoadFailure {
    /// The file is gone: it was there when the directory was listed.
    Vanished,
    /// The file is shorter than it says. It may be still on its way.
    Incomplete(String),
    /// The system could not read it, which may change without the file changing.
    Unreadable(String),
    /// It is not an index that can be served.
    Bad(String),
}

impl fmt::Display for LoadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadFailure::Vanished => f.write_str("the file is gone"),
            LoadFailure::Incomplete(reason) | LoadFailure::Unreadable(reason) | LoadFailure::Bad(reason) => {
                f.write_str(reason)
            }
        }
    }
}

impl From<io::Error> for LoadFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => LoadFailure::Vanished,
            _ => LoadFailure::Unreadable(error.to_string()),
        }
    }
}

impl Generation {
    /// Opens, reads in, verifies and warms a file. Takes as long as reading the file takes; not for request threads.
    ///
    /// # Errors
    /// See [`LoadFailure`].
    pub fn load(
        file: &VersionSeen,
        residency: Residency,
        suppressed: &SuppressedIds,
    ) -> Result<Self, LoadFailure> {
        let started = Instant::now();
        let mapped =
            MappedFile::open_as(&file.path, residency).map_err(|error| cannot_open(&file.path, error))?;
        // Touching pages that are not there would give zeros, and a longer story.
        mapped.populate()?;
        if !mapped.is_unchanged() {
            return Err(LoadFailure::Incomplete("the file changed while it was read".to_owned()));
        }
        // Nothing in a file may cause a panic. Should one all the same, then the file is to blame and not the thread
        // that every later version depends on.
        catch_unwind(AssertUnwindSafe(|| Self::verified(file.version, mapped, suppressed, started.elapsed())))
            .unwrap_or_else(|_| Err(LoadFailure::Bad("opening it failed in an unforeseen way".to_owned())))
    }

    fn verified(
        version: u64,
        mapped: MappedFile,
        suppressed: &SuppressedIds,
        open: Duration,
    ) -> Result<Self, LoadFailure> {
        let started = Instant::now();
        let index = Index::open(mapped).map_err(|error| {
            let reason = error.to_string();
            if error.is_incomplete() { LoadFailure::Incomplete(reason) } else { LoadFailure::Bad(reason) }
        })?;
        let verified = Instant::now();
        warm_up(&index)?;
        let warm = verified.elapsed();
        if !index.bytes().is_unchanged() {
            return Err(LoadFailure::Incomplete("the file changed while it was verified".to_owned()));
        }
        let suppressed = Suppressed::in_index(&index.view(), suppressed);
        Ok(Generation {
            version,
            etag: etag(&index, &suppressed)?,
            version_header: header_value(version.to_string())?,
            loaded: SystemTime::now(),
            suppressed,
            phases: LoadPhases { open, verify: verified - started, warm },
            map: OnceLock::new(),
            making_map: Mutex::default(),
            colouring: Mutex::default(),
            file: Arc::new(OpenFile {
                index,
                condemned: AtomicBool::new(false),
                vectorizer: OnceLock::new(),
                attributes: KeptAttributes::default(),
            }),
        })
    }

    /// The same file with other profiles suppressed; `None` where that makes no difference to this file.
    pub fn suppressing(&self, ids: &SuppressedIds) -> Option<Self> {
        let suppressed = Suppressed::in_index(&self.index().view(), ids);
        if suppressed == self.suppressed {
            return None;
        }
        Some(Generation {
            version: self.version,
            // Hexadecimal digits are always a header value.
            etag: etag(self.index(), &suppressed).ok()?,
            version_header: self.version_header.clone(),
            loaded: self.loaded,
            suppressed,
            phases: self.phases,
            map: OnceLock::new(),
            making_map: Mutex::default(),
            colouring: Mutex::default(),
            file: Arc::clone(&self.file),
        })
    }

    /// The index over the file.
    pub fn index(&self) -> &Index<MappedFile> {
        &self.file.index
    }

    /// What a request is answered from.
    pub fn snapshot(&self) -> Snapshot<'_, MappedFile> {
        Snapshot::hiding(&self.file.index, &self.suppressed)
    }

    /// What made the vectors, read from the file when it is first asked for: most servers never need its 8 MiB, and a
    /// file whose vectorizer is not known answers everything else. Not for workers: reading takes milliseconds.
    pub fn vectorizer(&self) -> &StoredVectorizer {
        self.file.vectorizer.get_or_init(|| StoredVectorizer::of(self.index()))
    }

    /// What the documents say by field, as far as it has been read. Not for workers: the first who asks waits for
    /// milliseconds.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn attributes(&self) -> Result<Arc<Attributes>, Damaged> {
        attributes::of(&self.file)
    }

    /// What the map can be coloured by, as far as documents have been read. It is made once for each state of the reading;
    /// others who want it wait meanwhile. Not for workers.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn colouring(&self) -> Result<Arc<Colouring>, Damaged> {
        let attributes = self.attributes()?;
        let mut kept = self.colouring.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.as_ref().filter(|it| it.attributes.looked_at() >= attributes.looked_at()) {
            return Ok(Arc::clone(known));
        }
        let made = Colouring::new(&self.index().view(), &self.suppressed, attributes, &self.etag)?;
        Ok(Arc::clone(kept.insert(Arc::new(made))))
    }

    /// The body of `/map`, if it has been made.
    pub fn known_map(&self) -> Option<Bytes> {
        self.map.get().cloned()
    }

    /// Makes the body of `/map` and keeps it. Others who want it wait meanwhile: each would need as much memory.
    ///
    /// # Errors
    /// What making it gives.
    pub fn keep_map<E>(&self, make: impl FnOnce() -> Result<Option<Bytes>, E>) -> Result<Option<Bytes>, E> {
        let _making = self.making_map.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = self.known_map() {
            return Ok(Some(map));
        }
        Ok(make()?.map(|map| self.map.get_or_init(|| map).clone()))
    }

    /// The file as it was opened.
    #[cfg(test)]
    pub fn file(&self) -> &Arc<OpenFile> {
        &self.file
    }

    /// The file, for whoever unmaps it; `None` while another generation has it too.
    pub fn into_file(self) -> Option<MappedFile> {
        Arc::into_inner(self.file).map(|file| file.index.into_bytes())
    }

    /// The file's name.
    pub fn file_name(&self) -> String {
        versions::file_name(self.version)
    }

    /// What the file was when it was opened.
    pub fn identity(&self) -> FileIdentity {
        self.index().bytes().identity()
    }

    /// Whether the file was found changed. Does not look at it: [`Generation::is_intact`] does.
    pub fn is_condemned(&self) -> bool {
        self.file.condemned.load(Ordering::Relaxed) || !self.index().bytes().is_whole()
    }

    /// Whether the file is still what was verified. Once it is not, it never is again.
    pub fn is_intact(&self) -> bool {
        if self.file.condemned.load(Ordering::Relaxed) {
            return false;
        }
        let unchanged = self.index().bytes().is_unchanged();
        if !unchanged && !self.file.condemned.swap(true, Ordering::Relaxed) {
            let (version, file) = (self.version, self.file_name());
            tracing::error!(version, file, "{file} was changed in place and answers no more");
        }
        unchanged
    }
}

fn header_value(text: String) -> Result<HeaderValue, LoadFailure> {
    HeaderValue::try_from(text).map_err(|error| LoadFailure::Bad(error.to_string()))
}

fn etag(index: &Index<MappedFile>, suppressed: &Suppressed) -> Result<HeaderValue, LoadFailure> {
    let checksum = index.header().checksum;
    header_value(if suppressed.is_empty() {
        format!("\"{checksum:016x}\"")
    } else {
        format!("\"{checksum:016x}-{:016x}\"", suppressed.fingerprint())
    })
}

/// Why a path could not be opened. What kind of thing it leads to says whether waiting for it can help.
fn cannot_open(path: &Path, error: io::Error) -> LoadFailure {
    let leads_nowhere = || path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    match error.kind() {
        // The link may have come before what it leads to.
        io::ErrorKind::NotFound if leads_nowhere() => {
            LoadFailure::Incomplete("a symbolic link that leads nowhere".to_owned())
        }
        io::ErrorKind::InvalidInput if path.metadata().is_ok_and(|metadata| !metadata.is_file()) => {
            LoadFailure::Bad(error.to_string())
        }
        _ => error.into(),
    }
}

/// A few searches, spread over the profiles.
fn warm_up(index: &Index<MappedFile>) -> Result<(), LoadFailure> {
    let profiles = index.header().profiles;
    let searches = WARM_UP_SEARCHES.min(profiles);
    for search in 0..searches {
        // Below `profiles`, because `search` is below `searches`.
        let ordinal = (u64::from(search) * u64::from(profiles) / u64::from(searches)) as u32;
        let id = index.id(Ordinal(ordinal)).map_err(|damaged| LoadFailure::Bad(damaged.to_string()))?;
        let Ok(id) = std::str::from_utf8(id) else {
            return Err(LoadFailure::Bad("an id is not UTF-8".to_owned()));
        };
        let question = Question { distances: true, ..Question::about(id, WARM_UP_N) };
        match query::answer(&Snapshot::of(index), &question) {
            Ok(_) | Err(AnswerError::ZeroVector) => {}
            Err(error) => {
                return Err(LoadFailure::Bad(format!("a search for one of its profiles failed: {error}")));
            }
        }
    }
    Ok(())
}
