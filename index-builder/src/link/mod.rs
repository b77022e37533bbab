//! From vectors to everything about them that a file holds: nodes, graph, neighbour table, map, measured quality.
//!
//! One function for the builder, the tests and the benchmarks, so that all of them link in the same way.

pub mod graph;
pub mod map;
pub mod pairs;
pub mod quality;
pub mod table;

use clap::ValueEnum;
use kindred::counted::counted;
use kindred::file::{GraphMetadata, Metadata, Source, VectorizerMetadata};
use kindred::search::codes::{self, Encoded};
use ndarray::Array2;

use crate::ground::gate::{Gate, Refusal};
use crate::ground::progress::{Progress, Step, steps};
use crate::link::graph::{
    Cells, FlatGraph, GraphBuilder, GraphParameters, HnswRs, Partitioned, RepairReport, reachable, repair,
};
use crate::link::map::ProfileMap;
use crate::link::pairs::PairCodes;
use crate::link::quality::{BuiltGraph, EF_LADDER, Quality, SAMPLE, Truth, measure};
use crate::link::table::{NeighbourTable, TableOptions};
use crate::vectors::nodes::Nodes;

/// What constructs the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum GraphChoice {
    /// From overlapping partitions
    #[default]
    Partitions,
    /// Node by node, by the crate hnsw_rs
    #[value(name = "hnsw-rs")]
    HnswRs,
}

/// How vectors are linked.
#[derive(Debug, Clone, Copy)]
pub struct LinkOptions {
    /// What constructs the graph.
    pub builder: GraphChoice,
    /// m, ef_construction, seed.
    pub graph: GraphParameters,
    /// The neighbour table.
    pub table: TableOptions,
    /// Whether there is a map.
    pub map: bool,
    /// The recall@10 that the default ef has to reach on the sample.
    pub target_recall: f64,
}

/// Linked vectors, with what is known about them.
#[derive(Debug)]
pub struct Linked {
    /// The distinct vectors, and which profiles have which.
    pub nodes: Nodes,
    /// The graph over them.
    pub graph: FlatGraph,
    /// The neighbour table, where there is one.
    pub table: Option<NeighbourTable>,
    /// The map, where there is one.
    pub map: Option<ProfileMap>,
    /// The vectors in 8 bits, for searches to walk by; none where searches are better without.
    pub codes: Option<Encoded>,
    /// What had to be attached.
    pub repair: RepairReport,
    /// Nodes that a walk from the entry point reaches.
    pub reachable: usize,
    /// Recall, and the ef that it takes.
    pub quality: Quality,
    builder: &'static str,
    options: LinkOptions,
}

/// Links unit vectors, a row for each profile; rows of zeros get no node.
///
/// The same rows and options give the same result on any number of threads.
///
/// # Errors
/// What construction and repair give. Whether the quality is good enough is for the caller to judge.
pub fn link(rows: Array2<f32>, options: &LinkOptions, progress: &Progress) -> anyhow::Result<Linked> {
    let step = progress.step(steps::GRAPH, rows.nrows() as u64);
    let mut nodes = Nodes::new(rows);
    step.expect(nodes.count() as u64);
    let (pair_codes, cells) = arrange(&mut nodes, options.graph.seed);
    let mut done = |linked| step.reach(linked as u64);
    let (mut graph, builder) = match options.builder {
        GraphChoice::Partitions => {
            let graph = Partitioned.build_from(&pair_codes, cells.as_ref(), &options.graph, &mut done)?;
            (graph, Partitioned.name())
        }
        GraphChoice::HnswRs => (HnswRs.build(nodes.vectors(), &options.graph, &mut done)?, HnswRs.name()),
    };
    let repair = repair(&mut graph, nodes.vectors())?;
    step.done(|| {
        format!("{}, {} of them attached afterwards", counted(nodes.count() as u64, "node"), repair.attached)
    });
    let table = table::build(&pair_codes, cells.as_ref(), &nodes, &options.table, progress);
    drop((pair_codes, cells));
    let map = options.map.then(|| map::build(&nodes, table.as_ref(), options.graph.seed, progress));
    let step = progress.step(steps::VERIFY, SAMPLE.min(nodes.count()) as u64);
    let reachable = reachable(&graph);
    let (codes, quality) = measure_codes(&graph, &nodes, options.target_recall, &step);
    step.done(|| format!("recall@10 {:.4} at ef {}", quality.recall_at_10, quality.default_ef));
    Ok(Linked { nodes, graph, table, map, codes, repair, reachable, quality, builder, options: *options })
}

