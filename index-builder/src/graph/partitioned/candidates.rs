//! For each node the nearest others that were met so far.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

/// A node and half its squared distance in codes; ordered by that, then by number.
pub type Near = (i32, u32);

/// Keeps the `limit` smallest of a sorted list and what is added to it, sorted, each node once.
pub fn merge(list: &mut Vec<Near>, added: &[Near], limit: usize, spare: &mut Vec<Near>) {
    spare.clear();
    let (mut old, mut new) = (list.iter().copied().peekable(), added.iter().copied().peekable());
    while spare.len() < limit {
        let next = match (old.peek(), new.peek()) {
            (Some(a), Some(b)) if a <= b => old.next(),
            (_, Some(_)) => new.next(),
            (Some(_), None) => old.next(),
            (None, None) => break,
        };
        // The same node has the same distance, so it comes twice in a row.
        if let Some(next) = next
            && spare.last() != Some(&next)
        {
            spare.push(next);
        }
    }
    std::mem::swap(list, spare);
}

/// Nodes that share a lock.
const STRIPE: usize = 32;

/// The nearest so far of every node, to be added to by many threads. The outcome does not depend on their order.
#[derive(Debug)]
pub struct Candidates {
    limit: usize,
    stripes: Vec<Mutex<Stripe>>,
}

#[derive(Debug, Default)]
struct Stripe {
    lists: Vec<Vec<Near>>,
    spare: Vec<Near>,
}

impl Candidates {
    /// Empty lists for so many nodes, of at most `limit` each.
    pub fn new(nodes: usize, limit: usize) -> Candidates {
        let stripe = |first: usize| {
            let lists = (first..nodes.min(first + STRIPE)).map(|_| Vec::with_capacity(limit)).collect();
            Mutex::new(Stripe { lists, spare: Vec::with_capacity(limit) })
        };
        Candidates { limit, stripes: (0..nodes).step_by(STRIPE).map(stripe).collect() }
    }

    /// Adds to a node's list. What is added must be sorted, each node once.
    pub fn add(&self, node: u32, added: &[Near]) {
        let Some(stripe) = self.stripes.get(node as usize / STRIPE) else { return };
        // A list is whole between two calls, so a thread that panicked has left nothing half done.
        let mut stripe = stripe.lock().unwrap_or_else(PoisonError::into_inner);
        let Stripe { lists, spare } = &mut *stripe;
        if let Some(list) = lists.get_mut(node as usize % STRIPE) {
            merge(list, added, self.limit, spare);
        }
    }

    /// The lists.
    pub fn into_lists(self) -> Vec<Vec<Near>> {
        let lists = self
            .stripes
            .into_par_iter()
            .map(|stripe| stripe.into_inner().unwrap_or_else(PoisonError::into_inner).lists);
        lists.flatten_iter().collect()
    }
}

/// The `k` smallest of what comes, sorted.
#[derive(Debug)]
pub struct Top {
    k: usize,
    list: Vec<Near>,
}

impl Top {
    /// Keeps at most `k`, which is at least 1.
    pub fn new(k: usize) -> Top {
        Top { k, list: Vec::with_capacity(k) }
    }

    /// Takes one in, which must not be there yet.
    pub fn push(&mut self, near: Near) {
        if self.list.len() == self.k {
            if self.list.last().is_some_and(|last| *last <= near) {
                return;
            }
            self.list.pop();
        }
        self.list.push(near);
        // Lists are short: moving their ends by hand is faster than finding the place first.
        let mut place = self.list.len() - 1;
        while place > 0 && self.list[place - 1] > near {
            self.list[place] = self.list[place - 1];
            place -= 1;
        }
        self.list[place] = near;
    }

    /// The largest half squared distance that can still come in.
    pub fn limit(&self) -> i32 {
        match self.list.last() {
            Some(last) if self.list.len() == self.k => last.0,
            _ => crate::pairs::ALL,
        }
    }

    /// What there is, the nearest first.
    pub fn sorted(&self) -> &[Near] {
        &self.list
    }
}
