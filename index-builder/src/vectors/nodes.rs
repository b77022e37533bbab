//! From profiles to unit vectors: the part that is the same for every vectorizer.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use kindred::counted::counted;
use kindred::file::FieldMetadata;
use kindred::file::format::{MAX_DIMENSION, NONE};
use kindred::vectorizer::unit;
use ndarray::{Array2, s};
use rayon::prelude::*;

use crate::intake::ingest::{Entry, Profiles};
use crate::intake::skipped::Skipped;
use crate::intake::spool::{Span, Spool};
use crate::vectors::dedupe;
use crate::vectors::rows::Rows;

/// How many vectors are read and checked at once.
const CHUNK: usize = 4096;

/// Different lengths of vectors that a message names.
const LENGTHS_SHOWN: usize = 5;

/// A vector for each profile, of length 1 or all zero, in the order of the profiles.
#[derive(Debug)]
pub struct ProfileVectors {
    /// profiles x dimension.
    pub rows: Array2<f32>,
    /// The vectorizer's fitted state, where it has one.
    pub state: Option<Vec<u8>>,
    /// What tells two states of the vectorizer apart.
    pub fingerprint: String,
    /// What became of each field; of the vectorizer only those that it looks at.
    pub fields: Option<Vec<FieldMetadata>>,
    /// What a person should know of them.
    pub notes: Vec<String>,
    /// A sentence about vectors of other lengths, where there are.
    pub lengths: Option<String>,
}

/// A hash of what tells two states of a vectorizer apart, as metadata have it.
pub fn fingerprint(bytes: &[u8]) -> String {
    format!("{:016x}", twox_hash::XxHash3_64::oneshot(bytes))
}

/// The dimension of a source's vectors: what is asked for, else the most frequent length (the longer one of two that
/// are equally frequent). An empty vector has no say.
///
/// # Errors
/// Where no vector has a length that is allowed.
pub fn dimension(
    asked: Option<u32>,
    lengths: impl Iterator<Item = usize>,
    skipped: &Skipped,
) -> anyhow::Result<usize> {
    if let Some(asked) = asked {
        return Ok(asked as usize);
    }
    let mut count = BTreeMap::<usize, u64>::new();
    for length in lengths.filter(|length| (1..=MAX_DIMENSION as usize).contains(length)) {
        *count.entry(length).or_default() += 1;
    }
    match count.into_iter().max_by_key(|&(length, count)| (count, length)) {
        Some((length, _)) => Ok(length),
        None => bail!(
            "no profile has a vector of 1 to {MAX_DIMENSION} numbers{}",
            crate::intake::ingest::describe(skipped)
        ),
    }
}

/// The lengths of vectors, where not all have the one that is used: "the vectors have 384 numbers in 298 profiles and 5
/// in 2; ...".
pub fn describe_lengths(
    asked: Option<u32>,
    lengths: impl Iterator<Item = usize>,
    used: usize,
) -> Option<String> {
    let mut count = BTreeMap::<usize, u64>::new();
    lengths.for_each(|length| *count.entry(length).or_default() += 1);
    if count.keys().all(|&length| length == used) {
        return None;
    }
    let mut count: Vec<(usize, u64)> = count.into_iter().collect();
    count.sort_by_key(|&(length, count)| (std::cmp::Reverse(count), length));
    let shown = count.iter().take(LENGTHS_SHOWN).map(|(length, count)| {
        format!("{} in {}", counted(*length as u64, "number"), counted(*count, "profile"))
    });
    let more = if count.len() > LENGTHS_SHOWN { " and others" } else { "" };
    let found = format!("the vectors have {}{more}", shown.collect::<Vec<_>>().join(", "));
    Some(match asked {
        Some(asked) => format!(
            "--dimension asks for vectors of {}: {found}; without --dimension the most frequent length is taken",
            counted(asked.into(), "number")
        ),
        None => format!("{found}; those of {used} are used, the most frequent length"),
    })
}

