//! JSON: one object a line, or a document that is an array of objects or has one in it.
//!
//! Both cut the text of one record out of the stream and hand it to the same parser ([`kindred::profile::json`]), so
//! they agree on what a record is. The cutting never holds more than one record.

mod array;
mod bulk;
mod document;
mod lines;
mod path;
mod stream;
mod survey;
mod value;

use std::io::Read;

use kindred::profile::json::Changed;

pub(super) use document::read;
pub(super) use lines::read_lines;
pub(super) use value::parse_value;

use super::signature::{SIGNATURE_BYTES, is_pickle, kind_of};
use super::{Cause, Input, ReadOptions, SourceError};

/// What may stand between two values (RFC 8259, section 2).
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Refuses what is known to be no JSON.
fn check_signature(input: &Input) -> Result<(), SourceError> {
    let mut first = Vec::with_capacity(SIGNATURE_BYTES);
    let read = input.reader().take(SIGNATURE_BYTES as u64).read_to_end(&mut first);
    read.map_err(|error| SourceError::io(input.name(), error))?;
    let kind = kind_of(&first).or_else(|| is_pickle(&first).then_some("a pickle: --format pickle"));
    kind.map_or(Ok(()), |kind| {
        Err(SourceError { input: input.name().to_owned(), place: None, cause: Cause::NotJson(kind) })
    })
}

/// Says what was changed in reading.
fn note_changes(changed: Changed, input: &Input, options: &ReadOptions) {
    let name = input.name();
    if changed.not_finite > 0 {
        let count = changed.not_finite;
        options.notes.add(format!("{name}: numbers that are NaN or infinite became null: {count}"));
    }
    if changed.repeated > 0 {
        let count = changed.repeated;
        options
            .notes
            .add(format!("{name}: fields that came twice in one object kept their last value: {count}"));
    }
}
