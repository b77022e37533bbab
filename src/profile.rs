//! What a profile is, once its source has been decoded: a map of fields with an id.
//!
//! Every source (pickle, JSONL, CSV...) is decoded into [`Value`], which has exactly the types that JSON has
//! words for. What a source knows beyond those (dates, decimals, object ids) has become text by then, and what is
//! not a number (NaN, infinity) has become null; so a profile can always be written as a JSON document.

pub mod calendar;
mod extended;
pub mod json;
pub mod path;
pub mod separated;

use std::fmt;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

/// The longest id, in bytes of UTF-8.
pub const MAX_ID_BYTES: usize = 512;

/// The longest document of one profile, in bytes of JSON.
pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;

/// A value of a profile's field, in the types that JSON has.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null; also what NaN and the infinities become.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number within `i64`.
    Int(i64),
    /// A whole number above `i64::MAX` and within `u64`. Larger ones are [`Value::Text`].
    UInt(u64),
    /// A finite number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list of anything.
    List(Vec<Value>),
    /// A packed list of single-precision numbers (a numpy array of at most 32 bits per number). Numbers that are
    /// not finite are kept here, because a vector that holds one must be refused and not repaired; they are
    /// written to JSON as null.
    Floats(Vec<f32>),
    /// A map in the order of its source; a key that came twice keeps its last value.
    Map(Fields),
}

/// The fields of a profile or of a nested map, in the order of the source, every name once.
pub type Fields = Vec<(String, Value)>;

impl Value {
    /// A number as a value: `Null` where it is not finite.
    pub fn float(number: f64) -> Value {
        if number.is_finite() { Value::Float(number) } else { Value::Null }
    }

    /// A single-precision number as a value: the double whose shortest text is the single's shortest text, so that
    /// 0.1f32 is shown as 0.1 and not as 0.10000000149011612.
    pub fn float32(number: f32) -> Value {
        if number.is_finite() { Value::Float(shortest_double(number)) } else { Value::Null }
    }

    /// A whole number as a value: text where it fits neither `i64` nor `u64`.
    pub fn integer(number: i128) -> Value {
        if let Ok(small) = i64::try_from(number) {
            Value::Int(small)
        } else if let Ok(large) = u64::try_from(number) {
            Value::UInt(large)
        } else {
            Value::Text(number.to_string())
        }
    }

    /// The number, if this is one. Booleans are not numbers.
    pub fn as_number(&self) -> Option<f64> {
        match *self {
            Value::Int(n) => Some(n as f64),
            Value::UInt(n) => Some(n as f64),
            Value::Float(n) => Some(n),
            _ => None,
        }
    }

