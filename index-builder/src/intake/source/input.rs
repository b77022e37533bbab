//! The bytes of a source, as often from the start as a reader wants them.
//!
//! A regular file is read in place. Anything else (standard input, a pipe, a FIFO) can be read only once, so it is
//! first copied to a temporary file without a name, which the system removes whatever happens to this process.
//! Gzip and zstd are recognised by their first bytes and taken off; the copy stays compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::BUFFER_BYTES;
use super::compression::{Compression, MAGIC_BYTES};
use crate::ground::missing::cannot_open;

/// The path that means standard input.
pub const STANDARD_INPUT: &str = "-";

/// What some programs write in front of UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A source's bytes, readable from the start any number of times, also by several readers at once.
#[derive(Debug, Clone)]
pub struct Input {
    name: String,
    start: FromHere,
    compression: Option<Compression>,
    spool_dir: PathBuf,
}

/// Why a source cannot be opened. Every message names its path and says what the system says.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file does not exist or cannot be opened.
    #[error("{}: {}", path.display(), cannot_open(path, error))]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The path is a directory.
    #[error("{}: is a directory; a file of profiles is expected, or a pattern of such files: '{}/*.jsonl'", path.display(), path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// The beginning cannot be read.
    #[error("{name}: cannot be read: {error}")]
    Read {
        /// The path, or "standard input".
        name: String,
        /// What the system says.
        error: io::Error,
    },
    /// A stream cannot be copied to a temporary file.
    #[error("{name}: cannot be copied to a temporary file in {}: {error}", directory.display())]
    Spool {
        /// The path, or "standard input".
        name: String,
        /// Where the copy was to be.
        directory: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl Input {
    /// Opens the file at `path`, or standard input if that is [`STANDARD_INPUT`]. A stream is read to its end here
    /// and copied into a temporary file in `spool_dir`.
    ///
    /// # Errors
    /// [`InputError::Open`] for a file that is missing or not readable, [`InputError::Directory`],
    /// [`InputError::Read`], and [`InputError::Spool`] where there is no room for the copy.
    pub fn open(path: &Path, spool_dir: &Path) -> Result<Input, InputError> {
        let is_standard_input = path.as_os_str() == STANDARD_INPUT;
        let open = |error| InputError::Open { path: path.to_owned(), error };
        let (name, file) = if is_standard_input {
            let descriptor = io::stdin().as_fd().try_clone_to_owned().map_err(open)?;
            ("standard input".to_owned(), File::from(descriptor))
        } else {
            (path.display().to_string(), File::open(path).map_err(open)?)
        };
        let metadata = file.metadata().map_err(open)?;
        if metadata.is_dir() {
            return Err(InputError::Directory { path: path.to_owned() });
        }
        let file = if metadata.is_file() {
            file
        } else {
            spool(file, spool_dir).map_err(|error| InputError::Spool {
                name: name.clone(),
                directory: spool_dir.to_owned(),
                error,
            })?
        };
        let read = |error| InputError::Read { name: name.clone(), error };
        let start = FromHere::new(file).map_err(read)?;
        let mut first = Vec::with_capacity(MAGIC_BYTES);
        start.clone().take(MAGIC_BYTES as u64).read_to_end(&mut first).map_err(read)?;
        Ok(Input { name, start, compression: Compression::of(&first), spool_dir: spool_dir.to_owned() })
    }

    /// The numbers from 0 to below `count`, one a line, as if `name` were a file of them. They are in a temporary file in
    /// `spool_dir`.
    ///
    /// # Errors
    /// [`InputError::Spool`] where there is no room for it.
    pub fn numbers(count: u64, name: &str, spool_dir: &Path) -> Result<Input, InputError> {
        let written = || -> io::Result<File> {
            let mut out = BufWriter::new(tempfile::tempfile_in(spool_dir)?);
            (0..count).try_for_each(|number| writeln!(out, "{number}"))?;
            let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            Ok(file)
        };
        let failed =
            |error| InputError::Spool { name: name.to_owned(), directory: spool_dir.to_owned(), error };
        let start = written().and_then(FromHere::new).map_err(failed)?;
        Ok(Input { name: name.to_owned(), start, compression: None, spool_dir: spool_dir.to_owned() })
    }

    /// The path as it was given, or "standard input": for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A reader of the whole source from its start, decompressed.
    pub fn reader(&self) -> Box<dyn BufRead> {
        let raw = BufReader::with_capacity(BUFFER_BYTES, self.start.clone());
        match self.compression {
            Some(compression) => {
                compression.reader(raw).unwrap_or_else(|error| Box::new(BufReader::new(Failed(error.kind()))))
            }
            None => Box::new(raw),
        }
    }

    /// The whole source, decompressed, for a reader that goes to and fro in it. What is compressed is first copied
    /// to a temporary file.
    pub(super) fn random_access(&self) -> io::Result<RandomAccess> {
        match self.compression {
            Some(_) => self.spooled(self.reader()),
            None => RandomAccess::new(self.start.clone()),
        }
    }

    /// A part of the source, or what was made of it, copied to a temporary file.
    pub(super) fn spooled(&self, stream: impl Read) -> io::Result<RandomAccess> {
        RandomAccess::new(FromHere::new(spool(stream, &self.spool_dir)?)?)
    }
}

fn spool(mut stream: impl Read, directory: &Path) -> io::Result<File> {
    let mut copy = tempfile::tempfile_in(directory)?;
    io::copy(&mut stream, &mut copy)?;
    copy.rewind()?;
    Ok(copy)
}

/// What can be read in any order.
#[derive(Debug, Clone)]
pub(super) struct RandomAccess {
    start: FromHere,
    length: u64,
}

impl RandomAccess {
    fn new(start: FromHere) -> io::Result<RandomAccess> {
        let length = start.file.metadata()?.len().saturating_sub(start.offset);
        Ok(RandomAccess { start, length })
    }

    /// How many bytes there are.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// So many bytes from an offset on. What is asked for must have been compared with the length: room for it is made
    /// at once.
    ///
    /// # Errors
    /// What reading gives; [`io::ErrorKind::UnexpectedEof`] where there are fewer.
    pub(super) fn bytes(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        if offset.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length];
        self.from(offset)?.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A reader from an offset on.
    pub(super) fn from(&self, offset: u64) -> io::Result<impl Read + Send + use<>> {
        let offset = self.start.offset.checked_add(offset).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(FromHere { file: Arc::clone(&self.start.file), offset })
    }
}

/// A source whose decompression could not even be started.
struct Failed(io::ErrorKind);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

/// A reader behind the byte order mark.
pub(super) type Unmarked<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The reader without the byte order mark at its start, and the length of the mark: 0 if there is none.
pub(super) fn without_byte_order_mark<R: BufRead>(mut reader: R) -> io::Result<(Unmarked<R>, usize)> {
    // Not looked up in the reader's buffer: that may hold as little as one byte.
    let mut first = Vec::with_capacity(BYTE_ORDER_MARK.len());
    Read::take(&mut reader, BYTE_ORDER_MARK.len() as u64).read_to_end(&mut first)?;
    let has_mark = first == BYTE_ORDER_MARK;
    let kept = if has_mark { Vec::new() } else { first };
    Ok((Cursor::new(kept).chain(reader), if has_mark { BYTE_ORDER_MARK.len() } else { 0 }))
}

/// A file from one offset on. Clones have offsets of their own, so a reader never disturbs another one.
#[derive(Debug, Clone)]
struct FromHere {
    file: Arc<File>,
    offset: u64,
}

impl FromHere {
    /// From where the file stands: standard input may be a file of which something else has read the beginning.
    fn new(mut file: File) -> io::Result<FromHere> {
        let offset = file.stream_position()?;
        Ok(FromHere { file: Arc::new(file), offset })
    }
}

impl Read for FromHere {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read_at(buffer, self.offset) {
                Ok(count) => {
                    self.offset += count as u64;
                    return Ok(count);
                }
                // Readers that look into a buffer do not try again by themselves.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::samples::{gzip, zstd};
    use super::*;

    fn input_of(bytes: &[u8]) -> Input {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("profiles");
        std::fs::write(&path, bytes).unwrap();
        Input::open(&path, dir.path()).unwrap()
    }

    fn text_of(input: &Input) -> io::Result<String> {
        let mut text = String::new();
        input.reader().read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn every_reader_starts_at_the_beginning_even_after_the_file_is_gone() {
        let input = input_of(b"one\ntwo\n");
        let mut first = input.reader();
        let mut line = String::new();
        first.read_line(&mut line).unwrap();
        assert_eq!(text_of(&input).unwrap(), "one\ntwo\n");
        first.read_line(&mut line).unwrap();
        assert_eq!(line, "one\ntwo\n");
    }

    #[test]
    fn a_byte_order_mark_is_taken_only_if_it_is_whole() {
        let cases: [(&[u8], &[u8], usize); 6] = [
            (b"\xef\xbb\xbfa", b"a", 3),
            (b"\xef\xbb\xbf", b"", 3),
            (b"\xef\xbb", b"\xef\xbb", 0),
            ("！a".as_bytes(), "！a".as_bytes(), 0),
            (b"a\xef\xbb\xbf", b"a\xef\xbb\xbf", 0),
            (b"", b"", 0),
        ];
        for (bytes, expected, length) in cases {
            for buffer in 1..5 {
                let reader = BufReader::with_capacity(buffer, bytes);
                let (mut reader, taken) = without_byte_order_mark(reader).unwrap();
                let mut left = Vec::new();
                reader.read_to_end(&mut left).unwrap();
                assert_eq!((&left[..], taken), (expected, length));
            }
        }
    }

    #[test]
    fn any_place_of_a_source_can_be_read_compressed_or_not() {
        let dir = TempDir::new().unwrap();
        for bytes in [b"0123456789".to_vec(), gzip(b"0123456789"), zstd(b"0123456789")] {
            let path = dir.path().join("profiles");
            std::fs::write(&path, bytes).unwrap();
            let access = Input::open(&path, dir.path()).unwrap().random_access().unwrap();
            assert_eq!(access.length(), 10);
            for offset in [7, 0, 10, 11] {
                let mut text = String::new();
                access.from(offset).unwrap().read_to_string(&mut text).unwrap();
                assert_eq!(text, "0123456789".get(offset as usize..).unwrap_or_default());
            }
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "the copy has no name");
        }
    }

    #[test]
    fn a_fifo_is_copied_and_can_then_be_read_twice() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let writer = {
            let path = path.clone();
            std::thread::spawn(move || std::fs::write(path, gzip(b"through a pipe")).unwrap())
        };
        let input = Input::open(&path, dir.path()).unwrap();
        writer.join().unwrap();
        assert_eq!(text_of(&input).unwrap(), "through a pipe");
        assert_eq!(text_of(&input).unwrap(), "through a pipe");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "the copy has no name");
    }

    #[test]
    fn what_cannot_be_opened_is_named() {
        let dir = TempDir::new().unwrap();
        let missing = dir.path().join("missing.json");
        let error = Input::open(&missing, dir.path()).unwrap_err();
        assert!(matches!(error, InputError::Open { .. }));
        assert!(error.to_string().contains("missing.json"));
        assert!(matches!(Input::open(dir.path(), dir.path()), Err(InputError::Directory { .. })));
    }
}
