//! Small index files for tests of the server.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::directory::versions;
use crate::file::format::{FORMAT_VERSION, NONE, SectionKind};
use crate::file::writer::Writer;
use crate::file::{GraphMetadata, Header, Metadata, Source, VectorizerMetadata};

const M: usize = 2;

/// A profile of a fixture: its id, and the angle of its vector in degrees; none for a zero vector.
pub type Profile = (&'static str, Option<f32>);

/// Ids that are hard to get through a URL, at growing distances from `a`.
pub const PROFILES: [Profile; 6] = [
    ("..", Some(80.0)),
    ("a", Some(0.0)),
    ("a/b", Some(10.0)),
    ("p+q r", Some(20.0)),
    ("zero", None),
    ("😀", Some(40.0)),
];

/// Publishes a version into a directory as a builder does: complete, by rename.
pub fn publish(dir: &Path, version: u64, bytes: &[u8]) -> PathBuf {
    let path = dir.join(versions::file_name(version));
    let hidden = dir.join(".incoming");
    std::fs::write(&hidden, bytes).unwrap();
    std::fs::rename(&hidden, &path).unwrap();
    path
}

/// The bytes of an index of these profiles, sorted by id. Up to five have a vector, so that every node is linked to
/// every other.
pub fn index_bytes(profiles: &[Profile]) -> Vec<u8> {
    let document = |id| serde_json::json!({"_id": id, "name": "n"}).to_string();
    let documents: Vec<String> = profiles.iter().map(|(id, _)| document(id)).collect();
    documents_bytes(profiles, &documents)
}

/// The same with documents of their own, which may be anything.
pub fn documents_bytes(profiles: &[Profile], documents: &[String]) -> Vec<u8> {
    vectorized_bytes(profiles, documents, "field:angle", b"")
}

/// The same by another vectorizer, with its state.
pub fn vectorized_bytes(
    profiles: &[Profile],
    documents: &[String],
    vectorizer: &str,
    state: &[u8],
) -> Vec<u8> {
    assert!(profiles.is_sorted_by_key(|(id, _)| *id));
    let angles: Vec<f32> = profiles.iter().filter_map(|(_, angle)| *angle).collect();
    let nodes = angles.len() as u32;
    let mut next = 0..nodes;
    let node_of: Vec<u32> =
        profiles.iter().map(|(_, angle)| angle.and_then(|_| next.next()).unwrap_or(NONE)).collect();
    let with_vector = (0..profiles.len() as u32).filter(|&ordinal| profiles[ordinal as usize].1.is_some());
    let ids = profiles.iter().map(|(id, _)| *id);
    let vectors = angles.iter().flat_map(|angle| [angle.to_radians().cos(), angle.to_radians().sin()]);
    let mut sections: Vec<(SectionKind, Vec<u8>)> = vec![
        (SectionKind::Metadata, serde_json::to_vec(&metadata(nodes, vectorizer)).unwrap()),
        (SectionKind::Vectors, vectors.flat_map(f32::to_le_bytes).collect()),
        (SectionKind::NodeOfProfile, words(node_of)),
        (SectionKind::NodeStarts, words(0..=nodes)),
        (SectionKind::NodeProfiles, words(with_vector)),
        (SectionKind::Level0, words((0..nodes).flat_map(|node| all_but(node, nodes)))),
        (SectionKind::UpperStarts, words((0..=nodes).map(|_| 0))),
        (SectionKind::UpperLevels, vec![]),
        (SectionKind::IdStarts, starts(ids.clone())),
        (SectionKind::Ids, ids.collect::<String>().into_bytes()),
        (SectionKind::DocumentStarts, starts(documents.iter().map(String::as_str))),
        (SectionKind::Documents, documents.concat().into_bytes()),
    ];
    if !state.is_empty() {
        sections.push((SectionKind::Vectorizer, state.to_vec()));
    }
    let header = header(profiles.len() as u32, nodes);
    let mut writer = Writer::new(Cursor::new(Vec::new()), sections.len(), header, 0).unwrap();
    for (kind, bytes) in sections {
        writer.section(kind, |out| out.write_all(&bytes)).unwrap();
    }
    writer.finish().unwrap().1.into_inner()
}

fn header(profiles: u32, nodes: u32) -> Header {
    Header {
        format_version: FORMAT_VERSION,
        file_length: 0,
        created: 1_700_000_000,
        profiles,
        nodes,
        dimension: 2,
        m: M as u32,
        levels: nodes.min(1),
        entry_point: (nodes > 0).then_some(0),
        sections: 0,
        checksum: 0,
    }
}

fn metadata(nodes: u32, vectorizer: &str) -> Metadata {
    let source = Source { name: "fixture".to_owned(), format: "json".to_owned() };
    let vectorizer =
        VectorizerMetadata { name: vectorizer.to_owned(), fingerprint: "0".to_owned(), language: None };
    let graph = GraphMetadata { builder: "complete".to_owned(), ef_construction: 1, seed: 0, attached: 0 };
    Metadata {
        default_ef: 64,
        recall_at_10: 1.0,
        recall_sample: nodes,
        reachable: nodes,
        skipped: BTreeMap::from([("id missing".to_owned(), 2)]),
        ..Metadata::new("fixture", source, "_id", vectorizer, graph)
    }
}

fn all_but(node: u32, nodes: u32) -> impl Iterator<Item = u32> {
    (0..nodes).filter(move |&other| other != node).chain(std::iter::repeat(NONE)).take(2 * M)
}

fn words(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn starts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let ends = texts.scan(0u64, |end, text| {
        *end += text.len() as u64;
        Some(*end)
    });
    std::iter::once(0).chain(ends).flat_map(u64::to_le_bytes).collect()
}
