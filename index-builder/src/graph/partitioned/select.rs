//! Which candidates become links: the HNSW paper's Algorithm 4 (SELECT-NEIGHBORS-HEURISTIC), and links back.

use rayon::prelude::*;

use super::candidates::Near;
use crate::pairs::Codes;

/// Of candidates sorted by distance those that are nearer to the node than to any that was taken before, at most `m`.
pub fn select(codes: &Codes, candidates: &[Near], m: usize) -> Vec<Near> {
    static A: std::sync::OnceLock<f32> = std::sync::OnceLock::new();
    let alpha = *A.get_or_init(|| std::env::var("ALPHA").ok().and_then(|x| x.parse().ok()).unwrap_or(1.0f32));

    let mut selected: Vec<Near> = Vec::with_capacity(m);
    for &(half_square, node) in candidates {
        if selected.len() == m {
            break;
        }
        if selected
            .iter()
            .all(|&(_, other)| codes.half_square(node, other) as f32 * alpha > half_square as f32)
        {
            selected.push((half_square, node));
        }
    }
    selected
}

/// Links of every node: `m` selected from its candidates, and a link back for each link, up to `slots` links in all;
/// where there are more, the same rule selects from all of them.
pub fn links(codes: &Codes, candidates: &[Vec<Near>], m: usize, slots: usize) -> Vec<Vec<Near>> {
    let forward: Vec<Vec<Near>> = candidates.par_iter().map(|list| select(codes, list, m)).collect();
    let (starts, back) = reversed(&forward);
    forward
        .into_par_iter()
        .enumerate()
        .map(|(node, mut links)| {
            links.extend_from_slice(&back[starts[node]..starts[node + 1]]);
            links.sort_unstable();
            links.dedup();
            if links.len() <= slots { links } else { select(codes, &links, slots) }
        })
        .collect()
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
    for (from, list) in links.iter().enumerate() {
        for &(half_square, to) in list {
            back[next[to as usize]] = (half_square, from as u32);
            next[to as usize] += 1;
        }
    }
    (starts, back)
}
