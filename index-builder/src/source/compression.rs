//! What a source may be compressed with, recognised by its first bytes and taken off.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::input::BUFFER_BYTES;

/// How many bytes [`Compression::of`] needs to see.
pub(super) const MAGIC_BYTES: usize = 4;

/// The extensions of compressed files, which may stand behind that of a format.
pub(super) const EXTENSIONS: [&str; 2] = ["gz", "zst"];

/// A way of compressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// What a source that begins so is compressed with; `None` for a plain one.
    pub(super) fn of(first: &[u8]) -> Option<Compression> {
        match *first {
            // Every gzip member begins so (RFC 1952, section 2.3.1).
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            // Every zstd frame (RFC 8878, section 3.1.1), and those that are skipped (3.1.2), which some programs
            // put first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// What the compressed bytes stand for, to the end of the last gzip member or zstd frame.
    pub(super) fn reader(self, raw: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
        let plain: Box<dyn Read> = match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(raw)),
            Compression::Zstd => Box::new(ZstdDecoder::with_buffer(raw)?),
        };
        Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, Explained { plain, compression: self })))
    }
}

/// A reader whose errors say in plain words what is wrong with the compressed data.
struct Explained {
    plain: Box<dyn Read>,
    compression: Compression,
}

impl Read for Explained {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let name = match self.compression {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        };
        self.plain.read(buffer).map_err(|error| match error.kind() {
            // Not of the same kind: a reader would take it for the end of what it reads.
            io::ErrorKind::UnexpectedEof => io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the {name} data ends too early; the file is truncated"),
            ),
            // What the decoder of zstd says has no kind, and no number as what the system says.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other
                if error.raw_os_error().is_none() =>
            {
                io::Error::new(io::ErrorKind::InvalidData, format!("the {name} data is damaged: {error}"))
            }
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::samples::{gzip, zstd};
    use super::*;

    type Compress = fn(&[u8]) -> Vec<u8>;
    const ALL: [(Compression, Compress); 2] = [(Compression::Gzip, gzip), (Compression::Zstd, zstd)];

    fn plain(compression: Compression, bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        compression.reader(Cursor::new(bytes.to_vec()))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn compression_is_recognised_by_its_first_bytes_and_may_have_several_parts() {
        for (compression, compress) in ALL {
            let parts = [compress(b"one "), compress(b"two")].concat();
            assert_eq!(Compression::of(&parts), Some(compression));
            assert_eq!(plain(compression, &parts).unwrap(), "one two");
        }
        for plain in [&b""[..], b"\x1f", b"{}", b"\x8b\x1f", b"\x28\xb5\x2f", b"\xfd\x2f\xb5\x28"] {
            assert_eq!(Compression::of(plain), None);
        }
    }

    #[test]
    fn a_zstd_frame_that_is_to_be_skipped_is() {
        let skipped = [b"\x53\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(b"text")].concat();
        assert_eq!(Compression::of(&skipped), Some(Compression::Zstd));
        assert_eq!(plain(Compression::Zstd, &skipped).unwrap(), "text");
    }

    #[test]
    fn compressed_data_cut_anywhere_says_that_it_is_truncated() {
        for (compression, compress) in ALL {
            let part = compress(b"profiles ".repeat(1000).as_slice());
            let whole = [part.clone(), part.clone()].concat();
            for length in (MAGIC_BYTES..whole.len()).filter(|&length| length != part.len()) {
                let error = plain(compression, &whole[..length]).unwrap_err();
                assert!(error.to_string().contains("truncated"), "{compression:?} {length}: {error}");
            }
        }
    }

    #[test]
    fn damaged_compressed_data_says_so() {
        for (compression, compress) in ALL {
            let mut bytes = compress(b"profiles ".repeat(1000).as_slice());
            // Of gzip's end the first half is the checksum, of zstd's all.
            let checksum = bytes.len() - if compression == Compression::Gzip { 8 } else { 4 };
            bytes[checksum] ^= 1;
            assert!(plain(compression, &bytes).unwrap_err().to_string().contains("damaged"));
        }
    }
}
