//! Graphs as built and repaired, against exact search.

use std::collections::BTreeSet;

use kindred::random::SplitMix64;
use kindred::search::graph::{Graph, Level, Node};
use kindred::search::recall::{found_within, kth_distance};
use kindred::search::walk::Scratch;
use ndarray::Array2;

use super::*;

/// Points of `clusters` clusters, cluster after cluster, of length 1.
fn clustered(nodes: usize, dimension: usize, clusters: usize, spread: f64, seed: u64) -> Array2<f32> {
    let mut random = SplitMix64(seed);
    let mut unit = move || random.signed();
    let centres = Array2::from_shape_fn((clusters, dimension), |_| unit());
    let per_cluster = nodes.div_ceil(clusters);
    normalised(Array2::from_shape_fn((nodes, dimension), |(row, column)| {
        centres[(row / per_cluster, column)] + spread * unit()
    }))
}

/// Points on a half circle, one after the other.
fn line(nodes: usize) -> Array2<f32> {
    Array2::from_shape_fn((nodes, 2), |(row, column)| {
        let angle = row as f64 / nodes as f64 * std::f64::consts::PI;
        [angle.cos(), angle.sin()][column] as f32
    })
}

/// The neighbours of a node.
fn neighbours(graph: &FlatGraph, node: Node, level: Level) -> Vec<Node> {
    graph.neighbours(node, level).iter().copied().map(Node).collect()
}

fn view(rows: &Array2<f32>) -> Rows<'_> {
    Rows::new(rows.as_slice().unwrap(), rows.ncols())
}

fn normalised(mut rows: Array2<f64>) -> Array2<f32> {
    for mut row in rows.rows_mut() {
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
    rows.mapv(|component| component as f32)
}

fn parameters(m: usize) -> GraphParameters {
    GraphParameters { m, ef_construction: 100, seed: 42 }
}

fn built(vectors: &Array2<f32>, m: usize) -> FlatGraph {
    HnswRs.build(view(vectors), &parameters(m), &mut |_| {}).unwrap()
}

fn near(vectors: Rows<'_>, a: Node, b: Node) -> (u32, Node) {
    // The bits of floats that are not negative are in the order of the floats.
    (vectors.distance(a, b).to_bits(), b)
}

/// A graph and its vectors, for the library's search.
struct Searched<'a>(&'a FlatGraph, Rows<'a>);

impl Graph for Searched<'_> {
    fn nodes(&self) -> usize {
        self.0.nodes()
    }

    fn entry_point(&self) -> Option<Node> {
        self.0.entry_point
    }

    fn level_of(&self, node: Node) -> Level {
        self.0.level_of(node)
    }

    fn vector(&self, node: Node) -> &[f32] {
        self.1.of(node)
    }

    fn neighbours(&self, node: Node, level: Level) -> &[u32] {
        self.0.neighbours(node, level)
    }
}

/// recall@10 over every 20th node.
fn recall_at_10(graph: &FlatGraph, vectors: Rows<'_>, ef: usize) -> f64 {
    let searched = Searched(graph, vectors);
    let mut scratch = Scratch::default();
    let (mut found, mut wanted) = (0, 0);
    for query in (0..vectors.count() as u32).step_by(20).map(Node) {
        let kth = kth_distance(&searched, query, 10).unwrap();
        found += found_within(&searched, query, ef, kth, &mut scratch);
        wanted += kth.0;
    }
    found as f64 / wanted as f64
}

/// Every rule that the file has for a graph's arrays.
fn assert_well_formed(graph: &FlatGraph, vectors: Rows<'_>) {
    graph.check_shape(vectors.count()).unwrap();
    for node in (0..graph.nodes() as u32).map(Node) {
        for level in (0..=graph.level_of(node).0).map(Level) {
            let list = neighbours(graph, node, level);
            let ordered: BTreeSet<_> = list.iter().map(|&other| near(vectors, node, other)).collect();
            assert_eq!(ordered.len(), list.len(), "node {node} names a neighbour twice");
            assert!(list.iter().all(|&other| other != node && graph.lives_on(other, level)));
            assert!(graph.slots(node, level)[list.len()..].iter().all(|&slot| slot == NONE));
        }
    }
}