/// Reads the vectors that lie in a spool, checks and normalises them, and notes in `profiles` how long they were.
/// Profiles whose vector has another length or a
/// number that is not finite are skipped and leave `profiles`.
///
/// # Errors
/// What reading the spool gives.
pub fn load(
    profiles: &mut Profiles,
    spans: &[Option<Span>],
    spool: &Spool,
    dimension: usize,
    skipped: &mut Skipped,
) -> anyhow::Result<Array2<f32>> {
    let mut rows = Array2::zeros((profiles.entries.len(), dimension));
    let mut kept: Vec<Entry> = Vec::with_capacity(profiles.entries.len());
    for (start, chunk) in (0..).step_by(CHUNK).zip(spans.chunks(CHUNK)) {
        let read: Vec<Result<Vec<f32>, &'static str>> = chunk
            .par_iter()
            .map(|span| match span {
                Some(span) => Ok(check(&spool.get(*span)?, dimension)),
                None => Ok(Err("vector missing")),
            })
            .collect::<std::io::Result<_>>()
            .context("the temporary file for vectors")?;
        let entries = profiles.entries.get(start..start + chunk.len()).unwrap_or_default();
        for (vector, entry) in read.into_iter().zip(entries) {
            match vector {
                Ok(vector) => {
                    rows.row_mut(kept.len())
                        .iter_mut()
                        .zip(vector)
                        .for_each(|(place, number)| *place = number);
                    kept.push(*entry);
                }
                Err(reason) => skipped.add(reason, || profiles.id(entry).to_owned()),
            }
        }
    }
    profiles.entries = kept;
    let used = profiles.entries.len();
    let mut lengths = normalise(&mut rows);
    lengths.truncate(used);
    profiles.vector_lengths = Some(lengths);
    // In the memory that there is: what is too much goes when nodes are made of the rows.
    Ok(rows.slice_move(s![..used, ..]))
}

/// The numbers of a vector, or why it is none.
fn check(bytes: &[u8], dimension: usize) -> Result<Vec<f32>, &'static str> {
    let (numbers, _) = bytes.as_chunks::<4>();
    if numbers.len() != dimension {
        return Err("vector of another length");
    }
    let vector: Vec<f32> = numbers.iter().map(|&number| f32::from_ne_bytes(number)).collect();
    if vector.iter().all(|number| number.is_finite()) { Ok(vector) } else { Err("vector not finite") }
}

/// Divides each row by its length, and gives the lengths; a row of zeros stays one. A length that is too large for a
/// single number is said to be the largest.
pub fn normalise(rows: &mut Array2<f32>) -> Vec<f32> {
    let rows = rows.outer_iter_mut().into_par_iter();
    let lengths = rows.map(|mut row| {
        let length = unit::length(row.iter());
        row.iter_mut().for_each(|number| *number = unit::scaled(*number, length));
        length.min(f64::from(f32::MAX)) as f32
    });
    lengths.collect()
}

/// The numbers of a matrix, row after row, in the memory that they have if they lie so already.
fn row_after_row(rows: Array2<f32>) -> Vec<f32> {
    let count = rows.len();
    let rows = if rows.is_standard_layout() { rows } else { rows.as_standard_layout().into_owned() };
    let (mut numbers, offset) = rows.into_raw_vec_and_offset();
    numbers.drain(..offset.unwrap_or(0));
    numbers.truncate(count);
    numbers
}

/// The distinct vectors, and which profiles have which.
#[derive(Debug)]
pub struct Nodes {
    /// The vector of each node in turn; nodes are numbered by their first profile, until they are put into another
    /// order.
    numbers: Vec<f32>,
    /// Numbers per vector.
    dimension: usize,
    /// For each profile its node, or [`NONE`] for a zero vector.
    pub node_of_profile: Vec<u32>,
    /// Where each node's profiles start in `profiles`, and the end: nodes + 1.
    pub starts: Vec<u32>,
    /// The profiles of each node in turn, ascending.
    pub profiles: Vec<u32>,
}

