//! `GET /index/versions`: what is in the index directory.

use std::path::Path;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::super::state::State;
use super::json;
use crate::directory::served::Pin;
use crate::directory::versions::{self, VersionFile};
use crate::file::FileIdentity;
use crate::time::rfc3339;

/// A directory that nobody clears has more than anybody reads.
const MOST_LISTED: usize = 4096;

/// The versions of the directory, and its pin.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versions {
    /// The pinned version.
    #[schema(required)]
    pinned: Option<u64>,
    /// The reason why the pin cannot be read; missing if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pin_problem: Option<String>,
    /// Older versions that exist but are not listed.
    omitted: usize,
    /// In ascending order.
    versions: Vec<Version>,
}

/// A version: the data of its header, or a problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    version: u64,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    profiles: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bytes: Option<u64>,
    /// The reason why it cannot be served; then the three members above are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<String>,
    served: bool,
    pinned: bool,
}

pub async fn get(state: &State) -> Result<HttpResponse, Problem> {
    let directory = state.live.directory().to_owned();
    let served = state.live.current().map(|current| (current.version, current.identity()));
    let list = web::block(move || list(&directory, served)).await.map_err(|_| Problem::Internal)?;
    let versions = list.map_err(|error| Problem::DirectoryUnreadable { reason: error.to_string() })?;
    json::respond(&versions)
}

fn list(directory: &Path, served: Option<(u64, FileIdentity)>) -> std::io::Result<Versions> {
    let mut files = versions::list(directory)?;
    let (pin, pin_problem) = Pin::of(directory);
    let (pinned, pin_problem) = (pin.version(), pin_problem.map(|problem| problem.to_string()));
    let omitted = files.len().saturating_sub(MOST_LISTED);
    files.drain(..omitted);
    if let Some(version) = pinned
        && let Err(place) = files.binary_search_by_key(&version, |file| file.version)
    {
        // It is missing, or among those that are left out: reading it tells.
        files.insert(place, VersionFile { version, path: directory.join(versions::file_name(version)) });
    }
    let versions = files.iter().map(|file| describe(file, pinned, served)).collect();
    Ok(Versions { pinned, pin_problem, omitted, versions })
}

fn describe(file: &VersionFile, pinned: Option<u64>, served: Option<(u64, FileIdentity)>) -> Version {
    let (header, problem) = match versions::read_header(&file.path) {
        Ok(found) => (Some(found), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let (header, identity) = header.unzip();
    Version {
        version: file.version,
        file: versions::file_name(file.version),
        created: header.map(|header| rfc3339(header.created)),
        profiles: header.map(|header| header.profiles),
        bytes: header.map(|header| header.file_length),
        problem,
        // Another file may have come under the same name.
        served: identity.is_some_and(|identity| served == Some((file.version, identity))),
        pinned: pinned == Some(file.version),
    }
}
