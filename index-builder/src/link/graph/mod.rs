//! Graph construction: distinct unit vectors in, the arrays of the graph section out.
//!
//! [`GraphBuilder`] is what a way of construction has to give; [`Partitioned`] and [`HnswRs`] are two. Whatever built
//! it, a graph goes through [`repair`] afterwards, which makes every node reachable or says that it could not.

mod flat;
mod hnsw_rs;
mod partitioned;
mod reach;
mod repair;
mod shuffle;

pub use flat::FlatGraph;
pub use hnsw_rs::HnswRs;
pub use partitioned::{Cells, NearLists, Partitioned, near_lists, refine};
pub use reach::{Walk, reachable};
pub use repair::{RepairReport, repair};

use kindred::file::format::{M_RANGE, NONE};

use crate::vectors::rows::Rows;

/// What a graph is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphParameters {
    /// Links of a node on a level above 0 (the paper's M), within [`M_RANGE`]; twice as many on level 0.
    pub m: usize,
    /// Candidates looked at for the links of a new node (the paper's efConstruction), at least 1.
    pub ef_construction: usize,
    /// Where the pseudo-random order of insertion starts.
    pub seed: u64,
}

/// A way to construct a graph.
pub trait GraphBuilder {
    /// The name under which a file says what built it.
    fn name(&self) -> &'static str;

    /// Links the rows of `vectors`, which are unit vectors and all different. Row i becomes node i. `progress` is
    /// told the number of nodes linked so far.
    ///
    /// The same vectors and parameters give the same graph. Not every node need be reachable: see [`repair`].
    ///
    /// # Errors
    /// [`GraphError`] for parameters out of range and vectors that cannot be compared.
    fn build(
        &self,
        vectors: Rows<'_>,
        parameters: &GraphParameters,
        progress: &mut dyn FnMut(usize),
    ) -> Result<FlatGraph, GraphError>;
}

/// Why there is no graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// `m` is out of range.
    #[error("m is {m}; allowed is {} to {}", M_RANGE.start(), M_RANGE.end())]
    M {
        /// What was asked for.
        m: usize,
    },
    /// `ef_construction` is 0.
    #[error("ef_construction is 0; allowed is 1 and more")]
    EfConstruction,
    /// More nodes than a graph can number, or more links than memory can address.
    #[error("a graph of {nodes} nodes with m {m} is too large")]
    TooLarge {
        /// How many vectors there are.
        nodes: usize,
        /// Links of a node.
        m: usize,
    },
    /// A vector holds NaN or an infinity.
    #[error("vector {row} holds a number that is not finite")]
    NotFinite {
        /// The vector's row.
        row: usize,
    },
    /// The arrays of a graph contradict each other or the number of vectors.
    #[error("the graph is inconsistent: {0}")]
    Inconsistent(&'static str),
    /// Nodes that no walk from the entry point reaches, even after repair.
    #[error("{count} nodes cannot be reached from the entry point, even after repair")]
    Unreachable {
        /// How many, on all levels together.
        count: usize,
    },
}

/// Checks what every way of construction has to refuse.
fn check(vectors: Rows<'_>, parameters: &GraphParameters) -> Result<(), GraphError> {
    let GraphParameters { m, ef_construction, .. } = *parameters;
    if !u32::try_from(m).is_ok_and(|m| M_RANGE.contains(&m)) {
        return Err(GraphError::M { m });
    }
    if ef_construction == 0 {
        return Err(GraphError::EfConstruction);
    }
    let nodes = vectors.count();
    // What ends a list can be no node.
    if nodes >= NONE as usize {
        return Err(GraphError::TooLarge { nodes, m });
    }
    match vectors.iter().position(|row| row.iter().any(|number| !number.is_finite())) {
        Some(row) => Err(GraphError::NotFinite { row }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
