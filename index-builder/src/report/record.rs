//! What a build writes beside the version that it publishes, in `index-NNNNNNNN.build.json`: what differs from run to
//! run, and so must not be in the index file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, ensure};
use kindred::directory::versions::{parse_file_name, record_name};
use kindred::file::{FieldMetadata, Header};
use kindred::time::rfc3339;
use serde::{Deserialize, Serialize};

use crate::ground::missing::directory_of;
use crate::ground::progress::StepRecord;
use crate::intake::skipped::Reason;
use crate::report::built::BuildReport;
use crate::report::compare::Compared;
use crate::report::findings::shortened;

/// The longest record that is read.
const LONGEST_BYTES: u64 = 1 << 20;
/// Fields that are recorded.
const MOST_FIELDS: usize = 500;

/// What a build took, and what it left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildRecord {
    /// The header checksum of the index file that this belongs to, in hexadecimal.
    pub checksum: String,
    /// The program and its version.
    pub builder: String,
    /// When the build began, in UTC.
    pub started: String,
    /// How long it took until the file was durable. What came then was renaming it and deleting old versions.
    pub seconds: f64,
    /// The most memory of the process in all that time.
    pub peak_memory_bytes: Option<u64>,
    /// The threads of its parallel steps.
    pub threads: u64,
    /// What each step took.
    pub steps: Vec<StepRecord>,
    /// Records left out, by reason, with the first few of each.
    pub skipped: BTreeMap<String, Reason>,
    /// What a person should know of the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What became of the fields, by name, the first 500.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<RecordedField>,
    /// What the gates found that compare with the served version, where they were asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
}

/// What became of a field, in short: `inspect` has the reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedField {
    /// Its name, shortened.
    pub name: String,
    /// What it was taken for.
    pub kind: String,
    /// Whether answers have it.
    pub exposed: bool,
}

/// The first fields, short enough for a record.
fn fields(fields: Option<&[FieldMetadata]>) -> Vec<RecordedField> {
    let record = |field: &FieldMetadata| RecordedField {
        name: shortened(&field.name).into_owned(),
        kind: field.kind.clone(),
        exposed: field.exposed.unwrap_or(true),
    };
    fields.unwrap_or_default().iter().take(MOST_FIELDS).map(record).collect()
}

impl BuildRecord {
    /// The record of a build.
    pub fn of(report: &BuildReport) -> BuildRecord {
        let BuildReport { header, metadata, run, findings } = report;
        BuildRecord {
            checksum: checksum(header),
            builder: metadata.builder.clone(),
            started: rfc3339(run.began),
            seconds: run.seconds,
            peak_memory_bytes: run.peak_memory_bytes,
            threads: run.threads as u64,
            steps: run.steps.clone(),
            skipped: findings.skipped_shortly(),
            notes: findings.notes.clone(),
            fields: fields(metadata.fields.as_deref()),
            compared: findings.compared.clone(),
        }
    }

    /// The record as a file holds it.
    ///
    /// # Errors
    /// What writing JSON gives.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The record beside an index file; none where its build left none.
    ///
    /// # Errors
    /// Where there is one that cannot be read, or that belongs to another file of the same name.
    pub fn beside(file: &Path, header: &Header) -> anyhow::Result<Option<BuildRecord>> {
        let Some(version) = file.file_name().and_then(parse_file_name) else { return Ok(None) };
        let path = directory_of(file).join(record_name(version));
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let record = read(&path).with_context(|| path.display().to_string())?;
        let checksum = checksum(header);
        ensure!(
            record.checksum == checksum,
            "{}: belongs to a file with the checksum {:?}; this one has {checksum:?}",
            path.display(),
            record.checksum
        );
        Ok(Some(record))
    }
}

fn read(path: &Path) -> anyhow::Result<BuildRecord> {
    ensure!(std::fs::metadata(path)?.is_file(), "not a regular file");
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST_BYTES + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= LONGEST_BYTES, "longer than {LONGEST_BYTES} bytes");
    Ok(serde_json::from_slice(&bytes)?)
}

/// What tells an index file from another one of its name.
pub fn checksum(header: &Header) -> String {
    format!("{:016x}", header.checksum)
}
