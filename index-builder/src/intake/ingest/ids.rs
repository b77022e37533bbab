//! The field that holds the id.

use kindred::profile::path::find;
use kindred::profile::{Fields, Value};

use super::{DEFAULT_ID_FIELD, ROW};
use crate::ground::failure::Failure;
use crate::intake::places::Places;

/// The value of the field that is the id. A path may name what an id of MongoDB is written in, `_id.$oid`, also where
/// the reader has taken it out of there.
pub(super) fn id_at<'f>(fields: &'f Fields, name: &str) -> Option<&'f Value> {
    find(fields, name).or_else(|| {
        let (outer, inner) = name.rsplit_once('.')?;
        let is_scalar = |value: &&Value| !matches!(value, Value::Map(_) | Value::List(_) | Value::Floats(_));
        inner.starts_with('$').then(|| find(fields, outer))?.filter(is_scalar)
    })
}

/// Puts the record's number in front, as the field `_id`.
pub(super) fn number_record(number: u64, fields: &mut Fields, places: &Places) -> Result<(), Failure> {
    for name in [ROW, DEFAULT_ID_FIELD] {
        if fields.iter().any(|(field, _)| field == name) {
            return Err(Failure::Usage(format!(
                "--id-field {ROW} numbers the records in the field {DEFAULT_ID_FIELD:?}, but the source has a field \
                 {name:?} ({}); name the field that holds the id",
                places.of(number)
            )));
        }
    }
    fields.insert(0, (DEFAULT_ID_FIELD.to_owned(), Value::integer(i128::from(number))));
    Ok(())
}