impl Nodes {
    /// Gives each distinct vector one node. Rows that are zero have none.
    pub fn new(rows: Array2<f32>) -> Nodes {
        let representatives = dedupe::distinct(rows.view());
        let mut node_of_profile = vec![NONE; rows.nrows()];
        let mut first_rows = Vec::new();
        for (row, &representative) in representatives.iter().enumerate() {
            if rows.row(row).iter().all(|&number| number == 0.0) {
                continue;
            }
            if representative as usize == row {
                node_of_profile[row] = first_rows.len() as u32;
                first_rows.push(row);
            } else {
                // A representative is the lowest row of its group, so its node is known by now.
                node_of_profile[row] = node_of_profile[representative as usize];
            }
        }
        let (starts, profiles) = lists(&node_of_profile, first_rows.len());
        let dimension = rows.ncols();
        let numbers = compacted(row_after_row(rows), dimension, &first_rows);
        Nodes { numbers, dimension, node_of_profile, starts, profiles }
    }

    /// The vectors of the nodes.
    pub fn vectors(&self) -> Rows<'_> {
        Rows::new(&self.numbers, self.dimension)
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.vectors().count()
    }

    /// Gives the nodes other numbers: `order` names each node once, in the new order. The vectors are moved in the
    /// memory that they have.
    ///
    /// # Panics
    /// Where `order` is longer or shorter than there are nodes, or names what is no node.
    pub fn reorder(&mut self, order: &[u32]) {
        assert_eq!(order.len(), self.count(), "each node once");
        let mut new_number = vec![NONE; order.len()];
        order.iter().zip(0..).for_each(|(&old, new)| new_number[old as usize] = new);
        let mut moved = vec![false; order.len()];
        for start in 0..order.len() {
            // Round the cycle of places that each take the row of the next.
            let mut place = start;
            let mut first: Option<Vec<f32>> = None;
            while !moved[place] {
                moved[place] = true;
                let from = order[place] as usize;
                if from == start {
                    if let Some(first) = first.take() {
                        self.numbers[place * self.dimension..][..self.dimension].copy_from_slice(&first);
                    }
                    break;
                }
                first
                    .get_or_insert_with(|| self.numbers[start * self.dimension..][..self.dimension].to_vec());
                move_row(&mut self.numbers, self.dimension, from, place);
                place = from;
            }
        }
        for node in self.node_of_profile.iter_mut().filter(|node| **node != NONE) {
            *node = new_number[*node as usize];
        }
        (self.starts, self.profiles) = lists(&self.node_of_profile, order.len());
    }
}

/// Moves some rows, given in ascending order, to the front, in the memory that there is.
fn compacted(mut numbers: Vec<f32>, dimension: usize, kept: &[usize]) -> Vec<f32> {
    for (to, &from) in kept.iter().enumerate().filter(|&(to, &from)| to < from) {
        move_row(&mut numbers, dimension, from, to);
    }
    numbers.truncate(kept.len() * dimension);
    numbers.shrink_to_fit();
    numbers
}

/// Writes one row over another.
fn move_row(numbers: &mut [f32], dimension: usize, from: usize, to: usize) {
    numbers.copy_within(from * dimension..(from + 1) * dimension, to * dimension);
}

