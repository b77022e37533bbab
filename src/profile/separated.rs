//! Texts that are lists, as tables without lists have them: `jazz; hiking; tea`.

use serde::{Deserialize, Serialize};

use super::path::for_each_mut;
use super::{Fields, Value};

/// A field whose texts are lists, and what stands between their elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSeparator {
    /// The field's name or path.
    pub field: String,
    /// What stands between two elements.
    pub separator: String,
}

impl ListSeparator {
    /// Makes lists of the field's texts. What is no text stays as it is.
    pub fn apply(&self, fields: &mut Fields) {
        for_each_mut(fields, &self.field, &mut |value| {
            if let Value::Text(text) = value {
                *value = split(text, &self.separator);
            }
        });
    }
}

/// The list that a text is: blanks around its elements removed, and empty elements left out.
pub fn split(text: &str, separator: &str) -> Value {
    let parts = text.split(separator).map(str::trim).filter(|part| !part.is_empty());
    Value::List(parts.map(|part| Value::Text(part.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_field_become_lists_and_nothing_else_changes() {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut fields = vec![
            ("a".to_owned(), text(" x ;y;; z w;")),
            ("b".to_owned(), text("x;y")),
            ("m".to_owned(), Value::Map(vec![("c".to_owned(), text("")), ("n".to_owned(), Value::Int(1))])),
        ];
        for field in ["a", "m.c", "m.n", "absent"] {
            ListSeparator { field: field.to_owned(), separator: ";".to_owned() }.apply(&mut fields);
        }
        assert_eq!(
            serde_json::to_string(&Value::Map(fields)).unwrap(),
            r#"{"a":["x","y","z w"],"b":"x;y","m":{"c":[],"n":1}}"#
        );
    }
}
