//! How good the answers of the graph are, against a comparison with every vector made here.

use std::collections::HashSet;

use super::fixture::{Place, await_version, random_vectors, source_of};
use super::http::Connection;
use super::process::Server;

const PROFILES: usize = 6_000;
const DIMENSION: usize = 16;
const QUERIES: usize = 1_000;
const K: usize = 10;

/// Two distances closer than this are a tie: answers are computed from 32-bit numbers.
const TIE: f64 = 1e-6;

fn unit_vector(vector: &[i32]) -> Vec<f64> {
    let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    vector.iter().map(|&x| f64::from(x) / length).collect()
}

fn cosine_distance(a: &[f64], b: &[f64]) -> f64 {
    1.0 - a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>()
}

#[test]
fn recall_at_10_is_at_least_0_99_over_1000_profiles_and_none_is_its_own_neighbour() {
    let place = Place::new();
    let vectors = random_vectors(PROFILES, DIMENSION);
    place.build(&source_of(&vectors));
    let server = Server::start(&place.index());
    let index = await_version(&server, 1);
    assert!(index["nodes"].as_u64().unwrap() > 5_000, "up to 5,000 nodes are searched exactly: {index}");
    let vectors: Vec<Vec<f64>> = vectors.iter().map(|vector| unit_vector(vector)).collect();
    let mut connection = Connection::open(server.address).unwrap();
    let mut found = 0;
    for query in (0..PROFILES).step_by(PROFILES / QUERIES) {
        let distances: Vec<f64> =
            vectors.iter().map(|vector| cosine_distance(&vectors[query], vector)).collect();
        let mut others: Vec<f64> =
            (0..PROFILES).filter(|&other| other != query).map(|other| distances[other]).collect();
        let (_, kth, _) = others.select_nth_unstable_by(K - 1, f64::total_cmp);
        let ids = connection.get(&format!("/recommend/p{query}/{K}")).ids();
        assert_eq!(ids.len(), K);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), K, "p{query}: {ids:?}");
        for id in &ids {
            let other: usize = id.as_str().unwrap()[1..].parse().unwrap();
            assert_ne!(other, query, "p{query} in its own answer");
            found += usize::from(distances[other] <= *kth + TIE);
        }
    }
    let recall = found as f64 / (QUERIES * K) as f64;
    assert!(recall >= 0.99, "recall@10 is {recall}");
}
