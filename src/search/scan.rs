//! A certified scan: which nodes can be among the nearest, proven by their codes alone.
//!
//! A file says of its codes their mean m, their scale s, and the largest residual R: a vector is `x = m + c / s + r`
//! with `|r| <= R` for its code c. A query is `q = k / U + e` for the whole numbers k that it is compared by. So
//!
//! ```text
//! q . x = q . m + (k . c) / (s U) + e . c / s + q . r
//! ```
//!
//! and `k . c` is an integer that is computed exactly. What is left is at most `|e| |c / s| + |q| R`, whatever the
//! vectors are (Cauchy and Schwarz): a bound for the worst case, and not for the usual one. Where n nodes are surely at
//! least so near, a node that is surely farther is none of the n nearest. All others are compared as vectors by
//! [`distance`](crate::distance::distance), so the answer is to the byte what comparing all of them gives.

use std::cmp::Reverse;

use super::codes::{CodesMetadata, NodeCodes, QUERY_LENGTH, encode_query};
use super::graph::{Graph, Node};

/// By how much two dot products may differ whose distances are the same number: distances are single, and one step of
/// them is 2^-23 between 1 and 2. Twice that, for what sums in double precision round.
const TIES: f64 = 1.0 / (1 << 22) as f64;

/// The most that a stored vector's length is, see [`vectors`](crate::file::sections).
const LONGEST_VECTOR: f64 = 1.001;

/// Codes that are compared in one go: few enough to stay in the first-level cache.
const BLOCK: usize = 256;

/// Where more than one of so many nodes would have to be compared as vectors, all are: codes then tell too little.
const ONE_OF: usize = 4;

/// What is asked of a scan.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// Of length about 1.
    pub query: &'a [f32],
    /// How many of the nearest are wanted.
    pub wanted: usize,
    /// Distances below this may be taken for 0.
    pub zero_below: f32,
}

/// The nodes that can be among those wanted, in no order, of those that count: all others are surely farther than so
/// many of these. A node that does not count may be left out.
///
/// None where codes cannot prove it (there are none, or what is known of them is not), or would leave so many that
/// comparing all vectors is no slower. Costs a comparison of codes for each node.
pub fn candidates<G: Graph>(
    graph: &G,
    asked: &Scan<'_>,
    counts: impl FnMut(Node) -> bool,
) -> Option<Vec<Node>> {
    let nodes = graph.nodes();
    scan(graph.codes()?, nodes, asked, nodes / ONE_OF, counts)
}

/// [`candidates`], unless they are more than `most`.
fn scan(
    codes: NodeCodes<'_>,
    nodes: usize,
    asked: &Scan<'_>,
    most: usize,
    mut counts: impl FnMut(Node) -> bool,
) -> Option<Vec<Node>> {
    if asked.wanted == 0 {
        return Some(Vec::new());
    }
    // More than are wanted are left in the end, often twice as many.
    if asked.wanted.saturating_mul(2) > most || codes.count() < nodes {
        return None;
    }
    let mut query = Vec::new();
    encode_query(asked.query, &mut query);
    let bound = Bound::new(asked, &query, codes.metadata()?)?;
    let mut nearest = Nearest::new(asked.wanted, bound);
    let mut dots = Vec::with_capacity(BLOCK);
    for start in (0..nodes).step_by(BLOCK) {
        codes.dots_in_turn(&query, start..nodes.min(start + BLOCK), &mut dots);
        for (node, &dot) in (start as u32..).map(Node).zip(&dots) {
            if dot >= nearest.least && counts(node) {
                nearest.push(dot, node);
            }
        }
        if nearest.found.len() > nearest.room {
            nearest.prune();
            if nearest.found.len() > most {
                return None;
            }
        }
    }
    nearest.prune();
    (nearest.found.len() <= most).then(|| nearest.found.into_iter().map(|(_, node)| node).collect())
}