#[test]
fn clusters_that_come_one_after_the_other_are_found() {
    let vectors = clustered(2_000, 32, 40, 0.3, 1);
    let mut graph = built(&vectors, 16);
    let report = repair(&mut graph, view(&vectors)).unwrap();
    assert_eq!(report.reached, 2_000);
    assert_well_formed(&graph, view(&vectors));
    let recall = recall_at_10(&graph, view(&vectors), 100);
    assert!(recall >= 0.95, "recall@10 is {recall}");
}

#[test]
fn the_same_vectors_and_seed_give_the_same_graph() {
    let vectors = clustered(800, 16, 8, 0.5, 2);
    let [mut one, mut other] = [built(&vectors, 8), built(&vectors, 8)];
    assert_eq!(one, other);
    repair(&mut one, view(&vectors)).unwrap();
    repair(&mut other, view(&vectors)).unwrap();
    assert_eq!(one, other);
    let reseeded = GraphParameters { seed: 43, ..parameters(8) };
    assert_ne!(one, HnswRs.build(view(&vectors), &reseeded, &mut |_| {}).unwrap());
}

#[test]
fn graphs_of_no_node_to_three_are_complete() {
    for nodes in 0..=3 {
        let vectors = line(nodes);
        let mut graph = built(&vectors, 2);
        let report = repair(&mut graph, view(&vectors)).unwrap();
        assert_eq!((report.reached, reachable(&graph)), (nodes, nodes));
        assert_well_formed(&graph, view(&vectors));
        assert_eq!(graph.levels == 0, nodes == 0);
        for node in 0..nodes as u32 {
            assert_eq!(graph.neighbours(Node(node), Level::BASE).len(), nodes - 1);
        }
    }
}

#[test]
fn the_largest_m_links_everything_to_everything_nearby() {
    let vectors = clustered(600, 8, 3, 0.8, 3);
    let mut graph = built(&vectors, 256);
    repair(&mut graph, view(&vectors)).unwrap();
    assert_well_formed(&graph, view(&vectors));
    assert_eq!(graph.level0.len(), 600 * 512);
    assert!(recall_at_10(&graph, view(&vectors), 100) > 0.99);
}

#[test]
fn the_smallest_m_reaches_every_node_of_tight_clusters() {
    let vectors = clustered(3_000, 16, 100, 0.01, 4);
    let mut graph = built(&vectors, 2);
    let report = repair(&mut graph, view(&vectors)).unwrap();
    assert_eq!(report.reached, 3_000);
    assert_eq!(reachable(&graph), 3_000);
    assert_well_formed(&graph, view(&vectors));
}

#[test]
fn the_smallest_m_reaches_every_node_of_a_line() {
    let vectors = line(10_000);
    let parameters = GraphParameters { m: 2, ef_construction: 20, seed: 5 };
    let mut graph = HnswRs.build(view(&vectors), &parameters, &mut |_| {}).unwrap();
    let report = repair(&mut graph, view(&vectors)).unwrap();
    assert_eq!(report.reached, 10_000);
    // So many links lead to near nodes that half of the line is out of reach at first.
    assert!(report.unreached_before > 1_000);
    assert!(report.attached < report.unreached_before / 10);
    assert_eq!(reachable(&graph), 10_000);
}

#[test]
fn every_level_is_reached_from_the_entry_point() {
    let vectors = clustered(2_000, 8, 50, 0.1, 6);
    let mut graph = built(&vectors, 2);
    repair(&mut graph, view(&vectors)).unwrap();
    for level in (0..graph.levels).map(Level) {
        let members = (0..2_000).map(Node).filter(|&node| graph.lives_on(node, level)).count();
        assert_eq!(Walk::from_entry_point(&graph, level).count(), members, "level {level}");
    }
}

#[test]
fn a_graph_without_a_link_is_linked_anew() {
    let vectors = clustered(300, 8, 10, 0.3, 7);
    let mut graph = FlatGraph::unlinked(2, &vec![0; 300], Some(Node(17))).unwrap();
    let report = repair(&mut graph, view(&vectors)).unwrap();
    assert_eq!(report, RepairReport { unreached_before: 299, attached: 299, reached: 300 });
    assert_well_formed(&graph, view(&vectors));
    // Each node can leave, too.
    assert!((0..300).all(|node| !graph.neighbours(Node(node), Level::BASE).is_empty()));
}

