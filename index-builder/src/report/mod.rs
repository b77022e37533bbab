//! What a build tells of itself, and what a file tells of itself.
//!
//! A build gathers one [`BuildReport`](built::BuildReport) when its file is written and verified. It is told in five ways:
//!
//! ```text
//! summary        at the end, for people and as JSON
//! record         JSON beside the version, which the page reads again
//! metrics_file   for Prometheus; also when the build fails, of which there are only the findings
//! page           HTML, from the file and its record at any later time
//! ```
//!
//! The page of the command `report` is a single file that loads nothing. The same files give the same page: samples are seeded, and no clock is
//! looked at. The work is bounded: exact search and answers are for samples, whose sizes the page states; what is counted
//! for all nodes takes a few operations a node.
//!
//! ```text
//! searches     recall, distance computations and hops against ef, and how far the nearest are; a sample
//! structure    degrees, profiles that share a vector, groups; all nodes
//! facts        all of that, the record of the build, and the version before
//! page         HTML of it, with plots in SVG
//! ```

pub mod built;
pub mod compare;
mod facts;
pub mod findings;
pub mod metrics_file;
mod page;
mod plot;
pub mod record;
mod searches;
mod structure;
pub mod summary;

use std::path::Path;

use crate::report::compare::Opened;
use facts::Facts;

/// The page about a file, or about the version of a directory that a server takes; `against` is what to compare it with,
/// instead of the version before.
///
/// # Errors
/// Where one of them cannot be opened, or has changed since.
pub fn page_about(path: &Path, against: Option<&Path>) -> anyhow::Result<String> {
    let opened = Opened::open(path)?;
    let facts = Facts::gather(&opened, against)?;
    Ok(page::page(&facts).into_string())
}

#[cfg(test)]
mod tests;