/// Within which bounds the dot product of a query and a vector is, by that of their codes.
#[derive(Debug, Clone, Copy)]
struct Bound {
    /// `q . m`.
    middle: f64,
    /// What a dot product of 1 is in those of codes: `s U`.
    unit: f64,
    /// The most that rounding can have done.
    error: f64,
    /// Whatever has a larger dot product may be at distance 0.
    largest: f64,
}

impl Bound {
    /// None where a number of the query, or their sum, is too large for codes.
    fn new(asked: &Scan<'_>, query: &[i16], codes: &CodesMetadata) -> Option<Bound> {
        let (mut length, mut rounding, mut mean_length, mut middle) = (0.0, 0.0, 0.0, 0.0);
        for ((&number, &integer), &mean) in asked.query.iter().zip(query).zip(&codes.mean) {
            let (number, mean) = (f64::from(number), f64::from(mean));
            length += number * number;
            rounding += (number - f64::from(integer) / QUERY_LENGTH).powi(2);
            mean_length += mean * mean;
            middle += number * mean;
        }
        // By what codes stand for, and by the largest that they can be: in a tight group that is far less.
        let largest = f64::from(i8::MIN).abs() * (codes.mean.len() as f64).sqrt() / codes.scale;
        let longest_code = largest.min(LONGEST_VECTOR + mean_length.sqrt() + codes.residual);
        let error = length.sqrt() * codes.residual + rounding.sqrt() * longest_code;
        let sum: i64 = query.iter().map(|&integer| i64::from(integer).abs()).sum();
        let fits = sum * i64::from(i8::MIN).abs() <= i64::from(i32::MAX);
        let is_complete = asked.query.len() == codes.mean.len();
        (fits && is_complete && error.is_finite()).then(|| Bound {
            middle,
            unit: codes.scale * QUERY_LENGTH,
            // For what these few operations round themselves.
            error: error * (1.0 + 1e-9),
            largest: 1.0 - f64::from(asked.zero_below),
        })
    }

    /// The smallest dot product of codes with which a node may be at most as far as one with `dot`.
    fn least(&self, dot: i32) -> i32 {
        let surely = (self.middle + f64::from(dot) / self.unit - self.error).min(self.largest);
        // The largest distance is 2, and everything that is as far is equally far.
        if surely <= -1.0 + TIES {
            return i32::MIN;
        }
        let least = (surely - TIES - self.error - self.middle) * self.unit;
        // As casts of numbers do, this one stops at the ends of the type.
        (least.floor() - 1.0) as i32
    }
}

/// The nodes that can be among the nearest of those seen so far.
struct Nearest {
    wanted: usize,
    bound: Bound,
    /// Dot products of codes and nodes; all of them count.
    found: Vec<(i32, Node)>,
    /// What has a smaller dot product is surely too far.
    least: i32,
    /// How many may be there before it is worth looking which are too far by now.
    room: usize,
}

impl Nearest {
    fn new(wanted: usize, bound: Bound) -> Nearest {
        Nearest { wanted, bound, found: Vec::new(), least: i32::MIN, room: 2 * wanted }
    }

    fn push(&mut self, dot: i32, node: Node) {
        self.found.push((dot, node));
    }