#[test]
fn parts_that_hang_together_are_attached_with_one_link() {
    // Two rings with every slot taken and no link between them: 0..20, where the walk starts, and 20..40.
    let vectors = line(40);
    let mut graph = FlatGraph::unlinked(2, &[0; 40], Some(Node(0))).unwrap();
    for node in 0..40u32 {
        let (first, place) = (node / 20 * 20, node % 20);
        let ring = [1, 19, 2, 18].map(|step| first + (place + step) % 20);
        graph.slots_mut(Node(node), Level::BASE).copy_from_slice(&ring);
    }
    assert_eq!(reachable(&graph), 20);
    let report = repair(&mut graph, view(&vectors)).unwrap();
    assert_eq!(report, RepairReport { unreached_before: 20, attached: 1, reached: 40 });
    assert_well_formed(&graph, view(&vectors));
    // The nearest of the reached ones gave a link away, and the node links back.
    assert!(graph.neighbours(Node(19), Level::BASE).contains(&20));
    assert!(graph.neighbours(Node(20), Level::BASE).contains(&19));
}

#[test]
fn no_link_that_carries_anything_makes_room() {
    // A chain whose every link is needed, nodes with two slots used, and the rest of the nodes alone.
    let vectors = clustered(60, 4, 2, 0.2, 8);
    let mut graph = FlatGraph::unlinked(1, &[0; 60], Some(Node(0))).unwrap();
    for node in 0..29u32 {
        graph.slots_mut(Node(node), Level::BASE).copy_from_slice(&[node + 1, node / 2]);
    }
    let report = repair(&mut graph, view(&vectors)).unwrap();
    assert_eq!(report.reached, 60);
    for node in 0..29u32 {
        assert!(graph.neighbours(Node(node), Level::BASE).contains(&(node + 1)));
    }
}

#[test]
fn arrays_that_contradict_each_other_are_refused() {
    let vectors = line(10);
    let good = built(&vectors, 4);
    let broken: [fn(&mut FlatGraph); 6] = [
        |graph| graph.entry_point = Some(Node(10)),
        |graph| graph.entry_point = None,
        |graph| graph.level0.truncate(5),
        |graph| graph.upper.push(0),
        |graph| graph.levels += 1,
        |graph| graph.upper_offsets.truncate(3),
    ];
    for edit in broken {
        let mut graph = good.clone();
        edit(&mut graph);
        let result = repair(&mut graph, view(&vectors));
        assert!(matches!(result, Err(GraphError::Inconsistent(_))), "{result:?}");
    }
    assert!(repair(&mut good.clone(), view(&line(9))).is_err());
}

#[test]
fn links_to_what_is_no_node_are_passed_over() {
    let vectors = line(10);
    let mut graph = built(&vectors, 4);
    graph.level0.fill(1_000_000);
    assert_eq!(reachable(&graph), 1);
}

#[test]
fn parameters_and_vectors_out_of_range_are_refused() {
    let vectors = line(5);
    let build = |vectors: &Array2<f32>, m, ef_construction| {
        HnswRs.build(view(vectors), &GraphParameters { m, ef_construction, seed: 0 }, &mut |_| {})
    };
    for m in [0, 1, 257, usize::MAX] {
        assert_eq!(build(&vectors, m, 10), Err(GraphError::M { m }));
    }
    assert_eq!(build(&vectors, 4, 0), Err(GraphError::EfConstruction));
    assert!(build(&vectors, 4, 1).is_ok());
    assert!(build(&vectors, 4, usize::MAX).is_ok());
    for wrong in [f32::NAN, f32::INFINITY] {
        let mut vectors = vectors.clone();
        vectors[(3, 1)] = wrong;
        assert_eq!(build(&vectors, 4, 10), Err(GraphError::NotFinite { row: 3 }));
    }
}

#[test]
fn progress_counts_every_node() {
    let mut last = 0;
    let mut calls = 0;
    let mut progress = |done| (last, calls) = (done, calls + 1);
    HnswRs.build(view(&line(50)), &parameters(4), &mut progress).unwrap();
    assert_eq!((last, calls), (50, 50));
}

fn partitioned(vectors: &Array2<f32>, m: usize) -> FlatGraph {
    Partitioned.build(view(vectors), &parameters(m), &mut |_| {}).unwrap()
}

#[test]
fn partitions_find_clusters_that_come_one_after_the_other() {
    let vectors = clustered(3_000, 32, 40, 0.3, 1);
    let mut graph = partitioned(&vectors, 16);
    let report = repair(&mut graph, view(&vectors)).unwrap();
    assert_eq!(report.reached, 3_000);
    assert_well_formed(&graph, view(&vectors));
    let recall = recall_at_10(&graph, view(&vectors), 100);
    assert!(recall >= 0.98, "recall@10 is {recall}");
}

