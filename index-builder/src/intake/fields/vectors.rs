//! Which fields are columns of vectors.

use std::fmt;

use kindred::profile::Value;
use kindred::vectorizer::unit::vector_shape;

/// The shortest list of numbers that is taken for a vector without being asked to.
pub const MIN_NUMBERS: usize = 8;

/// Different lengths that are remembered.
const MOST_LENGTHS: usize = 4;

/// The share of a field's values that have to be lists of one length, where all their numbers are whole: tags may be
/// numbers too.
const NEARLY_ALL: f64 = 0.9;

/// The same where some numbers have fractions. Those are vectors, and what else is in the field could not be used: that is
/// for the gate of skipped records to say, and no reason to compare by something else without a word.
const HALF: f64 = 0.5;

/// The lists of numbers in a field, by their lengths.
#[derive(Debug, Default)]
pub struct Lengths {
    /// The first few lengths, and how many lists have each.
    counts: Vec<(usize, u64)>,
    /// Lists of other lengths.
    others: u64,
    /// Whether some number is not whole.
    has_fractions: bool,
}

impl Lengths {
    /// Looks at a value: a list, or the text of one.
    pub(super) fn observe(&mut self, value: &Value) {
        let Some((length, has_fractions)) = vector_shape(value) else { return };
        if length == 0 {
            return;
        }
        self.has_fractions |= has_fractions;
        if let Some((_, count)) = self.counts.iter_mut().find(|(other, _)| *other == length) {
            *count += 1;
        } else if self.counts.len() < MOST_LENGTHS {
            self.counts.push((length, 1));
        } else {
            self.others += 1;
        }
    }

    /// Whether there is no list of numbers.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The most frequent length and how many lists have it; the longer of two that are equally frequent.
    pub fn most_frequent(&self) -> Option<(usize, u64)> {
        self.counts.iter().copied().max_by_key(|&(length, count)| (count, length))
    }

    /// Whether the field is a column of vectors, where it has so many `values`: nearly all of them are lists of at least
    /// [`MIN_NUMBERS`] numbers, and nearly all of one length; of numbers with fractions, half of them. Lists of few
    /// lengths whose numbers have fractions are vectors as well, of more than one model.
    pub fn are_vectors(&self, values: u64) -> bool {
        let Some((length, count)) = self.most_frequent().filter(|(length, _)| *length >= MIN_NUMBERS) else {
            return false;
        };
        let enough = if self.has_fractions { HALF } else { NEARLY_ALL } * values as f64;
        let long: u64 =
            self.counts.iter().filter(|(length, _)| *length >= MIN_NUMBERS).map(|(_, count)| count).sum();
        let are_of_few_lengths = self.has_fractions && self.others == 0;
        length > 0 && (count as f64 >= enough || are_of_few_lengths && long as f64 >= enough)
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = self.counts.clone();
        counts.sort_unstable_by_key(|&(length, count)| (std::cmp::Reverse(count), length));
        let lengths: Vec<String> = counts.iter().map(|(length, _)| length.to_string()).collect();
        let more = if self.others > 0 { " or other" } else { "" };
        write!(f, "lists of {}{more} numbers", lengths.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(lists: &[(usize, usize)], number: Value) -> (Lengths, u64) {
        let mut lengths = Lengths::default();
        let mut values = 0;
        for &(length, times) in lists {
            for _ in 0..times {
                lengths.observe(&Value::List(vec![number.clone(); length]));
                values += 1;
            }
        }
        (lengths, values)
    }

    #[test]
    fn equally_long_lists_of_numbers_are_vectors() {
        let cases: [(&[(usize, usize)], bool); 7] = [
            (&[(8, 1)], true),
            (&[(7, 10)], false),
            (&[(384, 95), (5, 5)], true),
            (&[(384, 85), (5, 15)], false),
            (&[(384, 60), (768, 40)], false),
            (&[(9, 10), (10, 10), (11, 10), (12, 10), (13, 10)], false),
            (&[], false),
        ];
        for (lists, expected) in cases {
            let (lengths, values) = lengths(lists, Value::Int(1));
            assert_eq!(lengths.are_vectors(values), expected, "{lists:?}");
        }
        let (two_models, values) = lengths(&[(384, 60), (768, 40)], Value::Float(0.5));
        assert!(two_models.are_vectors(values) && !two_models.are_vectors(values * 3));
        assert_eq!(two_models.to_string(), "lists of 384 or 768 numbers");
    }

    #[test]
    fn the_text_of_a_list_is_one() {
        let mut lengths = Lengths::default();
        lengths.observe(&Value::Text("[1,2,3,4,5,6,7,NaN]".to_owned()));
        lengths.observe(&Value::Text("[none]".to_owned()));
        lengths.observe(&Value::Floats(vec![0.5; 8]));
        assert_eq!(lengths.most_frequent(), Some((8, 2)));
    }
}
