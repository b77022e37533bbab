//! An index of any size in no time: documents of an ordinary length, random neighbours, and a ring for a graph. What it
//! costs to serve an answer does not depend on how near the neighbours are.

#![allow(dead_code, reason = "several benchmarks share this, and each uses only a part")]

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use kindred::directory::versions;
use kindred::file::format::{FORMAT_VERSION, NONE, SectionKind};
use kindred::file::pieces::PieceWriter;
use kindred::file::writer::Writer;
use kindred::file::{
    GraphMetadata, Header, Index, MappedFile, Metadata, Source, TableKind, TableMetadata, VectorizerMetadata,
    ids,
};
use kindred::query::{Question, Snapshot, answer};
use kindred::random::SplitMix64;

const M: u32 = 2;
const DIMENSION: u32 = 16;
const SEED: u64 = 42;
/// Answers that are measured to tell how long a body is.
const BODIES: usize = 10_000;

/// What a file holds. Two that differ only in the version have the same ids, and no document or row in common.
#[derive(Clone, Copy)]
pub struct Shape {
    pub profiles: u32,
    /// Slots of a row of the neighbour table.
    pub slots: u32,
    /// How often a sentence is in a document: at least, and below.
    pub sentences: (u32, u32),
    /// In every document.
    pub version: u64,
}

impl Shape {
    /// The builder's default of slots, and documents as long as the profiles of the sample in `data/`, more or less.
    pub fn ordinary(profiles: u32) -> Shape {
        Shape { profiles, slots: 100, sentences: (2, 7), version: 1 }
    }

    /// The answer about a profile, for an `n` up to `slots`.
    pub fn body(&self, own: u32, n: usize) -> String {
        let documents: Vec<String> = self.row(own).take(n).map(|other| self.document(other)).collect();
        format!("[{}]", documents.join(","))
    }

    /// Any other profiles.
    fn row(self, own: u32) -> impl Iterator<Item = u32> {
        let mut random = SplitMix64(SEED ^ (self.version << 32 | u64::from(own)));
        let others = self.profiles - 1;
        (0..self.slots.min(others))
            .map(move |_| (own + 1 + random.below(u64::from(others)) as u32) % self.profiles)
    }

    fn document(&self, number: u32) -> String {
        let mut random = SplitMix64(u64::from(number));
        let (least, end) = self.sentences;
        let sentences = least + random.below(u64::from(end - least)) as u32;
        let bio = "I like to be asked before I am answered. ".repeat(sentences as usize);
        format!(
            "{{\"_id\":\"{}\",\"version\":{},\"name\":\"Frida\",\"surname\":\"of the house {number}\",\"age\":{},\
             \"city\":\"Copenhagen\",\"interests\":[\"sailing\",\"baking\",\"chess\"],\"bio\":\"{bio}\"}}",
            id(number),
            self.version,
            18 + number % 60,
        )
    }
}

/// What is served.
pub struct Sample {
    profiles: u32,
    /// How long an answer is on average.
    pub mean_body: usize,
}

impl Sample {
    /// Ids to ask about, in no order.
    pub fn questions(&self, count: usize) -> Vec<String> {
        let mut random = SplitMix64(SEED);
        (0..count).map(|_| id(random.below(u64::from(self.profiles)) as u32)).collect()
    }
}

/// Writes version 1 into a directory, and asks it for some answers of `n`.
pub fn write(directory: &Path, profiles: u32, n: usize) -> Result<Sample> {
    let path = write_version(directory, 1, profiles)?;
    let index = Index::open(MappedFile::open(&path)?)?;
    let mut sample = Sample { profiles, mean_body: 0 };
    let mut bytes = 0;
    for id in &sample.questions(BODIES) {
        let question = Question::about(id, n);
        bytes += answer(&Snapshot::of(&index), &question)?.body.len();
    }
    sample.mean_body = bytes / BODIES;
    Ok(sample)
}

/// Writes a version whose answers are its own: documents name it, and its neighbours are others.
pub fn write_version(directory: &Path, version: u64, profiles: u32) -> Result<PathBuf> {
    let path = directory.join(versions::file_name(version));
    write_file(&path, Shape { version, ..Shape::ordinary(profiles) })?;
    Ok(path)
}

/// A vector of its own for each.
fn write_vector(out: &mut dyn Write, profile: u32) -> io::Result<()> {
    let mut random = SplitMix64(u64::from(profile));
    let numbers: Vec<f32> = (0..DIMENSION).map(|_| (random.bits() >> 40) as f32 + 1.0).collect();
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.iter().try_for_each(|number| out.write_all(&(number / length).to_le_bytes()))
}

