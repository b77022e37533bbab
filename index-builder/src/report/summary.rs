//! What a build says at its end: for people, or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use kindred::counted::counted;
use kindred::file::{FieldMetadata, MapMetadata, Source, TableKind, TableMetadata};
use serde::Serialize;

use crate::ground::progress::steps;
use crate::intake::ingest::describe;
use crate::report::built::{BuildReport, Built, Run};
use crate::report::compare::Compared;
use crate::vectors::taken_for;

/// How long the steps took, in seconds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Seconds {
    /// Reading and spooling the source.
    read: f64,
    /// Making, checking and normalising the vectors.
    vectorize: f64,
    /// From finished vectors to the finished, repaired graph.
    graph: f64,
    /// The neighbour table.
    table: f64,
    /// The map.
    map: f64,
    /// Measuring recall and reachability, and checking the written file.
    verify: f64,
    /// Writing, syncing and renaming the file, and its check.
    publish: f64,
    /// All of it.
    total: f64,
}

impl Seconds {
    fn of(run: &Run) -> Seconds {
        Seconds {
            read: run.seconds_of(steps::READ),
            vectorize: run.seconds_of(steps::VECTORIZE),
            graph: run.seconds_of(steps::GRAPH),
            table: run.seconds_of(steps::TABLE),
            map: run.seconds_of(steps::MAP),
            verify: run.verify_seconds(),
            publish: run.seconds_of(steps::PUBLISH),
            total: run.seconds,
        }
    }
}

/// The summary as JSON; `docs/reference.md` says what the members mean.
#[derive(Serialize)]
struct Members<'a> {
    version: u64,
    file: String,
    source: &'a Source,
    read: u64,
    profiles: u64,
    nodes: u64,
    dimension: u64,
    id_field: &'a str,
    vectorizer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<&'a [FieldMetadata]>,
    exposed: Option<&'a [String]>,
    skipped: BTreeMap<String, u64>,
    examples: BTreeMap<String, String>,
    notes: &'a [String],
    duplicates: u64,
    zero_vectors: u64,
    m: u32,
    ef: u32,
    recall_at_10: f64,
    table: Option<TableMetadata>,
    map: Option<MapMetadata>,
    reachable: u64,
    attached: u64,
    bytes: u64,
    removed: &'a [u64],
    compared: Option<&'a Compared>,
    peak_memory_bytes: Option<u64>,
    seconds: Seconds,
}

/// The summary as JSON, on one line.
///
/// # Errors
/// What writing JSON gives.
pub fn json(built: &Built) -> serde_json::Result<String> {
    let Built { report: BuildReport { header, metadata, run, findings }, published } = built;
    serde_json::to_string(&Members {
        version: published.version,
        file: published.path.display().to_string(),
        source: &metadata.source,
        read: metadata.read,
        profiles: u64::from(header.profiles),
        nodes: u64::from(header.nodes),
        dimension: u64::from(header.dimension),
        id_field: &metadata.id_field,
        vectorizer: &metadata.vectorizer.name,
        fields: metadata.fields.as_deref(),
        exposed: metadata.exposed.as_deref(),
        skipped: findings.skipped.counts(),
        examples: findings.examples(),
        notes: &findings.notes,
        duplicates: metadata.duplicates,
        zero_vectors: metadata.zero_vectors,
        m: header.m,
        ef: metadata.default_ef,
        recall_at_10: metadata.recall_at_10,
        table: metadata.table,
        map: metadata.map,
        reachable: u64::from(metadata.reachable),
        attached: u64::from(metadata.graph.attached),
        bytes: published.bytes,
        removed: &published.removed,
        compared: findings.compared.as_ref(),
        peak_memory_bytes: run.peak_memory_bytes,
        seconds: Seconds::of(run),
    })
}

