//! The file being written, and the moment when it becomes a version.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::ground::signals::Registered;
use kindred::directory::versions::file_name;
use kindred::file::pieces::PieceWriter;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::error::cannot;
use super::old::remove_old;
use super::publisher::temporary_name;
use super::{FILE_MODE, PublishError, Publisher, crash_point, grant, record, sync_directory};

/// The file of a version that is not published yet. It is written with write(2), because a full disk is an error there
/// and a death in a mapping. Dropped without [`Temporary::commit`], it is removed.
#[derive(Debug)]
pub struct Temporary<'a> {
    publisher: &'a Publisher,
    version: u64,
    path: PathBuf,
    out: PieceWriter<Unbuffered>,
    record: Option<Vec<u8>>,
    record_is_written: bool,
    is_published: bool,
    _removal: Registered,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The version.
    pub version: u64,
    /// Its file.
    pub path: PathBuf,
    /// The file's length.
    pub bytes: u64,
    /// The versions that were removed, ascending.
    pub removed: Vec<u64>,
}

impl<'a> Temporary<'a> {
    pub(super) fn create(publisher: &'a Publisher, version: u64) -> Result<Temporary<'a>, PublishError> {
        let path = publisher.directory().join(temporary_name(version));
        let removal = publisher.cleanup().remove_file(path.clone());
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(cannot("create", &path))?;
        crash_point("temporary-created");
        grant(&file, FILE_MODE).map_err(cannot("give its permissions to", &path))?;
        let out = PieceWriter::new(Unbuffered { file, has_written: false });
        Ok(Temporary {
            publisher,
            version,
            path,
            out,
            record: None,
            record_is_written: false,
            is_published: false,
            _removal: removal,
        })
    }

    /// The version that this becomes.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where it is until then. What was written may still be in a buffer: see [`Write::flush`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes what was written durable. [`Temporary::commit`] does so too; this is for who wants to know how long it took.
    ///
    /// # Errors
    /// [`PublishError::Io`].
    pub fn sync(&mut self) -> Result<(), PublishError> {
        self.out.flush().map_err(cannot("write", &self.path))?;
        self.out.get_ref().file.sync_all().map_err(cannot("sync", &self.path))
    }

    /// Has a record of the build put beside the file when it is published, and taken away when the version is.
    pub fn set_record(&mut self, record: Vec<u8>) {
        self.record = Some(record);
    }

    /// Publishes the file, then removes what is older than the newest `keep` good versions, this one among them. The
    /// newest good one before it stays in any case, and so does the pinned one. Where the pin cannot be read, none is
    /// removed. `is_good` says of an older file whether a server could serve it.
    ///
    /// # Errors
    /// [`PublishError::Io`] and [`PublishError::Exists`]; nothing was published then, unless the last step failed, to
    /// make the directory durable. That a version could not be removed is logged and is no error.
    pub fn commit(mut self, keep: usize, is_good: impl Fn(&Path) -> bool) -> Result<Published, PublishError> {
        self.sync()?;
        let bytes = self.out.get_ref().file.metadata().map_err(cannot("look at", &self.path))?.len();
        crash_point("before-mark");
        self.publisher.raise_mark(self.version)?;
        crash_point("before-record");
        let directory = self.publisher.directory();
        let path = directory.join(file_name(self.version));
        // Before the record, which would take the place of that version's own.
        if path.symlink_metadata().is_ok() {
            return Err(PublishError::Exists { path });
        }
        let record_removal = self.write_record()?;
        crash_point("before-rename");
        rename_to_new(&self.path, &path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => PublishError::Exists { path: path.clone() },
            _ => cannot("publish", &path)(error),
        })?;
        self.is_published = true;
        drop(record_removal);
        crash_point("after-rename");
        sync_directory(directory).map_err(cannot("sync", directory))?;
        crash_point("before-removal");
        let removed = remove_old(directory, self.version, keep, is_good);
        Ok(Published { version: self.version, path, bytes, removed })
    }

    /// Writes the record. A signal takes it away again for as long as what is given lives.
    fn write_record(&mut self) -> Result<Option<Registered>, PublishError> {
        let Some(content) = self.record.take() else { return Ok(None) };
        let path = record::path(self.publisher.directory(), self.version);
        let removal = self.publisher.cleanup().remove_file(path);
        self.record_is_written = true;
        record::write(self.publisher, self.version, &content)?;
        Ok(Some(removal))
    }
}

impl Write for Temporary<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Seek for Temporary<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.out.seek(position)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.is_published {
            // What cannot be removed now is removed by the next build.
            let _ = fs::remove_file(&self.path);
            if self.record_is_written {
                let _ = fs::remove_file(record::path(self.publisher.directory(), self.version));
            }
        }
    }
}

/// The file below the buffer.
#[derive(Debug)]
struct Unbuffered {
    file: File,
    has_written: bool,
}

impl Write for Unbuffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        if !self.has_written {
            self.has_written = true;
            crash_point("half-written");
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Unbuffered {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// Renames a file, but not onto another one.
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // The file system has no such rename. Under the lock, looking first is as good.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            if to.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        result => Ok(result?),
    }
}
