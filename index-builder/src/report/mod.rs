//! `report`: one page about an index file, for whoever wants to know why it is good.
//!
//! The page is a single file that loads nothing. The same files give the same page: samples are seeded, and no clock is
//! looked at. The work is bounded: exact search and answers are for samples, whose sizes the page states; what is counted
//! for all nodes takes a few operations a node.
//!
//! ```text
//! searches     recall, distance computations and hops against ef, and how far the nearest are; a sample
//! structure    degrees, profiles that share a vector, groups; all nodes
//! facts        all of that, the record of the build, and the version before
//! page         HTML of it, with plots in SVG
//! ```

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

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use kindred::directory::small_file::replace_file;

use crate::command::cli::ReportArgs;
use crate::ground::failure::Failure;
use crate::report::compare::Opened;
use facts::Facts;

/// The page holds ids: it is for those who may read the index.
const MODE: u32 = 0o640;

/// Writes the page.
///
/// # Errors
/// Where the file cannot be opened, or what it is to be compared with; where the page cannot be written.
pub fn report(args: &ReportArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let opened = Opened::open(&args.path)?;
    let facts = Facts::gather(&opened, args.against.as_deref())?;
    let page = page::page(&facts).into_string();
    if args.out == Path::new("-") {
        out.write_all(page.as_bytes()).context("standard output")?;
    } else {
        replace_file(&args.out, page.as_bytes(), MODE).map_err(anyhow::Error::from)?;
    }
    Ok(())
}
