//! From numbers to the vector that is stored: what is the same for every vectorizer, and for a question.

use crate::profile::Value;
use crate::profile::json::parse_list;

/// What rounding can do to a component, as a share of it. A copy is rounded when it is scaled, by its norm, and when
/// it is stored: three times half a unit in the last place; and so is the other copy.
pub const TOLERANCE: f64 = 6.0 / (1u64 << 24) as f64;

/// The step between subnormal numbers, where rounding is absolute.
pub const SMALLEST: f64 = f32::from_bits(1) as f64;

/// Divides a vector of finite numbers by its length, in double precision; zero stays zero.
pub fn normalise(vector: &mut [f32]) {
    let length = length(vector.iter());
    vector.iter_mut().for_each(|number| *number = scaled(*number, length));
}

/// The length of a vector, its squares added up in their order.
pub fn length<'a>(vector: impl Iterator<Item = &'a f32>) -> f64 {
    vector.map(|&number| f64::from(number) * f64::from(number)).sum::<f64>().sqrt()
}

/// A component of a vector that is divided by its length.
pub fn scaled(component: f32, length: f64) -> f32 {
    let scaled = if length > 0.0 { f64::from(component) / length } else { 0.0 };
    // Adding 0 makes a negative zero positive, so that equal vectors have equal bits.
    scaled as f32 + 0.0
}

/// Whether two vectors differ by rounding only, as multiples of one vector do: they are one node.
pub fn is_same<'a>(a: impl IntoIterator<Item = &'a f32>, b: impl IntoIterator<Item = &'a f32>) -> bool {
    a.into_iter().zip(b).all(|(&a, &b)| {
        let (a, b) = (f64::from(a), f64::from(b));
        (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()) + SMALLEST
    })
}

/// Why a field's value is no vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoVector {
    /// There is no such field, or it is null.
    #[error("vector missing")]
    Missing,
    /// It is neither a list of numbers nor the text of one.
    #[error("vector not a list of numbers")]
    NotNumbers,
    /// One of the fields that have a number of the vector each is not there, or is null.
    #[error("number of the vector missing")]
    NumberMissing,
    /// One of them is neither a number nor the text of one.
    #[error("number of the vector not a number")]
    NotANumber,
}

/// The number that a field holds: one of a vector that lies in many fields.
///
/// # Errors
/// [`NoVector::NumberMissing`] and [`NoVector::NotANumber`].
pub fn number_of(value: Option<&Value>) -> Result<f32, NoVector> {
    match value {
        None | Some(Value::Null) => Err(NoVector::NumberMissing),
        Some(Value::Text(text)) if text.trim().is_empty() => Err(NoVector::NumberMissing),
        Some(Value::Text(text)) => text.trim().parse().map_err(|_| NoVector::NotANumber),
        Some(value) => value.as_number().map(|number| number as f32).ok_or(NoVector::NotANumber),
    }
}

/// The numbers that a field holds.
///
/// # Errors
/// [`NoVector`].
pub fn numbers_of(value: Option<Value>) -> Result<Vec<f32>, NoVector> {
    match value {
        None | Some(Value::Null) => Err(NoVector::Missing),
        Some(Value::Floats(numbers)) => Ok(numbers),
        // Databases and tables that know no lists keep a vector as the text of one, as pgvector writes it.
        Some(Value::Text(text)) => match parse_list(&text).or_else(|| separated(&text)) {
            Some(list) => numbers_of(Some(list)),
            None => Err(NoVector::NotNumbers),
        },
        // Models give a list of vectors also for one text.
        Some(Value::List(mut values)) if values.len() == 1 && is_list(&values[0]) => numbers_of(values.pop()),
        Some(Value::List(values)) => {
            // Some programs put all numbers into quotation marks; only some in them are a mistake.
            let are_texts = values.iter().all(|value| matches!(value, Value::Text(_)));
            let number = |value: &Value| match value {
                Value::Text(text) if are_texts => text.trim().parse().ok(),
                value => value.as_number().map(|number| number as f32),
            };
            values.iter().map(number).collect::<Option<_>>().ok_or(NoVector::NotNumbers)
        }
        Some(_) => Err(NoVector::NotNumbers),
    }
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Floats(_))
}

/// The numbers of a text that are separated by semicolons, else by commas, else by blanks; two at least.
fn separated(text: &str) -> Option<Value> {
    let is_part = |byte: u8| byte.is_ascii_digit() || b"+-.eE,; \t\r\n".contains(&byte);
    if !text.bytes().all(is_part) {
        return None;
    }
    let number = |part: &str| part.trim().parse().ok().map(Value::Float);
    let numbers: Vec<Value> = match [';', ','].into_iter().find(|&mark| text.contains(mark)) {
        Some(mark) => {
            text.split(mark).filter(|part| !part.trim().is_empty()).map(number).collect::<Option<_>>()?
        }
        None => text.split_whitespace().map(number).collect::<Option<_>>()?,
    };
    (numbers.len() > 1).then_some(Value::List(numbers))
}

