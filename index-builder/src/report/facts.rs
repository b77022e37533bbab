//! Everything that the page says.

use std::path::Path;

use anyhow::Context;
use kindred::directory::SuppressedIds;
use kindred::directory::suppressed::SUPPRESSED_FILE;
use kindred::file::{Header, Metadata};

use super::searches::Searches;
use super::structure::{self, Groups, Level};
use crate::ground::missing::directory_of;
use crate::report::compare::{Difference, Opened, before, parameters};
use crate::report::record::BuildRecord;

/// What was gathered about a file.
#[derive(Debug)]
pub struct Facts {
    /// What to call it.
    pub name: String,
    /// The name of the file, without its folder.
    pub file: String,
    /// Its header.
    pub header: Header,
    /// Its metadata.
    pub metadata: Metadata,
    /// What it was built with, by name.
    pub parameters: Vec<(&'static str, String)>,
    /// What a sample of searches showed; none where there is nothing to search for.
    pub searches: Option<Searches>,
    /// The levels of the graph, from 0 up.
    pub levels: Vec<Level>,
    /// Vectors that several profiles have.
    pub duplicates: Groups,
    /// What hangs together by nearest neighbours.
    pub groups: Groups,
    /// Profiles that are suppressed now.
    pub suppressed: usize,
    /// The record of the build.
    pub record: Option<BuildRecord>,
    /// The version before.
    pub difference: Option<Difference>,
    /// What could not be said, and why.
    pub remarks: Vec<String>,
}

impl Facts {
    /// Gathers all of it. `against` is what to compare with, instead of the version before.
    ///
    /// # Errors
    /// Where `against` cannot be opened, or a file has changed since it was.
    pub fn gather(opened: &Opened, against: Option<&Path>) -> anyhow::Result<Facts> {
        let Opened { path, index, suppressed, .. } = opened;
        let (header, metadata) = (index.header(), index.metadata());
        let mut remarks = Vec::new();
        let record = BuildRecord::beside(path, header).unwrap_or_else(|error| {
            remarks.push(format!("The record of the build cannot be used: {error:#}"));
            None
        });
        let older = match against {
            Some(against) => Some(Opened::open(against)?),
            None => version_before(opened, &mut remarks)?,
        };
        let difference = older.map(|older| Difference::between(&older, opened, None)).transpose()?;
        let view = index.view();
        let damaged = || path.display().to_string();
        Ok(Facts {
            name: opened.name(),
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            parameters: parameters(header, metadata),
            searches: Searches::measure(&view, metadata.default_ef as usize),
            levels: structure::levels(&view, header.levels),
            duplicates: structure::duplicates(index).with_context(damaged)?,
            groups: structure::nearest_neighbour_groups(index).with_context(damaged)?,
            suppressed: suppressed.len(),
            header: *header,
            metadata: metadata.clone(),
            record,
            difference,
            remarks,
        })
    }
}

/// The next lower good version of the same directory.
fn version_before(opened: &Opened, remarks: &mut Vec<String>) -> anyhow::Result<Option<Opened>> {
    let Some(version) = opened.version else { return Ok(None) };
    let directory = directory_of(&opened.path);
    let ids = SuppressedIds::read(directory)
        .with_context(|| directory.join(SUPPRESSED_FILE).display().to_string())?;
    before(directory, version, None, &ids, &mut |why| remarks.push(format!("An earlier version {why}")))
}
