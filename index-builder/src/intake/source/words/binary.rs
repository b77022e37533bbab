//! Numbers as bytes: little-endian, four each, behind the word and a blank. Some programs write a line end behind each.

use std::io::{BufRead, ErrorKind, Read};

use super::super::{Place, SourceError};
use super::{Header, Words};

/// The longest word that is believed.
const MAX_WORD_BYTES: u64 = 4096;

/// Gives every word of a file whose first line, of so many bytes, is read.
pub(super) fn read(
    words: &mut Words<'_, '_>,
    header: Header,
    first_line: u64,
    reader: &mut impl BufRead,
) -> Result<(), SourceError> {
    words.note(header.dimension);
    let mut place = first_line;
    let (mut word, mut bytes) = (Vec::new(), vec![0; header.dimension * size_of::<f32>()]);
    for number in 1..=header.words {
        word.clear();
        let read = Read::take(&mut *reader, MAX_WORD_BYTES + 1).read_until(b' ', &mut word);
        let length = read.map_err(|error| words.io(error))?;
        if word.pop() != Some(b' ') {
            let why = match length as u64 > MAX_WORD_BYTES {
                true => format!("word {number} has more than {MAX_WORD_BYTES} bytes; the file is damaged"),
                false => format!("it ends within word {number} of {}; it is truncated", header.words),
            };
            return Err(words.at(Some(Place::Byte(place)), why));
        }
        if let Err(error) = reader.read_exact(&mut bytes) {
            return Err(match error.kind() {
                ErrorKind::UnexpectedEof => words.at(
                    Some(Place::Byte(place)),
                    format!(
                        "it ends within the numbers of word {number} of {}; it is truncated",
                        header.words
                    ),
                ),
                _ => words.io(error),
            });
        }
        place += length as u64 + bytes.len() as u64;
        let (numbers, _) = bytes.as_chunks();
        let numbers = numbers.iter().map(|&number| f32::from_le_bytes(number)).collect();
        let word = word.strip_prefix(b"\n").unwrap_or(&word);
        if !words.give(word, numbers, || format!("word {number}")) {
            return Ok(());
        }
    }
    let mut rest = Vec::new();
    Read::take(&mut *reader, 2).read_to_end(&mut rest).map_err(|error| words.io(error))?;
    match rest[..] {
        [] | [b'\n'] => Ok(()),
        _ => {
            let why = format!("something follows the {} words that its first line names", header.words);
            Err(words.at(Some(Place::Byte(place)), why))
        }
    }
}
