//! What a build is asked for, checked: the command line makes it, and the steps read nothing else.

use std::path::PathBuf;

use crate::intake::ingest::OnDuplicateId;
use crate::intake::separators::ListSeparators;
use crate::intake::source::{Plan, Separator};
use crate::link::LinkOptions;
use crate::report::compare::Gates;
use crate::vectors::choice::VectorOptions;

/// A build.
#[derive(Debug)]
pub struct BuildRequest {
    /// The index directory.
    pub out: PathBuf,
    /// What is read.
    pub source: SourceRequest,
    /// How profiles get their vectors.
    pub vectors: VectorOptions,
    /// How vectors are linked.
    pub link: LinkOptions,
    /// What must hold before a version is published.
    pub limits: Limits,
    /// Good versions that stay in the directory, with the new one; at least 1.
    pub keep: usize,
    /// Threads of all parallel steps; 0: as many as there are cores.
    pub threads: u16,
    /// By how much the priority is lowered, 0 to 19.
    pub nice: u8,
}

/// What is read, and what its records become.
#[derive(Debug)]
pub struct SourceRequest {
    /// The profiles, or vectors with ids.
    pub plan: Plan,
    /// The vectors of the profiles, where they are in a file of their own.
    pub rows: Option<Plan>,
    /// The ids of vectors without profiles.
    pub ids: Option<RowIds>,
    /// What a database is asked.
    pub query: Option<String>,
    /// The path to the records of a JSON document.
    pub records: Option<String>,
    /// What stands between the cells of a CSV file; none: it is detected.
    pub separator: Option<Separator>,
    /// The field that holds the id, or `row`; none: `_id`, else `id`.
    pub id_field: Option<String>,
    /// The fields that are returned besides the id; none: all but the vector.
    pub expose: Option<Vec<String>>,
    /// Which texts are lists.
    pub lists: ListSeparators,
    /// What becomes of ids that come more than once.
    pub on_duplicate_id: OnDuplicateId,
}

/// Where the ids of vectors without profiles are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowIds {
    /// The rows are numbered from 0.
    Numbers,
    /// In a file, one a line.
    File(PathBuf),
}

/// What stops a build from publishing. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The largest share of unusable records.
    pub max_skipped: f64,
    /// The largest share of profiles with a zero vector.
    pub max_zero: f64,
    /// The lowest recall@10.
    pub min_recall: f64,
    /// What is compared with the served version.
    pub against_served: Gates,
}
