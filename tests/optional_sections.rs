//! What the optional sections are for: answers from the neighbour table, and ids found by their hash. With them, without
//! them, or with nonsense in them, what is true stays true.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use std::collections::HashSet;
use std::sync::LazyLock;

use index_support::build::{Recipe, index_file, line};
use index_support::pieces::Pieces;
use index_support::random::Random;
use index_support::table;
use kindred::file::format::{NO_PLACE, NONE, SectionKind};
use kindred::file::{Index, Ordinal};
use kindred::query::{
    AnswerError, EXACT_UP_TO_NODES, Question, SearchMode, Snapshot, answer, can_answer, has_profile, profile,
};
use kindred::search::walk::Work;
use serde_json::{Value, json};

const MODES: [SearchMode; 3] = [SearchMode::Default, SearchMode::Ef(4_000), SearchMode::Exact];

fn open(file: Vec<u8>) -> Index<Vec<u8>> {
    Index::open(file).unwrap()
}

/// The same file with a table by brute force, after an edit of its rows.
fn with_table(file: &[u8], k: usize, kind: &str, edit: impl FnOnce(&mut [u32])) -> Index<Vec<u8>> {
    let mut pieces = Pieces::of(file);
    let mut rows = table::rows(&mut pieces, k);
    edit(&mut rows);
    table::add(&mut pieces, k, kind, &rows);
    open(pieces.assemble())
}

fn ask(index: &Index<Vec<u8>>, id: &str, n: usize, mode: SearchMode, distances: bool) -> (String, Work) {
    let answer =
        answer(&Snapshot::of(index), &Question { how: mode, distances, ..Question::about(id, n) }).unwrap();
    (String::from_utf8(answer.body).unwrap(), answer.work)
}

fn ids(index: &Index<Vec<u8>>) -> Vec<String> {
    let id = |ordinal| String::from_utf8(index.id(Ordinal(ordinal)).unwrap().to_vec()).unwrap();
    (0..index.header().profiles).map(id).collect()
}

/// A small file: every seventh profile has a zero vector, and some share one.
static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut random = Random::new(31);
    let vectors: Vec<Vec<f32>> = (0..70).map(|_| random.vector(6)).collect();
    let vector = |i: usize| if i % 7 == 3 { vec![0.0; 6] } else { vectors[i % 50].clone() };
    let lines: String = (0..120).map(|i| line(&json!(i), &vector(i))).collect();
    index_file(&Recipe::default(), &lines)
});

#[test]
fn the_table_answers_as_comparing_with_every_profile_does() {
    let without = open(SMALL.clone());
    let others = without.view().profiles_with_vector() - 1;
    for kind in ["exact", "approximate"] {
        for k in [1, 2, 10, others - 1, others, others + 1, 500] {
            let index = with_table(&SMALL, k, kind, |_| {});
            for id in ids(&index) {
                if without.view().node_of(without.find(&id).unwrap()) == Ok(None) {
                    continue;
                }
                for n in [0, 1, 2, k.saturating_sub(1), k, k + 1, others, others + 1, 10_000] {
                    let (plain, work) = ask(&index, &id, n, SearchMode::Default, false);
                    assert_eq!(
                        plain,
                        ask(&without, &id, n, SearchMode::Exact, false).0,
                        "{id} {n} {k} {kind}"
                    );
                    let is_enough = n > 0 && n.min(others) <= k;
                    assert_eq!(work.table && work.distances == 0, is_enough, "{id} {n} {k} {kind}");
                    let (plain, work) = ask(&index, &id, n, SearchMode::Default, true);
                    assert_eq!(
                        plain,
                        ask(&without, &id, n, SearchMode::Exact, true).0,
                        "{id} {n} {k} {kind}"
                    );
                    assert!(!is_enough || work.distances as usize == n.min(others), "{work:?}");
                }
            }
        }
    }
}

#[test]
fn a_body_takes_no_more_memory_than_it_has_bytes() {
    let index = with_table(&SMALL, 20, "exact", |_| {});
    for n in [1, 2, 10, 20, 50] {
        let question = Question::about("5", n);
        let body = answer(&Snapshot::of(&index), &question).unwrap().body;
        assert_eq!(body.capacity(), body.len(), "{n}");
    }
}

