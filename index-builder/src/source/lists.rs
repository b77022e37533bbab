//! Lists of floating-point numbers, as every source that knows their width gives them.

use kindred::profile::Value;

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
        return Value::Floats(numbers.flatten().map(|number| number as f32).collect());
    }
    Value::List(numbers.map(|number| number.map_or(Value::Null, Value::float)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

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
