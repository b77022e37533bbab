//! Files that were put one behind the other (`cat a.parquet b.parquet`).
//!
//! A file that is read by its footer counts offsets from its own first byte. Where another file stands before it, the
//! footer of the last is found, and its offsets point into the first: rows of the first would be taken for all rows.

use std::io::{self, Read};

use super::super::Cause;
use super::super::input::RandomAccess;

/// How much is looked at, at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Refuses a file in which another one ends before `footer` and the one with that footer begins behind it. `known` is
/// where the last byte ends that the footer names: the first file is no longer than what remains.
///
/// # Errors
/// That there are several files, or what reading gives.
pub(super) fn check(file: &RandomAccess, magic: &[u8], known: u64, footer: u64) -> Result<(), Cause> {
    let until = footer.saturating_sub(known).saturating_add(magic.len() as u64);
    match join(file.from(0).map_err(Cause::Io)?.take(until), magic).map_err(Cause::Io)? {
        None => Ok(()),
        Some(at) => Err(Cause::Table(format!(
            "two files were put one behind the other: the first ends at byte {at}; give each as a file of its own"
        ))),
    }
}

/// Where a file ends, with its length of the footer and its magic number, and another one begins.
fn join(mut reader: impl Read, magic: &[u8]) -> io::Result<Option<u64>> {
    let seam = [magic, magic].concat();
    let kept = seam.len() - 1 + 4;
    let (mut bytes, mut offset) = (Vec::new(), 0_u64);
    loop {
        let fresh = reader.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut bytes)?;
        let ends = bytes.windows(4 + seam.len()).enumerate().filter(|(_, window)| window[4..] == seam);
        for (at, window) in ends {
            let end = offset + (at + 4 + magic.len()) as u64;
            let length = window.first_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
            if length.is_some_and(|length| length + 2 * magic.len() as u64 + 4 <= end) {
                return Ok(Some(end));
            }
        }
        if fresh == 0 {
            return Ok(None);
        }
        let done = bytes.len().saturating_sub(kept);
        bytes.drain(..done);
        offset += done as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seam_is_found_wherever_it_lies_and_only_behind_a_length_that_fits() {
        let file =
            |body: usize| [b"PAR1", &vec![7; body][..], &[9; 20], &20_u32.to_le_bytes(), b"PAR1"].concat();
        for body in [
            0,
            1,
            CHUNK_BYTES - 40,
            CHUNK_BYTES - 36,
            CHUNK_BYTES - 33,
            CHUNK_BYTES - 28,
            CHUNK_BYTES,
            3 * CHUNK_BYTES,
        ] {
            let first = file(body);
            let both = [&first[..], &file(5)].concat();
            assert_eq!(join(&both[..], b"PAR1").unwrap(), Some(first.len() as u64), "{body}");
            assert_eq!(join(&first[..], b"PAR1").unwrap(), None);
        }
        // A text that has the seam in it, but no footer in front of it.
        assert_eq!(join(&b"PAR1 as in PAR1PAR1 and more"[..], b"PAR1").unwrap(), None);
    }
}
