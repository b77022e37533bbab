//! Exact answers from codes: what a file says of its codes changes how long an answer takes, and not one byte of it.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use index_support::build::{Recipe, index_file, line};
use index_support::pieces::Pieces;
use index_support::random::Random;
use kindred::directory::SuppressedIds;
use kindred::file::Index;
use kindred::file::format::SectionKind;
use kindred::query::{Excluded, Question, SearchMode, Snapshot, Suppressed, answer};
use kindred::search::graph::Node;
use kindred::search::scan::{Scan, candidates};
use kindred::vectorizer::unit::normalise;
use serde_json::{Value, json};

/// How the vectors of an index are made, from what is random, a number of the row, and one vector for all.
type Hostile = fn(&mut Random, usize, &[f32]) -> Vec<f32>;

const HOSTILE: [(&str, Hostile); 7] = [
    ("spread", |random, _, all| random.vector(all.len())),
    ("one giant component", |random, row, all| {
        let mut vector: Vec<f32> = random.vector(all.len()).iter().map(|x| x * 1e-3).collect();
        let giant = if row.is_multiple_of(7) { random.below(all.len()) } else { 0 };
        vector[giant] = 1.0;
        vector
    }),
    ("copies", |random, _, all| all.iter().map(|x| x + 1e-6 * random.signed()).collect()),
    ("a tight group", |random, row, all| match row % 3 {
        0 => random.vector(all.len()),
        _ => all.iter().map(|x| x + 1e-3 * random.signed()).collect(),
    }),
    ("all equal", |_, row, all| all.iter().map(|x| x * (row + 1) as f32).collect()),
    ("subnormal", |random, row, all| {
        let tiny = if row.is_multiple_of(5) { f32::from_bits(3) } else { f32::MIN_POSITIVE };
        let mut vector: Vec<f32> = random.vector(all.len()).iter().map(|x| x * tiny).collect();
        if !row.is_multiple_of(5) {
            vector[random.below(all.len())] = random.signed();
        }
        vector
    }),
    ("axes", |random, _, all| {
        let mut vector = vec![0.0; all.len()];
        vector[random.below(all.len())] = if random.below(2) == 0 { 1.0 } else { -1.0 };
        vector
    }),
];

/// Twins of earlier profiles, and zero vectors, are among them.
fn file(hostile: Hostile, count: usize, dimension: usize) -> Vec<u8> {
    let mut random = Random::new(dimension as u64);
    let all = random.vector(dimension);
    let mut vectors: Vec<Vec<f32>> = Vec::new();
    for row in 0..count {
        vectors.push(match row % 10 {
            3 => vectors[row / 2].clone(),
            7 if row % 20 == 7 => vec![0.0; dimension],
            _ => hostile(&mut random, row, &all),
        });
    }
    let lines: String =
        vectors.iter().enumerate().map(|(row, vector)| line(&json!(format!("p{row:04}")), vector)).collect();
    index_file(&Recipe::default(), &lines)
}

/// The same file as one of an earlier builder, which said nothing of codes.
fn without_codes_metadata(file: &[u8]) -> Vec<u8> {
    let mut pieces = Pieces::of(file);
    let metadata = pieces.bytes(SectionKind::Metadata);
    let mut described: Value = serde_json::from_slice(metadata).unwrap();
    described.as_object_mut().unwrap().shift_remove("codes");
    *metadata = serde_json::to_vec(&described).unwrap();
    pieces.assemble()
}

struct Both {
    scanned: Index<Vec<u8>>,
    compared: Index<Vec<u8>>,
    hidden: Suppressed,
    excluded: Vec<String>,
}

impl Both {
    fn open(file: &[u8], random: &mut Random) -> Both {
        let scanned = Index::open(file.to_vec()).unwrap();
        let compared = Index::open(without_codes_metadata(file)).unwrap();
        assert!(compared.metadata().codes.is_none());
        let profiles = scanned.header().profiles as usize;
        let mut some = |share: usize| -> Vec<String> {
            (0..profiles / share).map(|_| format!("p{:04}", random.below(profiles))).collect()
        };
        let ids = SuppressedIds(some(20).into_iter().map(String::into_bytes).collect());
        let hidden = Suppressed::in_index(&scanned.view(), &ids);
        let excluded = some(4);
        Both { scanned, compared, hidden, excluded }
    }

    /// Asks both for the same, with profiles left out and without.
    fn assert_same(&self, question: &Question<'_>, what: &str) {
        let nobody = Suppressed::NOBODY;
        for (hidden, excludes) in [(&nobody, false), (&nobody, true), (&self.hidden, true)] {
            let [scanned, compared] = [&self.scanned, &self.compared].map(|index| {
                let snapshot = Snapshot::hiding(index, hidden);
                let exclude = match excludes {
                    true => snapshot.excluding(self.excluded.iter().map(String::as_str)),
                    false => Excluded::NOBODY,
                };
                answer(&snapshot, &Question { exclude, distances: true, ..question.clone() })
            });
            assert_eq!(scanned, compared, "{what}: {question:?}");
        }
    }

    fn is_scanned(&self, node: Node, wanted: usize) -> bool {
        let view = self.scanned.view();
        let scan = Scan { query: view.vector_of(node), wanted, zero_below: 0.0 };
        candidates(&view, &scan, |_| true).is_some()
    }
}

#[test]
fn an_answer_by_codes_is_the_answer_by_vectors() {
    let mut random = Random::new(71);
    let mut by_codes = 0;
    for (name, hostile) in HOSTILE {
        for dimension in [1, 2, 3, 33, 128, 2048] {
            let count = if dimension > 1000 { 60 } else { 240 };
            let both = Both::open(&file(hostile, count, dimension), &mut random);
            let what = format!("{name}, {dimension} numbers");
            for row in (0..count).step_by(count / 12) {
                let id = format!("p{row:04}");
                let node = Node(random.below(both.scanned.header().nodes as usize) as u32);
                for n in [0, 1, 2, 10, count / 5, count - 1, count + 5] {
                    for how in [SearchMode::Exact, SearchMode::Default] {
                        both.assert_same(&Question { how, ..Question::about(&id, n) }, &what);
                    }
                    by_codes += usize::from(n > 0 && both.is_scanned(node, n));
                }
                let view = both.scanned.view();
                let mut vector = view.vector_of(node).to_vec();
                for (scale, moved) in [(3.0, 0.0), (1.0, 1e-7), (1.0, 0.1), (-1.0, 0.0)] {
                    vector.iter_mut().for_each(|x| *x = *x * scale + moved * random.signed());
                    normalise(&mut vector);
                    for n in [1, 10, count] {
                        let about = Question::about(&vector, n);
                        both.assert_same(&Question { how: SearchMode::Exact, ..about }, &what);
                    }
                }
            }
        }
    }
    assert!(by_codes > 100, "only {by_codes} questions are answered by codes");
}

#[test]
fn the_lengths_of_vectors_are_those_of_the_source() {
    let twins = [vec![3.0f32, 4.0], vec![0.0, 0.0], vec![6.0, 8.0], vec![-0.3, 0.0], vec![3e38, 3e38]];
    let lines: String = (0..).zip(&twins).map(|(row, vector): (u32, _)| line(&json!(row), vector)).collect();
    let index = Index::open(index_file(&Recipe::default(), &lines)).unwrap();
    assert_eq!(index.header().nodes, 3, "two of them share a node, and have lengths of their own");
    assert_eq!(index.vector_lengths().unwrap(), [5.0, 0.0, 10.0, 0.3, f32::MAX]);
}