    /// Leaves out those that are surely farther than as many as are wanted.
    fn prune(&mut self) {
        if self.found.len() <= self.wanted {
            return;
        }
        let (_, &mut (nth, _), _) =
            self.found.select_nth_unstable_by_key(self.wanted - 1, |&(dot, _)| Reverse(dot));
        self.least = self.least.max(self.bound.least(nth));
        self.found.retain(|&(dot, _)| dot >= self.least);
        self.room = 2 * self.found.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::distance::distance;
    use crate::random::SplitMix64;
    use crate::search::codes::{Encoded, encode};
    use crate::search::exact::Distance;

    struct Rows {
        vectors: Vec<f32>,
        dimension: usize,
        encoded: Encoded,
    }

    impl Rows {
        fn new(vectors: Vec<f32>, dimension: usize) -> Rows {
            let encoded = encode(&vectors, dimension);
            Rows { vectors, dimension, encoded }
        }

        fn count(&self) -> usize {
            self.vectors.len() / self.dimension
        }

        fn row(&self, node: Node) -> &[f32] {
            &self.vectors[node.index() * self.dimension..][..self.dimension]
        }

        fn codes(&self) -> NodeCodes<'_> {
            let codes = NodeCodes::new(&self.encoded.codes, self.dimension).unwrap();
            codes.with_metadata(Some(&self.encoded.metadata))
        }

        fn scan(&self, question: &Scan<'_>, counts: impl Fn(Node) -> bool) -> Option<Vec<Node>> {
            scan(self.codes(), self.count(), question, usize::MAX, counts)
        }

        /// The wanted nodes by comparing all vectors.
        fn nearest(&self, question: &Scan<'_>, counts: impl Fn(Node) -> bool) -> Vec<Node> {
            let nodes = (0..self.count() as u32).map(Node).filter(|&node| counts(node));
            let distance = |node| {
                let distance = distance(question.query, self.row(node));
                Distance(if distance < question.zero_below { 0.0 } else { distance })
            };
            let mut all: Vec<(Distance, Node)> = nodes.map(|node| (distance(node), node)).collect();
            all.sort_unstable();
            all.into_iter().take(question.wanted).map(|(_, node)| node).collect()
        }
    }

    fn vector(random: &mut SplitMix64, dimension: usize) -> Vec<f32> {
        (0..dimension).map(|_| random.signed_f32()).collect()
    }

    /// Vectors that codes are bad at. What is no vector, and what is not of length 1 within the tolerance, is not among
    /// them: no file has such.
    #[derive(Debug, Clone, Copy)]
    enum Hostile {
        Spread,
        /// One component is as good as all of a vector, and cut in some.
        Giant,
        /// Copies of one vector, 1e-6 apart.
        Copies,
        /// One tight group among others.
        Group,
        Equal,
        /// Nearly all components are subnormal.
        Subnormal,
        /// The axes and their opposites: many distances of exactly 1 and 2.
        Axes,
        /// Pairs of axes and their opposites: codes round nothing, so that rounding the query is all there is.
        Pairs,
        /// Copies of one vector, 1e-6 apart, and as long as the tolerance allows, or as short.
        Lengths,
    }

    const HOSTILE: [Hostile; 9] = [
        Hostile::Spread,
        Hostile::Giant,
        Hostile::Copies,
        Hostile::Group,
        Hostile::Equal,
        Hostile::Subnormal,
        Hostile::Axes,
        Hostile::Pairs,
        Hostile::Lengths,
    ];

    impl Hostile {
        fn rows(self, count: usize, dimension: usize, seed: u64) -> Rows {
            let mut random = SplitMix64(seed);
            let base = vector(&mut random, dimension);
            let mut before = Vec::new();
            let vectors = (0..count).flat_map(|row| {
                let mut vector = vector(&mut random, dimension);
                let giant = random.bits() as usize % dimension;
                match self {
                    Hostile::Spread | Hostile::Pairs => {}
                    Hostile::Giant => {
                        vector.iter_mut().for_each(|x| *x *= 1e-3);
                        vector[if row % 7 == 0 { giant } else { 0 }] = 1.0;
                    }
                    Hostile::Group if row % 3 == 0 => {}
                    Hostile::Copies | Hostile::Lengths | Hostile::Group => {
                        let apart = if matches!(self, Hostile::Group) { 1e-3 } else { 1e-6 };
                        vector.iter_mut().zip(&base).for_each(|(x, base)| *x = base + apart * *x);
                    }
                    Hostile::Equal => vector.copy_from_slice(&base),
                    Hostile::Subnormal => {
                        vector.iter_mut().for_each(|x| *x *= f32::MIN_POSITIVE);
                        vector[giant] = random.signed_f32();
                    }
                    Hostile::Axes => {
                        vector.fill(0.0);
                        vector[giant] = if random.bits().is_multiple_of(2) { 1.0 } else { -1.0 };
                    }
                }
                if matches!(self, Hostile::Pairs) {
                    vector.fill(0.0);
                    vector[giant] = 1.0;
                    vector[random.bits() as usize % dimension] = 1.0;
                    if row % 2 == 1 {
                        vector = before.iter().map(|x: &f32| -x).collect();
                    }
                    before.clone_from(&vector);
                }
                normalise(&mut vector);
                if matches!(self, Hostile::Lengths) {
                    let length = 1.0 + 4e-4 * random.signed_f32();
                    vector.iter_mut().for_each(|x| *x *= length);
                }
                vector
            });
            let vectors = vectors.collect();
            Rows::new(vectors, dimension)
        }
    }