#[test]
fn zero_vectors_are_refused_with_a_table_too() {
    let index = with_table(&SMALL, 10, "exact", |_| {});
    let question = |n| Question::about("3", n);
    for n in [0, 1, 10, 11, 1_000] {
        assert_eq!(answer(&Snapshot::of(&index), &question(n)), Err(AnswerError::ZeroVector), "{n}");
    }
    assert_eq!(can_answer(&Snapshot::of(&index), &question(1)), Err(AnswerError::ZeroVector));
    assert_eq!(has_profile(&Snapshot::of(&index), "3"), Ok(()));
    assert_eq!(can_answer(&Snapshot::of(&index), &Question::about("4", 1)), Ok(()));
    for nobody in ["", "nobody"] {
        assert_eq!(
            can_answer(&Snapshot::of(&index), &Question::about(nobody, 1)),
            Err(AnswerError::UnknownId)
        );
        assert_eq!(has_profile(&Snapshot::of(&index), nobody), Err(AnswerError::UnknownId));
        let answer = answer(&Snapshot::of(&index), &Question::about(nobody, 5));
        assert_eq!(answer, Err(AnswerError::UnknownId));
    }
}

#[test]
fn one_profile_and_none_have_tables_of_empty_rows() {
    let index =
        with_table(&index_file(&Recipe::default(), &line(&json!("only"), &[1.0, 2.0])), 5, "exact", |_| {});
    for n in [0, 1, 5, 6] {
        assert_eq!(ask(&index, "only", n, SearchMode::Default, true).0, "[]");
    }
    let zeros: String = (0..3).map(|i| line(&json!(i), &[0.0, 0.0])).collect();
    let index = with_table(&index_file(&Recipe::default(), &zeros), 5, "exact", |_| {});
    let question = Question::about("1", 2);
    assert_eq!(answer(&Snapshot::of(&index), &question), Err(AnswerError::ZeroVector));
}

#[test]
fn the_row_is_taken_as_it_is_and_only_in_the_default_mode() {
    const K: usize = 8;
    let without = open(SMALL.clone());
    // Rows backwards: no search would give that.
    let index = with_table(&SMALL, K, "exact", |rows| {
        rows.chunks_exact_mut(K).filter(|row| row[0] != NONE).for_each(<[u32]>::reverse);
    });
    for n in [1, 3, K] {
        let (body, work) = ask(&index, "8", n, SearchMode::Default, false);
        let nearest: Vec<Value> =
            serde_json::from_str(&ask(&without, "8", K, SearchMode::Exact, false).0).unwrap();
        let expected: Vec<Value> = nearest.into_iter().rev().take(n).collect();
        assert_eq!(serde_json::from_str::<Vec<Value>>(&body).unwrap(), expected);
        assert_eq!(work, Work { table: true, ..Work::default() });
        for mode in &MODES[1..] {
            let (body, work) = ask(&index, "8", n, *mode, true);
            assert_eq!((body, work), ask(&without, "8", n, *mode, true), "{mode:?}");
            assert!(!work.table);
        }
    }
}

/// More nodes than are searched exactly, and an ef that finds some of the nearest and not all.
static LARGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let vectors = Random::new(32).clustered(5_500, 8, 40);
    let lines: String = vectors.iter().enumerate().map(|(i, vector)| line(&json!(i), vector)).collect();
    let file = index_file(&Recipe { m: 3, ef_construction: 10, seed: 1 }, &lines);
    let mut pieces = Pieces::of(&file);
    let metadata = pieces.bytes(SectionKind::Metadata);
    let mut described: Value = serde_json::from_slice(metadata).unwrap();
    described["default_ef"] = json!(10);
    *metadata = serde_json::to_vec(&described).unwrap();
    assert!(pieces.header.nodes > EXACT_UP_TO_NODES);
    pieces.assemble()
});

/// An item of an answer with distances: what orders it, and its text.
type Item = (f32, String, String);

fn items(body: &str) -> Vec<Item> {
    let items: Vec<Value> = serde_json::from_str(body).unwrap();
    let item = |item: &Value| {
        let distance = item["distance"].to_string().parse().unwrap();
        (distance, item["profile"]["_id"].to_string(), item.to_string())
    };
    items.iter().map(item).collect()
}