    /// What kind of value this is, for messages: "a list", "null"...
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::UInt(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Text(_) => "text",
            Value::List(_) | Value::Floats(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

fn shortest_double(number: f32) -> f64 {
    // Formatting and parsing cannot fail on a finite number; the widened number is the fallback of a path that is
    // never taken.
    number.to_string().parse().unwrap_or(f64::from(number))
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Int(n) => serializer.serialize_i64(*n),
            Value::UInt(n) => serializer.serialize_u64(*n),
            Value::Float(n) => serializer.serialize_f64(*n),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            Value::Floats(numbers) => {
                let mut list = serializer.serialize_seq(Some(numbers.len()))?;
                for &number in numbers {
                    list.serialize_element(&number.is_finite().then_some(number))?;
                }
                list.end()
            }
            Value::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// The key of a profile: 1 to [`MAX_ID_BYTES`] bytes of UTF-8. An integer's key is its decimal text, so 7 and "7"
/// are the same id. Ids are ordered by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(String);

/// Why a value cannot be the id of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The profile has no such field.
    #[error("the id is missing")]
    Missing,
    /// The field is null.
    #[error("the id is null")]
    Null,
    /// The field is true or false.
    #[error("the id is a boolean")]
    Boolean,
    /// The field is a number that is not an integer.
    #[error("the id is a float")]
    Float,
    /// The field is a list or a map.
    #[error("the id is {0}")]
    Compound(&'static str),
    /// The field is empty text.
    #[error("the id is empty")]
    Empty,
    /// The field has a character that nobody sees: a control character or a line separator.
    #[error("the id has a control character, U+{:04X}", u32::from(*.0))]
    Control(char),
    /// The field is longer than [`MAX_ID_BYTES`].
    #[error("the id has {0} bytes; at most {MAX_ID_BYTES} are allowed")]
    TooLong(usize),
}

impl ItemId {
    /// The id that a text is.
    ///
    /// # Errors
    /// [`IdError::Empty`], [`IdError::Control`] and [`IdError::TooLong`].
    pub fn new(text: impl Into<String>) -> Result<ItemId, IdError> {
        let text = text.into();
        let is_unseen = |c: &char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        match text.len() {
            0 => Err(IdError::Empty),
            1..=MAX_ID_BYTES => match text.chars().find(is_unseen) {
                Some(c) => Err(IdError::Control(c)),
                None => Ok(ItemId(text)),
            },
            bytes => Err(IdError::TooLong(bytes)),
        }
    }

    /// The id that a field's value is: text or an integer.
    ///
    /// # Errors
    /// Every [`IdError`]; `None` is a field that is missing.
    pub fn from_value(value: Option<&Value>) -> Result<ItemId, IdError> {
        match value {
            None => Err(IdError::Missing),
            Some(Value::Null) => Err(IdError::Null),
            Some(Value::Bool(_)) => Err(IdError::Boolean),
            Some(Value::Float(_)) => Err(IdError::Float),
            Some(other @ (Value::List(_) | Value::Floats(_) | Value::Map(_))) => {
                Err(IdError::Compound(other.kind()))
            }
            Some(Value::Int(n)) => ItemId::new(n.to_string()),
            Some(Value::UInt(n)) => ItemId::new(n.to_string()),
            Some(Value::Text(text)) => ItemId::new(text.as_str()),
        }
    }

    /// The integer that a whole float is, as an id: 1 for 1.0, as programs write integers in a column in which one was
    /// missing. `None` where two integers would be the same float.
    pub fn whole_float(value: &Value) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
        match *value {
            Value::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => Some(number as i64),
            _ => None,
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &Value) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn integers_and_their_decimal_text_are_the_same_id() {
        let seven = ItemId::from_value(Some(&Value::Int(7))).unwrap();
        assert_eq!(seven, ItemId::from_value(Some(&Value::Text("7".into()))).unwrap());
        let largest = ItemId::from_value(Some(&Value::integer(i128::from(u64::MAX)))).unwrap();
        assert_eq!(largest.as_str(), "18446744073709551615");
    }

    #[test]
    fn values_that_are_no_ids_say_why() {
        let refused = [
            (None, IdError::Missing),
            (Some(Value::Null), IdError::Null),
            (Some(Value::Bool(true)), IdError::Boolean),
            (Some(Value::Float(7.0)), IdError::Float),
            (Some(Value::List(vec![])), IdError::Compound("a list")),
            (Some(Value::Map(vec![])), IdError::Compound("a map")),
            (Some(Value::Text(String::new())), IdError::Empty),
            (Some(Value::Text("x".repeat(513))), IdError::TooLong(513)),
            (Some(Value::Text("a\nb".into())), IdError::Control('\n')),
            (Some(Value::Text("\u{0}".into())), IdError::Control('\u{0}')),
            (Some(Value::Text("a\u{9f}".into())), IdError::Control('\u{9f}')),
            (Some(Value::Text("a\u{2028}b".into())), IdError::Control('\u{2028}')),
        ];
        for (value, error) in refused {
            assert_eq!(ItemId::from_value(value.as_ref()), Err(error));
        }
        assert!(ItemId::new("é".repeat(256)).is_ok());
    }

    #[test]
    fn a_whole_float_is_an_integer_as_long_as_it_is_exact() {
        let whole = |number| ItemId::whole_float(&Value::Float(number));
        assert_eq!((whole(1.0), whole(-0.0), whole(-3.0)), (Some(1), Some(0), Some(-3)));
        assert_eq!(whole(9_007_199_254_740_991.0), Some((1 << 53) - 1));
        for other in [1.5, 9_007_199_254_740_992.0, -1e300, 1e-9] {
            assert_eq!(whole(other), None, "{other}");
        }
        assert_eq!(ItemId::whole_float(&Value::Int(1)), None);
    }

    #[test]
    fn numbers_are_written_as_the_shortest_text_that_reads_back() {
        assert_eq!(json(&Value::float32(0.1)), "0.1");
        assert_eq!(json(&Value::Floats(vec![0.1, f32::NAN, 1.0])), "[0.1,null,1.0]");
        assert_eq!(json(&Value::float(f64::INFINITY)), "null");
        assert_eq!(json(&Value::integer(1 << 80)), "\"1208925819614629174706176\"");
        assert_eq!(json(&Value::integer(i128::from(u64::MAX))), "18446744073709551615");
    }

    #[test]
    fn maps_keep_the_order_of_their_source() {
        let map = Value::Map(vec![
            ("b".into(), Value::Int(-1)),
            ("a".into(), Value::List(vec![Value::Null, Value::Bool(true)])),
        ]);
        assert_eq!(json(&map), r#"{"b":-1,"a":[null,true]}"#);
    }
}
