//! How good a graph is, measured before it may be published.

use kindred::search::codes::{Encoded, NodeCodes};
use kindred::search::exact::Distance;
use kindred::search::graph::{Graph, Level, Node};
use kindred::search::recall::{K, found_within, kth_distance};
use kindred::search::walk::Scratch;
use rayon::prelude::*;

use crate::ground::progress::Step;
use crate::link::graph::FlatGraph;
use crate::vectors::rows::Rows;

/// Nodes whose searches are compared with exact search.
pub const SAMPLE: usize = 1_000;

/// The values that the default ef may have, ascending.
pub const EF_LADDER: [u32; 13] = [64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096];

/// A finished graph and its vectors, as a search sees them.
#[derive(Debug, Clone, Copy)]
pub struct BuiltGraph<'a> {
    graph: &'a FlatGraph,
    vectors: Rows<'a>,
    codes: Option<&'a Encoded>,
}

impl<'a> BuiltGraph<'a> {
    /// Puts a graph, its vectors and their codes together. Without codes vectors are compared.
    pub fn new(graph: &'a FlatGraph, vectors: Rows<'a>, codes: Option<&'a Encoded>) -> BuiltGraph<'a> {
        BuiltGraph { graph, vectors, codes }
    }
}

impl Graph for BuiltGraph<'_> {
    fn nodes(&self) -> usize {
        self.graph.nodes()
    }

    fn entry_point(&self) -> Option<Node> {
        self.graph.entry_point
    }

    fn level_of(&self, node: Node) -> Level {
        self.graph.level_of(node)
    }

    fn vector(&self, node: Node) -> &[f32] {
        self.vectors.get(node).unwrap_or_default()
    }

    fn codes(&self) -> Option<NodeCodes<'_>> {
        let Encoded { codes, metadata } = self.codes?;
        Some(NodeCodes::new(codes, self.vectors.dimension())?.with_metadata(Some(metadata)))
    }

    fn neighbours(&self, node: Node, level: Level) -> &[u32] {
        // As they are: to look for the end of a list would be to wait for what is only asked for ahead of time.
        self.graph.slots(node, level)
    }
}

/// What the measurement gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The smallest ef of the ladder that reached the target, else the largest.
    pub default_ef: u32,
    /// recall@10 at that ef; 1 where there is nothing to find.
    pub recall_at_10: f64,
    /// Nodes of the sample.
    pub sample: u32,
}

impl Quality {
    /// Whether searches are much better off with this: half the ef is enough, or more is found at the largest.
    pub fn is_much_better_than(&self, other: &Quality) -> bool {
        const MUCH: f64 = 0.01;
        2 * self.default_ef <= other.default_ef || self.recall_at_10 > other.recall_at_10 + MUCH
    }
}

/// What searches should find: for a sample that is spread evenly over the nodes, the distance of the tenth nearest.
#[derive(Debug, Clone)]
pub struct Truth {
    farthest: Vec<(Node, (usize, Distance))>,
    sample: u32,
}

impl Truth {
    /// Compares each node of the sample with every other.
    pub fn find(graph: &BuiltGraph<'_>, step: &Step) -> Truth {
        let nodes = graph.nodes();
        let sample = SAMPLE.min(nodes);
        let farthest = (0..sample).into_par_iter().filter_map(|place| {
            let node = Node((place * nodes / sample) as u32);
            let truth = kth_distance(graph, node, K);
            step.advance(1);
            truth.map(|truth| (node, truth))
        });
        Truth { farthest: farthest.collect(), sample: sample as u32 }
    }
}

/// Measures recall@10, tie-aware, up the ladder until the target is reached.
pub fn measure(graph: &BuiltGraph<'_>, truth: &Truth, target_recall: f64) -> Quality {
    let mut quality = Quality { default_ef: EF_LADDER[0], recall_at_10: 1.0, sample: truth.sample };
    for ef in EF_LADDER {
        quality = Quality { default_ef: ef, recall_at_10: recall_at(graph, ef, &truth.farthest), ..quality };
        if quality.recall_at_10 >= target_recall {
            break;
        }
    }
    quality
}

fn recall_at(graph: &BuiltGraph<'_>, ef: u32, truth: &[(Node, (usize, Distance))]) -> f64 {
    let all: usize = truth.iter().map(|&(_, (count, _))| count).sum();
    if all == 0 {
        return 1.0;
    }
    let found: usize = truth
        .par_iter()
        .map_init(Scratch::default, |scratch, &(node, truth)| {
            found_within(graph, node, ef as usize, truth, scratch)
        })
        .sum();
    found as f64 / all as f64
}
