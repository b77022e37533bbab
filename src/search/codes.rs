//! Vectors in 8 bits: what a search walks the graph by.
//!
//! A code is a vector moved by the mean of all, in units of one common scale: `(x - mean) * scale`, rounded to
//! -127..=127. For a query q, `q . x = q . (x - mean) + q . mean`, and the second part is the same for every x. So the
//! dot product of the query, in 16-bit integers of its own scale, and the code orders as `q . x` does, but for
//! rounding, and neither the mean nor the scale need be known. It is an integer, the same on every machine. With mean
//! and scale, and the most that rounding has taken from a vector, it also says within which bounds `q . x` is: see
//! [`scan`](super::scan).
//!
//! A code takes a quarter of its vector's memory, so a search waits for a quarter of the memory accesses.

use serde::{Deserialize, Serialize};

use super::graph::Node;
use crate::distance::{dot_codes_in_turn, dot_codes_of};

/// Numbers of a code are filled up with zeros to a multiple of this, and every code starts at a multiple of it.
pub(crate) const STRIDE: usize = 32;

/// The largest number of a code.
const LARGEST: f64 = 127.0;

/// How many root mean squares the largest number stands for. A component that is larger is cut; without this, a
/// single large component would make all others coarse.
const WIDEST: f64 = 8.0;

/// The length of a query in its own units: fine enough that rounding it adds nothing to that of the codes, and small
/// enough that no product of the two overflows.
pub(crate) const QUERY_LENGTH: f64 = 8192.0;

/// How much larger than computed the largest residual is said to be, for what the computation itself has rounded: as a
/// share, and at least.
const RESIDUAL_ROUNDING: (f64, f64) = (1e-6, 1e-12);

/// How far rounding moves two codes' dot products with a query apart, and hardly ever more: three standard deviations of
/// the difference of two, each the sum of a query's numbers times errors that are uniform in +-1/2.
pub(crate) const ROUNDING: i32 = (3.0 * std::f64::consts::SQRT_2 * 0.288_675_13 * QUERY_LENGTH) as i32;

/// Bytes of a code.
pub fn stride(dimension: usize) -> usize {
    dimension.next_multiple_of(STRIDE)
}

/// What codes were made with, and how far they are from their vectors: with this a scan of them proves that it has
/// missed nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodesMetadata {
    /// A code is its vector without the mean, times this, rounded.
    pub scale: f64,
    /// The mean of all vectors.
    pub mean: Vec<f32>,
    /// The most that a vector is from what its code stands for: mean + code / scale.
    pub residual: f64,
}

/// Codes, and what is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The codes, one after the other, each [`stride`] long.
    pub codes: Vec<i8>,
    /// What they were made with, and how far they are from their vectors.
    pub metadata: CodesMetadata,
}

/// The codes of unit vectors, `dimension` numbers each, one after the other.
///
/// ```
/// use kindred::search::codes::{NodeCodes, encode, stride};
///
/// let encoded = encode(&[1.0, 0.0, 0.0, 1.0], 2);
/// assert_eq!(encoded.codes.len(), 2 * stride(2));
/// assert_eq!(NodeCodes::new(&encoded.codes, 2).map(|codes| codes.count()), Some(2));
/// ```
pub fn encode(vectors: &[f32], dimension: usize) -> Encoded {
    let dimension = dimension.max(1);
    let mean = mean(vectors, dimension);
    let scale = scale(vectors, &mean);
    let stride = stride(dimension);
    let mut codes = vec![0i8; vectors.len() / dimension * stride];
    for (code, vector) in codes.chunks_exact_mut(stride).zip(vectors.chunks_exact(dimension)) {
        for ((code, &number), mean) in code.iter_mut().zip(vector).zip(&mean) {
            *code = ((f64::from(number) - mean) * scale).round().clamp(-LARGEST, LARGEST) as i8;
        }
    }
    let mean: Vec<f32> = mean.into_iter().map(|mean| mean as f32).collect();
    let mut metadata = CodesMetadata { scale, mean, residual: 0.0 };
    let pairs = vectors.chunks_exact(dimension).zip(codes.chunks_exact(stride));
    let residual = pairs.map(|(vector, code)| residual(vector, code, &metadata)).fold(0.0, f64::max);
    metadata.residual = residual * (1.0 + RESIDUAL_ROUNDING.0) + RESIDUAL_ROUNDING.1;
    Encoded { codes, metadata }
}

/// How far a vector is from what its code stands for.
pub(crate) fn residual(vector: &[f32], code: &[i8], metadata: &CodesMetadata) -> f64 {
    let unit = 1.0 / metadata.scale;
    let numbers = vector.iter().zip(&metadata.mean).zip(code);
    let apart = numbers.map(|((&x, &mean), &code)| f64::from(x) - f64::from(mean) - f64::from(code) * unit);
    apart.map(|apart| apart * apart).sum::<f64>().sqrt()
}

fn mean(vectors: &[f32], dimension: usize) -> Vec<f64> {
    let mut mean = vec![0.0; dimension];
    for vector in vectors.chunks_exact(dimension) {
        mean.iter_mut().zip(vector).for_each(|(mean, &number)| *mean += f64::from(number));
    }
    let count = (vectors.len() / dimension).max(1) as f64;
    mean.iter_mut().for_each(|mean| *mean /= count);
    mean
}

