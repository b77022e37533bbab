//! JSON text as a stream, of which one element is cut out at a time, by nothing but its quotes and brackets.

use std::io::{self, BufRead};

use super::super::Cause;
use super::super::error::Found;
use super::super::input::{Unmarked, without_byte_order_mark};
use super::is_blank;

/// A stream that knows how far it has been read.
pub(super) struct Stream<R> {
    reader: Unmarked<R>,
    /// How many bytes lie behind.
    pub(super) offset: u64,
}

/// What [`Stream::cut_element`] found.
pub(super) enum Element {
    /// It is in the buffer.
    Whole,
    /// It is longer than the limit and has been passed over without being held.
    TooLarge,
}

impl<R: BufRead> Stream<R> {
    pub(super) fn new(reader: R) -> io::Result<Stream<R>> {
        let (reader, mark) = without_byte_order_mark(reader)?;
        Ok(Stream { reader, offset: mark as u64 })
    }

    /// The next byte that is not blank, which is not taken; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Cause> {
        loop {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let blanks = bytes.iter().take_while(|&&byte| is_blank(byte)).count();
            let found = bytes.get(blanks).copied();
            self.skip(blanks);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.reader.consume(count);
        self.offset += count as u64;
    }

    /// Takes the element that starts here into `buffer`.
    pub(super) fn cut_element(&mut self, limit: usize, buffer: &mut Vec<u8>) -> Result<Element, Cause> {
        let mut scan = Scan::default();
        self.cut(limit, buffer, || Cause::TruncatedArray, |bytes| scan.find_end(bytes))
    }

    /// Takes what ends where `find_end` says into `buffer`, unless it is longer than `limit`.
    fn cut(
        &mut self,
        limit: usize,
        buffer: &mut Vec<u8>,
        truncated: fn() -> Cause,
        mut find_end: impl FnMut(&[u8]) -> Option<usize>,
    ) -> Result<Element, Cause> {
        buffer.clear();
        let mut is_too_large = false;
        loop {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                return Err(truncated());
            }
            let end = find_end(bytes);
            let taken = end.unwrap_or(bytes.len());
            is_too_large |= taken > limit - buffer.len();
            if !is_too_large {
                buffer.extend_from_slice(&bytes[..taken]);
            }
            self.skip(taken);
            if end.is_some() {
                return Ok(if is_too_large { Element::TooLarge } else { Element::Whole });
            }
        }
    }
}

impl<R: BufRead> Stream<R> {
    /// Goes behind a byte that must come next.
    pub(super) fn expect(&mut self, wanted: u8, otherwise: fn(Found) -> Cause) -> Result<(), Cause> {
        match self.peek()? {
            Some(byte) if byte == wanted => self.skip(1),
            None => return Err(Cause::TruncatedDocument),
            other => return Err(otherwise(Found(other))),
        }
        Ok(())
    }

    /// Takes the text in quotes that starts here, with them. One that is longer than `limit` is passed over.
    pub(super) fn cut_text(&mut self, limit: usize, buffer: &mut Vec<u8>) -> Result<Element, Cause> {
        let (mut is_escaped, mut is_open) = (false, false);
        let find_end = |bytes: &[u8]| {
            let last = bytes.iter().position(|&byte| {
                let is_quote = byte == b'"' && !is_escaped;
                let ends = is_quote && is_open;
                is_open |= is_quote;
                is_escaped = byte == b'\\' && !is_escaped;
                ends
            });
            last.map(|last| last + 1)
        };
        self.cut(limit, buffer, || Cause::TruncatedDocument, find_end)
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Cause {
        Cause::Io(error)
    }
}

/// What has been seen of an element.
#[derive(Default)]
pub(super) struct Scan {
    /// How many brackets are open.
    pub(super) depth: u64,
    /// Within quotes.
    pub(super) in_string: bool,
    /// Behind a backslash, within quotes.
    is_escaped: bool,
}

impl Scan {
    /// The number of these bytes that still belong to the element, if it ends among them.
    pub(super) fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'[' | b'{' => self.depth += 1,
                // Not this element's: it has no brackets.
                b']' | b'}' | b',' if self.depth == 0 => return Some(at),
                b']' | b'}' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ if self.depth == 0 && is_blank(byte) => return Some(at),
                _ => {}
            }
        }
        None
    }
}
