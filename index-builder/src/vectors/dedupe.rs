//! Which vectors are one and the same.
//!
//! Multiples of one vector normalise to values some units in the last place apart. They are the same vector, and
//! have to be one node: a graph drowns in copies. So rows are compared number by number, within what rounding can do.
//!
//! To miss none without comparing all pairs, each row gets two coordinates that rounding moves by no more than a known
//! reach: a sum of its components and a sum of their logarithms, each with fixed pseudo-random weights. Both are laid
//! on grids as wide as that reach, so that what is the same lies in the same cell or in neighbouring ones. The first
//! coordinate tells ordinary vectors apart, the second one those that differ in small components only.

use std::collections::HashMap;

use kindred::vectorizer::unit::{SMALLEST, TOLERANCE, is_same};
use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;

use kindred::random::SplitMix64;

/// The logarithm below which components count as zero: far above what `SMALLEST` can move by a share of `TOLERANCE`.
const LOG2_FLOOR: f64 = -100.0;
/// Covers the second order of what is estimated by its first.
const SLACK: f64 = 1.001;

/// A place on the two grids.
type Cell = (i64, i64);

/// For each row the row that represents it: the lowest-numbered representative that it equals within [`TOLERANCE`]
/// in every component, else itself. Rows join representatives and not one another, so that a chain of near rows does
/// not drift. Rows with the same numbers have the same representative.
///
/// The numbers must be finite (a row with others equals none) and the rows fewer than 2^32.
///
/// Costs a few operations a component, and for each row a comparison with every representative in nine cells; a
/// comparison ends at the first component that differs. Only rows that lie within some tolerances of each other in
/// all their components, and are not the same, share a cell in numbers.
pub fn distinct(vectors: ArrayView2<'_, f32>) -> Vec<u32> {
    let cells = cells(vectors);
    let mut representatives: HashMap<Cell, Vec<u32>> = HashMap::new();
    let mut result = Vec::with_capacity(cells.len());
    for (row, &cell) in (0u32..).zip(&cells) {
        let same = |&other: &u32| is_same(vectors.row(row as usize), vectors.row(other as usize));
        let representative = neighbourhood(cell)
            .filter_map(|cell| representatives.get(&cell))
            .filter_map(|here| here.iter().copied().find(same))
            .min();
        if representative.is_none() {
            representatives.entry(cell).or_default().push(row);
        }
        result.push(representative.unwrap_or(row));
    }
    result
}

/// The cell and its neighbours.
fn neighbourhood((x, y): Cell) -> impl Iterator<Item = Cell> {
    const STEPS: [i64; 3] = [-1, 0, 1];
    STEPS
        .into_iter()
        .flat_map(move |dx| STEPS.into_iter().map(move |dy| (x.saturating_add(dx), y.saturating_add(dy))))
}

/// The cell of each row.
fn cells(vectors: ArrayView2<'_, f32>) -> Vec<Cell> {
    let weights = weights(vectors.ncols());
    let places: Vec<Place> =
        (0..vectors.nrows()).into_par_iter().map(|row| Place::of(vectors.row(row), &weights)).collect();
    // One width for all rows, the widest that any needs.
    let widest = |reach: fn(&Place) -> f64| places.iter().map(reach).fold(f64::MIN_POSITIVE, f64::max);
    let (width, log_width) = (widest(|place| place.reach), widest(|place| place.log_reach));
    places
        .iter()
        .map(|place| ((place.sum / width).floor() as i64, (place.log_sum / log_width).floor() as i64))
        .collect()
}

/// A component's weights.
struct Weights {
    /// In the sum: 1 or -1.
    plain: f64,
    /// In the sum of logarithms, for a positive component and for a negative one.
    log: [f64; 2],
}

fn weights(dimension: usize) -> Vec<Weights> {
    let mut random = SplitMix64(0);
    let mut sign = move || if random.bits() >> 63 == 0 { 1.0 } else { -1.0 };
    // Different absolute values, so that a changed sign shows.
    (0..dimension).map(|_| Weights { plain: sign(), log: [sign(), sign() / 2.0] }).collect()
}