/// The profiles of each node, one list after the other, and where the lists start.
fn lists(node_of_profile: &[u32], nodes: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; nodes + 1];
    let with_node = || node_of_profile.iter().enumerate().filter(|&(_, &node)| node != NONE);
    for (_, &node) in with_node() {
        starts[node as usize + 1] += 1;
    }
    for node in 0..nodes {
        starts[node + 1] += starts[node];
    }
    let mut next = starts.clone();
    let mut profiles = vec![0; starts[nodes] as usize];
    for (profile, &node) in with_node() {
        profiles[next[node as usize] as usize] = profile as u32;
        next[node as usize] += 1;
    }
    (starts, profiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kindred::search::graph::Node;
    use ndarray::array;

    #[test]
    fn rows_become_unit_vectors_and_zero_stays_zero() {
        let mut rows = array![[3.0f32, 4.0], [0.0, -0.0], [1e-30, 0.0], [-1e30, 1e30]];
        let lengths = normalise(&mut rows);
        assert_eq!(lengths[..3], [5.0, 0.0, 1e-30]);
        assert_eq!(normalise(&mut array![[f32::MAX, f32::MAX], [f32::from_bits(1), 0.0]]), [f32::MAX, 1e-45]);
        assert_eq!(rows.row(0).to_vec(), [0.6, 0.8]);
        assert_eq!(rows.row(1).map(|number| number.to_bits()).to_vec(), [0, 0]);
        assert_eq!(rows.row(2).to_vec(), [1.0, 0.0]);
        assert!((f64::from(rows[[3, 0]]) + 0.5f64.sqrt()).abs() < 1e-7);
    }

    #[test]
    fn profiles_with_one_vector_share_a_node_and_zero_vectors_have_none() {
        let rows =
            array![[0.0f32, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.6, 0.8]];
        let nodes = Nodes::new(rows);
        assert_eq!(nodes.vectors().numbers(), [0.0, 1.0, 1.0, 0.0, 0.6, 0.8]);
        assert_eq!(nodes.node_of_profile, [0, NONE, 1, 0, NONE, 1, 2]);
        assert_eq!(nodes.starts, [0, 2, 4, 5]);
        assert_eq!(nodes.profiles, [0, 3, 2, 5, 6]);
    }

    #[test]
    fn columns_one_after_the_other_and_parts_of_a_matrix_give_the_nodes_of_their_rows() {
        let rows = array![[1.0f32, 0.0], [0.0, 1.0], [0.6, 0.8]];
        let mut by_columns = Array2::zeros(ndarray::ShapeBuilder::f((3, 2)));
        by_columns.assign(&rows);
        let larger = array![[9.0f32, 9.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [9.0, 9.0]];
        let expected = Nodes::new(rows.clone());
        assert_eq!(expected.vectors().numbers(), [1.0, 0.0, 0.0, 1.0, 0.6, 0.8]);
        for same in [by_columns, larger.slice_move(s![1..4, ..])] {
            assert_eq!(Nodes::new(same).vectors().numbers(), expected.vectors().numbers());
        }
    }

    #[test]
    fn reordered_nodes_keep_their_vectors_and_profiles() {
        let rows =
            array![[0.0f32, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.8, 0.6], [-1.0, 0.0]];
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 2, 3, 4, 0], [1, 0, 3, 4, 2], [2, 0, 1, 3, 4]] {
            let before = Nodes::new(rows.clone());
            let mut nodes = Nodes::new(rows.clone());
            nodes.reorder(&order);
            for (new, &old) in order.iter().enumerate() {
                assert_eq!(nodes.vectors().of(Node(new as u32)), before.vectors().of(Node(old)), "{order:?}");
                let of = |nodes: &Nodes, node: usize| {
                    nodes.profiles[nodes.starts[node] as usize..nodes.starts[node + 1] as usize].to_vec()
                };
                assert_eq!(of(&nodes, new), of(&before, old as usize), "{order:?}");
                assert!(of(&nodes, new).iter().all(|&p| nodes.node_of_profile[p as usize] == new as u32));
            }
            assert_eq!(nodes.node_of_profile[1], NONE);
        }
    }

    #[test]
    fn the_most_frequent_length_is_the_dimension() {
        let none = Skipped::default();
        assert_eq!(dimension(None, [3, 2, 3, 0, 0, 0].into_iter(), &none).unwrap(), 3);
        assert_eq!(dimension(None, [3, 2].into_iter(), &none).unwrap(), 3);
        assert_eq!(dimension(Some(7), [3].into_iter(), &none).unwrap(), 7);
        assert!(dimension(None, [0].into_iter(), &none).is_err());
    }
}