    fn normalise(vector: &mut [f32]) {
        if vector.iter().all(|&x| x == 0.0) {
            vector[0] = 1.0;
        }
        let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32 + 0.0);
    }

    proptest! {
        #[test]
        fn nobody_of_the_nearest_is_missed(
            hostile in prop::sample::select(HOSTILE.as_slice()),
            dimension in prop::sample::select(&[1usize, 2, 3, 16, 31, 32, 33, 64, 128, 300, 2048][..]),
            count in 1usize..400,
            wanted in 0usize..40,
            all in prop::bool::weighted(0.1),
            excluded in 0u64..4,
            foreign in any::<bool>(),
            opposite in prop::bool::weighted(0.2),
            seed in any::<u64>(),
        ) {
            let count = if dimension > 1000 { count / 4 + 1 } else { count };
            let rows = hostile.rows(count, dimension, seed);
            let mut random = SplitMix64(seed ^ 1);
            let mut query = rows.row(Node((random.bits() % count as u64) as u32)).to_vec();
            if opposite {
                query.iter_mut().for_each(|x| *x = -*x);
            }
            if foreign {
                query.iter_mut().for_each(|x| *x += 1e-4 * random.signed_f32());
                normalise(&mut query);
            }
            let zero_below = if foreign { 1e-5 } else { 0.0 };
            let wanted = if all { count } else { wanted };
            let question = Scan { query: &query, wanted, zero_below };
            let counts = |node: Node| !(u64::from(node.0) ^ seed).is_multiple_of(excluded + 2) || excluded == 0;
            let found = rows.scan(&question, counts).unwrap();
            for node in rows.nearest(&question, counts) {
                prop_assert!(found.contains(&node), "{node} is missing: {found:?}");
            }
            prop_assert!(found.iter().all(|&node| counts(node)));
        }
    }

    #[test]
    fn few_have_to_be_compared_where_vectors_spread() {
        let rows = Hostile::Spread.rows(4_000, 64, 5);
        for node in (0..20).map(Node) {
            let question = Scan { query: rows.row(node), wanted: 10, zero_below: 0.0 };
            let found = rows.scan(&question, |_| true).unwrap();
            assert!((10..200).contains(&found.len()), "{}", found.len());
        }
    }

    #[test]
    fn what_cannot_be_proven_is_not_said() {
        let rows = Hostile::Spread.rows(400, 8, 6);
        let question = Scan { query: rows.row(Node(0)), wanted: 3, zero_below: 0.0 };
        let ask = |codes: NodeCodes<'_>, nodes, question: &Scan<'_>, most| {
            scan(codes, nodes, question, most, |_| true).is_some()
        };
        assert!(ask(rows.codes(), 400, &question, 400));
        assert!(!ask(rows.codes().with_metadata(None), 400, &question, 400), "nothing is known of the codes");
        assert!(!ask(rows.codes(), 401, &question, 400), "a code is missing");
        assert!(!ask(rows.codes(), 400, &question, 2), "more are wanted than may be compared");
        for number in [f32::NAN, f32::INFINITY] {
            let query = [number; 8];
            assert!(!ask(rows.codes(), 400, &Scan { query: &query, ..question }, 400), "{number}");
        }
        let shorter = &rows.row(Node(0))[..7];
        assert!(!ask(rows.codes(), 400, &Scan { query: shorter, ..question }, 400), "another dimension");
        assert!(!ask(Hostile::Copies.rows(400, 8, 6).codes(), 400, &question, 40), "all are as good as one");
    }
}
