//! Mapping: the bytes of a file without reading them.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Pages are read in and let go in pieces of this many bytes, so that one call never stalls the others for long.
const CHUNK: usize = 64 << 20;

/// What tells whether a path still leads to the same bytes. The time of the last status change is left out:
/// unlinking a file changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileIdentity {
    /// The device that holds the file.
    pub device: u64,
    /// Its number on that device.
    pub inode: u64,
    /// Its length in bytes.
    pub size: u64,
    /// When its content last changed, in nanoseconds since 1970.
    pub mtime_ns: i128,
}

impl FileIdentity {
    /// The identity of an open file or of what a path leads to.
    pub fn of(metadata: &std::fs::Metadata) -> FileIdentity {
        FileIdentity {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            mtime_ns: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
        }
    }
}

/// A file mapped for reading, and the descriptor it was mapped from.
///
/// Nobody may change a published file; that is the contract of the index directory. Should somebody do it all the
/// same, then overwritten bytes show through the map (which is why nothing that reads an index trusts what it has
/// checked), and touching what was cut off raises SIGBUS. [`MappedFile::is_unchanged`] tells.
#[derive(Debug)]
pub struct MappedFile {
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
        // Opening a pipe would wait for its other end.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let identity = FileIdentity::of(&metadata);
        // SAFETY: the map is only read, and only as bytes and numbers for which every pattern is valid, never as
        // `&str`. A change under the map can therefore give wrong values but no undefined type; published files are
        // never changed by Kindred, and a change is noticed by `is_unchanged` before an answer leaves.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(MappedFile { map, file, identity })
    }

    /// What the file was when it was opened.
    pub fn identity(&self) -> FileIdentity {
        self.identity
    }

    /// Whether the open file still has the size and the time of change that it was opened with.
    pub fn is_unchanged(&self) -> bool {
        // Every answer asks this, and the system has less to tell than `File::metadata` wants to know.
        rustix::fs::fstat(&self.file).is_ok_and(|stat| {
            let FileIdentity { device, inode, size, mtime_ns } = self.identity;
            stat.st_dev == device
                && stat.st_ino == inode
                && u64::try_from(stat.st_size) == Ok(size)
                && i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec) == mtime_ns
        })
    }

    /// Reads all pages in, in chunks.
    ///
    /// # Errors
    /// `EFAULT` where a page cannot be had (the file was cut): what would be SIGBUS when touched. Kernels that do
    /// not know the call (before 5.14) give no error; verification then reads the pages.
    pub fn populate(&self) -> io::Result<()> {
        self.each_chunk(|offset, length| {
            match self.map.advise_range(memmap2::Advice::PopulateRead, offset, length) {
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INVAL.raw_os_error()) => Ok(()),
                other => other,
            }
        })
    }

    /// Unmaps the file and tells the kernel that its pages are no longer needed, which it heeds only when nobody
    /// maps them. Only a hint.
    pub fn evict(self) {
        let MappedFile { map, file, identity } = self;
        drop(map);
        let length = std::num::NonZeroU64::new(identity.size);
        // A hint that is not taken changes nothing.
        let _ = rustix::fs::fadvise(&file, 0, length, rustix::fs::Advice::DontNeed);
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
