//! From vectors to everything about them that a file holds: nodes, graph, neighbour table, measured quality.
//!
//! One function for the builder, the tests and the benchmarks, so that all of them link in the same way.

use std::time::Instant;

use anyhow::{Context, ensure};
use kindred::index::{GraphMetadata, TableMetadata};
use ndarray::Array2;

use crate::graph::{FlatGraph, GraphBuilder, GraphParameters, HnswRs, RepairReport, reachable, repair};
use crate::progress::Progress;
use crate::quality::{BuiltGraph, Quality, SAMPLE, measure};
use crate::table::NeighbourTable;
use crate::vectors::Nodes;

/// How vectors are linked.
#[derive(Debug, Clone, Copy)]
pub struct LinkOptions {
    /// m, ef_construction, seed.
    pub graph: GraphParameters,
    /// The recall@10 that the default ef has to reach on the sample.
    pub target_recall: f64,
}

/// How long it took, in seconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkSeconds {
    /// From finished vectors to the finished, repaired graph, without the table.
    pub graph: f64,
    /// The neighbour table.
    pub table: f64,
    /// Measuring recall and reachability.
    pub verify: f64,
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
    /// What had to be attached.
    pub repair: RepairReport,
    /// Nodes that a walk from the entry point reaches.
    pub reachable: usize,
    /// Recall, and the ef that it takes.
    pub quality: Quality,
    /// How long it took.
    pub seconds: LinkSeconds,
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
    let mut seconds = LinkSeconds::default();
    let started = Instant::now();
    let nodes = Nodes::new(rows);
    let step = progress.step("graph", nodes.count() as u64);
    let builder = HnswRs;
    let mut graph =
        builder.build(nodes.vectors.view(), &options.graph, &mut |linked| step.reach(linked as u64))?;
    let repair = repair(&mut graph, nodes.vectors.view())?;
    step.done(|| format!("{} nodes, {} of them attached afterwards", nodes.count(), repair.attached));
    seconds.graph = started.elapsed().as_secs_f64();
    let step = progress.step("verify", SAMPLE.min(nodes.count()) as u64);
    let reachable = reachable(&graph);
    let quality = {
        let built = BuiltGraph::new(&graph, nodes.vectors.view())
            .context("the vectors do not lie one after the other")?;
        measure(&built, options.target_recall, &step)
    };
    seconds.verify =
        step.done(|| format!("recall@10 {:.4} at ef {}", quality.recall_at_10, quality.default_ef));
    Ok(Linked {
        nodes,
        graph,
        table: None,
        repair,
        reachable,
        quality,
        seconds,
        builder: builder.name(),
        options: *options,
    })
}

impl Linked {
    /// Checks what has to hold before a file may be published.
    ///
    /// # Errors
    /// A node that cannot be reached, and a recall below `min_recall`.
    pub fn check(&self, min_recall: f64) -> anyhow::Result<()> {
        let (reachable, nodes) = (self.reachable, self.nodes.count());
        ensure!(reachable == nodes, "{reachable} of {nodes} nodes can be reached; nothing is published");
        let Quality { recall_at_10, default_ef, .. } = self.quality;
        ensure!(
            recall_at_10 >= min_recall,
            "recall@10 is {recall_at_10:.4} at ef {default_ef}; --min-recall demands {min_recall}; nothing is \
             published"
        );
        Ok(())
    }

    /// What the file says about the graph.
    pub fn graph_metadata(&self) -> GraphMetadata {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        GraphMetadata {
            builder: self.builder.to_owned(),
            ef_construction: number(self.options.graph.ef_construction),
            seed: self.options.graph.seed,
            attached: number(self.repair.attached),
        }
    }

    /// What the file says about the neighbour table.
    pub fn table_metadata(&self) -> Option<TableMetadata> {
        self.table.as_ref().map(NeighbourTable::metadata)
    }
}
