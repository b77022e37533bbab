//! JSON: one object a line, or an array of objects.
//!
//! Both cut the text of one record out of the stream and hand it to the same parser ([`kindred::profile::json`]), so
//! they agree on what a record is. The cutting never holds more than one record.

mod array;
mod lines;
mod value;

pub(super) use array::read_array;
pub(super) use lines::read_lines;
pub(super) use value::parse_value;

/// What may stand between two values (RFC 8259, section 2).
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
