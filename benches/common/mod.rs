//! What the benchmarks share: seeded vectors, and an index made from them by the builder's own steps.

#![allow(dead_code, reason = "every benchmark is a crate of its own and uses only a part of this")]

pub mod data;
pub mod environment;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use index_builder::door::file::Parts;
use index_builder::door::intake::Skipped;
use index_builder::door::intake::{Ingest, IngestOptions, OnDuplicateId, Profiles};
use index_builder::door::intake::{Span, SpoolWriter};
use index_builder::door::link::TableOptions;
use index_builder::door::link::{FlatGraph, GraphBuilder, GraphParameters, RepairReport, repair};
use index_builder::door::link::{GraphChoice, LinkOptions, Linked, link};
use index_builder::door::link::{Progress, steps};
use index_builder::door::source::Record;
use index_builder::door::vectors;
use index_builder::door::vectors::Rows;
use kindred::file::pieces::PieceWriter;
use kindred::file::{Index, MappedFile, Metadata, Source, VectorizerMetadata};
use kindred::profile::Value;
use kindred::random::SplitMix64;
use ndarray::Array2;
use tempfile::TempDir;

/// What every random number of a benchmark starts from.
pub const SEED: u64 = 42;

/// The builder's defaults.
pub const PARAMETERS: GraphParameters = GraphParameters { m: 16, ef_construction: 200, seed: SEED };

/// The recall@10 from which on an ef is good enough, the builder's default.
const TARGET_RECALL: f64 = 0.99;

/// Vectors of a cluster, on average: more than a search with a narrow beam looks at.
const CLUSTER_SIZE: usize = 1_000;

/// How far a vector lies from its cluster's centre, in lengths of the centre: so far that clusters overlap and a narrow
/// beam misses some neighbours. A search that finds everything would hide a loss.
const SPREAD: f32 = 2.0;

const VECTOR_FIELD: &str = "vector";

/// The same numbers in every run.
pub struct Random(SplitMix64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Random {
        Random(SplitMix64(seed))
    }

    /// A number of 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0.bits()
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound as u64) as usize
    }

    /// One of some choices; an empty text where there is none.
    pub fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices.get(self.below(choices.len())).copied().unwrap_or_default()
    }

    /// A number from 0 to 1, 1 excluded.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number of the normal distribution (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        // The logarithm of 0 is none.
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        (radius * (std::f64::consts::TAU * self.share()).cos()) as f32
    }

    /// A number from -1 to 1.
    fn component(&mut self) -> f32 {
        self.0.signed_f32()
    }
}

/// Unit vectors, a row each, around the centres of clusters; neighbouring rows are of different clusters.
pub fn clustered(rows: usize, dimension: usize) -> Array2<f32> {
    let mut random = Random::new(SEED);
    let clusters = rows.div_ceil(CLUSTER_SIZE).max(1);
    let centres = Array2::from_shape_simple_fn((clusters, dimension), || random.component());
    let mut vectors = Array2::zeros((rows, dimension));
    for mut row in vectors.outer_iter_mut() {
        let centre = centres.row(random.below(clusters));
        row.iter_mut()
            .zip(centre)
            .for_each(|(number, centre)| *number = centre + SPREAD * random.component());
    }
    vectors::normalise(&mut vectors);
    vectors
}

/// The steps of a build from vectors to a graph in which every node is reached.
pub fn link_graph(builder: &dyn GraphBuilder, vectors: &Array2<f32>) -> Result<(FlatGraph, RepairReport)> {
    let numbers = vectors.as_slice().context("the vectors do not lie one after the other")?;
    let vectors = Rows::new(numbers, vectors.ncols());
    let mut graph = builder.build(vectors, &PARAMETERS, &mut |_| {})?;
    let report = repair(&mut graph, vectors)?;
    Ok((graph, report))
}

/// How the benchmarks link.
pub const OPTIONS: LinkOptions = LinkOptions {
    builder: GraphChoice::Partitions,
    table: TableOptions::NONE,
    map: false,
    graph: PARAMETERS,
    target_recall: TARGET_RECALL,
};

/// Links rows as a build does. Every benchmark that needs a whole index calls this.
pub fn link_rows(rows: Array2<f32>, options: &LinkOptions) -> Result<Linked> {
    link(rows, options, &Progress::silent())
}

/// The same, and how long the graph took, in seconds.
pub fn link_rows_timed(rows: Array2<f32>, options: &LinkOptions) -> Result<(Linked, f64)> {
    let progress = Progress::silent();
    let linked = link(rows, options, &progress)?;
    let steps = progress.steps();
    let graph = steps.iter().find(|step| step.name == steps::GRAPH).context("no graph was built")?;
    Ok((linked, graph.seconds))
}

