//! Types that a column has by its annotation: they say what the bytes or the text in it mean
//! (<https://arrow.apache.org/docs/format/CanonicalExtensions.html>).

use std::fmt::Write as _;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_schema::{DataType, Field};
use kindred::profile::Value;

use super::super::json::parse_value;
use super::left::{Cell, There};

/// Where a field of Arrow has the name of its annotation.
pub(super) const NAME: &str = "ARROW:extension:name";

/// 16 bytes that are a UUID.
pub(super) const UUID: &str = "arrow.uuid";

/// Text that is a JSON document.
pub(super) const JSON: &str = "arrow.json";

/// A byte that is a truth value.
const BOOL8: &str = "arrow.bool8";

/// The cells of a column whose annotation says more than its type; `None` for every other one.
pub(super) fn annotated(array: &dyn Array, field: &Field, plain: impl FnOnce() -> There) -> Option<There> {
    let name = field.metadata().get(NAME)?.as_str();
    match (name, array.data_type()) {
        (UUID, DataType::FixedSizeBinary(16)) => {
            let array = array.as_fixed_size_binary().clone();
            Some(Box::new(move |row, left| {
                let text = uuid(array.value(row));
                left.take(text.len())?;
                Ok(Value::Text(text))
            }))
        }
        (BOOL8, DataType::Int8) => {
            let array = array.as_primitive::<Int8Type>().clone();
            Some(Box::new(move |row, _| Ok(Value::Bool(array.value(row) != 0))))
        }
        (JSON, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => Some(json(plain())),
        _ => None,
    }
}

/// Whether a column has bytes of which nothing says what they mean.
pub(super) fn is_plain_binary(field: &Field) -> bool {
    use DataType as D;
    let is_binary =
        matches!(field.data_type(), D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_));
    is_binary && field.metadata().get(NAME).is_none_or(|name| name != UUID)
}

/// Documents as values; text that is none stays text.
fn json(plain: Cell) -> There {
    Box::new(move |row, left| match plain(row, left)? {
        Value::Text(text) => Ok(parse_value(text.as_bytes()).unwrap_or(Value::Text(text))),
        other => Ok(other),
    })
}

/// `8-4-4-4-12` hexadecimal digits (RFC 9562, section 4).
fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}
