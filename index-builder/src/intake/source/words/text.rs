//! Numbers in digits.

use std::collections::BTreeMap;

use super::super::{Line, MAX_RECORD_BYTES, Place, Record, SourceError, TOO_LARGE, read_line};
use super::{Header, MAX_DIMENSION, Words};

/// The lines of which the most frequent length is taken, where no first line says it.
const SAMPLE: u64 = 1000;

/// What may stand between numbers.
const BLANKS: [u8; 3] = [b' ', b'\t', b'\r'];

/// Gives every word. A word may have blanks in it, as some of GloVe's have: the numbers are the last of the line.
pub(super) fn read(words: &mut Words<'_, '_>, header: Option<Header>) -> Result<(), SourceError> {
    let dimension = match header {
        Some(header) => header.dimension,
        None => dimension(words)?,
    };
    words.note(dimension);
    let (mut reader, mut buffer) = (words.input.reader(), Vec::new());
    let (mut line, mut count, mut has_end) = (0, 0, true);
    loop {
        let read = read_line(&mut reader, MAX_RECORD_BYTES, &mut buffer).map_err(|error| words.io(error))?;
        line += 1;
        if read == Line::End {
            break;
        }
        has_end = read == Line::TooLarge || buffer.ends_with(b"\n");
        let text = buffer.strip_suffix(b"\n").unwrap_or(&buffer).trim_ascii_end();
        if line == 1 && header.is_some() || text.is_empty() && read == Line::Whole {
            continue;
        }
        count += 1;
        let place = || Place::Line(line).to_string();
        let goes_on = match read {
            Line::TooLarge => {
                let record = Record::Unusable { reason: TOO_LARGE, place: place() };
                (words.sink)(record).is_continue()
            }
            _ => {
                let (word, numbers) =
                    split(text, dimension).map_err(|why| words.at(Some(Place::Line(line)), why))?;
                words.give(word, numbers, place)
            }
        };
        if !goes_on {
            return Ok(());
        }
    }
    if !has_end {
        let name = words.input.name();
        words.options.notes.add(format!("{name}: its last line has no end; is the file whole?"));
    }
    words.check_count(header, count)
}

/// How many numbers most of the first lines have behind one word.
fn dimension(words: &Words<'_, '_>) -> Result<usize, SourceError> {
    let (mut reader, mut buffer) = (words.input.reader(), Vec::new());
    let mut lengths: BTreeMap<usize, u64> = BTreeMap::new();
    for _ in 0..SAMPLE {
        let line = read_line(&mut reader, MAX_RECORD_BYTES, &mut buffer).map_err(|error| words.io(error))?;
        if line == Line::End {
            break;
        }
        let parts = buffer.trim_ascii().split(|byte| BLANKS.contains(byte)).filter(|part| !part.is_empty());
        if let Some(length) = parts.count().checked_sub(1) {
            *lengths.entry(length).or_default() += 1;
        }
    }
    // Of equally frequent ones the shortest, since words with blanks make lines longer.
    let most = lengths.iter().rev().max_by_key(|&(_, count)| count).map_or(0, |(&length, _)| length);
    if (1..=MAX_DIMENSION as usize).contains(&most) {
        return Ok(most);
    }
    Err(words.at(
        Some(Place::Line(1)),
        format!("most lines have {most} numbers behind a word; a vector has 1 to {MAX_DIMENSION}"),
    ))
}

/// The word of a line and its numbers, or what is wrong.
pub(super) fn split(line: &[u8], dimension: usize) -> Result<(&[u8], Vec<f32>), String> {
    let mut rest = line;
    let mut numbers = Vec::with_capacity(dimension);
    while numbers.len() < dimension {
        let end = rest.iter().rposition(|byte| !BLANKS.contains(byte)).map_or(0, |at| at + 1);
        rest = rest.get(..end).unwrap_or_default();
        let Some(blank) = rest.iter().rposition(|byte| BLANKS.contains(byte)) else {
            return Err(format!(
                "there are {} numbers behind the word, and {dimension} are expected",
                numbers.len()
            ));
        };
        let text = String::from_utf8_lossy(rest.get(blank + 1..).unwrap_or_default());
        let number = text.parse::<f32>().map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            format!("{shown:?} is no number; {dimension} of them are expected behind the word")
        })?;
        numbers.push(number);
        rest = rest.get(..blank).unwrap_or_default();
    }
    numbers.reverse();
    Ok((rest, numbers))
}