/// The summary for people: lines of a name and what it is.
#[derive(Debug)]
pub struct Text<'a>(pub &'a Built);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Built { report, published } = self.0;
        let BuildReport { run, findings, .. } = report;
        writeln!(f, "published     version {}: {}", published.version, published.path.display())?;
        write_source(f, report)?;
        write_vectors(f, report)?;
        write_graph(f, report)?;
        writeln!(f, "size          {} bytes", published.bytes)?;
        if let Some(Compared { version, profiles_ratio, drift, .. }) = &findings.compared {
            let drift = drift.map_or_else(|| "not measured".to_owned(), |drift| format!("{drift:.4}"));
            writeln!(
                f,
                "compared      with version {version}: profiles x {profiles_ratio:.4}, drift {drift}"
            )?;
        }
        if let Some(bytes) = run.peak_memory_bytes {
            writeln!(f, "memory        {bytes} bytes at most")?;
        }
        if !published.removed.is_empty() {
            let removed: Vec<String> = published.removed.iter().map(u64::to_string).collect();
            let versions = if removed.len() == 1 { "version" } else { "versions" };
            writeln!(f, "removed       {versions} {}", removed.join(", "))?;
        }
        let Seconds { read, vectorize, graph, table, map, verify, publish, total } = Seconds::of(run);
        write!(
            f,
            "seconds       read {read:.2}, vectorize {vectorize:.2}, graph {graph:.2}, table {table:.2}, map {map:.2}, \
             verify {verify:.2}, publish {publish:.2}, total {total:.2}"
        )
    }
}

/// An example of what was counted.
fn such_as(id: Option<&String>) -> String {
    id.map(|id| format!(", such as {id:?}")).unwrap_or_default()
}

fn write_source(f: &mut fmt::Formatter<'_>, report: &BuildReport) -> fmt::Result {
    let BuildReport { header, metadata, findings, .. } = report;
    writeln!(f, "source        {} ({})", metadata.source.name, metadata.source.format)?;
    let records = counted(metadata.read, "record");
    writeln!(f, "profiles      {} of {records}, id in {:?}", header.profiles, metadata.id_field)?;
    writeln!(f, "skipped       {}{}", findings.skipped.total(), describe(&findings.skipped))?;
    writeln!(f, "duplicate ids {}{}", metadata.duplicates, such_as(findings.duplicate.as_ref()))?;
    for note in &findings.notes {
        match note.strip_prefix("warning: ") {
            Some(warning) => writeln!(f, "warning       {warning}")?,
            None => writeln!(f, "note          {note}")?,
        }
    }
    Ok(())
}

fn write_vectors(f: &mut fmt::Formatter<'_>, report: &BuildReport) -> fmt::Result {
    let BuildReport { header, metadata, findings, .. } = report;
    writeln!(
        f,
        "vectors       {}, by {}; {} {} zero{}",
        counted(header.dimension.into(), "number"),
        metadata.vectorizer.name,
        metadata.zero_vectors,
        counted(metadata.zero_vectors, "vector").is_or_are(),
        such_as(findings.zero.as_ref())
    )?;
    if let Some(fields) = &metadata.fields {
        let fields = taken_for::on_one_line(fields, metadata.exposed.is_some());
        writeln!(f, "fields        {fields}")?;
    }
    Ok(())
}

fn write_graph(f: &mut fmt::Formatter<'_>, report: &BuildReport) -> fmt::Result {
    let BuildReport { header, metadata, .. } = report;
    let (reachable, attached) = (metadata.reachable, metadata.graph.attached);
    writeln!(f, "nodes         {}, all {reachable} reachable, {attached} attached", header.nodes)?;
    writeln!(f, "recall@10     {:.4} at ef {}", metadata.recall_at_10, metadata.default_ef)?;
    match metadata.table {
        Some(TableMetadata { neighbours, kind: TableKind::Exact, .. }) => {
            writeln!(f, "table         {} each, exact", counted(neighbours.into(), "neighbour"))?;
        }
        Some(TableMetadata { neighbours, recall, .. }) => {
            let each = counted(neighbours.into(), "neighbour");
            writeln!(f, "table         {each} each, approximate, recall {recall:.4}")?;
        }
        None => writeln!(f, "table         none")?,
    }
    match &metadata.map {
        Some(map) => writeln!(f, "map           {}", crate::link::map::describe(map)),
        None => writeln!(f, "map           none"),
    }
}
