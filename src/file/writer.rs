//! Writes an index file, section by section, without holding it.

use std::hash::Hasher;
use std::io::{self, Seek, SeekFrom, Write};

use super::format::{ENTRY_LENGTH, Entry, HEADER_LENGTH, Header, SectionKind, align};
use super::sections::Shape;
use super::to_usize;

/// Writes the sections in turn and the header last. A file that was not finished has no magic number.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    header: Header,
    shape: Shape,
    position: u64,
    sections: usize,
    entries: Vec<Entry>,
}

impl<W: Write + Seek> Writer<W> {
    /// Starts a file of exactly `sections` sections, with `row_slots` slots in a row of its neighbour table. The
    /// header's lengths, sections and checksum are filled in later; the rest is the caller's.
    ///
    /// # Errors
    /// What writing gives.
    pub fn new(mut out: W, sections: usize, header: Header, row_slots: usize) -> io::Result<Writer<W>> {
        let shape = Shape::new(&header, row_slots);
        let position = HEADER_LENGTH + sections * ENTRY_LENGTH;
        out.write_all(&vec![0; position])?;
        let entries = Vec::with_capacity(sections);
        Ok(Writer { out, header, shape, position: position as u64, sections, entries })
    }

    /// Writes one section; `fill` gets a writer that counts and checks what goes through it.
    ///
    /// # Errors
    /// What `fill` and writing give, and `InvalidData` where the length is no multiple of the size of an element.
    pub fn section(
        &mut self,
        kind: SectionKind,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let offset = align(self.position).ok_or_else(|| invalid(kind, "is beyond the end of the file"))?;
        self.out.write_all(&vec![0; to_usize(offset - self.position)])?;
        let mut counted =
            Counted { out: &mut self.out, length: 0, hasher: twox_hash::xxhash3_64::Hasher::new() };
        fill(&mut counted)?;
        let (length, checksum) = (counted.length, counted.hasher.finish());
        let element_size = (kind.row().element)(&self.shape);
        if element_size == 0 || !length.is_multiple_of(element_size) {
            return Err(invalid(kind, "is no multiple of its element size"));
        }
        let element_size =
            u32::try_from(element_size).map_err(|_| invalid(kind, "has elements of more than 4 GiB"))?;
        self.position = offset + length;
        self.entries.push(Entry {
            kind: kind as u32,
            required: kind.is_required(),
            element_size,
            offset,
            length,
            checksum,
        });
        Ok(())
    }

    /// Writes header and table. Gives the header as written, and what was written to.
    ///
    /// # Errors
    /// What writing gives, and `InvalidData` where the number of sections is not as announced.
    pub fn finish(mut self) -> io::Result<(Header, W)> {
        if self.entries.len() != self.sections {
            let message =
                format!("{} sections were announced, {} written", self.sections, self.entries.len());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let header = Header { file_length: self.position, ..self.header };
        let bytes = header.encode(&self.entries);
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        let written =
            Header::parse(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok((written, self.out))
    }
}

fn invalid(kind: SectionKind, problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("section \"{}\" {problem}", kind.name()))
}

struct Counted<'a, W> {
    out: &'a mut W,
    length: u64,
    hasher: twox_hash::xxhash3_64::Hasher,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.write(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
