//! Writes profiles, vectors and graph into an index file.

use std::io::{self, Seek, Write};

use anyhow::Context;
use kindred::file::format::{NONE, SectionKind};
use kindred::file::ids;
use kindred::file::writer::Writer;
use kindred::file::{Header, Metadata};
use kindred::profile::Value;
use kindred::profile::path::{Paths, retain};

use crate::intake::ingest::{Profiles, document_fields};
use crate::link::Linked;
use crate::link::table::NeighbourTable;

/// All that goes into a file.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Ids and documents.
    pub profiles: &'a Profiles,
    /// Vectors, which profiles have which, the graph over them, the neighbour table and the map.
    pub linked: &'a Linked,
    /// The vectorizer's fitted state.
    pub vectorizer_state: Option<&'a [u8]>,
    /// What built it.
    pub metadata: &'a Metadata,
    /// Seconds since 1970.
    pub created: u64,
}

impl Parts<'_> {
    /// About as many bytes as will be written: what sections of that size there are.
    pub fn estimated_bytes(&self) -> u64 {
        let Linked { nodes, graph, table, codes, .. } = self.linked;
        let profiles = self.profiles.entries.len();
        let numbers = nodes.vectors().numbers().len()
            + graph.level0.len()
            + graph.upper.len()
            + table.as_ref().map_or(0, |table| profiles * table.neighbours);
        let documents: u64 = self.profiles.entries.iter().map(|entry| u64::from(entry.document.length)).sum();
        (numbers * size_of::<u32>() + codes.as_ref().map_or(0, |codes| codes.codes.len())) as u64 + documents
    }

    /// Writes the file. The same parts give the same bytes.
    ///
    /// # Errors
    /// What reading the spool and writing give.
    pub fn write<W: Write + Seek>(&self, out: W) -> anyhow::Result<(Header, W)> {
        let optional = [
            self.vectorizer_state.is_some(),
            self.linked.table.is_some(),
            self.linked.codes.is_some(),
            self.linked.map.is_some(),
            self.profiles.vector_lengths.is_some(),
        ];
        let sections = SectionKind::ALL.len() - optional.iter().filter(|&&there| !there).count();
        let neighbours = self.linked.table.as_ref().map_or(0, |table| table.neighbours);
        let mut writer = Writer::new(out, sections, self.header()?, neighbours)?;
        let metadata = serde_json::to_vec(self.metadata)?;
        writer.section(SectionKind::Metadata, |out| out.write_all(&metadata))?;
        self.write_nodes(&mut writer)?;
        self.write_graph(&mut writer)?;
        self.write_ids(&mut writer)?;
        self.write_documents(&mut writer)?;
        if let Some(state) = self.vectorizer_state {
            writer.section(SectionKind::Vectorizer, |out| out.write_all(state))?;
        }
        self.write_id_hash(&mut writer)?;
        if let Some(table) = &self.linked.table {
            write_table(&mut writer, table)?;
        }
        if let Some(codes) = &self.linked.codes {
            writer.section(SectionKind::Codes, |out| out.write_all(bytemuck::cast_slice(&codes.codes)))?;
        }
        if let Some(map) = &self.linked.map {
            let places = map.places(&self.linked.nodes);
            writer.section(SectionKind::Map, |out| out.write_all(bytemuck::cast_slice(&places)))?;
        }
        if let Some(lengths) = &self.profiles.vector_lengths {
            writer.section(SectionKind::VectorLengths, |out| out.write_all(bytemuck::cast_slice(lengths)))?;
        }
        Ok(writer.finish()?)
    }

    fn header(&self) -> anyhow::Result<Header> {
        Ok(Header {
            format_version: kindred::file::format::FORMAT_VERSION,
            created: self.created,
            profiles: u32::try_from(self.profiles.entries.len()).context("the number of profiles")?,
            nodes: u32::try_from(self.linked.nodes.count()).context("the number of nodes")?,
            dimension: u32::try_from(self.linked.nodes.vectors().dimension()).context("the dimension")?,
            m: u32::try_from(self.linked.graph.m).context("m")?,
            levels: self.linked.graph.levels,
            entry_point: self.linked.graph.entry_point.map(|node| node.0),
            // The writer fills these in.
            file_length: 0,
            sections: 0,
            checksum: 0,
        })
    }

    fn write_nodes<W: Write + Seek>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let vectors = self.linked.nodes.vectors().numbers();
        writer.section(SectionKind::Vectors, |out| out.write_all(bytemuck::cast_slice(vectors)))?;
        numbers(writer, SectionKind::NodeOfProfile, &self.linked.nodes.node_of_profile)?;
        numbers(writer, SectionKind::NodeStarts, &self.linked.nodes.starts)?;
        numbers(writer, SectionKind::NodeProfiles, &self.linked.nodes.profiles)
    }

    fn write_graph<W: Write + Seek>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        numbers(writer, SectionKind::Level0, &self.linked.graph.level0)?;
        numbers(writer, SectionKind::UpperStarts, &self.linked.graph.upper_offsets)?;
        numbers(writer, SectionKind::UpperLevels, &self.linked.graph.upper)
    }

    fn write_ids<W: Write + Seek>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let ids = || self.profiles.entries.iter().map(|entry| self.profiles.id(entry).as_bytes());
        let starts = starts(ids().map(<[u8]>::len));
        writer.section(SectionKind::IdStarts, |out| out.write_all(bytemuck::cast_slice(&starts)))?;
        writer.section(SectionKind::Ids, |out| ids().try_for_each(|id| out.write_all(id)))
    }

    fn write_id_hash<W: Write + Seek>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let table = ids::build(self.profiles.entries.iter().map(|entry| self.profiles.id(entry).as_bytes()));
        writer.section(SectionKind::IdHash, |out| out.write_all(bytemuck::cast_slice(&table)))
    }

    fn write_documents<W: Write + Seek>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let mut lengths = Vec::with_capacity(self.profiles.entries.len());
        writer.section(SectionKind::Documents, |out| {
            for entry in &self.profiles.entries {
                let document = self.exposed(self.profiles.spool.get(entry.document)?)?;
                lengths.push(document.len());
                out.write_all(&document)?;
            }
            Ok(())
        })?;
        let starts = starts(lengths.into_iter());
        writer.section(SectionKind::DocumentStarts, |out| out.write_all(bytemuck::cast_slice(&starts)))
    }

    /// A document with the fields that are returned, and the id.
    fn exposed(&self, document: Vec<u8>) -> io::Result<Vec<u8>> {
        let Some(expose) = &self.metadata.exposed else { return Ok(document) };
        let mut fields = document_fields(&document).map_err(io::Error::other)?;
        let only = Paths::new(expose.iter().map(String::as_str)).and(&self.profiles.id_field);
        retain(&mut fields, Some(&only), &Paths::default());
        Ok(serde_json::to_vec(&Value::Map(fields))?)
    }
}

/// Row by row: the table is never there in full a second time.
fn write_table<W: Write + Seek>(writer: &mut Writer<W>, table: &NeighbourTable) -> io::Result<()> {
    let empty = vec![NONE; table.neighbours];
    writer.section(SectionKind::Neighbours, |out| {
        table.rows().try_for_each(|row| out.write_all(bytemuck::cast_slice(row.unwrap_or(&empty))))
    })
}

fn numbers<W: Write + Seek>(writer: &mut Writer<W>, kind: SectionKind, numbers: &[u32]) -> io::Result<()> {
    writer.section(kind, |out| out.write_all(bytemuck::cast_slice(numbers)))
}

/// Where each of some things of known length starts, and the end.
fn starts(lengths: impl Iterator<Item = usize>) -> Vec<u64> {
    let mut end = 0u64;
    let ends = lengths.map(|length| {
        end += length as u64;
        end
    });
    std::iter::once(0).chain(ends).collect()
}