/// Encodes the vectors and measures what searches find by the codes. Where they find much more without, there are no
/// codes: some components then differ too much in size for 8 bits.
fn measure_codes(
    graph: &FlatGraph,
    nodes: &Nodes,
    target_recall: f64,
    step: &Step,
) -> (Option<Encoded>, Quality) {
    let vectors = nodes.vectors();
    let codes = codes::encode(vectors.numbers(), vectors.dimension());
    let built = |codes: Option<_>| BuiltGraph::new(graph, vectors, codes);
    let truth = Truth::find(&built(Some(&codes)), step);
    let by_codes = measure(&built(Some(&codes)), &truth, target_recall);
    if by_codes.default_ef > EF_LADDER[0] {
        let by_vectors = measure(&built(None), &truth, target_recall);
        if by_vectors.is_much_better_than(&by_codes) {
            return (None, by_vectors);
        }
    }
    ((!codes.codes.is_empty()).then_some(codes), by_codes)
}

/// Numbers the nodes so that near ones mostly have near numbers: searches, and comparisons block by block, then find
/// together what they need together.
fn arrange(nodes: &mut Nodes, seed: u64) -> (PairCodes, Option<Cells>) {
    let codes = PairCodes::new(nodes.vectors().numbers(), nodes.vectors().dimension());
    match Cells::of_all(&codes, seed) {
        Some(cells) => {
            let order = cells.order(&codes);
            nodes.reorder(&order);
            (codes.subset(&order), Some(cells.reordered(&order)))
        }
        None => (codes, None),
    }
}

impl Linked {
    /// Checks what has to hold before a file may be published.
    ///
    /// # Errors
    /// A node that cannot be reached, and a recall below `min_recall`.
    pub fn check(&self, min_recall: f64) -> anyhow::Result<()> {
        let (reachable, nodes) = (self.reachable, self.nodes.count());
        let refused = |gate, message| Err(Refusal { gate, message }.into());
        if reachable != nodes {
            return refused(
                Gate::Reachability,
                format!("{reachable} of {nodes} nodes can be reached; nothing is published"),
            );
        }
        let Quality { recall_at_10, default_ef, .. } = self.quality;
        if recall_at_10 < min_recall {
            return refused(
                Gate::Recall,
                format!(
                    "recall@10 is {recall_at_10:.4} at ef {default_ef}; --min-recall demands {min_recall}; nothing is \
                     published"
                ),
            );
        }
        Ok(())
    }

    /// What a file says about what was linked, besides what every file says.
    pub fn metadata(
        &self,
        builder: &str,
        source: Source,
        id_field: &str,
        vectorizer: VectorizerMetadata,
    ) -> Metadata {
        Metadata {
            table: self.table.as_ref().map(NeighbourTable::metadata),
            map: self.map.as_ref().map(|map| map.metadata),
            codes: self.codes.as_ref().map(|codes| codes.metadata.clone()),
            default_ef: self.quality.default_ef,
            recall_at_10: self.quality.recall_at_10,
            recall_sample: self.quality.sample,
            reachable: number(self.reachable),
            ..Metadata::new(builder, source, id_field, vectorizer, self.graph_metadata())
        }
    }

    fn graph_metadata(&self) -> GraphMetadata {
        GraphMetadata {
            builder: self.builder.to_owned(),
            ef_construction: number(self.options.graph.ef_construction),
            seed: self.options.graph.seed,
            attached: number(self.repair.attached),
        }
    }
}

/// A count for the metadata. Files of more nodes are refused before.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