/// What a value is as a vector: how many numbers it has, and whether some have fractions. Nulls in a list count as
/// numbers that are not known: it is a vector all the same, and one that cannot be used. Texts of numbers, alone or in a
/// list, are only taken for a vector where some have fractions; else they may be codes.
pub fn vector_shape(value: &Value) -> Option<(usize, bool)> {
    let has_fraction = |number: f64| number.is_finite() && number.fract() != 0.0;
    match value {
        Value::Floats(numbers) => Some((numbers.len(), true)),
        Value::List(values) if values.len() == 1 && is_list(&values[0]) => vector_shape(&values[0]),
        Value::List(values) => {
            let (mut nulls, mut texts, mut fractions) = (0, 0, false);
            for value in values {
                match value {
                    Value::Null => nulls += 1,
                    Value::Text(text) => {
                        texts += 1;
                        fractions |= has_fraction(text.trim().parse().ok()?);
                    }
                    value => fractions |= has_fraction(value.as_number()?),
                }
            }
            let are_of_a_kind = texts == 0 || texts + nulls == values.len() && fractions;
            (nulls * 2 <= values.len() && are_of_a_kind).then_some((values.len(), fractions))
        }
        Value::Text(text) if text.ends_with(']') => vector_shape(&parse_list(text)?),
        Value::Text(text) => vector_shape(&separated(text)?).filter(|&(_, has_fractions)| has_fractions),
        _ => None,
    }
}

/// The numbers that the parts of a text are, where all are.
pub fn as_numbers(parts: Vec<Value>) -> Value {
    let number = |part: &Value| match part {
        Value::Text(text) => text.parse().ok().map(Value::Float),
        other => Some(other.clone()),
    };
    match parts.iter().map(number).collect() {
        Some(numbers) => Value::List(numbers),
        None => Value::List(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_gets_the_length_1_and_zero_stays_zero() {
        let unit = |numbers: &[f32]| {
            let mut vector = numbers.to_vec();
            normalise(&mut vector);
            vector
        };
        assert_eq!(unit(&[3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(unit(&[0.0, -0.0]).iter().map(|number| number.to_bits()).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(unit(&[1e-30, 0.0]), [1.0, 0.0]);
        assert!((f64::from(unit(&[-1e30, 1e30])[0]) + 0.5f64.sqrt()).abs() < 1e-7);
        assert!(unit(&[f32::from_bits(1); 3]).iter().all(|number| (number - 0.577_350_3).abs() < 1e-7));
    }

    #[test]
    fn a_list_of_numbers_and_its_text_are_the_same_vector() {
        let text = |text: &str| numbers_of(Some(Value::Text(text.to_owned())));
        assert_eq!(text("[1,0.5, -2e3]"), Ok(vec![1.0, 0.5, -2000.0]));
        assert!(text("[1,NaN]").unwrap()[1].is_nan());
        for other in ["", "1", "{1,2}", "[1,2", "[[1],[2]]", "[\"a\"]", "[null]", "0,1 0,2", "1;;x", "1 - 2"]
        {
            assert_eq!(text(other), Err(NoVector::NotNumbers), "{other}");
        }
        for (same, numbers) in [
            ("[[0.5, 2]]", vec![0.5, 2.0]),
            ("[\"0.5\", \"2\"]", vec![0.5, 2.0]),
            ("0.5 2", vec![0.5, 2.0]),
            ("0.5,2", vec![0.5, 2.0]),
            (" 0.5; -2e1;", vec![0.5, -20.0]),
        ] {
            assert_eq!(text(same), Ok(numbers), "{same}");
        }
    }

    #[test]
    fn what_looks_like_a_vector_is_one_also_where_it_cannot_be_used() {
        let shape = |json: &str| vector_shape(&crate::profile::json::parse(json.as_bytes()).unwrap());
        for (json, expected) in [
            ("[1,2,3]", Some((3, false))),
            ("[1,2.5,null]", Some((3, true))),
            ("[[1,2.5]]", Some((2, true))),
            ("[null,null,1]", None),
            ("[\"0.5\",\"1\"]", Some((2, true))),
            ("[\"12\",\"13\"]", None),
            ("[\"a\",0.5]", None),
            ("[\"0.5\",0.5]", None),
            ("\"[1,2]\"", Some((2, false))),
            ("\"0.5 1.5\"", Some((2, true))),
            ("\"5 10 15\"", None),
            ("\"2024-01-02\"", None),
            ("\"1.234,5\"", Some((2, true))),
            ("0.5", None),
            ("{\"v\":[1]}", None),
        ] {
            assert_eq!(shape(json), expected, "{json}");
        }
    }

    #[test]
    fn multiples_of_a_vector_are_the_same_and_a_step_beyond_rounding_is_not() {
        let unit = |scale: f32| {
            let mut vector = [0.3, -0.7, 1e-9, 0.0].map(|number: f32| number * scale);
            normalise(&mut vector);
            vector
        };
        for scale in [1.0, 3.0, 0.1, 1e20, 7e-7] {
            assert!(is_same(&unit(1.0), &unit(scale)), "{scale}");
        }
        assert!(!is_same(&[0.5, 0.5], &[0.5, 0.500_001]));
        assert!(!is_same(&[0.5, 0.0], &[0.5, 1e-30]));
    }

    #[test]
    fn a_field_holds_numbers_or_says_what_it_holds_instead() {
        let list = Value::List(vec![Value::Int(1), Value::UInt(1 << 63), Value::Float(0.1)]);
        assert_eq!(numbers_of(Some(list)), Ok(vec![1.0, 9_223_372_036_854_775_808.0, 0.1]));
        assert_eq!(numbers_of(Some(Value::Floats(vec![1.5]))), Ok(vec![1.5]));
        for missing in [None, Some(Value::Null)] {
            assert_eq!(numbers_of(missing), Err(NoVector::Missing));
        }
        for other in [Value::Text("1".into()), Value::Map(vec![]), Value::List(vec![Value::Bool(true)])] {
            assert_eq!(numbers_of(Some(other)), Err(NoVector::NotNumbers));
        }
    }
}