/// Where a row lies, and how far rounding can move it.
#[derive(Default)]
struct Place {
    sum: f64,
    reach: f64,
    log_sum: f64,
    log_reach: f64,
}

impl Place {
    fn of(row: ArrayView1<'_, f32>, weights: &[Weights]) -> Place {
        let mut place = Place::default();
        let mut logs = 0.0;
        for (&component, weights) in row.iter().zip(weights) {
            let size = f64::from(component.abs());
            place.sum += weights.plain * f64::from(component);
            place.reach += size;
            // Zero goes to the floor.
            let log = (size.log2() - LOG2_FLOOR).max(0.0);
            place.log_sum += weights.log[usize::from(component < 0.0)] * log;
            logs += log;
        }
        let dimension = weights.len() as f64;
        // What the additions of two rows can round away, in the worst order.
        let rounding = 2.0 * dimension * f64::EPSILON;
        place.reach = place.reach * (TOLERANCE * SLACK + rounding) + dimension * SMALLEST;
        place.log_reach = dimension * TOLERANCE * std::f64::consts::LOG2_E * SLACK + logs * rounding;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    /// The definition, pair by pair.
    fn reference(vectors: ArrayView2<'_, f32>) -> Vec<u32> {
        let mut representatives: Vec<u32> = Vec::new();
        let mut result = Vec::new();
        for row in 0..vectors.nrows() as u32 {
            let found = representatives.iter().copied().find(|&representative| {
                is_same(vectors.row(row as usize), vectors.row(representative as usize))
            });
            if found.is_none() {
                representatives.push(row);
            }
            result.push(found.unwrap_or(row));
        }
        result
    }

    fn normalised(rows: &[Vec<f32>]) -> Array2<f32> {
        let dimension = rows[0].len();
        Array2::from_shape_fn((rows.len(), dimension), |(row, column)| {
            let norm = rows[row].iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
            (f64::from(rows[row][column]) / norm) as f32 + 0.0
        })
    }

    fn groups(representatives: &[u32]) -> usize {
        (0u32..).zip(representatives).filter(|&(row, &representative)| row == representative).count()
    }

    #[test]
    fn scaled_copies_are_one_group() {
        let mut random = SplitMix64(7);
        let original: Vec<f32> = (0..64).map(|_| random.signed_f32()).collect();
        let copies: Vec<Vec<f32>> = (0..10_000)
            .map(|_| {
                let factor = 10f32.powf(3.0 * random.signed_f32());
                original.iter().map(|x| x * factor).collect()
            })
            .collect();
        let vectors = normalised(&copies);
        assert!(vectors.rows().into_iter().any(|row| row != vectors.row(0)), "rounding changes some");
        assert!(distinct(vectors.view()).iter().all(|&representative| representative == 0));
    }

    #[test]
    fn scaled_copies_of_many_vectors_are_as_many_groups() {
        let mut random = SplitMix64(8);
        let originals: Vec<Vec<f32>> =
            (0..50).map(|_| (0..24).map(|_| random.signed_f32()).collect()).collect();
        let copies: Vec<Vec<f32>> = (0..2_000)
            .map(|copy| {
                let factor = 10f32.powf(3.0 * random.signed_f32());
                originals[copy % 50].iter().map(|x| x * factor).collect()
            })
            .collect();
        let representatives = distinct(normalised(&copies).view());
        assert!((0u32..).zip(&representatives).all(|(row, &representative)| representative == row % 50));
    }

    #[test]
    fn the_axes_are_distinct() {
        let axes = Array2::from_shape_fn((600, 300), |(row, column)| {
            let sign = if row < 300 { 1.0 } else { -1.0 };
            if row % 300 == column { sign } else { 0.0f32 }
        });
        assert_eq!(groups(&distinct(axes.view())), 600);
    }

    #[test]
    fn in_one_dimension_there_are_two_vectors() {
        let vectors = Array2::from_shape_vec((5, 1), vec![-1.0f32, 1.0, 1.0, -1.0, 1.0]).unwrap();
        assert_eq!(distinct(vectors.view()), [0, 1, 1, 0, 1]);
    }

    #[test]
    fn nothing_is_lost_without_rows_or_columns() {
        assert!(distinct(Array2::zeros((0, 8)).view()).is_empty());
        assert_eq!(distinct(Array2::zeros((3, 0)).view()), [0, 0, 0]);
        assert_eq!(distinct(Array2::zeros((3, 2)).view()), [0, 0, 0]);
    }

    #[test]
    fn rows_that_are_no_numbers_equal_none_and_do_no_harm() {
        let rows = [[f32::NAN, 1.0], [f32::NAN, 1.0], [f32::INFINITY, 0.0], [0.6, 0.8], [0.6, 0.8]];
        let representatives = distinct(Array2::from(rows.to_vec()).view());
        assert_eq!(representatives[..2], [0, 1]);
        assert_eq!(representatives[3..], [3, 3]);
    }

    #[test]
    fn near_rows_stay_distinct() {
        // A step of 1e-6 in one component of 0.5, which rounding cannot make.
        let row = |step: f32| vec![0.5, 0.5, 0.5 + step, (0.25f64 - f64::from(step)).sqrt() as f32];
        let rows: Vec<Vec<f32>> = (0..200).map(|i| row(i as f32 * 1e-6)).collect();
        assert_eq!(groups(&distinct(normalised(&rows).view())), 200);
    }

    #[test]
    fn many_rows_that_differ_in_small_components_only_are_told_apart_by_their_cells() {
        let mut random = SplitMix64(9);
        let rows: Vec<Vec<f32>> = (0..5_000)
            .map(|_| (0..32).map(|i| if i < 16 { 0.25 } else { random.signed_f32() * 1e-9 }).collect())
            .collect();
        let vectors = normalised(&rows);
        let mut crowds: HashMap<Cell, usize> = HashMap::new();
        for cell in cells(vectors.view()) {
            *crowds.entry(cell).or_default() += 1;
        }
        assert!(crowds.values().all(|&crowd| crowd < 8));
        assert_eq!(groups(&distinct(vectors.view())), 5_000);
    }

    #[test]
    fn a_thousand_rows_of_one_cell_that_are_not_the_same_stay_distinct() {
        let mut random = SplitMix64(10);
        let rows: Vec<Vec<f32>> =
            (0..1_000).map(|_| (0..64).map(|_| 1.0 + random.signed_f32() * 3e-6).collect()).collect();
        let vectors = normalised(&rows);
        assert_eq!(distinct(vectors.view()), reference(vectors.view()));
    }

    proptest! {
        #[test]
        fn groups_are_those_of_comparing_all_pairs(
            seed in any::<u64>(),
            dimension in 1usize..12,
            originals in 1usize..6,
            steps in 0u32..12,
        ) {
            // Copies that differ by up to `steps` units in the last place: the same, nearly so, or just not.
            let mut random = SplitMix64(seed);
            let base: Vec<f32> = (0..originals * dimension).map(|_| random.signed_f32()).collect();
            let vectors = Array2::from_shape_fn((80, dimension), |(row, column)| {
                let component = base[row % originals * dimension + column];
                let step = (random.bits() % u64::from(steps + 1)) as u32;
                f32::from_bits(component.to_bits() + step)
            });
            prop_assert_eq!(distinct(vectors.view()), reference(vectors.view()));
        }

        #[test]
        fn zeros_and_subnormal_numbers_are_grouped_as_by_comparing_all_pairs(
            rows in prop::collection::vec(prop::collection::vec((-3i8..=3, 0u8..3), 3), 1..60),
        ) {
            let value = |(step, size): (i8, u8)| {
                f32::from(step) * [f32::from_bits(1), 1e-36, 0.5][usize::from(size)] + 0.0
            };
            let vectors = Array2::from_shape_fn((rows.len(), 3), |(row, column)| value(rows[row][column]));
            prop_assert_eq!(distinct(vectors.view()), reference(vectors.view()));
        }
    }
}
