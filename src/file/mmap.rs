//! Mapping: the bytes of a file without reading them, or a copy of them in memory of our own.

mod guard;
mod resident;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use self::guard::Guard;
use self::resident::resident_share;
use super::identity::{FileIdentity, open_regular};

/// Pages are read in and let go in pieces of this many bytes, so that one call never stalls the others for long.
const CHUNK: usize = 64 << 20;

/// Where the bytes of an index file are while it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Residency {
    /// In the page cache, shared with every other process: opening copies nothing, and the kernel may take pages back.
    /// Whoever changes the file changes what is read.
    #[default]
    Mapped,
    /// In private memory, with huge pages where the system has them: whatever happens to the file, the bytes stay as they
    /// were verified. Opening takes as long as copying, and as much memory as the file is long.
    Copied,
}

/// The bytes of a file for reading, and the descriptor they come from.
///
/// Nobody may change a published file; that is the contract of the index directory. Should somebody do it all the
/// same to a file that is [`Mapped`](Residency::Mapped), then overwritten bytes show through the map (which is why
/// nothing that reads an index trusts what it has checked), and what was cut off reads as zeros.
/// [`MappedFile::is_unchanged`] tells.
#[derive(Debug)]
pub struct MappedFile {
    /// Protects readers of `map`; none where `map` is a copy. Goes before the map does.
    guard: Option<Guard>,
    map: memmap2::Mmap,
    file: File,
    identity: FileIdentity,
}

impl MappedFile {
    /// Maps a file. Reads none of it.
    ///
    /// # Errors
    /// What opening and mapping give; `InvalidInput` where the path does not lead to a regular file.
    pub fn open(path: &Path) -> io::Result<MappedFile> {
        Self::open_as(path, Residency::Mapped)
    }

    /// Maps a file, or copies it.
    ///
    /// # Errors
    /// See [`MappedFile::open`]; what reading gives, and `UnexpectedEof` where the file becomes shorter meanwhile.
    pub fn open_as(path: &Path, residency: Residency) -> io::Result<MappedFile> {
        let (file, metadata) = open_regular(path)?;
        let identity = FileIdentity::of(&metadata);
        let (guard, map) = match residency {
            Residency::Mapped => {
                // SAFETY: the map is only read, and only as bytes and numbers for which every pattern is valid, never as
                // `&str`. A change under the map can therefore give wrong values but no undefined type; published files
                // are never changed by Kindred, and a change is noticed by `is_unchanged` before an answer leaves.
                let map = unsafe { memmap2::Mmap::map(&file)? };
                (Some(Guard::new(&map)?), map)
            }
            Residency::Copied => (None, copy(&file, identity.size)?),
        };
        Ok(MappedFile { guard, map, file, identity })
    }

    /// What the file was when it was opened.
    pub fn identity(&self) -> FileIdentity {
        self.identity
    }

    /// Whether no page was touched that the file no longer had. Costs nothing, and does not look at the file.
    pub fn is_whole(&self) -> bool {
        self.guard.as_ref().is_none_or(|guard| !guard.has_faulted())
    }

    /// Whether the open file still has the size and the time of change that it was opened with, and all its pages were
    /// there when they were read. A copy never changes.
    pub fn is_unchanged(&self) -> bool {
        let Some(guard) = &self.guard else { return true };
        // Every answer asks this, and the system has less to tell than `File::metadata` wants to know.
        let looks_the_same = rustix::fs::fstat(&self.file).is_ok_and(|stat| {
            let FileIdentity { device, inode, size, mtime_ns } = self.identity;
            stat.st_dev == device
                && stat.st_ino == inode
                && u64::try_from(stat.st_size) == Ok(size)
                && i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec) == mtime_ns
        });
        looks_the_same && !guard.has_faulted()
    }

    /// Reads all pages in, in chunks.
    ///
    /// # Errors
    /// `EFAULT` where a page cannot be had: the file was cut. Kernels that do not know the call (before 5.14) give no
    /// error; verification then reads the pages.
    pub fn populate(&self) -> io::Result<()> {
        if self.guard.is_none() {
            return Ok(());
        }
        self.each_chunk(|offset, length| {
            match self.map.advise_range(memmap2::Advice::PopulateRead, offset, length) {
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INVAL.raw_os_error()) => Ok(()),
                other => other,
            }
        })
    }

    /// The share of these bytes that are in memory, from 0 to 1, by a sample of bounded size; `None` where the system
    /// does not tell. What is in memory can be read without waiting for a disk.
    pub fn resident_share(&self) -> Option<f64> {
        // Of a file that is somebody else's, the system says that all of it is.
        let tells = self.guard.is_none() || resident::is_told_about(&self.file);
        tells.then(|| resident_share(&self.map)).flatten()
    }

    /// Unmaps the file and tells the kernel that its pages are no longer needed, which it heeds only when nobody
    /// maps them. Only a hint.
    pub fn evict(self) {
        let MappedFile { guard, map, file, identity } = self;
        drop(guard);
        drop(map);
        forget_pages(&file, identity.size);
    }

    fn each_chunk(&self, mut act: impl FnMut(usize, usize) -> io::Result<()>) -> io::Result<()> {
        let mut offset = 0;
        while offset < self.map.len() {
            let length = CHUNK.min(self.map.len() - offset);
            act(offset, length)?;
            offset += length;
        }
        Ok(())
    }
}

