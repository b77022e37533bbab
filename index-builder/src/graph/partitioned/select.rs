//! Which candidates become links, and links back.

use rayon::prelude::*;

use super::Cells;
use super::candidates::Near;
use crate::pairs::Codes;

/// How much farther than from the node a candidate may be from a selected one, squared, and still count as covered by
/// it, in the second pass: 1.44 is DiskANN's usual alpha of 1.2 (Subramanya et al. 2019).
const LENIENCE: i64 = 144;
const WHOLE: i64 = 100;

/// Selects at most `m` of the candidates, which must be sorted by distance.
///
/// First the HNSW paper's Algorithm 4 (SELECT-NEIGHBORS-HEURISTIC): a candidate is taken if it is nearer to the node
/// than to any that was taken before. That leaves slots free where neighbours lie close together, and in data of many
/// dimensions most of them. Then, from those that were passed over, whatever is not much nearer to one that was
/// taken.
pub fn select(codes: &Codes, candidates: &[Near], m: usize, scratch: &mut Vec<Near>) -> Vec<Near> {
    let mut selected: Vec<Near> = Vec::with_capacity(m);
    let passed_over = scratch;
    passed_over.clear();
    for &(half_square, node) in candidates {
        if selected.len() == m {
            break;
        }
        if selected.iter().all(|&(_, other)| codes.half_square(node, other) > half_square) {
            selected.push((half_square, node));
        } else {
            passed_over.push((half_square, node));
        }
    }
    for &(half_square, node) in passed_over.iter() {
        if selected.len() == m {
            break;
        }
        let bound = i64::from(half_square) * WHOLE;
        let apart = |other| i64::from(codes.half_square(node, other)) * LENIENCE > bound;
        if selected.iter().all(|&(_, other)| apart(other)) {
            selected.push((half_square, node));
        }
    }
    selected.sort_unstable();
    selected
}

/// Links of every node: `m` selected from its near ones and its pivots, and a link back for each link, up to `slots`
/// links in all; where there are more, the same rule selects from all of them. The nearest first.
pub fn links(
    codes: &Codes,
    cells: Option<&Cells>,
    near: Vec<Vec<Near>>,
    m: usize,
    slots: usize,
) -> Vec<Vec<u32>> {
    let choose = |(candidates, scratch): &mut (Vec<Near>, Vec<Near>), (node, near): (usize, Vec<Near>)| {
        let node = node as u32;
        candidates.clear();
        candidates.extend_from_slice(&near);
        if let Some(cells) = cells {
            let pivots = cells.pivots_of(node).filter(|&pivot| pivot != node);
            candidates.extend(pivots.map(|pivot| (codes.half_square(node, pivot), pivot)));
            candidates.sort_unstable();
            candidates.dedup();
        }
        select(codes, candidates, m, scratch)
    };
    let forward: Vec<Vec<Near>> =
        near.into_par_iter().enumerate().map_init(Default::default, choose).collect();
    let (starts, back) = reversed(&forward);
    let finish = |scratch: &mut Vec<Near>, (node, mut links): (usize, Vec<Near>)| {
        links.extend_from_slice(&back[starts[node]..starts[node + 1]]);
        links.sort_unstable();
        links.dedup();
        if links.len() > slots {
            links = select(codes, &links, slots, scratch);
        }
        links.into_iter().map(|(_, to)| to).collect()
    };
    forward.into_par_iter().enumerate().map_init(Vec::new, finish).collect()
}

/// The links that lead to each node, one list after the other, and where each starts.
fn reversed(links: &[Vec<Near>]) -> (Vec<usize>, Vec<Near>) {
    let mut starts = vec![0usize; links.len() + 1];
    for &(_, to) in links.iter().flatten() {
        starts[to as usize + 1] += 1;
    }
    for node in 0..links.len() {
        starts[node + 1] += starts[node];
    }
    let mut next = starts.clone();
    let mut back = vec![(0, 0); starts[links.len()]];
    for (from, list) in (0..).zip(links) {
        for &(half_square, to) in list {
            back[next[to as usize]] = (half_square, from);
            next[to as usize] += 1;
        }
    }
    (starts, back)
}