fn texts(items: impl IntoIterator<Item = Item>) -> Vec<String> {
    items.into_iter().map(|(_, _, text)| text).collect()
}

#[test]
fn beyond_an_exact_table_the_graph_goes_on_without_repeats() {
    const K: usize = 12;
    let (without, index) = (open(LARGE.clone()), with_table(&LARGE, K, "exact", |_| {}));
    let mut missed = 0;
    for id in (0..5_500).step_by(97).map(|id| id.to_string()) {
        let table = items(&ask(&index, &id, K, SearchMode::Default, true).0);
        assert_eq!(texts(table.clone()), texts(items(&ask(&without, &id, K, SearchMode::Exact, true).0)));
        for n in [K + 1, 20, 60] {
            let searched = items(&ask(&without, &id, n, SearchMode::Default, true).0);
            let known: HashSet<String> = table.iter().map(|(_, id, _)| id.clone()).collect();
            let found = searched.iter().filter(|(_, id, _)| known.contains(id)).count();
            missed += K - found;
            let rest = searched.into_iter().filter(|(_, id, _)| !known.contains(id));
            let expected = texts(table.clone().into_iter().chain(rest).take(n));
            let (body, work) = ask(&index, &id, n, SearchMode::Default, true);
            assert_eq!(texts(items(&body)), expected, "{id} {n}");
            assert!(work.table && work.hops > 0 && !work.exact, "{work:?}");
            let (plain, _) = ask(&index, &id, n, SearchMode::Default, false);
            let documents: Vec<Value> = serde_json::from_str(&plain).unwrap();
            assert_eq!(documents.len(), n);
        }
    }
    assert!(missed > 0, "the graph alone misses what the table has");
}

#[test]
fn beyond_an_approximate_table_both_are_merged_and_ordered() {
    const K: usize = 12;
    let without = open(LARGE.clone());
    // Every third neighbour is missing, and farther ones are there instead.
    let mut pieces = Pieces::of(&LARGE);
    let wide = table::rows(&mut pieces, 2 * K);
    let thinned = |row: &[u32]| -> Vec<u32> {
        row.iter().enumerate().filter(|(place, _)| place % 3 != 1).map(|(_, &slot)| slot).take(K).collect()
    };
    let rows: Vec<u32> = wide.chunks_exact(2 * K).flat_map(thinned).collect();
    table::add(&mut pieces, K, "approximate", &rows);
    let index = open(pieces.assemble());
    let (mut from_table, mut from_graph) = (0, 0);
    for id in (0..5_500).step_by(97).map(|id| id.to_string()) {
        let table = items(&ask(&index, &id, K, SearchMode::Default, true).0);
        assert!(table.is_sorted_by(|a, b| a.0 <= b.0));
        for n in [K + 1, 20, 60] {
            let searched = items(&ask(&without, &id, n, SearchMode::Default, true).0);
            let known: HashSet<&String> = searched.iter().map(|(_, id, _)| id).collect();
            from_table += table.iter().filter(|(_, id, _)| !known.contains(id)).count();
            let mut expected: Vec<Item> = table.iter().chain(&searched).cloned().collect();
            expected.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
            expected.dedup();
            expected.truncate(n);
            from_graph += expected.iter().take(K).filter(|item| !table.contains(item)).count();
            let (body, work) = ask(&index, &id, n, SearchMode::Default, true);
            assert_eq!(texts(items(&body)), texts(expected), "{id} {n}");
            assert!(work.table && work.hops > 0, "{work:?}");
        }
    }
    assert!(from_table > 0 && from_graph > 0, "each has something that the other has not");
}

#[test]
fn profiles_that_share_a_vector_are_in_each_others_rows_at_distance_0() {
    let lines: String = (0..200).map(|i| line(&json!(format!("p{i:03}")), &[0.3, -0.4, 0.5])).collect();
    let file = index_file(&Recipe::default(), &lines);
    for k in [1, 10, 199, 300] {
        let index = with_table(&file, k, "exact", |_| {});
        for id in ["p000", "p005", "p199"] {
            for n in [1, k, k + 1, 1_000] {
                let answer = items(&ask(&index, id, n, SearchMode::Default, true).0);
                assert!(answer.iter().all(|item| item.0 == 0.0));
                let expected: Vec<String> =
                    (0..200).map(|i| format!("p{i:03}")).filter(|other| other != id).take(n).collect();
                let found: Vec<&str> = answer.iter().map(|item| item.1.trim_matches('"')).collect();
                assert_eq!(found, expected, "{id} {n} {k}");
            }
        }
    }
}

