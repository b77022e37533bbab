//! The same input, options and seed give the same bytes, on any number of threads.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs;

use common::{Place, Ran, Value, command, json, jsonl, numbered};

/// Profiles with fields of every kind.
fn varied(count: usize) -> Vec<Value> {
    let words = ["tea", "rain", "chess", "sea", "books", "bread", "dogs", "hills", "jazz", "salt", "wool"];
    let bio =
        |n: usize| (0..6).map(|i| words[(n * (i + 3) + i * i) % words.len()]).collect::<Vec<_>>().join(" ");
    let person = |n: usize| {
        json!({
            "_id": n, "age": 18 + n % 60, "bio": format!("{} number{n}", bio(n)), "likes": [words[n % 11], words[n % 7]],
            "smokes": n.is_multiple_of(2), "v": [n % 13, n % 17, n % 5, 1, n],
        })
    };
    (0..count).map(person).collect()
}

/// The file that a build at a fixed time gives.
fn bytes(profiles: &[Value], epoch: &str, flags: &[&str]) -> Vec<u8> {
    let place = Place::with(profiles);
    place.write("model.py", "def vectorize(profile):\n    return [float(x) + 0.5 for x in profile['v']]\n");
    let model = format!("python:{}", place.path("model.py").display());
    let flags: Vec<&str> = flags.iter().map(|&flag| if flag == "MODEL" { &model } else { flag }).collect();
    Ran::from(command(place.build_args(&flags)).env("SOURCE_DATE_EPOCH", epoch).output().unwrap()).done();
    fs::read(place.version(1)).unwrap()
}

#[test]
fn one_thread_and_two_give_the_same_bytes_with_every_vectorizer() {
    let profiles = varied(400);
    for vectorizer in ["hashing", "field:v", "MODEL"] {
        let built =
            |threads| bytes(&profiles, "1000000000", &["--threads", threads, "--vectorizer", vectorizer]);
        let one = built("1");
        assert!(one == built("1"), "{vectorizer}: not even a second build on one thread");
        assert!(one == built("2"), "{vectorizer}: two threads");
    }
}

#[test]
fn the_epoch_is_the_time_of_creation_and_all_that_differs() {
    let profiles = varied(30);
    let (early, late) = (bytes(&profiles, "1", &[]), bytes(&profiles, "1000000000", &[]));
    assert_eq!(early.len(), late.len());
    let differing = early.iter().zip(&late).filter(|(early, late)| early != late).count();
    assert!((1..=16).contains(&differing), "{differing} bytes: the time and the checksum over it");
    let place = Place::with(&profiles);
    Ran::from(command(place.build_args(&[])).env("SOURCE_DATE_EPOCH", "1000000000").output().unwrap()).done();
    assert_eq!(place.inspect(1)["created"], "2001-09-09T01:46:40Z");
}

#[test]
fn another_seed_gives_another_file() {
    let profiles = varied(60);
    assert!(bytes(&profiles, "1", &["--seed", "1"]) != bytes(&profiles, "1", &["--seed", "2"]));
}

#[test]
fn the_order_of_the_records_does_not_change_an_answer() {
    let mut profiles = numbered(200);
    let built = |profiles: &[Value]| {
        let place = Place::empty();
        place.write("profiles.jsonl", jsonl(profiles));
        place.build_vectors(&[]);
        ["p0", "p77", "p199"].map(|id| place.try_query(1, &["--distances"], id, "50").done())
    };
    let forward = built(&profiles);
    profiles.reverse();
    assert_eq!(built(&profiles), forward);
}