#[test]
fn partitions_give_the_same_graph_on_any_number_of_threads() {
    let vectors = clustered(4_000, 16, 8, 0.5, 2);
    let one = partitioned(&vectors, 8);
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| partitioned(&vectors, 8)), one, "{threads} threads");
    }
    let reseeded = GraphParameters { seed: 43, ..parameters(8) };
    assert_ne!(one, Partitioned.build(view(&vectors), &reseeded, &mut |_| {}).unwrap());
}

#[test]
fn dense_groups_have_links_that_lead_out() {
    // Each group is larger than a node has candidates, and far from the others.
    let vectors = clustered(4_000, 24, 20, 0.003, 6);
    let graph = partitioned(&vectors, 16);
    let groups_left =
        |node: u32| graph.neighbours(Node(node), Level::BASE).iter().any(|&to| to / 200 != node / 200);
    for group in 0..20 {
        assert!((group * 200..(group + 1) * 200).any(groups_left), "group {group} has no way out");
    }
}

#[test]
fn clusters_larger_than_a_beam_are_left() {
    // A search that starts in one cluster has to get to another; links that fill up a node must not cost it that.
    let vectors = clustered(6_000, 16, 8, 0.15, 9);
    let mut graph = partitioned(&vectors, 8);
    repair(&mut graph, view(&vectors)).unwrap();
    let recall = recall_at_10(&graph, view(&vectors), 256);
    assert!(recall >= 0.998, "recall@10 is {recall}");
}

#[test]
fn slots_are_filled_where_there_are_no_clusters() {
    let vectors = clustered(3_000, 24, 3_000, 0.0, 7);
    let graph = partitioned(&vectors, 8);
    let links: usize = (0..3_000).map(|node| graph.neighbours(Node(node), Level::BASE).len()).sum();
    // m links of each node and one back for each, where all are mutual, would be 8.
    assert!(links >= 3_000 * 13, "{links} links");
}

#[test]
fn codes_find_what_is_nearer_together_than_they_can_tell() {
    // A group of 600 within a hundredth of the width of a code's unit, amid others that give the unit its size.
    let mut vectors = clustered(3_000, 32, 3_000, 0.0, 8);
    let dense = clustered(600, 32, 1, 0.000_5, 3);
    vectors.slice_mut(ndarray::s![..600, ..]).assign(&dense);
    let graph = {
        let mut graph = partitioned(&vectors, 16);
        repair(&mut graph, view(&vectors)).unwrap();
        graph
    };
    let codes = kindred::search::codes::encode(vectors.as_slice().unwrap(), 32);
    let built = crate::link::quality::BuiltGraph::new(&graph, view(&vectors), Some(&codes));
    let mut scratch = Scratch::default();
    let mut found = 0;
    for query in (0..600).step_by(10).map(Node) {
        let kth = kth_distance(&built, query, 10).unwrap();
        found += found_within(&built, query, 640, kth, &mut scratch);
    }
    assert_eq!(found, 600, "of the ten nearest of 60");
}

#[test]
fn partitions_of_few_nodes_and_of_copies_are_linked() {
    for nodes in 0..=3 {
        let vectors = line(nodes);
        let mut graph = partitioned(&vectors, 2);
        let report = repair(&mut graph, view(&vectors)).unwrap();
        assert_eq!((report.reached, reachable(&graph)), (nodes, nodes));
        assert_well_formed(&graph, view(&vectors));
    }
    // All codes are one: no pivot tells anything apart.
    let mut copies = Array2::zeros((3_000, 4));
    copies.column_mut(0).fill(1.0f32);
    let mut graph = partitioned(&copies, 4);
    assert_eq!(repair(&mut graph, view(&copies)).unwrap().reached, 3_000);
}

#[test]
fn partitions_with_the_smallest_and_the_largest_m_reach_every_node() {
    for m in [2, 256] {
        let vectors = clustered(1_500, 16, 50, 0.05, 4);
        let mut graph = partitioned(&vectors, m);
        assert_eq!(repair(&mut graph, view(&vectors)).unwrap().reached, 1_500);
        assert_well_formed(&graph, view(&vectors));
    }
}
