//! Buffers what is written, so that it reaches the file in pieces that the kernel can keep as huge pages.
//!
//! File systems with large folios (ext4 since Linux 6.16, XFS) keep what one call writes in one folio where it can be:
//! a call of 2 MiB at a multiple of 2 MiB gives a huge page. A map of such a file has huge pages from the start: it is
//! populated at once, and reading it at random misses the TLB less often. Elsewhere nothing changes but the number of
//! calls. [`std::io::BufWriter`] writes what it has whenever the next part does not fit, at any place of the file.

use std::io::{self, Seek, SeekFrom, Write};

use super::to_usize;

/// The length of a piece and what its place is a multiple of: a huge page of x86-64, and of AArch64 with pages of 4 KiB.
pub const PIECE_BYTES: usize = 2 << 20;

/// A buffered writer from the start of a file on. Everything is written when it is flushed, and not before: what is
/// in the buffer when it is dropped is lost.
#[derive(Debug)]
pub struct PieceWriter<W> {
    out: W,
    buffer: Vec<u8>,
    /// How many bytes end the piece that is in the buffer.
    room: usize,
}

impl<W: Write> PieceWriter<W> {
    /// Writes to `out`, which is at a multiple of [`PIECE_BYTES`].
    pub fn new(out: W) -> PieceWriter<W> {
        PieceWriter { out, buffer: Vec::with_capacity(PIECE_BYTES), room: PIECE_BYTES }
    }

    /// What is written to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    fn write_buffer(&mut self) -> io::Result<()> {
        while !self.buffer.is_empty() {
            let written = match self.out.write(&self.buffer) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.buffer.drain(..written);
        }
        Ok(())
    }
}

impl<W: Write> Write for PieceWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            self.write_buffer()?;
            self.room = PIECE_BYTES;
        }
        let taken = bytes.len().min(self.room);
        self.buffer.extend_from_slice(&bytes[..taken]);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_buffer()?;
        self.out.flush()
    }
}

impl<W: Write + Seek> Seek for PieceWriter<W> {
    /// Pieces end where they did when the file is left and come back to; it is not done while sections are written.
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.write_buffer()?;
        let place = self.out.seek(position)?;
        self.room = PIECE_BYTES - to_usize(place % PIECE_BYTES as u64);
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Notes where each call wrote, takes at most `most` bytes a call, and is interrupted before each.
    struct Calls {
        file: Cursor<Vec<u8>>,
        most: usize,
        calls: Vec<(u64, usize)>,
        is_interrupted: bool,
    }

    impl Calls {
        fn new(most: usize) -> PieceWriter<Calls> {
            let file = Cursor::default();
            PieceWriter::new(Calls { file, most, calls: Vec::new(), is_interrupted: false })
        }
    }

    impl Write for Calls {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.is_interrupted = !self.is_interrupted;
            if self.is_interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let place = self.file.position();
            let written = self.file.write(&bytes[..bytes.len().min(self.most)])?;
            self.calls.push((place, written));
            Ok(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Calls {
        fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
            self.file.seek(position)
        }
    }

    /// Parts of all sizes around that of a piece.
    fn parts() -> Vec<Vec<u8>> {
        let sizes =
            [1, 4096, PIECE_BYTES - 4097, 5, PIECE_BYTES, 3 * PIECE_BYTES + 7, 0, 10, PIECE_BYTES - 1, 77];
        sizes.iter().enumerate().map(|(number, &size)| vec![number as u8 + 1; size]).collect()
    }

    #[test]
    fn whole_pieces_are_written_where_they_belong() {
        let mut writer = Calls::new(usize::MAX);
        for part in parts() {
            writer.write_all(&part).unwrap();
        }
        writer.flush().unwrap();
        let Calls { file, calls, .. } = writer.out;
        assert!(file.into_inner() == parts().concat(), "not what was written");
        let (last, whole) = calls.split_last().unwrap();
        assert_eq!(whole.len(), 6);
        for (number, &(place, length)) in whole.iter().enumerate() {
            assert_eq!((place, length), ((number * PIECE_BYTES) as u64, PIECE_BYTES));
        }
        assert!(last.1 < PIECE_BYTES);
    }

    #[test]
    fn pieces_that_are_taken_bit_by_bit_arrive_whole() {
        let mut writer = Calls::new(300_000);
        for part in parts() {
            writer.write_all(&part).unwrap();
        }
        writer.flush().unwrap();
        assert!(writer.out.file.into_inner() == parts().concat(), "not what was written");
    }

    #[test]
    fn going_back_overwrites_and_nothing_else_changes() {
        let mut writer = Calls::new(usize::MAX);
        writer.write_all(&vec![1; PIECE_BYTES + 10]).unwrap();
        writer.seek(SeekFrom::Start(3)).unwrap();
        writer.write_all(&[2; 4]).unwrap();
        writer.flush().unwrap();
        let mut expected = vec![1; PIECE_BYTES + 10];
        expected[3..7].fill(2);
        assert!(writer.out.file.into_inner() == expected, "not what was written");
    }

    #[test]
    fn a_file_that_takes_nothing_is_an_error() {
        let mut writer = Calls::new(0);
        writer.write_all(b"x").unwrap();
        assert_eq!(writer.flush().unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