/// Writes what was linked from `profiles` rows into an index file; row r becomes the profile with ordinal r.
pub fn write_index(linked: &Linked, profiles: usize, path: &Path) -> Result<()> {
    let directory = path.parent().context("an index file without a directory")?;
    let mut skipped = Skipped::default();
    let taken = ingest(profiles, None, SpoolWriter::create(directory)?, &mut skipped)?;
    ensure!(skipped.total() == 0, "profiles were skipped: {:?}", skipped.counts());
    write(&taken, linked, path)
}

fn write(profiles: &Profiles, linked: &Linked, path: &Path) -> Result<()> {
    let metadata = metadata(profiles, linked);
    let parts = Parts { profiles, linked, vectorizer_state: None, metadata: &metadata, created: 0 };
    parts.write(PieceWriter::new(File::create(path)?))?;
    Ok(())
}

/// An index file of clustered vectors, in a directory that goes with it.
pub struct SampleIndex {
    _directory: TempDir,
    /// The file.
    pub path: PathBuf,
    profiles: usize,
}

impl SampleIndex {
    /// Takes profiles in, links their vectors, measures the graph and writes the file, as a build does.
    pub fn build(profiles: usize, dimension: usize) -> Result<SampleIndex> {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let path = directory.path().join("sample.knd");
        let mut skipped = Skipped::default();
        let spool = SpoolWriter::create(directory.path())?;
        let mut taken = ingest(profiles, Some(&clustered(profiles, dimension)), spool, &mut skipped)?;
        let spans: Vec<Option<Span>> = taken.entries.iter().map(|entry| entry.vector).collect();
        let spool = taken.spool.try_clone()?;
        let rows = vectors::load(&mut taken, &spans, &spool, dimension, &mut skipped)?;
        ensure!(skipped.total() == 0, "profiles were skipped: {:?}", skipped.counts());
        write(&taken, &link_rows(rows, &OPTIONS)?, &path)?;
        Ok(SampleIndex { _directory: directory, path, profiles })
    }

    /// Opens the file as the server does.
    pub fn open(&self) -> Result<Index<MappedFile>> {
        Ok(Index::open(MappedFile::open(&self.path)?)?)
    }

    /// Ids to ask about, in no order.
    pub fn questions(&self, count: usize) -> Vec<String> {
        let mut random = Random::new(SEED);
        (0..count).map(|_| id(random.below(self.profiles))).collect()
    }
}

fn id(number: usize) -> String {
    format!("{number:024x}")
}

/// Profiles with about as much in them as the sample in `data/`; with vectors, where there are some.
fn ingest(
    profiles: usize,
    vectors: Option<&Array2<f32>>,
    spool: SpoolWriter,
    skipped: &mut Skipped,
) -> Result<Profiles> {
    let vector_field = vectors.map(|_| VECTOR_FIELD.to_owned());
    let mut ingest = Ingest::new(IngestOptions { vector_field, ..IngestOptions::default() }, spool);
    for number in 0..profiles {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut fields = vec![
            ("_id".to_owned(), Value::Text(id(number))),
            ("name".to_owned(), text("Frida")),
            ("surname".to_owned(), Value::Text(format!("of the house {number}"))),
            ("age".to_owned(), Value::Int(18 + (number % 60) as i64)),
            ("city".to_owned(), text("Copenhagen")),
            ("interests".to_owned(), Value::List(["sailing", "baking", "chess"].map(text).to_vec())),
            ("bio".to_owned(), text(&"I like to be asked before I am answered. ".repeat(4))),
        ];
        if let Some(vectors) = vectors {
            fields.push((VECTOR_FIELD.to_owned(), Value::Floats(vectors.row(number).to_vec())));
        }
        // A record that ends the reading makes `finish` fail.
        if ingest.take(Record::Fields(fields), skipped).is_break() {
            break;
        }
    }
    Ok(ingest.finish(OnDuplicateId::Error, skipped)?)
}

fn metadata(profiles: &Profiles, linked: &Linked) -> Metadata {
    let source = Source { name: "clusters".to_owned(), format: "none".to_owned() };
    let vectorizer = VectorizerMetadata {
        name: format!("field:{VECTOR_FIELD}"),
        fingerprint: String::new(),
        language: None,
    };
    Metadata {
        read: profiles.read,
        duplicates: profiles.duplicates,
        ..linked.metadata("benchmark", source, &profiles.id_field, vectorizer)
    }
}
