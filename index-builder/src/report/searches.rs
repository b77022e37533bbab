//! What searches of the graph find and take, against comparing with every vector, for a sample of the nodes.

use kindred::search::exact::{Distance, nearest_nodes};
use kindred::search::graph::{Graph, Node};
use kindred::search::recall::{K, found_with_work};
use kindred::search::walk::Scratch;
use rayon::prelude::*;

use kindred::random::SplitMix64;

/// The most nodes that are compared with every vector.
const SAMPLE: usize = 1_000;
/// And the fewest, however many vectors there are.
const FEWEST: usize = 100;
/// Distance computations that exact search may take in all, while there are more than [`FEWEST`]: seconds.
const BUDGET: usize = 200_000_000;
/// The widths that are measured, besides the file's own.
const LADDER: [usize; 12] = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];
/// What the sample starts from.
const SEED: u64 = 42;

/// What the sample showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Searches {
    /// Nodes of the sample.
    pub sample: usize,
    /// A row for each width, ascending.
    pub widths: Vec<Width>,
    /// The distance of the nearest other vector for each of the sample, ascending.
    pub first: Vec<f32>,
    /// That of the tenth, of those that have ten others, ascending.
    pub tenth: Vec<f32>,
}

/// Searches of one width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Width {
    /// The width.
    pub ef: usize,
    /// Share of the true ten nearest that were found, ties counting.
    pub recall: f64,
    /// Vectors compared with the query, on average.
    pub distances: f64,
    /// Nodes whose neighbours were looked at, on average.
    pub hops: f64,
}

impl Searches {
    /// Measures; none where no node has another one. `default_ef` is measured too.
    pub fn measure<G: Graph + Sync>(graph: &G, default_ef: usize) -> Option<Searches> {
        let nodes = graph.nodes();
        if nodes < 2 {
            return None;
        }
        let sample = sample(nodes, SAMPLE.min((BUDGET / nodes).max(FEWEST)));
        let truths: Vec<(Node, Vec<Distance>)> = sample
            .par_iter()
            .map(|&node| {
                let (nearest, _) = nearest_nodes(graph, node, K);
                (node, nearest.into_iter().map(|(distance, _)| distance).collect())
            })
            .collect();
        let mut efs: Vec<usize> = LADDER.into_iter().chain([default_ef]).collect();
        efs.sort_unstable();
        efs.dedup();
        let widths = efs.into_iter().map(|ef| width(graph, ef, &truths)).collect();
        let sorted = |mut distances: Vec<f32>| {
            distances.sort_unstable_by(f32::total_cmp);
            distances
        };
        let at = |place: usize| -> Vec<f32> {
            truths.iter().filter_map(|(_, nearest)| nearest.get(place)).map(|distance| distance.0).collect()
        };
        Some(Searches { sample: truths.len(), widths, first: sorted(at(0)), tenth: sorted(at(K - 1)) })
    }
}

fn width<G: Graph + Sync>(graph: &G, ef: usize, truths: &[(Node, Vec<Distance>)]) -> Width {
    let searched: Vec<(usize, usize, u64, u64)> = truths
        .par_iter()
        .map_init(Scratch::default, |scratch, (node, nearest)| {
            let Some(&kth) = nearest.last() else { return (0, 0, 0, 0) };
            let truth = (nearest.len(), kth);
            let (found, work) = found_with_work(graph, *node, ef, truth, scratch);
            (found, nearest.len(), work.distances, work.hops)
        })
        .collect();
    let (mut found, mut all, mut distances, mut hops) = (0, 0, 0, 0);
    for one in searched {
        (found, all, distances, hops) = (found + one.0, all + one.1, distances + one.2, hops + one.3);
    }
    let mean = |sum: u64| sum as f64 / truths.len().max(1) as f64;
    Width {
        ef,
        recall: if all == 0 { 1.0 } else { found as f64 / all as f64 },
        distances: mean(distances),
        hops: mean(hops),
    }
}

/// Different nodes, ascending: all where there are no more.
fn sample(nodes: usize, count: usize) -> Vec<Node> {
    let mut chosen = std::collections::BTreeSet::new();
    let mut random = SplitMix64(SEED);
    let count = count.min(nodes);
    // Floyd's: every set of that size is as likely as any other.
    for last in nodes - count..nodes {
        let drawn = Node(random.below(last as u64 + 1) as u32);
        if !chosen.insert(drawn) {
            chosen.insert(Node(last as u32));
        }
    }
    chosen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_of_different_nodes_and_of_all_where_there_are_few() {
        for (nodes, count, size) in [(1, 1_000, 1), (7, 7, 7), (10, 3, 3), (100_000, 1_000, 1_000)] {
            let sample = sample(nodes, count);
            assert_eq!(sample.len(), size);
            assert!(sample.is_sorted_by(|a, b| a < b) && sample.iter().all(|&node| node.index() < nodes));
        }
        let middle = sample(100_000, 1_000)[500];
        assert!((40_000..60_000).contains(&middle.0), "spread evenly: {middle}");
    }
}