/// Writes a file of that shape.
pub fn write_file(path: &Path, shape: Shape) -> Result<()> {
    let profiles = shape.profiles;
    let out = PieceWriter::new(File::create_new(path)?);
    let all = || 0..profiles;
    let each = |out: &mut dyn Write, word: &dyn Fn(u32) -> u32, count: u32| {
        (0..count).try_for_each(|number| out.write_all(&word(number).to_le_bytes()))
    };
    let mut writer = Writer::new(out, 14, header(profiles), shape.slots as usize)?;
    let metadata = serde_json::to_vec(&metadata(shape))?;
    writer.section(SectionKind::Metadata, |out| out.write_all(&metadata))?;
    writer.section(SectionKind::Vectors, |out| all().try_for_each(|profile| write_vector(out, profile)))?;
    writer.section(SectionKind::NodeOfProfile, |out| each(out, &|node| node, profiles))?;
    writer.section(SectionKind::NodeStarts, |out| each(out, &|node| node, profiles + 1))?;
    writer.section(SectionKind::NodeProfiles, |out| each(out, &|node| node, profiles))?;
    writer.section(SectionKind::Level0, |out| {
        let neighbour = |slot: u32| match slot % (2 * M) {
            0 => (slot / (2 * M) + 1) % profiles,
            1 => (slot / (2 * M) + profiles - 1) % profiles,
            _ => NONE,
        };
        each(out, &neighbour, profiles * 2 * M)
    })?;
    writer.section(SectionKind::UpperStarts, |out| each(out, &|_| 0, profiles + 1))?;
    writer.section(SectionKind::UpperLevels, |_| Ok(()))?;
    write_texts(&mut writer, (SectionKind::IdStarts, SectionKind::Ids), profiles, id)?;
    write_texts(&mut writer, (SectionKind::DocumentStarts, SectionKind::Documents), profiles, |own| {
        shape.document(own)
    })?;
    let all_ids: Vec<String> = all().map(id).collect();
    let slots = ids::build(all_ids.iter().map(|id| id.as_bytes()));
    writer.section(SectionKind::IdHash, |out| {
        slots.iter().try_for_each(|slot| out.write_all(&slot.to_le_bytes()))
    })?;
    writer.section(SectionKind::Neighbours, |out| {
        let row = |own| shape.row(own).chain(std::iter::repeat(NONE)).take(shape.slots as usize);
        all().flat_map(row).try_for_each(|slot| out.write_all(&slot.to_le_bytes()))
    })?;
    writer.finish()?;
    Ok(())
}

fn write_texts(
    writer: &mut Writer<PieceWriter<File>>,
    (starts, texts): (SectionKind, SectionKind),
    profiles: u32,
    text: impl Fn(u32) -> String,
) -> io::Result<()> {
    let mut ends = vec![0u64];
    writer.section(texts, |out| {
        (0..profiles).try_for_each(|profile| {
            let text = text(profile);
            ends.push(ends.last().copied().unwrap_or(0) + text.len() as u64);
            out.write_all(text.as_bytes())
        })
    })?;
    writer.section(starts, |out| ends.iter().try_for_each(|end| out.write_all(&end.to_le_bytes())))
}

/// Ascending, as the ids of a database are.
pub fn id(number: u32) -> String {
    format!("{number:024x}")
}

fn header(profiles: u32) -> Header {
    Header {
        format_version: FORMAT_VERSION,
        file_length: 0,
        created: 0,
        profiles,
        nodes: profiles,
        dimension: DIMENSION,
        m: M,
        levels: 1,
        entry_point: Some(0),
        sections: 0,
        checksum: 0,
    }
}

fn metadata(shape: Shape) -> Metadata {
    let source = Source { name: "none".to_owned(), format: "none".to_owned() };
    let vectorizer =
        VectorizerMetadata { name: "none".to_owned(), fingerprint: String::new(), language: None };
    let graph = GraphMetadata { builder: "ring".to_owned(), ef_construction: 1, seed: 0, attached: 0 };
    Metadata {
        // Not true, and it makes no difference.
        table: Some(TableMetadata { neighbours: shape.slots, kind: TableKind::Exact, recall: 1.0 }),
        default_ef: 64,
        recall_at_10: 1.0,
        reachable: shape.profiles,
        read: u64::from(shape.profiles),
        ..Metadata::new("benchmark", source, "_id", vectorizer, graph)
    }
}
