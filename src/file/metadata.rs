//! What built a file, from what, and how good it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::profile::separated::ListSeparator;

use crate::search::codes::CodesMetadata;

/// The section "metadata", a JSON object. Nothing in it varies from run to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The program and its version.
    pub builder: String,
    /// What the profiles were read from.
    pub source: Source,
    /// The name of the field that holds the id.
    pub id_field: String,
    /// What made the vectors.
    pub vectorizer: Vectorizer,
    /// What made the graph, and with which parameters.
    pub graph: Graph,
    /// The neighbour table; none in a file without one, or of a builder that knew none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// The map; none in a file without one, or of a builder that knew none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<Map>,
    /// What is known of the codes; none in a file without any, or of a builder that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<CodesMetadata>,
    /// The ef of a search that names none: the smallest that reached the target on the sample.
    pub default_ef: u32,
    /// recall@10 of the graph at `default_ef` against exact search, tie-aware, on a sample of the nodes.
    pub recall_at_10: f64,
    /// Nodes of that sample.
    pub recall_sample: u32,
    /// Nodes reached from the entry point on level 0. A file is published only when it is all of them.
    pub reachable: u32,
    /// The fields that documents hold besides the id; none: all but the vector's.
    pub exposed: Option<Vec<String>>,
    /// The fields whose texts were made lists; none in a file of a builder that made none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list_separators: Vec<ListSeparator>,
    /// Records that the source gave.
    pub read: u64,
    /// Records left out, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Records left out because another had the same id.
    pub duplicates: u64,
    /// Profiles whose vector is zero: they are there, but have no neighbours.
    pub zero_vectors: u64,
    /// What became of each field that was vectorized or is stored, by name; none in a file of a builder that did not say
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Field>>,
}

/// What a field was taken for, decided over all profiles, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name; those of maps are joined by dots.
    pub name: String,
    /// `number`, `category`, `list` or `text` for what hashing compares; `id`, `vector`, or `stored` for a field that is
    /// not compared.
    pub kind: String,
    /// Why, as a sentence.
    pub reason: String,
    /// Values and elements of lists that there are; in a field of numbers without those that stand for a missing one.
    pub values: u64,
    /// Those that are numbers.
    pub numbers: u64,
    /// Their share, from 0 to 1, rounded down to four digits.
    pub share: f64,
    /// Profiles without a value.
    pub missing: u64,
    /// Distinct values, where they are few enough to be a category; elements of lists are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// Whether the field is stored in documents and returned; none of a builder that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed: Option<bool>,
}

impl Metadata {
    /// What every file says. All else is as in a file of no records, without a table, a map and codes, of which nothing was
    /// measured: whoever makes one sets what it has, and leaves the rest by `..Metadata::new(...)`.
    pub fn new(
        builder: &str,
        source: Source,
        id_field: &str,
        vectorizer: Vectorizer,
        graph: Graph,
    ) -> Metadata {
        Metadata {
            builder: builder.to_owned(),
            source,
            id_field: id_field.to_owned(),
            vectorizer,
            graph,
            table: None,
            map: None,
            codes: None,
            default_ef: 1,
            recall_at_10: 0.0,
            recall_sample: 0,
            reachable: 0,
            exposed: None,
            list_separators: Vec::new(),
            read: 0,
            skipped: BTreeMap::new(),
            duplicates: 0,
            zero_vectors: 0,
            fields: None,
        }
    }

    /// Whether answers have a field: as its builder says, else by the names that were to be exposed.
    pub fn exposes(&self, field: &Field) -> bool {
        field.exposed.unwrap_or_else(|| {
            self.exposed
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| is_at_or_below(&field.name, name)))
        })
    }
}

/// Whether a path is that of a field or of one in it.
fn is_at_or_below(path: &str, field: &str) -> bool {
    path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Where the profiles came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The file's name without its folder, a pattern, an address without its user and password; `-` for standard
    /// input. Several are separated by commas.
    pub name: String,
    /// The format, as `--format` calls it, or npy or postgres. Several are separated by commas.
    pub format: String,
}

/// What made the vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vectorizer {
    /// The name of a row of the table of vectorizers, and behind a colon what the row needs: `hashing`, `field:NAME`,
    /// `columns:NAMES` or `python:FILE:FUNCTION`.
    pub name: String,
    /// What tells two fitted states or two versions of a function apart, in hexadecimal.
    pub fingerprint: String,
    /// The language of text normalisation, where there is one.
    pub language: Option<String>,
}

/// What made the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// The construction's name.
    pub builder: String,
    /// Its breadth, the HNSW paper's efConstruction.
    pub ef_construction: u32,
    /// What its random numbers started from.
    pub seed: u64,
    /// Nodes that no walk from the entry point reached before they were attached.
    pub attached: u32,
}

/// What kind of neighbour table a file has.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema), schema(as = Table))]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Slots of a row (K).
    pub neighbours: u32,
    /// How far its rows can be trusted.
    pub kind: TableKind,
    /// Share of the true K nearest that are in the table, tie-aware, on a sample; 1 where it is exact.
    pub recall: f64,
}

/// How a map was made, and how much it shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// What placed the nodes.
    pub method: MapMethod,
    /// The share of the vectors' variance that their two principal components have: what a plane can show of them.
    pub explained_variance: f64,
    /// Of the ten nearest of a node the share that is among its hundred nearest on the map, on a sample; none without a
    /// neighbour table, which knows the nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbours_kept: Option<f64>,
}

/// What placed the nodes on a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MapMethod {
    /// Their two principal components.
    Pca,
    /// From there, neighbours have drawn each other near and others have pushed each other away.
    Neighbours,
}

/// How far the rows of a neighbour table can be trusted.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// Every row holds the nearest profiles there are.
    Exact,
    /// A row may lack some of the nearest, and hold others instead.
    Approximate,
}
