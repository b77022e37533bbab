//! Versions of a small index of which every answer is known beforehand: all pairs are compared here, in plain code that
//! shares nothing with the programs under test. The benchmarks that swap use it too.

#![allow(dead_code, reason = "several programs share this, and each uses only a part")]

#[path = "../index_support/random.rs"]
mod random;

use self::random::Random;

const DIMENSION: usize = 16;
/// One profile of this many has the vector of an earlier one: ties are ordered by id.
const ONE_DUPLICATE_IN: usize = 50;

/// A profile without anything to compare, beside those that are numbered.
pub const ZERO_ID: &str = "zero";

/// A version. Vectors and documents are unlike those of any other, so no two versions have an answer in common.
pub struct Version {
    pub number: u64,
    documents: Vec<String>,
    vectors: Vec<Vec<f32>>,
    /// For each profile the nearest others and their distances, nearest first.
    nearest: Vec<Vec<(f32, usize)>>,
}

impl Version {
    /// Profiles and, for each, as many others as will be asked for at most.
    pub fn new(number: u64, profiles: usize, most: usize) -> Version {
        let mut random = Random::new(number);
        let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(profiles);
        for profile in 0..profiles {
            let repeats = profile % ONE_DUPLICATE_IN == ONE_DUPLICATE_IN - 1;
            vectors.push(if repeats { vectors[profile / 2].clone() } else { random.vector(DIMENSION) });
        }
        let documents = (0..profiles).map(|profile| document(number, profile)).collect();
        let units: Vec<Vec<f32>> = vectors.iter().map(|vector| unit(vector)).collect();
        let nearest = (0..profiles).map(|profile| nearest(&units, profile, most)).collect();
        Version { number, documents, vectors, nearest }
    }

    /// JSON lines for `--vectorizer field:v`.
    pub fn source(&self) -> String {
        let mut lines =
            format!("{{\"_id\":\"{ZERO_ID}\",\"version\":{},\"v\":{:?}}}\n", self.number, [0; DIMENSION]);
        for (document, vector) in self.documents.iter().zip(&self.vectors) {
            lines += &format!("{},\"v\":{vector:?}}}\n", &document[..document.len() - 1]);
        }
        lines
    }

    /// The answer about a profile, to the byte.
    pub fn recommend(&self, profile: usize, n: usize, distances: bool) -> String {
        let entry = |&(distance, other): &(f32, usize)| {
            let document = &self.documents[other];
            if !distances {
                return document.clone();
            }
            // The shortest text that reads back as the same number. A number can always be written.
            let distance = serde_json::to_string(&distance).unwrap_or_default();
            format!("{{\"distance\":{distance},\"profile\":{document}}}")
        };
        let entries: Vec<String> = self.nearest[profile].iter().take(n).map(entry).collect();
        format!("[{}]", entries.join(","))
    }

    /// The document of a profile.
    pub fn profile(&self, profile: usize) -> &str {
        &self.documents[profile]
    }
}

/// The id of a profile. Sorted bytewise, ids are in the order of the numbers.
pub fn id(profile: usize) -> String {
    format!("p{profile:05}")
}

fn document(number: u64, profile: usize) -> String {
    let about = "I like to be asked before I am answered. ".repeat(1 + profile % 8);
    format!("{{\"_id\":\"{}\",\"version\":{number},\"about\":\"{about}\"}}", id(profile))
}

/// The vector at length 1.
fn unit(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|&number| f64::from(number).powi(2)).sum::<f64>().sqrt();
    vector.iter().map(|&number| (f64::from(number) / length) as f32).collect()
}

/// By (distance, id), the profile itself left out.
fn nearest(units: &[Vec<f32>], profile: usize, most: usize) -> Vec<(f32, usize)> {
    let own = &units[profile];
    let others = (0..units.len()).filter(|&other| other != profile);
    let mut nearest: Vec<(f32, usize)> = others.map(|other| (distance(own, &units[other]), other)).collect();
    nearest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    nearest.truncate(most);
    nearest
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    if a == b {
        return 0.0;
    }
    let dot: f64 = a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
    (1.0 - dot).clamp(0.0, 2.0) as f32
}