/// The first `length` bytes of a file, in memory that nobody else can change.
fn copy(file: &File, length: u64) -> io::Result<memmap2::Mmap> {
    let length_in_memory = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut map = memmap2::MmapMut::map_anon(length_in_memory)?;
    // Fewer and larger pages make random reads cheaper. Where they cannot be had, the copy is as right.
    let _ = map.advise(memmap2::Advice::HugePage);
    let mut file = file;
    file.read_exact(&mut map)?;
    forget_pages(file, length);
    map.make_read_only()
}

/// Tells the kernel that the cached pages of a file are no longer needed. A hint that is not taken changes nothing.
fn forget_pages(file: &File, length: u64) {
    let length = std::num::NonZeroU64::new(length);
    let _ = rustix::fs::fadvise(file, 0, length, rustix::fs::Advice::DontNeed);
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_the_bytes_of_a_file_and_notices_a_change() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "some bytes").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        assert_eq!(mapped.as_ref(), b"some bytes");
        mapped.populate().unwrap();
        assert!(mapped.is_unchanged());
        std::fs::remove_file(&path).unwrap();
        assert!(mapped.is_unchanged(), "an unlinked file is still the same file");
        std::fs::write(&path, "longer than before").unwrap();
        let other = MappedFile::open(&path).unwrap();
        assert_ne!(other.identity(), mapped.identity());
        std::fs::write(&path, "longer than ever before").unwrap();
        assert!(!other.is_unchanged());
    }

    #[test]
    fn what_was_cut_off_reads_as_zeros_and_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let bytes = vec![7; 1 << 20];
        std::fs::write(&path, &bytes).unwrap();
        let (cut, other) = (MappedFile::open(&path).unwrap(), MappedFile::open(&path).unwrap());
        assert_eq!(cut.as_ref(), bytes);
        assert!(cut.is_whole());
        File::options().write(true).open(&path).unwrap().set_len(5000).unwrap();
        assert!(cut.is_whole(), "nothing that is missing has been touched");
        // The rest of the last page that the file has is zeros without any fault.
        assert_eq!(cut.as_ref()[4999..5001], [7, 0]);
        assert!(cut.is_whole());
        assert!(cut.as_ref()[5000..].iter().all(|&byte| byte == 0));
        assert!(!cut.is_whole() && !cut.is_unchanged());
        assert!(other.is_whole() && !other.is_unchanged(), "every map has a mark of its own");
        std::fs::write(&path, &bytes).unwrap();
        assert!(!cut.is_unchanged(), "once touched in vain, a map is never whole again");
        drop((cut, other));
        let new = MappedFile::open(&path).unwrap();
        assert!(new.is_whole(), "a new map does not inherit the mark");
        assert_eq!(new.as_ref(), bytes);
    }

    #[test]
    fn a_copy_is_what_the_file_was_whatever_becomes_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let bytes: Vec<u8> = (0..3_000_000u32).map(|number| number as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let copied = MappedFile::open_as(&path, Residency::Copied).unwrap();
        copied.populate().unwrap();
        std::fs::write(&path, "something else").unwrap();
        assert!(copied.is_unchanged() && copied.is_whole());
        assert_eq!(copied.as_ref(), bytes);
        copied.evict();
        std::fs::write(&path, "").unwrap();
        assert_eq!(MappedFile::open_as(&path, Residency::Copied).unwrap().as_ref(), b"");
    }

    #[test]
    fn what_was_read_in_is_in_memory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, vec![1; 300_000]).unwrap();
        for residency in [Residency::Mapped, Residency::Copied] {
            let file = MappedFile::open_as(&path, residency).unwrap();
            file.populate().unwrap();
            assert_eq!(file.resident_share(), Some(1.0), "{residency:?}");
        }
        std::fs::write(&path, "").unwrap();
        assert_eq!(MappedFile::open(&path).unwrap().resident_share(), None, "nothing has no share");
    }

    #[test]
    fn refuses_what_is_no_regular_file() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(MappedFile::open(directory.path()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(
            MappedFile::open(&directory.path().join("missing")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        std::fs::write(directory.path().join("empty"), "").unwrap();
        let empty = MappedFile::open(&directory.path().join("empty")).unwrap();
        assert_eq!(empty.as_ref(), b"");
        empty.populate().unwrap();
        empty.evict();
    }
}
