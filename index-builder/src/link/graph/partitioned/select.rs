//! Which candidates become links, and links back.

use rayon::prelude::*;

use super::Cells;
use super::candidates::{Near, NearList, NearLists};
use crate::link::pairs::PairCodes;

/// How much farther than from the node a candidate may be from a selected one, squared, and still count as covered by
/// it, in the second pass: 1.44 is DiskANN's usual alpha of 1.2 (Subramanya et al. 2019).
const LENIENCE: i64 = 144;
const WHOLE: i64 = 100;

/// Links that are selected for a node, in quarters of m. The paper's m leave slots empty where few lead back, and in
/// data without clusters those are missed. What is beyond m fills empty slots and takes none from a link of the
/// first m, which may be the only one that leads to another cluster.
const FORWARD: usize = 7;

/// The memory of a selection.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Candidates that the second pass looks at, with what the first has found out: a bit for each of the first
    /// selected ones that does not cover them in the second pass.
    passed_over: Vec<(Near, u64)>,
    /// Places in what was selected, what has covered a candidate last in front: it is likely to cover the next.
    order: Vec<u16>,
    /// What was selected, in the order of selection.
    selected: Vec<Near>,
}

/// Selects at most `m` of the candidates, which must be sorted by distance.
///
/// First the HNSW paper's Algorithm 4 (SELECT-NEIGHBORS-HEURISTIC): a candidate is taken if it is nearer to the node
/// than to any that was taken before. That leaves slots free where neighbours lie close together, and in data of many
/// dimensions most of them. Then, from those that were passed over, whatever is not much nearer to one that was
/// taken. The first ones are those that a smaller `m` would give.
pub fn select<'a>(codes: &PairCodes, candidates: &[Near], m: usize, scratch: &'a mut Scratch) -> &'a [Near] {
    let Scratch { passed_over, order, selected } = scratch;
    selected.clear();
    passed_over.clear();
    order.clear();
    for &candidate in candidates {
        if selected.len() == m {
            break;
        }
        let mut apart = 0;
        match covering(codes, candidate, selected, order, &mut apart) {
            None => {
                // There are at most twice `M_RANGE`.
                order.push(selected.len() as u16);
                selected.push(candidate);
            }
            Some((at, is_apart)) => {
                // What even the second pass would not take is done with.
                if is_apart {
                    passed_over.push((candidate, apart));
                }
                order[..=at].rotate_right(1);
            }
        }
    }
    for &(candidate, apart) in passed_over.iter() {
        if selected.len() == m {
            break;
        }
        let (half_square, node) = candidate;
        let mut unknown =
            selected.iter().enumerate().filter(|&(place, _)| place >= KNOWN || apart >> place & 1 == 0);
        if unknown.all(|(_, &(_, other))| is_apart(codes.half_square(node, other), half_square)) {
            selected.push(candidate);
        }
    }
    selected
}

/// Selected ones that have a bit in a candidate's notes.
const KNOWN: usize = u64::BITS as usize;

/// The first in `order` that covers a candidate in the first pass, and whether the candidate is apart from it in the
/// second. Notes in `apart` what it has met until then.
fn covering(
    codes: &PairCodes,
    (half_square, node): Near,
    selected: &[Near],
    order: &[u16],
    apart: &mut u64,
) -> Option<(usize, bool)> {
    for (chunk, places) in order.chunks(4).enumerate() {
        // What is missing in the last four is asked about twice.
        let others = std::array::from_fn(|i| selected[usize::from(*places.get(i).unwrap_or(&places[0]))].1);
        let between = codes.half_squares(node, others);
        for (i, (&place, between)) in places.iter().zip(between).enumerate() {
            let is_apart = is_apart(between, half_square);
            if between <= half_square {
                return Some((4 * chunk + i, is_apart));
            }
            if usize::from(place) < KNOWN {
                *apart |= u64::from(is_apart) << place;
            }
        }
    }
    None
}

/// Whether a candidate is not covered, in the second pass, by what is `between` away from it.
fn is_apart(between: i32, half_square: i32) -> bool {
    i64::from(between) * LENIENCE > i64::from(half_square) * WHOLE
}

/// Links every node: `m` selected from its near ones and its pivots, and a link back for each link, up to `slots`
/// links in all; where there are more, the same rule selects from all of them, and where there are fewer, what would
/// have been selected next, and links back for that, fill them up.
///
/// Writes them into `links`, the nearest first: nodes x slots numbers, all `NONE` before.
pub fn link(
    codes: &PairCodes,
    cells: Option<&Cells>,
    near: NearLists,
    m: usize,
    slots: usize,
    links: &mut [u32],
) {
    let most = (m * FORWARD / 4).min(slots);
    let mut forward = NearLists::new(near.count(), most);
    let choose = |(candidates, scratch): &mut (Vec<Near>, Scratch),
                  (node, mut list): (usize, NearList<'_>)| {
        candidates.clear();
        candidates.extend_from_slice(near.of(node));
        if let Some(cells) = cells {
            let node = node as u32;
            let pivots = cells.pivots_of(node).filter(|&pivot| pivot != node);
            candidates.extend(pivots.map(|pivot| (codes.half_square(node, pivot), pivot)));
            candidates.sort_unstable();
            candidates.dedup();
        }
        list.set(select(codes, candidates, most, scratch));
    };
    forward.par_iter_mut().enumerate().for_each_init(Default::default, choose);
    drop(near);
    let first = |list: &'_ [Near]| list.len().min(m);
    let back = Reversed::new(forward.iter().map(|list| &list[..first(list)]));
    let filling = Reversed::new(forward.iter().map(|list| &list[first(list)..]));
    let finish = |Memory { all, more, scratch }: &mut Memory, (node, links): (usize, &mut [u32])| {
        let (own, next) = forward.of(node).split_at(first(forward.of(node)));
        all.clear();
        all.extend_from_slice(own);
        all.extend_from_slice(back.of(node));
        all.sort_unstable();
        all.dedup();
        if all.len() > slots {
            let selected = select(codes, all, slots, scratch);
            all.clear();
            all.extend_from_slice(selected);
        } else {
            more.clear();
            more.extend_from_slice(next);
            more.extend_from_slice(filling.of(node));
            more.sort_unstable();
            more.dedup();
            more.retain(|near| all.binary_search(near).is_err());
            more.truncate(slots - all.len());
            all.append(more);
        }
        all.sort_unstable();
        links.iter_mut().zip(all).for_each(|(link, &mut (_, to))| *link = to);
    };
    links.par_chunks_exact_mut(slots).enumerate().for_each_init(Memory::default, finish);
}

/// The memory in which the links of a node are put together.
#[derive(Default)]
struct Memory {
    all: Vec<Near>,
    more: Vec<Near>,
    scratch: Scratch,
}

/// The links that lead to each node.
struct Reversed {
    starts: Vec<usize>,
    links: Vec<Near>,
}

impl Reversed {
    fn new<'a>(lists: impl ExactSizeIterator<Item = &'a [Near]> + Clone) -> Reversed {
        let mut starts = vec![0usize; lists.len() + 1];
        for &(_, to) in lists.clone().flatten() {
            starts[to as usize + 1] += 1;
        }
        for node in 0..lists.len() {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut links = vec![(0, 0); starts[lists.len()]];
        for (from, list) in (0..).zip(lists) {
            for &(half_square, to) in list {
                links[next[to as usize]] = (half_square, from);
                next[to as usize] += 1;
            }
        }
        Reversed { starts, links }
    }

    fn of(&self, node: usize) -> &[Near] {
        &self.links[self.starts[node]..self.starts[node + 1]]
    }
}
