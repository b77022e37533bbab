//! Index files with something wrong: each is refused, with the error that says what it is.
//!
//! [`header`] edits the header, the table and the places of sections; [`content`] the sections, below checksums that
//! are made right again, [`optional`] those that need not be there, [`table`] every section in the same ways; [`damage`]
//! edits at random.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod content;
mod damage;
mod header;
#[path = "../index_support/mod.rs"]
mod index_support;
mod optional;
mod table;

use std::sync::LazyLock;

use index_support::build::{Recipe, index_file, line};
use index_support::pieces::Pieces;
use index_support::random::Random;
use index_support::table as rows;
use kindred::file::{Index, OpenError};
use serde_json::json;

/// Profiles of the file that is damaged.
const PROFILES: usize = 60;
/// Links per node of it: as few as are allowed, so that it has many levels.
const M: usize = 2;
/// Neighbours of a profile in its table.
const K: usize = 5;
/// Numbers per vector.
const DIMENSION: usize = 4;
/// A profile with a zero vector.
const ZERO: &str = "zero";
/// Two profiles with the same vector; the first ids of all.
const TWINS: [&str; 2] = ["!1", "!2"];

/// A good file with all there is: a zero vector, a vector that two profiles share, several levels, a neighbour table.
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut random = Random::new(1);
    let twin = random.vector(DIMENSION);
    let mut lines: String = TWINS.map(|id| line(&json!(id), &twin)).concat();
    lines += &line(&json!(ZERO), &[0.0; DIMENSION]);
    for number in 3..PROFILES {
        lines += &line(&json!(100 + number), &random.vector(DIMENSION));
    }
    let mut pieces = Pieces::of(&index_file(&Recipe { m: M, ef_construction: 20, seed: 7 }, &lines));
    let rows = rows::rows(&mut pieces, K);
    rows::add(&mut pieces, K, "approximate", &rows);
    pieces.assemble()
});

fn refusal(file: &[u8]) -> Option<OpenError> {
    Index::open(file).err()
}

/// The good file after an edit of its pieces; its checksums are right.
fn with(edit: impl FnOnce(&mut Pieces)) -> Vec<u8> {
    let mut pieces = Pieces::of(&FILE);
    edit(&mut pieces);
    pieces.assemble()
}

#[test]
fn the_file_that_the_tests_damage_is_good_and_has_everything() {
    let index = Index::open(FILE.as_slice()).unwrap();
    let header = index.header();
    assert_eq!((header.profiles as usize, header.nodes as usize), (PROFILES, PROFILES - 2));
    assert!(header.levels >= 4, "{} levels", header.levels);
    assert_eq!(Pieces::of(&FILE).assemble(), *FILE, "taking apart and putting together changes nothing");
}