/// What to do with the hash of a file, so that it is still opened.
const NONSENSE: [fn(&mut Vec<u64>, &mut Random); 6] = [
    |slots, _| slots.reverse(),
    |slots, _| slots.rotate_right(1),
    |slots, _| slots.sort_unstable(),
    |slots, random| (1..slots.len()).for_each(|place| slots.swap(place, random.below(place + 1))),
    // Every tag is there, on the ordinal of another.
    |slots, _| {
        let profiles = slots.iter().filter(|&&slot| slot != u64::MAX).count() as u64;
        let next = |slot: u64| (slot & !0xffff_ffff) | (((slot & 0xffff_ffff) + 1) % profiles);
        slots.iter_mut().filter(|slot| **slot != u64::MAX).for_each(|slot| *slot = next(*slot));
    },
    // One profile for all.
    |slots, _| slots.iter_mut().filter(|slot| **slot != u64::MAX).for_each(|slot| *slot &= !0xffff_ffff),
];

#[test]
fn ids_are_found_whatever_the_hash_says() {
    let mut random = Random::new(33);
    for count in [1, 2, 3, 100, 1_000] {
        let lines: String = (0..count).map(|i| line(&json!(i * 7), &random.vector(3))).collect();
        let file = index_file(&Recipe::default(), &lines);
        let mut files = vec![file.clone()];
        let mut without = Pieces::of(&file);
        without.sections.retain(|section| section.kind != SectionKind::IdHash as u32);
        files.push(without.assemble());
        let mut larger = Pieces::of(&file);
        let room = larger.bytes(SectionKind::IdHash).len();
        larger.bytes(SectionKind::IdHash).extend(vec![0xff; room]);
        files.push(larger.assemble());
        for edit in NONSENSE {
            let mut pieces = Pieces::of(&file);
            let mut slots = pieces.long_words(SectionKind::IdHash);
            edit(&mut slots, &mut random);
            *pieces.bytes(SectionKind::IdHash) = slots.into_iter().flat_map(u64::to_le_bytes).collect();
            files.push(pieces.assemble());
        }
        let all = ids(&open(file));
        for (number, file) in files.into_iter().enumerate() {
            let index = open(file);
            for (ordinal, id) in (0..).zip(&all) {
                assert_eq!(index.find(id), Some(Ordinal(ordinal)), "{id} of {count} in file {number}");
                assert!(profile(&Snapshot::of(&index), id).is_ok());
            }
            for asked in 0..2_000 {
                let id = asked.to_string();
                let expected = all.binary_search(&id).ok().map(|rank| Ordinal(rank as u32));
                assert_eq!(index.find(&id), expected, "{id} of {count} in file {number}");
            }
            for nobody in ["", " ", "-1", "07", "é"] {
                assert_eq!(index.find(nobody), None);
            }
        }
    }
}

#[test]
fn the_map_places_profiles_by_their_vectors_and_changes_no_answer() {
    let index = open(SMALL.clone());
    let (view, map) = (index.view(), index.map().unwrap());
    let node = |ordinal: usize| view.node_of(Ordinal(ordinal as u32)).unwrap();
    assert_eq!(map.len(), ids(&index).len());
    for (ordinal, place) in map.iter().enumerate() {
        assert_eq!(*place == NO_PLACE, node(ordinal).is_none(), "{ordinal}");
        for (other, its) in map.iter().enumerate().filter(|&(other, _)| node(other) == node(ordinal)) {
            assert_eq!(its, place, "{ordinal} and {other} share a vector");
        }
    }
    assert!(map.iter().collect::<HashSet<_>>().len() > 30, "not all in one place");
    let mut pieces = Pieces::of(&SMALL);
    pieces.sections.retain(|section| section.kind != SectionKind::Map as u32);
    let without = open(pieces.assemble());
    assert_eq!(without.map(), None);
    for mode in MODES {
        assert_eq!(ask(&index, "8", 20, mode, true), ask(&without, "8", 20, mode, true));
    }
}
