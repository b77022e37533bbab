//! What a build says at its end: for people, or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use kindred::counted::counted;
use kindred::file::{FieldMetadata, MapMetadata, Source, TableKind, TableMetadata};
use serde::Serialize;
use serde::ser::Serializer;

use crate::intake::ingest::describe;
use crate::intake::skipped::{Reason, Skipped};
use crate::report::compare::Compared;

/// How long the steps took, in seconds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Seconds {
    /// Reading and spooling the source.
    pub read: f64,
    /// Making, checking and normalising the vectors.
    pub vectorize: f64,
    /// From finished vectors to the finished, repaired graph.
    pub graph: f64,
    /// The neighbour table.
    pub table: f64,
    /// The map.
    pub map: f64,
    /// Measuring recall and reachability, and checking the written file.
    pub verify: f64,
    /// Writing, syncing and renaming the file, and its check.
    pub publish: f64,
    /// All of it.
    pub total: f64,
}

/// What a build did.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The version that was published.
    pub version: u64,
    /// Its file.
    pub file: String,
    /// What was read.
    pub source: Source,
    /// Records that the source gave.
    pub read: u64,
    /// Profiles in the file.
    pub profiles: u64,
    /// Distinct vectors.
    pub nodes: u64,
    /// Numbers per vector.
    pub dimension: u64,
    /// The field that holds the id.
    pub id_field: String,
    /// What made the vectors.
    pub vectorizer: String,
    /// What became of each field that is compared or stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldMetadata>>,
    /// The fields that `--expose` names; all but the vector where it is none.
    pub exposed: Option<Vec<String>>,
    /// Records left out, by reason.
    #[serde(serialize_with = "counts")]
    pub skipped: Skipped,
    /// One record of each reason, one id that came twice, and one profile without anything to compare.
    pub examples: BTreeMap<String, String>,
    /// What a person should know of the source.
    pub notes: Vec<String>,
    /// Records left out because another had the same id.
    pub duplicates: u64,
    /// Profiles without anything to compare.
    pub zero_vectors: u64,
    /// Links per node.
    pub m: u32,
    /// The file's default ef.
    pub ef: u32,
    /// recall@10 at that ef.
    pub recall_at_10: f64,
    /// The neighbour table, where there is one.
    pub table: Option<TableMetadata>,
    /// The map, where there is one.
    pub map: Option<MapMetadata>,
    /// Nodes that can be reached: all.
    pub reachable: u64,
    /// Links that were made to reach them.
    pub attached: u64,
    /// The file's length.
    pub bytes: u64,
    /// Versions that were deleted because newer ones are enough.
    pub removed: Vec<u64>,
    /// How it compares with the version that was served, where that was asked for.
    pub compared: Option<Compared>,
    /// The most memory of the process; none where the system does not tell.
    pub peak_memory_bytes: Option<u64>,
    /// How long the steps took.
    pub seconds: Seconds,
}

fn counts<S: Serializer>(skipped: &Skipped, serializer: S) -> Result<S::Ok, S::Error> {
    let counts: BTreeMap<&str, u64> =
        skipped.iter().map(|(name, Reason { count, .. })| (name, *count)).collect();
    counts.serialize(serializer)
}

impl Summary {
    fn example(&self, kind: &str) -> String {
        self.examples.get(kind).map(|id| format!(", such as {id:?}")).unwrap_or_default()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "published     version {}: {}", self.version, self.file)?;
        writeln!(f, "source        {} ({})", self.source.name, self.source.format)?;
        writeln!(
            f,
            "profiles      {} of {}, id in {:?}",
            self.profiles,
            counted(self.read, "record"),
            self.id_field
        )?;
        writeln!(f, "skipped       {}{}", self.skipped.total(), describe(&self.skipped))?;
        writeln!(f, "duplicate ids {}{}", self.duplicates, self.example("duplicate id"))?;
        for note in &self.notes {
            match note.strip_prefix("warning: ") {
                Some(warning) => writeln!(f, "warning       {warning}")?,
                None => writeln!(f, "note          {note}")?,
            }
        }
        writeln!(
            f,
            "vectors       {}, by {}; {} {} zero{}",
            counted(self.dimension, "number"),
            self.vectorizer,
            self.zero_vectors,
            counted(self.zero_vectors, "vector").is_or_are(),
            self.example("zero vector")
        )?;
        if let Some(fields) = &self.fields {
            writeln!(
                f,
                "fields        {}",
                crate::vectors::taken_for::on_one_line(fields, self.exposed.is_some())
            )?;
        }
        writeln!(
            f,
            "nodes         {}, all {} reachable, {} attached",
            self.nodes, self.reachable, self.attached
        )?;
        writeln!(f, "recall@10     {:.4} at ef {}", self.recall_at_10, self.ef)?;
        match &self.table {
            Some(TableMetadata { neighbours, kind: TableKind::Exact, .. }) => {
                writeln!(f, "table         {} each, exact", counted((*neighbours).into(), "neighbour"))?;
            }
            Some(TableMetadata { neighbours, recall, .. }) => {
                writeln!(
                    f,
                    "table         {} each, approximate, recall {recall:.4}",
                    counted((*neighbours).into(), "neighbour")
                )?;
            }
            None => writeln!(f, "table         none")?,
        }
        match &self.map {
            Some(map) => writeln!(f, "map           {}", crate::link::map::describe(map))?,
            None => writeln!(f, "map           none")?,
        }
        writeln!(f, "size          {} bytes", self.bytes)?;
        if let Some(Compared { version, profiles_ratio, drift, .. }) = &self.compared {
            let drift = drift.map_or_else(|| "not measured".to_owned(), |drift| format!("{drift:.4}"));
            writeln!(
                f,
                "compared      with version {version}: profiles x {profiles_ratio:.4}, drift {drift}"
            )?;
        }
        if let Some(bytes) = self.peak_memory_bytes {
            writeln!(f, "memory        {bytes} bytes at most")?;
        }
        if !self.removed.is_empty() {
            let removed: Vec<String> = self.removed.iter().map(u64::to_string).collect();
            let versions = if removed.len() == 1 { "version" } else { "versions" };
            writeln!(f, "removed       {versions} {}", removed.join(", "))?;
        }
        let Seconds { read, vectorize, graph, table, map, verify, publish, total } = self.seconds;
        write!(
            f,
            "seconds       read {read:.2}, vectorize {vectorize:.2}, graph {graph:.2}, table {table:.2}, map {map:.2}, \
             verify {verify:.2}, publish {publish:.2}, total {total:.2}"
        )
    }
}
