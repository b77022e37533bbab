use kindred::distance::distance;
use kindred::file::format::NONE;
use kindred::search::graph::Node;
use ndarray::Array2;

use super::*;
use crate::vectors::nodes::normalise;
use kindred::random::SplitMix64;

fn random(count: usize, dimension: usize, seed: u64) -> Array2<f32> {
    let mut random = SplitMix64(seed);
    Array2::from_shape_simple_fn((count, dimension), || random.signed_f32())
}

/// Around centres, with many copies.
fn clustered(count: usize, dimension: usize, clusters: usize, seed: u64) -> Array2<f32> {
    let mut chance = SplitMix64(seed);
    let centres = random(clusters, dimension, seed ^ 1);
    let mut rows = Array2::zeros((count, dimension));
    for row in 0..count {
        if row > 0 && chance.bits().is_multiple_of(8) {
            let copied = (chance.bits() % row as u64) as usize;
            let copy = rows.row(copied).to_owned();
            rows.row_mut(row).assign(&copy);
            continue;
        }
        let centre = (chance.bits() % clusters as u64) as usize;
        for column in 0..dimension {
            rows[(row, column)] = centres[(centre, column)] + 0.2 * chance.signed_f32();
        }
    }
    rows
}

fn nodes(mut rows: Array2<f32>) -> Nodes {
    normalise(&mut rows);
    Nodes::new(rows)
}

fn codes(nodes: &Nodes) -> PairCodes {
    PairCodes::new(nodes.vectors().numbers(), nodes.vectors().dimension())
}

fn options(neighbours: usize, choice: TableChoice) -> TableOptions {
    TableOptions { neighbours, choice, ..TableOptions::NONE }
}

fn table(nodes: &Nodes, k: usize) -> NeighbourTable {
    let options = options(k, TableChoice::Exact);
    build(&codes(nodes), None, nodes, &options, &Progress::silent()).unwrap()
}

/// By definition: every profile against every other.
fn brute_force(nodes: &Nodes, profile: usize, k: usize) -> Vec<u32> {
    let node = nodes.node_of_profile[profile];
    if node == NONE {
        return vec![NONE; k];
    }
    let vector = |node: u32| nodes.vectors().of(Node(node));
    let mut all: Vec<(f32, u32)> = Vec::new();
    for (other, &other_node) in (0u32..).zip(&nodes.node_of_profile) {
        if other as usize != profile && other_node != NONE {
            let distance = if other_node == node { 0.0 } else { distance(vector(node), vector(other_node)) };
            all.push((distance, other));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.into_iter().map(|(_, other)| other).chain(std::iter::repeat(NONE)).take(k).collect()
}

fn rows(table: &NeighbourTable) -> Vec<Vec<u32>> {
    table.rows().map(|row| row.map_or_else(|| vec![NONE; table.neighbours], <[u32]>::to_vec)).collect()
}

fn assert_exact(rows_in: Array2<f32>, k: usize) {
    assert_rows(&nodes(rows_in), k);
}

fn assert_rows(nodes: &Nodes, k: usize) {
    let found = rows(&table(nodes, k));
    assert_eq!(found.len(), nodes.node_of_profile.len());
    for (profile, row) in found.iter().enumerate() {
        assert_eq!(*row, brute_force(nodes, profile, k), "profile {profile}");
    }
}

#[test]
fn an_exact_table_is_that_of_brute_force() {
    for (dimension, count) in [(1, 40), (2, 700), (3, 900), (50, 1_500), (784, 300)] {
        assert_exact(random(count, dimension, dimension as u64), 10);
    }
}

#[test]
fn clusters_and_copies_are_as_by_brute_force_over_several_blocks() {
    assert_exact(clustered(2_600, 16, 20, 7), 25);
}

#[test]
fn near_copies_are_told_apart() {
    let mut chance = SplitMix64(3);
    let base = random(5, 24, 4);
    let rows = Array2::from_shape_fn((1_200, 24), |(row, column)| {
        base[(row % 5, column)] + 1e-6 * chance.signed_f32()
    });
    assert_exact(rows, 15);
}

/// Groups of more near copies than a block holds: the centre of a block then has the very code of nodes of another.
#[test]
fn near_copies_that_fill_blocks_are_not_left_out() {
    let mut at_the_centre = 0;
    for seed in 1..4 {
        let mut chance = SplitMix64(seed);
        let base = random(2, 24, seed + 100);
        let rows = Array2::from_shape_fn((2_300, 24), |(row, column)| {
            base[(row / 1_150, column)] * (1.0 + 1e-6 * chance.signed_f32())
        });
        let nodes = nodes(rows);
        let codes = codes(&nodes);
        let centre = codes.centre(0..exact::BLOCK as u32);
        let others = exact::BLOCK as u32..codes.count() as u32;
        at_the_centre += others.filter(|&node| codes.half_square_to(node, &centre, 0) < 0).count();
        assert_rows(&nodes, 15);
    }
    // Both halves are rounded down: without such nodes the test would show nothing.
    assert!(at_the_centre > 0);
}

#[test]
fn one_component_that_dominates_blinds_nothing() {
    let mut rows = random(1_100, 20, 5);
    rows.column_mut(3).mapv_inplace(|x| if x < 0.0 { -1e4 } else { 1e4 });
    assert_exact(rows, 12);
}

#[test]
fn vectors_along_the_axes_tie_by_their_ids() {
    let rows =
        Array2::from_shape_fn(
            (1_300, 13),
            |(row, column)| {
                if row % 13 == column { [1.0, -1.0][row / 13 % 2] } else { 0.0 }
            },
        );
    assert_exact(rows, 120);
    assert_exact(Array2::from_shape_fn((90, 90), |(row, column)| f32::from(row == column)), 20);
}

#[test]
fn rows_end_early_where_there_are_fewer_profiles() {
    let mut rows = random(30, 4, 6);
    rows.row_mut(7).fill(0.0);
    assert_exact(rows, 50);
    assert_exact(Array2::from_elem((1, 3), 1.0), 5);
    assert_exact(Array2::from_elem((4, 3), 1.0), 2);
    assert_exact(Array2::zeros((3, 3)), 5);
}

#[test]
fn pairs_that_are_left_out_are_nobodys_neighbours() {
    // Near nodes have near numbers here, so most blocks are too far apart to be compared.
    let mut rows_in = clustered(4_100, 8, 4, 11);
    normalise(&mut rows_in);
    let mut order: Vec<usize> = (0..rows_in.nrows()).collect();
    order.sort_by(|&a, &b| rows_in[(a, 0)].total_cmp(&rows_in[(b, 0)]));
    let nodes = nodes(rows_in.select(ndarray::Axis(0), &order));
    let (table, comparison) = build_exact(&codes(&nodes), &nodes, 10, &Progress::silent().step("table", 0));
    assert!(comparison.screened < comparison.pairs * 3 / 4, "{comparison:?}");
    assert!(comparison.scored <= comparison.screened, "{comparison:?}");
    for (profile, row) in rows(&table).iter().enumerate() {
        assert_eq!(*row, brute_force(&nodes, profile, 10), "profile {profile}");
    }
}

#[test]
fn every_pair_is_screened_where_nothing_can_be_left_out() {
    let nodes = nodes(random(1_500, 16, 12));
    let (_, comparison) = build_exact(&codes(&nodes), &nodes, 2_000, &Progress::silent().step("table", 0));
    assert_eq!(comparison, Comparison { pairs: 1_124_250, screened: 1_124_250, scored: 1_124_250 });
}

#[test]
fn rows_longer_than_there_are_profiles_hold_all_of_them() {
    assert_exact(clustered(1_100, 6, 5, 13), 1_200);
}

#[test]
fn neither_the_numbering_of_nodes_nor_the_number_of_threads_matters() {
    let mut nodes = nodes(clustered(2_300, 12, 9, 8));
    let expected = rows(&table(&nodes, 20));
    let mut order: Vec<u32> = (0..nodes.count() as u32).collect();
    let mut chance = SplitMix64(1);
    for last in (1..order.len()).rev() {
        order.swap(last, (chance.bits() % (last as u64 + 1)) as usize);
    }
    nodes.reorder(&order);
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| rows(&table(&nodes, 20))), expected, "{threads} threads");
    }
}

