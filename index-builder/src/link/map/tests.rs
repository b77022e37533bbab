use super::*;
use crate::link::pairs::PairCodes;
use crate::link::table::TableOptions;
use crate::vectors::nodes::normalise;
use crate::vectors::rows::Rows;
use kindred::file::format::MAX_PLACE;
use kindred::random::SplitMix64;
use ndarray::{Array2, array};

fn nodes(mut rows: Array2<f32>) -> Nodes {
    normalise(&mut rows);
    Nodes::new(rows)
}

fn random(count: usize, dimension: usize, seed: u64) -> Array2<f32> {
    let mut random = SplitMix64(seed);
    Array2::from_shape_simple_fn((count, dimension), || random.signed() as f32)
}

fn table(nodes: &Nodes, neighbours: usize) -> Option<NeighbourTable> {
    let codes = PairCodes::new(nodes.vectors().numbers(), nodes.vectors().dimension());
    let options = TableOptions { neighbours, ..TableOptions::NONE };
    crate::link::table::build(&codes, None, nodes, &options, &Progress::silent())
}

fn flat_map_of(nodes: &Nodes) -> ProfileMap {
    build(nodes, None, 42, &Progress::silent())
}

fn map_of(nodes: &Nodes) -> ProfileMap {
    build(nodes, table(nodes, 20).as_ref(), 42, &Progress::silent())
}

/// Vectors around some centres, each group as large as the others.
fn groups(count: usize, dimension: usize, groups: usize) -> Array2<f32> {
    let centres = random(groups, dimension, 17);
    let mut rows = random(count, dimension, 18);
    for (number, mut row) in rows.outer_iter_mut().enumerate() {
        row.zip_mut_with(&centres.row(number % groups), |own, centre| *own = centre + 0.4 * *own);
    }
    rows
}

/// What holds of every map.
fn assert_valid(nodes: &Nodes) {
    for map in [flat_map_of(nodes), map_of(nodes)] {
        assert_eq!(map.nodes.len(), nodes.count());
        assert!(map.nodes.iter().flatten().all(|&number| number <= MAX_PLACE));
        let MapMetadata { explained_variance, neighbours_kept, .. } = map.metadata;
        assert!((0.0..=1.0).contains(&explained_variance), "{:?}", map.metadata);
        assert!(neighbours_kept.is_none_or(|kept| (0.0..=1.0).contains(&kept)), "{:?}", map.metadata);
    }
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
    let plane = components::Plane::of(Rows::new(rows.as_slice().unwrap(), 5), 1);
    let points = plane.project(Rows::new(rows.as_slice().unwrap(), 5));
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
    let seeded = |seed| build(&nodes, None, seed, &Progress::silent());
    let (one, two) = (seeded(1), seeded(2));
    for (one, two) in one.nodes.iter().zip(&two.nodes) {
        assert!(one.iter().zip(two).all(|(one, two)| one.abs_diff(*two) < 30), "{one:?} {two:?}");
    }
}

#[test]
fn any_number_of_threads_makes_the_same_map() {
    let nodes = nodes(groups(2_000, 70, 30));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (flat_map_of(&nodes), map_of(&nodes)))
    };
    let one = on(1);
    assert_eq!((one.0.metadata.method, one.1.metadata.method), (MapMethod::Pca, MapMethod::Neighbours));
    for threads in [2, 3, 7] {
        assert!(on(threads) == one, "{threads} threads");
    }
}

#[test]
fn neighbours_come_to_lie_near_each_other_and_groups_apart() {
    const GROUPS: usize = 30;
    let nodes = nodes(groups(3_000, 40, GROUPS));
    let near = Near::of(&nodes, &table(&nodes, 20).unwrap());
    let components = components::Plane::of(nodes.vectors(), 42).project(nodes.vectors());
    let before = near.share_kept(&components).unwrap();
    let map = map_of(&nodes);
    let after = map.metadata.neighbours_kept.unwrap();
    assert!(after > 0.85 && after > before + 0.3, "{before} of the neighbours were near, and {after} are");
    // Of the nearest place to each, most belong to somebody of the same group.
    let square = |a: usize, b: usize| -> u64 {
        let axis = |axis: usize| u64::from(map.nodes[a][axis].abs_diff(map.nodes[b][axis])).pow(2);
        axis(0) + axis(1)
    };
    let nearest = |a: usize| (0..3_000).filter(|&b| b != a).min_by_key(|&b| square(a, b)).unwrap();
    let same = (0..300).filter(|&a| nearest(a) % GROUPS == a % GROUPS).count();
    assert!(same > 270, "{same} of 300 lie next to somebody of their group");
}

#[test]
fn what_a_plane_shows_whole_is_left_as_it_is() {
    let map = map_of(&nodes(random(500, 2, 9)));
    assert_eq!((map.metadata.method, map.metadata.neighbours_kept), (MapMethod::Pca, Some(1.0)));
    assert!((map.metadata.explained_variance - 1.0).abs() < 1e-9);
}

#[test]
fn many_profiles_of_one_vector_leave_room_for_its_neighbours() {
    // More profiles share the first vector than a row of the table has room for.
    let rows = Array2::from_shape_fn((60, 3), |(row, column)| {
        let number = row.saturating_sub(40) as f32;
        [1.0, number, number * number][column]
    });
    let nodes = nodes(rows);
    assert_eq!(nodes.count(), 20);
    assert_valid(&nodes);
    let places = map_of(&nodes).places(&nodes);
    assert!(places[..41].iter().all(|place| *place == places[0]) && places[41] != places[0]);
}
