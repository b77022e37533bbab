//! What a source may be compressed with, recognised by its first bytes and taken off.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::BUFFER_BYTES;

/// What every gzip member begins with (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a reader says where something follows that is no part of its format.
const TRAILING: &str = "something else follows";

/// How many bytes [`Compression::of`] needs to see.
pub(super) const MAGIC_BYTES: usize = 4;

/// The longest window of zstd that is read, as a power of two: what its program makes with `--long=31`, which is the
/// most that it can. The memory for it is taken only as far as there is data.
const MAX_WINDOW_LOG: u32 = 31;

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
            [first, second, ..] if [first, second] == GZIP_MAGIC => Some(Compression::Gzip),
            // Every zstd frame (RFC 8878, section 3.1.1), and those that are skipped (3.1.2), which some programs
            // put first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// What the compressed bytes stand for, to the end of the last gzip member or zstd frame.
    pub(super) fn reader(self, raw: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
        let plain: Box<dyn Read> = match self {
            Compression::Gzip => Box::new(Members(Some(GzDecoder::new(raw)))),
            Compression::Zstd => {
                let mut decoder = ZstdDecoder::with_buffer(raw)?;
                decoder.window_log_max(MAX_WINDOW_LOG)?;
                Box::new(decoder)
            }
        };
        Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, Explained { plain, compression: self })))
    }
}

/// The members of a gzip file, one after the other. Zeros behind the last are passed over, as gzip does: programs that
/// write to tapes fill their blocks up.
struct Members<R: BufRead>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(mut raw) = self.0.take().map(GzDecoder::into_inner) else { break };
            match raw.fill_buf()?.first() {
                Some(0) => skip_zeros(&mut raw)?,
                Some(&first) if first == GZIP_MAGIC[0] => self.0 = Some(GzDecoder::new(raw)),
                Some(_) => return Err(io::Error::other(TRAILING)),
                None => {}
            }
        }
        Ok(0)
    }
}

fn skip_zeros(raw: &mut impl BufRead) -> io::Result<()> {
    loop {
        let chunk = raw.fill_buf()?;
        if chunk.is_empty() {
            return Ok(());
        }
        if chunk.iter().any(|&byte| byte != 0) {
            return Err(io::Error::other(TRAILING));
        }
        let length = chunk.len();
        raw.consume(length);
    }
}

/// A reader whose errors say in plain words what is wrong with the compressed data.
struct Explained {
    plain: Box<dyn Read>,
    compression: Compression,
}

impl Read for Explained {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.plain.read(buffer).map_err(|error| explained(error, self.compression))
    }
}

/// Never of the kind of an end: a reader would take it for the end of what it reads.
fn explained(error: io::Error, compression: Compression) -> io::Error {
    let name = match compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    };
    let text = match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("the {name} data ends too early; the file is truncated"),
        // What the decoder of zstd says has no kind, and no number as what the system says.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other
            if error.raw_os_error().is_none() =>
        {
            in_words(&error.to_string(), name)
        }
        _ => return error,
    };
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// What the decoders say. The words of zstd are those of its `error_private.c`.
fn in_words(said: &str, name: &str) -> String {
    match said {
        TRAILING | "Unknown frame descriptor" => {
            format!("something that is no {name} data follows the {name} data")
        }
        "Frame requires too much memory for decoding" => format!(
            "the {name} data needs a window of more than {} GiB, and at most that is allowed; compress it with \
             --long={MAX_WINDOW_LOG} or less",
            1_u64 << (MAX_WINDOW_LOG - 30)
        ),
        "Allocation error : not enough memory" => format!(
            "there is not enough memory for the window of the {name} data; compress it with --long=27 or less"
        ),
        "Dictionary mismatch" => {
            format!("the {name} data was compressed with a dictionary; compress it without one")
        }
        _ => format!("the {name} data is damaged: {said}"),
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
    fn what_follows_compressed_data_is_named() {
        for (compression, compress) in ALL {
            for trailing in [&b"text"[..], b"{\"_id\":1}\n", b"\0\0\0\0\0x"] {
                let bytes = [&compress(b"one"), trailing].concat();
                let error = plain(compression, &bytes).unwrap_err().to_string();
                assert!(error.contains("something that is no") && error.contains("follows"), "{error}");
            }
        }
        let filled_up = [gzip(b"one"), vec![0; 200_000]].concat();
        assert_eq!(plain(Compression::Gzip, &filled_up).unwrap(), "one");
    }

    /// A frame of zstd that declares a window of so many bits, with the text in one raw block.
    fn with_window(bits: u8, text: &[u8]) -> Vec<u8> {
        let block = ((text.len() as u32) << 3 | 1).to_le_bytes();
        [&[0x28, 0xb5, 0x2f, 0xfd, 0, (bits - 10) << 3], &block[..3], text].concat()
    }

    #[test]
    fn a_long_window_is_read_up_to_a_stated_length() {
        for bits in [10, 27, 28, 31] {
            assert_eq!(plain(Compression::Zstd, &with_window(bits, b"text")).unwrap(), "text", "{bits}");
        }
        for bits in [32, 41] {
            let error = plain(Compression::Zstd, &with_window(bits, b"text")).unwrap_err().to_string();
            assert!(error.contains("window of more than 2 GiB") && error.contains("--long=31"), "{error}");
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
