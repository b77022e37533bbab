use super::*;
use crate::graph::SplitMix64;
use crate::vectors::normalise;
use kindred::index::format::MAX_PLACE;
use ndarray::{Array2, array};

fn nodes(mut rows: Array2<f32>) -> Nodes {
    normalise(&mut rows);
    Nodes::new(rows)
}

fn random(count: usize, dimension: usize, seed: u64) -> Array2<f32> {
    let mut random = SplitMix64(seed);
    Array2::from_shape_simple_fn((count, dimension), || random.signed() as f32)
}

fn map_of(nodes: &Nodes) -> ProfileMap {
    build(nodes, 42, &Progress::silent())
}

/// What holds of every map.
fn assert_valid(nodes: &Nodes) {
    let map = map_of(nodes);
    assert_eq!(map.nodes.len(), nodes.count());
    assert!(map.nodes.iter().flatten().all(|&number| number <= MAX_PLACE));
    assert!((0.0..=1.0).contains(&map.metadata.explained_variance), "{:?}", map.metadata);
}

#[test]
fn few_and_flat_and_equal_vectors_have_places_too() {
    let no_vector = nodes(Array2::zeros((3, 5)));
    assert_eq!((no_vector.count(), map_of(&no_vector).nodes.len()), (0, 0));
    let one = nodes(array![[1.0f32, 2.0, 3.0]]);
    assert_eq!(map_of(&one).nodes, [[MAX_PLACE / 2; 2]]);
    let opposite = nodes(array![[1.0f32], [-2.0], [3.0], [0.0]]);
    let [left, right] = map_of(&opposite).nodes[..] else { panic!("two directions there are") };
    assert_eq!((left[1], right[1]), (MAX_PLACE / 2, MAX_PLACE / 2));
    assert!(left[0] > right[0], "the larger number lies to the right");
    for (count, dimension) in [(2, 2), (3, 2), (50, 2), (2, 40), (5, 3), (300, 1), (13, 300)] {
        assert_valid(&nodes(random(count, dimension, 7)));
    }
    // On a line, and within a rounding of one another.
    assert_valid(&nodes(Array2::from_shape_fn((40, 6), |(row, column)| (row * (column % 2) + 1) as f32)));
    let nearly = |(row, column): (usize, usize)| 1.0 + (row * column) as f32 * f32::EPSILON;
    assert_valid(&nodes(Array2::from_shape_fn((30, 9), nearly)));
}

#[test]
fn profiles_that_share_a_vector_share_a_place_and_zero_vectors_have_none() {
    let nodes = nodes(array![[0.0f32, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]);
    let places = map_of(&nodes).places(&nodes);
    assert_eq!(places.len(), 5);
    assert_eq!((places[1], places[0]), (NO_PLACE, places[3]));
    assert!(places[0] != places[2] && places[2] != places[4]);
}

#[test]
fn the_plane_is_that_of_the_two_widest_directions() {
    let mut random = SplitMix64(3);
    // Column 3 varies most, then column 1, the other way round; the mean is far from the origin.
    let widths = [0.3, 4.0, 0.1, 9.0, 0.2];
    let rows =
        Array2::from_shape_fn((2_000, 5), |(_, column)| (10.0 + widths[column] * random.signed()) as f32);
    let plane = components::Plane::of(rows.view(), 1);
    let points = plane.project(rows.view());
    for (row, point) in rows.outer_iter().zip(&points) {
        for (axis, column) in [3, 1].into_iter().enumerate() {
            let error = (point[axis] - f64::from(row[column] - rows.column(column).mean().unwrap())).abs();
            assert!(error < 0.5, "axis {axis} is not column {column}: {error}");
        }
    }
    let squares: Vec<f64> = widths.iter().map(|width| width * width).collect();
    let expected = (squares[1] + squares[3]) / squares.iter().sum::<f64>();
    assert!((plane.explained_variance - expected).abs() < 0.01, "{}", plane.explained_variance);
}

#[test]
fn another_seed_finds_the_same_plane() {
    // Two directions stand out, so there is one answer, whatever the search started from.
    let mut rows = random(3_000, 60, 11);
    let mut chance = SplitMix64(12);
    for mut row in rows.outer_iter_mut() {
        let (a, b) = (5.0 * chance.signed() as f32, 3.0 * chance.signed() as f32);
        row.iter_mut().enumerate().for_each(|(column, number)| *number += if column < 30 { a } else { b });
    }
    let nodes = nodes(rows);
    let (one, two) = (build(&nodes, 1, &Progress::silent()), build(&nodes, 2, &Progress::silent()));
    for (one, two) in one.nodes.iter().zip(&two.nodes) {
        assert!(one.iter().zip(two).all(|(one, two)| one.abs_diff(*two) < 30), "{one:?} {two:?}");
    }
}

#[test]
fn any_number_of_threads_makes_the_same_map() {
    let nodes = nodes(random(3_000, 70, 5));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| map_of(&nodes))
    };
    let one = on(1);
    for threads in [2, 3, 7] {
        assert!(on(threads) == one, "{threads} threads");
    }
}
