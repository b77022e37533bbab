//! JSON: one object a line, or an array of objects.
//!
//! Both cut the text of one record out of the stream and hand it to the same parser (`value`), so they agree on
//! what a record is. The cutting never holds more than one record.

mod array;
mod lines;
mod value;

pub(super) use array::read_array;
pub(super) use lines::read_lines;
pub use value::parse_list;
pub(super) use value::parse as parse_value;

/// The fields of a JSON object in memory; `None` where it is none, or holds text that is not Unicode.
pub fn parse_document(text: &[u8]) -> Option<kindred::profile::Fields> {
    match value::parse_record(text, String::new) {
        super::Record::Fields(fields) => Some(fields),
        super::Record::Unusable { .. } => None,
    }
}

/// What may stand between two values (RFC 8259, section 2).
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
