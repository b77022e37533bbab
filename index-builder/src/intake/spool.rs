//! A temporary file without a name, for what is read once and used again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Context;

/// Where something lies in a spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first byte.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u32,
}

/// A spool that is being written. Nobody else can see it, and it is gone when the process is.
#[derive(Debug)]
pub struct SpoolWriter {
    out: BufWriter<File>,
    end: u64,
}

/// A finished spool; any number of threads read it at once.
#[derive(Debug)]
pub struct Spool {
    file: File,
}

impl SpoolWriter {
    /// Makes a spool in a directory.
    ///
    /// # Errors
    /// What making the file gives.
    pub fn create(directory: &Path) -> io::Result<SpoolWriter> {
        let file = tempfile::tempfile_in(directory)?;
        Ok(SpoolWriter { out: BufWriter::with_capacity(1 << 20, file), end: 0 })
    }

    /// Adds some bytes; says where they lie.
    ///
    /// # Errors
    /// What writing gives, and `InvalidInput` from 4 GiB on.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<Span> {
        let length = u32::try_from(bytes.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a record has 4 GiB or more"))?;
        self.out.write_all(bytes)?;
        let span = Span { offset: self.end, length };
        self.end += u64::from(length);
        Ok(span)
    }

    /// Ends writing.
    ///
    /// # Errors
    /// What writing gives.
    pub fn finish(self) -> io::Result<Spool> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spool { file })
    }
}

impl Spool {
    /// The same spool once more.
    ///
    /// # Errors
    /// What duplicating the descriptor gives.
    pub fn try_clone(&self) -> io::Result<Spool> {
        Ok(Spool { file: self.file.try_clone()? })
    }

    /// Reads what lies at a span.
    ///
    /// # Errors
    /// What reading gives.
    pub fn get(&self, span: Span) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; span.length as usize];
        self.file.read_exact_at(&mut bytes, span.offset)?;
        Ok(bytes)
    }
}

/// A new spool in the index directory.
///
/// # Errors
/// Where it cannot be made; the directory.
pub fn spool_in(directory: &Path) -> anyhow::Result<SpoolWriter> {
    SpoolWriter::create(directory).with_context(|| format!("a temporary file in {}", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out_in_any_order() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = SpoolWriter::create(directory.path()).unwrap();
        let records: Vec<Vec<u8>> = (0..100u8).map(|i| vec![i; usize::from(i) * 100]).collect();
        let spans: Vec<Span> = records.iter().map(|record| writer.push(record).unwrap()).collect();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "a spool has no name");
        let spool = writer.finish().unwrap();
        for (record, &span) in records.iter().zip(&spans).rev() {
            assert_eq!(&spool.get(span).unwrap(), record);
        }
    }
}