#[test]
fn an_approximate_table_says_how_much_it_found() {
    let nodes = nodes(clustered(5_000, 16, 30, 9));
    let codes = codes(&nodes);
    let cells = Cells::of_all(&codes, 1);
    let options = options(20, TableChoice::Approximate);
    let table = build(&codes, cells.as_ref(), &nodes, &options, &Progress::silent()).unwrap();
    assert_eq!(table.kind, TableKind::Approximate);
    assert!(table.recall >= approximate::TARGET_RECALL, "{}", table.recall);
    let (mut found, mut all) = (0, 0);
    for (profile, row) in rows(&table).iter().enumerate().step_by(7) {
        let truth = brute_force(&nodes, profile, 20);
        all += truth.len();
        found += row.iter().filter(|other| truth.contains(other)).count();
    }
    // Ties count in the table's own figure and not here.
    assert!(found as f64 >= 0.98 * all as f64, "{found} of {all}");
}

#[test]
fn an_approximate_table_does_not_depend_on_the_number_of_threads() {
    let nodes = nodes(clustered(5_000, 16, 30, 11));
    let of_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let codes = codes(&nodes);
            let cells = Cells::of_all(&codes, 1);
            assert!(cells.is_some(), "several leaves");
            let options = options(20, TableChoice::Approximate);
            build(&codes, cells.as_ref(), &nodes, &options, &Progress::silent()).unwrap()
        })
    };
    let expected = of_threads(1);
    for threads in [2, 5] {
        assert_eq!(of_threads(threads), expected, "{threads} threads");
    }
}

#[test]
fn the_limit_decides_and_no_neighbours_are_no_table() {
    let nodes = nodes(random(1_100, 8, 10));
    let codes = codes(&nodes);
    let at = |limit| TableOptions { limit, ..options(5, TableChoice::Auto) }.is_exact(&codes);
    assert!(at(1_100.0 * 1_100.0 * 4.0));
    assert!(!at(1_100.0 * 1_100.0 * 4.0 - 1.0));
    assert_eq!(build(&codes, None, &nodes, &TableOptions::NONE, &Progress::silent()), None);
}
