//! Which nodes a walk along the links reaches.

use super::FlatGraph;

use kindred::file::format::NONE;
use kindred::search::graph::{Level, Node};

const NO_PARENT: Node = Node(NONE);

/// A breadth-first walk along the links of one level, with the tree of the links by which it came.
///
/// That every node is reached on level 0 from the entry point is the proof that counts: a search of level 0 that is
/// wide enough then finds every node. In-degree above 0 proves nothing.
#[derive(Debug, Clone)]
pub struct Walk {
    level: Level,
    reached: Vec<bool>,
    parents: Vec<Node>,
    count: usize,
}

impl Walk {
    /// Walks a level from the entry point. Costs one look at every link. Links to what is no node are passed over.
    pub fn from_entry_point(graph: &FlatGraph, level: Level) -> Walk {
        let nodes = graph.nodes();
        let mut walk = Walk { level, reached: vec![false; nodes], parents: vec![NO_PARENT; nodes], count: 0 };
        if let Some(entry) = graph.entry_point {
            walk.go_on(graph, entry, NO_PARENT);
        }
        walk
    }

    /// Walks on from a node that was not reached before and now is, by a link from `parent`.
    pub(super) fn go_on(&mut self, graph: &FlatGraph, node: Node, parent: Node) {
        if !self.visit(graph, node, parent) {
            return;
        }
        let mut queue = std::collections::VecDeque::from([node]);
        while let Some(from) = queue.pop_front() {
            for to in graph.neighbours(from, self.level).iter().copied().map(Node) {
                if self.visit(graph, to, from) {
                    queue.push_back(to);
                }
            }
        }
    }

    fn visit(&mut self, graph: &FlatGraph, node: Node, parent: Node) -> bool {
        if !graph.lives_on(node, self.level) || self.reached[node.index()] {
            return false;
        }
        self.reached[node.index()] = true;
        self.parents[node.index()] = parent;
        self.count += 1;
        true
    }

    /// How many nodes were reached.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether a node was reached; false for a number that is no node.
    pub fn has_reached(&self, node: Node) -> bool {
        self.reached.get(node.index()).copied().unwrap_or(false)
    }

    /// Whether the walk came to `to` by this link. Every other link can go without cutting off what was reached.
    pub(super) fn depends_on(&self, from: Node, to: Node) -> bool {
        self.parents.get(to.index()) == Some(&from)
    }
}

/// How many nodes a walk on level 0 reaches from the entry point.
pub fn reachable(graph: &FlatGraph) -> usize {
    Walk::from_entry_point(graph, Level::BASE).count()
}
