//! Vectors in one piece of memory, one for each node: what linking works on.

use kindred::distance::distance;
use kindred::search::graph::Node;

/// Vectors of one dimension, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    numbers: &'a [f32],
    dimension: usize,
}

impl<'a> Rows<'a> {
    /// As many vectors as the numbers are enough for; none where the dimension is 0.
    pub fn new(numbers: &'a [f32], dimension: usize) -> Rows<'a> {
        let count = numbers.len().checked_div(dimension).unwrap_or(0);
        Rows { numbers: &numbers[..count * dimension], dimension }
    }

    /// All numbers, vector after vector.
    pub fn numbers(self) -> &'a [f32] {
        self.numbers
    }

    /// Numbers per vector.
    pub fn dimension(self) -> usize {
        self.dimension
    }

    /// How many vectors there are.
    pub fn count(self) -> usize {
        self.numbers.len().checked_div(self.dimension).unwrap_or(0)
    }

    /// The vector of a node; none for a number that is no node.
    #[inline]
    pub fn get(self, node: Node) -> Option<&'a [f32]> {
        let start = node.index().checked_mul(self.dimension)?;
        self.numbers.get(start..start.checked_add(self.dimension)?)
    }

    /// The vector of a node.
    ///
    /// # Panics
    /// For a number that is no node.
    #[inline]
    pub fn of(self, node: Node) -> &'a [f32] {
        &self.numbers[node.index() * self.dimension..][..self.dimension]
    }

    /// The vectors in turn.
    pub fn iter(self) -> std::slice::ChunksExact<'a, f32> {
        self.numbers.chunks_exact(self.dimension.max(1))
    }

    /// The distance of two nodes.
    ///
    /// # Panics
    /// For a number that is no node.
    #[inline]
    pub fn distance(self, a: Node, b: Node) -> f32 {
        distance(self.of(a), self.of(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_vectors_as_the_numbers_are_enough_for() {
        let numbers = [1.0, 0.0, 0.0, 1.0, 9.0];
        let rows = Rows::new(&numbers, 2);
        assert_eq!((rows.count(), rows.of(Node(1)), rows.get(Node(2))), (2, &[0.0, 1.0][..], None));
        assert_eq!(rows.iter().collect::<Vec<_>>(), [[1.0, 0.0], [0.0, 1.0]]);
        assert_eq!(rows.distance(Node(0), Node(1)), 1.0);
        for none in [Rows::new(&numbers, 0), Rows::new(&[], 3), Rows::new(&numbers, 6)] {
            assert_eq!(
                (none.count(), none.iter().len(), none.get(Node(0)).map(<[f32]>::len).unwrap_or(0)),
                (0, 0, 0)
            );
        }
    }
}
