//! A graph in memory, with its vectors, as search wants it.

use kindred::index::graph::Graph;
use ndarray::{ArrayView2, CowArray, Ix2};

use super::FlatGraph;

/// A graph and its vectors: what the library's search, exact search and recall work on, before there is a file.
#[derive(Debug)]
pub struct Linked<'a> {
    graph: &'a FlatGraph,
    vectors: CowArray<'a, f32, Ix2>,
}

impl<'a> Linked<'a> {
    /// Row i is the vector of node i. Copies nothing, unless the rows lie scattered in memory.
    pub fn new(graph: &'a FlatGraph, vectors: ArrayView2<'a, f32>) -> Linked<'a> {
        let vectors = match vectors.is_standard_layout() {
            true => CowArray::from(vectors),
            false => CowArray::from(vectors.as_standard_layout().into_owned()),
        };
        Linked { graph, vectors }
    }
}

impl Graph for Linked<'_> {
    fn nodes(&self) -> usize {
        self.graph.nodes()
    }

    fn entry_point(&self) -> Option<u32> {
        self.graph.entry_point
    }

    fn level_of(&self, node: u32) -> usize {
        self.graph.level_of(node)
    }

    fn vector(&self, node: u32) -> &[f32] {
        let dimension = self.vectors.ncols();
        let numbers = self.vectors.as_slice().unwrap_or(&[]);
        numbers.get(node as usize * dimension..).and_then(|rest| rest.get(..dimension)).unwrap_or(&[])
    }

    fn neighbours(&self, node: u32, level: usize) -> &[u32] {
        self.graph.neighbours(node, level)
    }
}
