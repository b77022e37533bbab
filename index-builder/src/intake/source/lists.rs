//! Lists: of floating-point numbers, as every source that knows their width gives them, and those that a text is.

mod literal;
mod postgres_array;

use kindred::profile::Value;
use kindred::profile::json::parse;
use postgres_array::postgres_array;

pub(super) use literal::CutList;

/// How deep a list may be nested: one less than a document may be, because the list is in one.
const MAX_DEPTH: usize = 126;

/// The list or map that a whole text is, as it is written in the cell of a table: JSON; what Python prints for a
/// list, tuple, set or dict of plain values; what numpy and PyTorch print for an array. `None` for any other text.
///
/// A tuple counts as one only where it is written as Python does, with a blank behind the commas: "(1,234)" is a
/// number to an accountant.
///
/// # Errors
/// [`CutList`] for a list of which a part was replaced by "..." when it was printed.
pub(super) fn of_text(text: &str) -> Result<Option<Value>, CutList> {
    let text = text.trim();
    if text.starts_with(['[', '{'])
        && let Ok(value) = parse(text.as_bytes())
    {
        return Ok(is_shallow(&value, MAX_DEPTH).then_some(value));
    }
    literal::parse(text)
}

/// The array that a whole cell of a column of arrays is: as PostgreSQL writes it, `{a,b}`, or as Java and DuckDB print a
/// list, `[a, b]`, without quotes. Only for where every cell is one: a text in brackets may be anything else.
pub(super) fn array(text: &str) -> Option<Value> {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return postgres_array(text);
    };
    match of_text(text) {
        Ok(Some(value)) => Some(value),
        Ok(None) if !inner.contains(['[', ']', '{', '}', '"', '\'']) => {
            let words = inner.split(',').map(str::trim).filter(|word| !word.is_empty());
            Some(Value::List(words.map(|word| Value::Text(word.to_owned())).collect()))
        }
        _ => None,
    }
}

fn is_shallow(value: &Value, depth: usize) -> bool {
    match value {
        Value::List(values) => depth > 0 && values.iter().all(|value| is_shallow(value, depth - 1)),
        Value::Map(fields) => depth > 0 && fields.iter().all(|(_, value)| is_shallow(value, depth - 1)),
        _ => depth > 0 || !matches!(value, Value::Floats(_)),
    }
}

/// A value within a text, or a number that only a list of numbers keeps.
#[derive(Debug, Clone, PartialEq)]
enum Element {
    Value(Value),
    NotFinite(f32),
}

impl Element {
    fn float(number: f64) -> Element {
        if number.is_finite() {
            Element::Value(Value::Float(number))
        } else {
            Element::NotFinite(single(number))
        }
    }

    fn or_null(self) -> Value {
        match self {
            Element::Value(value) => value,
            Element::NotFinite(_) => Value::Null,
        }
    }
}

/// A list as JSON gives it: packed, where all are numbers and one is not finite, because a vector that holds one must
/// be refused and not repaired.
fn list_of(elements: Vec<Element>) -> Value {
    let is_number = |element: &Element| match element {
        Element::Value(value) => value.as_number().is_some(),
        Element::NotFinite(_) => true,
    };
    let is_finite = |element: &Element| matches!(element, Element::Value(_));
    if elements.iter().all(is_finite) || !elements.iter().all(is_number) {
        return Value::List(elements.into_iter().map(Element::or_null).collect());
    }
    let packed = |element: &Element| match element {
        Element::Value(value) => value.as_number().map_or(f32::NAN, single),
        Element::NotFinite(number) => *number,
    };
    Value::Floats(elements.iter().map(packed).collect())
}

/// A number of a vector. What is too large becomes infinite, and is refused for that.
#[expect(clippy::cast_possible_truncation, reason = "rounding to single precision is meant")]
pub(super) fn single(number: f64) -> f32 {
    number as f32
}

/// A list of single-precision numbers: packed, unless one is missing.
pub(super) fn singles(numbers: impl Iterator<Item = Option<f32>> + Clone) -> Value {
    match numbers.clone().collect::<Option<Vec<f32>>>() {
        Some(packed) => Value::Floats(packed),
        None => Value::List(numbers.map(|number| number.map_or(Value::Null, Value::float32)).collect()),
    }
}

/// A list of doubles. Packed only where all are there and one is not finite: a vector that holds such a number must
/// be refused and not repaired.
pub(super) fn doubles(numbers: impl Iterator<Item = Option<f64>> + Clone) -> Value {
    let mut all_there = true;
    let mut all_finite = true;
    for number in numbers.clone() {
        all_there &= number.is_some();
        all_finite &= number.is_none_or(f64::is_finite);
    }
    if all_there && !all_finite {
        return Value::Floats(numbers.flatten().map(single).collect());
    }
    Value::List(numbers.map(|number| number.map_or(Value::Null, Value::float)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[Value]) -> Value {
        Value::List(values.to_vec())
    }

    #[test]
    fn a_text_is_the_list_that_json_or_python_reads_in_it() {
        let numbers = list(&[Value::Float(0.5), Value::Int(1)]);
        for text in ["[0.5, 1]", " [0.5,1] ", "[0.5 1]", "(0.5, 1)", "array([0.5, 1])", "{0.5, 1}"] {
            assert_eq!(of_text(text), Ok(Some(numbers.clone())), "{text}");
        }
        let map = Value::Map(vec![("a".to_owned(), numbers)]);
        assert_eq!(of_text(r#"{"a": [0.5, 1]}"#), Ok(Some(map.clone())));
        assert_eq!(of_text("{'a': [0.5, 1]}"), Ok(Some(map)));
        assert_eq!(of_text("[]"), Ok(Some(list(&[]))));
        assert!(matches!(of_text("[1, NaN]"), Ok(Some(Value::Floats(_)))));
        for text in ["", "x", "[", "[x]", "[1] and more", "(1,234)", "{a,b}", "{}x", "1", "null", "'a'"] {
            assert_eq!(of_text(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_list_is_nested_no_deeper_than_a_document_can_be() {
        for (open, close) in [("[", "]"), ("(", ",)"), ("[[", "]]")] {
            for (depth, is_list) in [(MAX_DEPTH, true), (MAX_DEPTH + 2, false), (100_000, false)] {
                let times = depth / open.len();
                let text = format!("{}{}", open.repeat(times), close.repeat(times));
                let text = text.replace("(,)", "()");
                assert_eq!(of_text(&text).unwrap().is_some(), is_list, "{depth} {open}");
            }
        }
    }

    #[test]
    fn singles_are_packed_unless_one_is_missing() {
        assert_eq!(singles([Some(0.1), Some(2.0)].into_iter()), Value::Floats(vec![0.1, 2.0]));
        assert_eq!(singles([].into_iter()), Value::Floats(vec![]));
        assert_eq!(
            singles([Some(0.1), None, Some(f32::NAN)].into_iter()),
            Value::List(vec![Value::Float(0.1), Value::Null, Value::Null])
        );
    }

    #[test]
    fn doubles_are_packed_only_to_keep_what_is_not_finite() {
        assert_eq!(
            doubles([Some(0.1), Some(2.0)].into_iter()),
            Value::List(vec![Value::Float(0.1), Value::Float(2.0)])
        );
        let kept = doubles([Some(0.5), Some(f64::NEG_INFINITY)].into_iter());
        assert_eq!(kept, Value::Floats(vec![0.5, f32::NEG_INFINITY]));
        assert_eq!(doubles([None, Some(f64::NAN)].into_iter()), Value::List(vec![Value::Null, Value::Null]));
    }
}
