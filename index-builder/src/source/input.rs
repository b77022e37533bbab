//! The bytes of a source, as often from the start as a reader wants them.
//!
//! A regular file is read in place. Anything else (standard input, a pipe, a FIFO) can be read only once, so it is
//! first copied to a temporary file without a name, which the system removes whatever happens to this process.
//! Gzip is recognised by its first bytes and taken off; the copy stays compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

/// The path that means standard input.
pub const STANDARD_INPUT: &str = "-";

/// How much is read at once: enough that the system call does not count, little enough for the cache.
const BUFFER_BYTES: usize = 64 << 10;

/// The first two bytes of every gzip member (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What some programs write in front of UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A source's bytes, readable from the start any number of times, also by several readers at once.
#[derive(Debug)]
pub struct Input {
    name: String,
    start: FromHere,
    gzip: bool,
}

/// Why a source cannot be opened. Every message names its path and says what the system says.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file does not exist or cannot be opened.
    #[error("{}: cannot be opened: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The path is a directory.
    #[error("{}: is a directory; a file of profiles is expected", path.display())]
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
        let gzip = starts_with_gzip(start.clone()).map_err(read)?;
        Ok(Input { name, start, gzip })
    }

    /// The path as it was given, or "standard input": for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A reader of the whole source from its start, decompressed.
    pub fn reader(&self) -> Box<dyn BufRead> {
        let raw = BufReader::with_capacity(BUFFER_BYTES, self.start.clone());
        if self.gzip {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, Gunzip(MultiGzDecoder::new(raw))))
        } else {
            Box::new(raw)
        }
    }
}

fn spool(mut stream: File, directory: &Path) -> io::Result<File> {
    let mut copy = tempfile::tempfile_in(directory)?;
    io::copy(&mut stream, &mut copy)?;
    copy.rewind()?;
    Ok(copy)
}

fn starts_with_gzip(start: FromHere) -> io::Result<bool> {
    let mut first = Vec::with_capacity(GZIP_MAGIC.len());
    start.take(GZIP_MAGIC.len() as u64).read_to_end(&mut first)?;
    Ok(first == GZIP_MAGIC)
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

/// A gzip stream whose errors say in plain words what is wrong with it.
struct Gunzip<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(error.kind(), "the gzip data ends too early; the file is truncated")
            }
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                io::Error::new(error.kind(), format!("the gzip data is damaged: {error}"))
            }
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tempfile::TempDir;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

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
    fn gzip_is_recognised_by_its_first_bytes_and_may_have_several_members() {
        let members = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(text_of(&input_of(&members)).unwrap(), "one two");
        for plain in [&b""[..], b"\x1f", b"{}", b"\x8b\x1f"] {
            assert!(!input_of(plain).gzip);
        }
    }

    #[test]
    fn a_gzip_file_cut_anywhere_says_that_it_is_truncated() {
        let whole = gzip(b"profiles ".repeat(1000).as_slice());
        for length in 2..whole.len() {
            let error = text_of(&input_of(&whole[..length])).unwrap_err();
            assert!(error.to_string().contains("truncated"), "{length}: {error}");
        }
    }

    #[test]
    fn a_damaged_gzip_file_says_so() {
        let mut bytes = gzip(b"profiles ".repeat(1000).as_slice());
        let checksum = bytes.len() - 8;
        bytes[checksum] ^= 1;
        assert!(text_of(&input_of(&bytes)).unwrap_err().to_string().contains("damaged"));
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
