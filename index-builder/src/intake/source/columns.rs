//! Tells a table that was written column by column from profiles under their ids: both are maps of maps.

use std::hash::{DefaultHasher, Hash, Hasher};

use kindred::profile::Value;

/// What is known of a map of maps after its entries so far.
#[derive(Debug, Default)]
pub(super) struct Columns {
    entries: u64,
    /// The names in the first entry.
    names: Option<u64>,
    /// The kinds of value that the entries have, each of one only.
    kinds: Vec<&'static str>,
    /// Some entry is not as a column would be.
    no_column: bool,
}

impl Columns {
    /// Takes note of an entry.
    pub(super) fn see(&mut self, fields: &[(String, Value)]) {
        self.entries += 1;
        if self.no_column {
            return;
        }
        let names = names_of(fields);
        self.no_column = fields.len() < 2 || *self.names.get_or_insert(names) != names;
        let mut kinds = fields.iter().filter_map(|(_, value)| kind_of(value));
        if let Some(kind) = kinds.next() {
            self.no_column |= kinds.any(|other| other != kind);
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
            }
        }
    }

    /// Whether these are columns: all have the same names, each has one kind of value, and not all the same. Of
    /// profiles it is the other way round.
    pub(super) fn are_columns(&self) -> bool {
        !self.no_column && self.entries > 1 && self.kinds.len() > 1
    }
}

/// Whether the names in an entry are those of the rows of a table: 0, 1, 2 and so on.
pub(super) fn are_rows(fields: &[(String, Value)]) -> bool {
    !fields.is_empty() && fields.iter().zip(0..).all(|((name, _), row)| is_row(name, row))
}

/// Whether a name is the number of this row.
pub(super) fn is_row(name: &str, row: u64) -> bool {
    name.parse() == Ok(row) && !name.starts_with('+') && (name.len() == 1 || !name.starts_with('0'))
}

fn names_of(fields: &[(String, Value)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    fields.iter().for_each(|(name, _)| name.hash(&mut hasher));
    hasher.finish()
}

/// `None` for what any column may have.
fn kind_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => Some("a number"),
        other => Some(other.kind()),
    }
}

#[cfg(test)]
mod tests {
    use kindred::profile::json::parse;

    use super::*;

    fn are_columns(json: &str) -> bool {
        let Value::Map(entries) = parse(json.as_bytes()).unwrap() else { panic!("{json}") };
        let mut columns = Columns::default();
        for (_, entry) in entries {
            let Value::Map(fields) = entry else { panic!("{json}") };
            columns.see(&fields);
        }
        columns.are_columns()
    }

    #[test]
    fn columns_have_one_kind_of_value_each_and_profiles_one_kind_for_each_field() {
        assert!(are_columns(r#"{"name":{"a":"Ann","b":"Bob"},"age":{"a":30,"b":31.5}}"#));
        assert!(are_columns(r#"{"name":{"a":"Ann","b":null},"tags":{"a":[1],"b":[2]}}"#));
        assert!(!are_columns(r#"{"a":{"name":"Ann","age":30},"b":{"name":"Bob","age":31}}"#));
        assert!(!are_columns(r#"{"a":{"name":"Ann","city":"Bern"},"b":{"name":"Bob","city":"Basel"}}"#));
        assert!(!are_columns(r#"{"a":{"name":"Ann"},"b":{"name":7}}"#), "one field is too little to tell");
        assert!(!are_columns(r#"{"a":{"x":1,"y":2},"b":{"x":"1","z":"2"}}"#), "other fields");
        assert!(!are_columns(r#"{"name":{"a":"Ann","b":"Bob"}}"#));
    }

    #[test]
    fn names_that_count_from_zero_are_rows() {
        let rows = |json: &str| matches!(parse(json.as_bytes()), Ok(Value::Map(fields)) if are_rows(&fields));
        assert!(rows(r#"{"0":1,"1":2}"#));
        assert!(!rows(r#"{"0":1,"name":2}"#) && !rows("{}"));
        assert!(!rows(r#"{"101":5,"207":3}"#), "what a user gave to items by their numbers");
        assert!(!rows(r#"{"00":1}"#) && !rows(r#"{"+0":1}"#) && !rows(r#"{"":1}"#));
    }
}
