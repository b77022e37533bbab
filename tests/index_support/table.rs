//! Neighbour tables by comparing every profile with every other, put into files that have none.

use kindred::distance::distance;
use kindred::file::format::{NONE, SectionKind};
use serde_json::json;

use super::pieces::{Pieces, Section};

/// The rows of `k` slots of every profile of a file, by (distance, ordinal).
pub fn rows(pieces: &mut Pieces, k: usize) -> Vec<u32> {
    let dimension = pieces.header.dimension as usize;
    let numbers: Vec<f32> = pieces.words(SectionKind::Vectors).into_iter().map(f32::from_bits).collect();
    let nodes = pieces.words(SectionKind::NodeOfProfile);
    let vector = |node: u32| &numbers[node as usize * dimension..][..dimension];
    let mut rows = Vec::new();
    for (own, &node) in nodes.iter().enumerate() {
        let others = (0u32..).zip(&nodes).filter(|&(other, &of)| other as usize != own && of != NONE);
        let mut nearest: Vec<(f32, u32)> = others
            .filter(|_| node != NONE)
            .map(|(other, &of)| (if of == node { 0.0 } else { distance(vector(node), vector(of)) }, other))
            .collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        rows.extend(nearest.into_iter().map(|(_, other)| other).chain(std::iter::repeat(NONE)).take(k));
    }
    rows
}

/// Gives a file in pieces a table of these rows, and metadata that say so.
pub fn add(pieces: &mut Pieces, k: usize, kind: &str, rows: &[u32]) {
    describe(pieces, &json!({ "neighbours": k, "kind": kind, "recall": 1.0 }));
    pieces.sections.push(Section {
        kind: SectionKind::Neighbours as u32,
        required: false,
        element_size: 4 * k as u32,
        bytes: rows.iter().flat_map(|slot| slot.to_le_bytes()).collect(),
    });
}

/// Sets what the metadata say of the table.
pub fn describe(pieces: &mut Pieces, table: &serde_json::Value) {
    let metadata = pieces.bytes(SectionKind::Metadata);
    let mut described: serde_json::Value = serde_json::from_slice(metadata).unwrap();
    described["table"] = table.clone();
    *metadata = serde_json::to_vec(&described).unwrap();
}
