//! What every source gives: one record after the other, usable or not.

use kindred::profile::{Fields, ItemId, Value};

/// The reason of a record whose own id is not the key it stands under.
const ID_DIFFERS: &str = "id differs";

/// One record of a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A map of fields, not yet checked for an id.
    Fields(Fields),
    /// Something that cannot be a profile; it is skipped and counted under its reason.
    Unusable {
        /// The reason, a short phrase that is the same for all records of its kind: "text is not Unicode".
        reason: &'static str,
        /// Where it stands or what it is, for the summary: "line 7", an id...
        place: String,
    },
}

impl Record {
    /// The record that stands under a key of a map: the key is its id, in front.
    pub(super) fn under_id(id_field: &str, id: Value, mut fields: Fields, place: String) -> Record {
        if let Some(position) = fields.iter().position(|(name, _)| name == id_field) {
            let (_, own) = fields.remove(position);
            if text_of_id(&own).is_none() || text_of_id(&own) != text_of_id(&id) {
                return Record::Unusable { reason: ID_DIFFERS, place };
            }
        }
        fields.insert(0, (id_field.to_owned(), id));
        Record::Fields(fields)
    }
}

/// The text that an id is compared by: 7, 7.0 and "7" are the same.
pub(super) fn text_of_id(id: &Value) -> Option<String> {
    match id {
        Value::Text(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        float @ Value::Float(_) => ItemId::whole_float(float).map(|number| number.to_string()),
        _ => None,
    }
}
