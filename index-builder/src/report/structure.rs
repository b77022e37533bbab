//! The shape of the graph and of what is in it: counted for all nodes.

use kindred::distance::distance;
use kindred::file::format::NONE;
use kindred::file::reader::View;
use kindred::file::{Damaged, Index, MappedFile, Ordinal};
use kindred::search::graph::{self, Graph, Node};
use rayon::prelude::*;

/// Groups that are shown with members.
const LARGEST: usize = 10;
/// Members of a group that are named.
const MEMBERS: usize = 4;

/// Degrees of a level.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Nodes that live on it.
    pub nodes: u64,
    /// For each number of links how many nodes have it.
    pub degrees: Vec<u64>,
    /// Links to the node that has the most.
    pub most_linked: u32,
    /// Nodes of this level that no other links to.
    pub unlinked: u64,
}

impl Level {
    /// The mean number of links of a node.
    pub fn mean(&self) -> f64 {
        let links: u64 = self.degrees.iter().zip(0..).map(|(&nodes, degree)| nodes * degree).sum();
        links as f64 / self.nodes.max(1) as f64
    }
}

/// The degrees of each level, from 0 up.
pub fn levels(view: &View<'_>, count: u32) -> Vec<Level> {
    (0..count).map(|level| degrees(view, graph::Level(level))).collect()
}

fn degrees(view: &View<'_>, level: graph::Level) -> Level {
    let nodes = view.nodes() as u32;
    let mut links_to = vec![0u32; nodes as usize];
    let mut result = Level { nodes: 0, degrees: Vec::new(), most_linked: 0, unlinked: 0 };
    let members = || (0..nodes).map(Node).filter(|&node| view.level_of(node) >= level);
    for node in members() {
        result.nodes += 1;
        let mut degree = 0;
        for &to in links(view, node, level) {
            degree += 1;
            if let Some(count) = links_to.get_mut(to as usize) {
                *count += 1;
            }
        }
        if result.degrees.len() <= degree {
            result.degrees.resize(degree + 1, 0);
        }
        result.degrees[degree] += 1;
    }
    result.most_linked = links_to.iter().copied().max().unwrap_or(0);
    result.unlinked = members().filter(|&node| links_to[node.index()] == 0).count() as u64;
    result
}

fn links<'a>(view: &'a View<'_>, node: Node, level: graph::Level) -> &'a [u32] {
    view.neighbours(node, level).split(|&to| to == NONE).next().unwrap_or_default()
}

/// Things that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// How many.
    pub size: u64,
    /// The ids of the first few.
    pub members: Vec<String>,
}

/// Sizes of groups and the largest of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// How many there are.
    pub count: u64,
    /// What is in them, together.
    pub in_all: u64,
    /// How many are of a size, by classes of sizes: each class with its name.
    pub sizes: Vec<(String, u64)>,
    /// The largest, the largest first.
    pub largest: Vec<Group>,
}

/// Vectors that several profiles have.
///
/// # Errors
/// Where the file has changed since it was opened.
pub fn duplicates(index: &Index<MappedFile>) -> Result<Groups, Damaged> {
    let view = index.view();
    let shared = (0..view.nodes() as u32).map(|node| (view.profiles_of(Node(node)).len() as u64, node));
    let shared = shared.filter(|&(size, _)| size > 1).collect();
    groups(index, shared, |node| view.profiles_of(Node(node)).to_vec())
}

/// What hangs together where every vector is linked to the nearest of its neighbours in the graph, and to no other: the
/// connected components of the graph of nearest neighbours.
///
/// # Errors
/// Where the file has changed since it was opened.
pub fn nearest_neighbour_groups(index: &Index<MappedFile>) -> Result<Groups, Damaged> {
    let view = index.view();
    let nodes = view.nodes() as u32;
    let nearest: Vec<u32> = (0..nodes).into_par_iter().map(|node| nearest(&view, Node(node)).0).collect();
    let mut sets = Sets((0..nodes).collect());
    (0..nodes).zip(&nearest).for_each(|(node, &other)| sets.join(node, other));
    let mut sizes = vec![0u64; nodes as usize];
    (0..nodes).for_each(|node| sizes[sets.of(node) as usize] += 1);
    let components = sizes.iter().zip(0..).filter(|&(&size, _)| size > 0).map(|(&size, root)| (size, root));
    let components = components.collect();
    groups(index, components, |root| {
        let members = (root..nodes).filter(|&node| sets.root(node) == root);
        members.filter_map(|node| view.profiles_of(Node(node)).first().copied()).take(MEMBERS).collect()
    })
}

/// The nearest of a node's links on level 0; itself where it has none.
fn nearest(view: &View<'_>, node: Node) -> Node {
    let to = |other: Node| (distance(view.vector(node), view.vector(other)), other);
    let there = links(view, node, graph::Level::BASE).iter().copied().map(Node);
    let there = there.filter(|other| other.index() < view.nodes());
    let nearest = there.map(to).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    nearest.map_or(node, |(_, other)| other)
}

/// Sets that are joined; each is named after its lowest member.
struct Sets(Vec<u32>);

impl Sets {
    /// The name of the set that a member is in. Shortens the way there.
    fn of(&mut self, member: u32) -> u32 {
        let root = self.root(member);
        let mut at = member;
        while self.0[at as usize] != root {
            at = std::mem::replace(&mut self.0[at as usize], root);
        }
        root
    }

    fn root(&self, mut member: u32) -> u32 {
        while self.0[member as usize] != member {
            member = self.0[member as usize];
        }
        member
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.of(one), self.of(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}

fn groups(
    index: &Index<MappedFile>,
    mut groups: Vec<(u64, u32)>,
    members: impl Fn(u32) -> Vec<u32>,
) -> Result<Groups, Damaged> {
    groups.sort_unstable_by_key(|&(size, first)| (std::cmp::Reverse(size), first));
    let id = |profile: u32| Ok(String::from_utf8_lossy(index.id(Ordinal(profile))?).into_owned());
    let largest = groups.iter().take(LARGEST).filter(|(size, _)| *size > 1).map(|&(size, group)| {
        let members = members(group).into_iter().take(MEMBERS).map(id).collect::<Result<_, _>>()?;
        Ok(Group { size, members })
    });
    Ok(Groups {
        largest: largest.collect::<Result<_, _>>()?,
        count: groups.len() as u64,
        in_all: groups.iter().map(|(size, _)| size).sum(),
        sizes: classes(groups.iter().map(|&(size, _)| size)),
    })
}

/// How many are of a size: 1, 2, 3 to 4, 5 to 8 and so on, up to the largest.
fn classes(sizes: impl Iterator<Item = u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<u64> = Vec::new();
    for size in sizes.filter(|&size| size > 0) {
        let class = (size.next_power_of_two().trailing_zeros()) as usize;
        if counts.len() <= class {
            counts.resize(class + 1, 0);
        }
        counts[class] += 1;
    }
    let first = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let name = |class: usize| match class {
        0 => "1".to_owned(),
        1 => "2".to_owned(),
        _ => format!("{}–{}", (1u64 << (class - 1)) + 1, 1u64 << class),
    };
    counts.into_iter().enumerate().skip(first).map(|(class, count)| (name(class), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_by_classes() {
        let named = classes([1, 1, 2, 3, 4, 5, 8, 9].into_iter());
        let named: Vec<(&str, u64)> = named.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(named, [("1", 2), ("2", 1), ("3–4", 2), ("5–8", 2), ("9–16", 1)]);
    }
}
