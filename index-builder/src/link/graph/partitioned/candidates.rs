//! For each node the nearest others that were met so far.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

/// A node and half its squared distance in codes; ordered by that, then by number.
pub type Near = (i32, u32);

/// For each node some others, the nearest first. All lists lie in one piece of memory: a million small pieces would
/// not go back to the system when the next step needs room.
#[derive(Debug)]
pub struct NearLists {
    room: usize,
    lengths: Vec<u32>,
    /// `room` places for each node.
    places: Vec<Near>,
}

impl NearLists {
    /// Empty lists for so many nodes, of at most `room` each, which is at least 1.
    pub fn new(nodes: usize, room: usize) -> NearLists {
        NearLists { room, lengths: vec![0; nodes], places: vec![(0, 0); nodes * room] }
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.lengths.len()
    }

    /// The list of a node.
    ///
    /// # Panics
    /// For a number that is no node.
    pub fn of(&self, node: usize) -> &[Near] {
        &self.places[node * self.room..][..self.lengths[node] as usize]
    }

    /// The lists in the order of the nodes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[Near]> + Clone {
        (0..self.count()).map(|node| self.of(node))
    }

    /// The lists in the order of the nodes, to be written to.
    pub fn par_iter_mut(&mut self) -> impl IndexedParallelIterator<Item = NearList<'_>> {
        let places = self.places.par_chunks_exact_mut(self.room);
        self.lengths.par_iter_mut().zip(places).map(|(length, places)| NearList { length, places })
    }

    /// The lists of [`STRIPE`] nodes each.
    fn stripes_mut(&mut self) -> impl Iterator<Item = Stripe<'_>> {
        let places = self.places.chunks_mut(STRIPE * self.room);
        let room = self.room;
        self.lengths.chunks_mut(STRIPE).zip(places).map(move |(lengths, places)| Stripe {
            room,
            lengths,
            places,
        })
    }
}

/// The list of a node.
#[derive(Debug)]
pub struct NearList<'a> {
    length: &'a mut u32,
    places: &'a mut [Near],
}

impl NearList<'_> {
    /// What is there, the nearest first.
    pub fn as_slice(&self) -> &[Near] {
        &self.places[..*self.length as usize]
    }

    /// The farthest, where there is no room for more.
    pub fn last_of_full(&self) -> Option<Near> {
        self.places.last().copied().filter(|_| *self.length as usize == self.places.len())
    }

    /// Replaces the list by one that is sorted and no longer than there is room.
    pub fn set(&mut self, list: &[Near]) {
        self.places[..list.len()].copy_from_slice(list);
        *self.length = list.len() as u32;
    }

    /// Keeps as many as there is room for, the nearest of what is there and what is added, each node once. What is
    /// added must be sorted, each node once. `spare` is memory.
    pub fn merge(&mut self, added: &[Near], spare: &mut Vec<Near>) {
        spare.clear();
        let (mut old, mut new) =
            (self.as_slice().iter().copied().peekable(), added.iter().copied().peekable());
        while spare.len() < self.places.len() {
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
        self.set(spare);
    }
}

/// Nodes that share a lock.
const STRIPE: usize = 32;

/// Lists to be added to by many threads. The outcome does not depend on their order.
#[derive(Debug)]
pub struct Candidates<'a> {
    stripes: Vec<Mutex<Stripe<'a>>>,
}

#[derive(Debug)]
struct Stripe<'a> {
    room: usize,
    lengths: &'a mut [u32],
    places: &'a mut [Near],
}

impl<'a> Candidates<'a> {
    /// Adds to these lists.
    pub fn new(lists: &'a mut NearLists) -> Candidates<'a> {
        Candidates { stripes: lists.stripes_mut().map(Mutex::new).collect() }
    }

    /// Adds to a node's list. What is added must be sorted, each node once. `spare` is memory.
    ///
    /// # Panics
    /// For a number that is no node.
    pub fn add(&self, node: u32, added: &[Near], spare: &mut Vec<Near>) {
        // A list is whole between two calls, so a thread that panicked has left nothing half done.
        let mut stripe = self.stripes[node as usize / STRIPE].lock().unwrap_or_else(PoisonError::into_inner);
        let Stripe { room, lengths, places } = &mut *stripe;
        let place = node as usize % STRIPE;
        let places = &mut places[place * *room..][..*room];
        NearList { length: &mut lengths[place], places }.merge(added, spare);
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
            _ => crate::link::pairs::ALL,
        }
    }

    /// What there is, the nearest first.
    pub fn sorted(&self) -> &[Near] {
        &self.list
    }
}
