//! Text as UTF-8, however its byte order mark says that it is written.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use super::BUFFER_BYTES;

/// Byte order marks, the longer of two with the same start first.
const MARKS: [(&[u8], Encoding); 5] = [
    (b"\xef\xbb\xbf", Encoding::Utf8),
    (b"\xff\xfe\0\0", Encoding::Utf32),
    (b"\0\0\xfe\xff", Encoding::Utf32),
    (b"\xff\xfe", Encoding::Utf16 { big_endian: false }),
    (b"\xfe\xff", Encoding::Utf16 { big_endian: true }),
];

/// What stands for half of a character that has no other half: no UTF-8, so that its row is not taken for text.
pub(super) const NO_CHARACTER: u8 = 0xff;

/// How the characters of a file are written, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16 { big_endian: bool },
    Utf32,
}

/// A file as UTF-8, without its byte order mark, and how it is written.
///
/// # Errors
/// When it cannot be read, or is UTF-32.
pub(super) fn decoded<R: BufRead + 'static>(mut reader: R) -> io::Result<(Box<dyn BufRead>, Encoding)> {
    // Not looked up in the reader's buffer: that may hold as little as one byte.
    let mut first = Vec::with_capacity(4);
    Read::take(&mut reader, 4).read_to_end(&mut first)?;
    let mark = MARKS.iter().find(|(mark, _)| first.starts_with(mark));
    let (length, encoding) = mark.map_or((0, Encoding::Utf8), |(mark, encoding)| (mark.len(), *encoding));
    let whole = Cursor::new(first.split_off(length)).chain(reader);
    let decoded: Box<dyn BufRead> = match encoding {
        Encoding::Utf16 { big_endian } => {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, Utf16::new(whole, big_endian)))
        }
        Encoding::Utf8 | Encoding::Utf32 => Box::new(whole),
    };
    Ok((decoded, encoding))
}

/// UTF-16 as UTF-8.
struct Utf16<R> {
    reader: R,
    big_endian: bool,
    /// The first byte of a pair.
    byte: Option<u8>,
    /// The first half of a character.
    high: Option<u16>,
    decoded: Cursor<Vec<u8>>,
}

impl<R: BufRead> Utf16<R> {
    fn new(reader: R, big_endian: bool) -> Utf16<R> {
        Utf16 { reader, big_endian, byte: None, high: None, decoded: Cursor::new(Vec::new()) }
    }

    /// Decodes what is read at once; false at the end.
    fn decode(&mut self) -> io::Result<bool> {
        let bytes = self.reader.fill_buf()?;
        let count = bytes.len();
        let (big_endian, mut text) = (self.big_endian, Vec::with_capacity(count * 2));
        for &byte in bytes {
            match self.byte.take() {
                None => self.byte = Some(byte),
                Some(first) if big_endian => {
                    take_unit(&mut self.high, u16::from_be_bytes([first, byte]), &mut text)
                }
                Some(first) => take_unit(&mut self.high, u16::from_le_bytes([first, byte]), &mut text),
            }
        }
        self.reader.consume(count);
        if count == 0 && (self.byte.take().is_some() | self.high.take().is_some()) {
            text.push(NO_CHARACTER);
        }
        let goes_on = count > 0 || !text.is_empty();
        self.decoded = Cursor::new(text);
        Ok(goes_on)
    }
}

fn take_unit(high: &mut Option<u16>, unit: u16, text: &mut Vec<u8>) {
    let units: &[u16] = match high.take() {
        Some(first) => &[first, unit],
        None if (0xd800..0xdc00).contains(&unit) => {
            *high = Some(unit);
            return;
        }
        None => &[unit],
    };
    for character in char::decode_utf16(units.iter().copied()) {
        match character {
            Ok(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(_) => text.push(NO_CHARACTER),
        }
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.decoded.read(buffer)?;
            if count > 0 || buffer.is_empty() || !self.decode()? {
                return Ok(count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8], buffer: usize) -> (Vec<u8>, Encoding) {
        let reader = BufReader::with_capacity(buffer, Cursor::new(bytes.to_vec()));
        let (mut reader, encoding) = decoded(reader).unwrap();
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        (text, encoding)
    }

    fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
        let mark = std::iter::once(0xfeff_u16);
        let units = mark.chain(text.encode_utf16());
        units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn a_byte_order_mark_says_how_the_text_is_written_and_is_no_part_of_it() {
        let text = "_id,name\r\n1,Zoë\n2,李😀\n";
        for buffer in 1..12 {
            assert_eq!(text_of(text.as_bytes(), buffer), (text.as_bytes().to_vec(), Encoding::Utf8));
            let marked = format!("\u{feff}{text}");
            assert_eq!(text_of(marked.as_bytes(), buffer).0, text.as_bytes());
            for big_endian in [false, true] {
                let expected = (text.as_bytes().to_vec(), Encoding::Utf16 { big_endian });
                assert_eq!(text_of(&utf16(text, big_endian), buffer), expected);
            }
        }
        for short in ["", "a", "ab", "\u{feff}", "abc"] {
            assert_eq!(text_of(short.as_bytes(), 1).0, short.trim_start_matches('\u{feff}').as_bytes());
        }
        assert_eq!(text_of(b"\xef\xbb", 1).0, b"\xef\xbb");
    }

    #[test]
    fn half_a_character_of_utf_16_is_no_text() {
        let cases: [(&[u8], &[u8]); 4] = [
            (b"\xff\xfea\0b", b"a\xff"),
            (b"\xff\xfe\x3d\xd8", b"\xff"),
            (b"\xff\xfe\x3d\xd8a\0", b"\xffa"),
            (b"\xff\xfe\0\xdca\0", b"\xffa"),
        ];
        for (bytes, expected) in cases {
            for buffer in 1..5 {
                assert_eq!(text_of(bytes, buffer).0, expected, "{bytes:?}");
            }
        }
    }
}