/// What turns the largest component, or a few times the usual one, into the largest number of a code.
fn scale(vectors: &[f32], mean: &[f64]) -> f64 {
    let (mut squares, mut largest) = (0.0, 0.0f64);
    for vector in vectors.chunks_exact(mean.len()) {
        for (&number, mean) in vector.iter().zip(mean) {
            let moved = f64::from(number) - mean;
            squares += moved * moved;
            largest = largest.max(moved.abs());
        }
    }
    let usual = (squares / vectors.len().max(1) as f64).sqrt();
    let widest = largest.min(WIDEST * usual);
    if widest > 0.0 { LARGEST / widest } else { 1.0 }
}

/// A query to be compared with codes, written into memory that is kept.
pub(crate) fn encode_query(query: &[f32], code: &mut Vec<i16>) {
    code.clear();
    code.reserve(stride(query.len()));
    // A unit vector has no component beyond 1, and as a query should be one, only casting cuts others.
    code.extend(query.iter().map(|&number| (f64::from(number) * QUERY_LENGTH).round() as i16));
    // As long as a code, so that no kernel has a rest to do by itself.
    code.resize(stride(query.len()), 0);
}

/// The codes of a graph's nodes.
#[derive(Debug, Clone, Copy)]
pub struct NodeCodes<'a> {
    codes: &'a [i8],
    stride: usize,
    metadata: Option<&'a CodesMetadata>,
}

impl<'a> NodeCodes<'a> {
    /// Codes as [`encode`] gives them; none where there are none.
    pub fn new(codes: &'a [i8], dimension: usize) -> Option<NodeCodes<'a>> {
        (!codes.is_empty() && dimension > 0).then(|| NodeCodes {
            codes,
            stride: stride(dimension),
            metadata: None,
        })
    }

    /// The same codes with what is known of them: without it, [`scan`](super::scan) can prove nothing.
    pub fn with_metadata(self, metadata: Option<&'a CodesMetadata>) -> NodeCodes<'a> {
        NodeCodes { metadata, ..self }
    }

    /// What is known of the codes.
    pub fn metadata(&self) -> Option<&'a CodesMetadata> {
        self.metadata
    }

    /// How many codes there are.
    pub fn count(&self) -> usize {
        self.codes.len() / self.stride
    }

    /// The dot product of a query's code and that of each node, by their numbers; a number that is no node gives 0.
    pub fn dots(&self, query: &[i16], nodes: &[u32], dots: &mut Vec<i32>) {
        dot_codes_of(query, self.codes, self.stride, nodes, dots);
    }

    /// The dot product of a query's code and those of nodes that follow each other.
    pub(super) fn dots_in_turn(&self, query: &[i16], nodes: std::ops::Range<usize>, dots: &mut Vec<i32>) {
        let range = nodes.start.saturating_mul(self.stride)..nodes.end.saturating_mul(self.stride);
        dot_codes_in_turn(query, self.codes.get(range).unwrap_or_default(), self.stride, dots);
    }

    /// A node's code; empty for a number that is no node.
    pub fn of(&self, node: Node) -> &'a [i8] {
        let start = node.index().saturating_mul(self.stride);
        self.codes.get(start..start.saturating_add(self.stride)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::{dot, dot_codes};

    fn unit_vectors(count: usize, dimension: usize) -> Vec<f32> {
        let mut vectors: Vec<f32> =
            (0..count * dimension).map(|i| ((i * i * 7 + i * 13) % 1009) as f32 - 400.0).collect();
        for vector in vectors.chunks_exact_mut(dimension) {
            let length = dot(vector, vector).sqrt();
            vector.iter_mut().for_each(|x| *x /= length);
        }
        vectors
    }

    #[test]
    fn codes_order_as_vectors_do_but_for_little() {
        for dimension in [3, 32, 50] {
            let vectors = unit_vectors(300, dimension);
            let codes = encode(&vectors, dimension).codes;
            let codes = NodeCodes::new(&codes, dimension).unwrap();
            let row = |i: usize| &vectors[i * dimension..][..dimension];
            let mut query = Vec::new();
            let (mut right, mut all) = (0, 0);
            for q in 0..20 {
                encode_query(row(q), &mut query);
                for i in 0..299 {
                    let apart = dot(row(q), row(i)) - dot(row(q), row(i + 1));
                    if apart.abs() > 0.02 {
                        let by_codes = dot_codes(&query, codes.of(Node(i as u32)))
                            - dot_codes(&query, codes.of(Node(i as u32 + 1)));
                        all += 1;
                        right += u32::from((by_codes > 0) == (apart > 0.0));
                    }
                }
            }
            assert!(right == all, "{right} of {all} at {dimension}");
        }
    }

    #[test]
    fn no_product_overflows() {
        for dimension in [1, 2, 4096, 65_536] {
            let component = (1.0 / dimension as f64).sqrt() as f32;
            let mut query = Vec::new();
            encode_query(&vec![component; dimension], &mut query);
            let code = vec![i8::MAX; stride(dimension)];
            let exact: i64 = query.iter().map(|&x| i64::from(x) * i64::from(i8::MAX)).sum();
            assert_eq!(i64::from(dot_codes(&query, &code)), exact, "{dimension}");
        }
    }

    #[test]
    fn equal_vectors_and_none_have_codes() {
        assert!(encode(&[], 7).codes.is_empty());
        assert_eq!(encode(&[0.6, 0.8, 0.6, 0.8], 2).codes, vec![0; 2 * STRIDE]);
        assert!(NodeCodes::new(&[], 2).is_none());
    }

    #[test]
    fn what_is_no_node_has_an_empty_code() {
        let codes = encode(&[1.0, 0.0, 0.0, 1.0], 2).codes;
        let codes = NodeCodes::new(&codes, 2).unwrap();
        assert_eq!(([1, 2, u32::MAX].map(|node| codes.of(Node(node)).len())), [STRIDE, 0, 0]);
    }
}
