//! `POST /index/pin/{version}` and `DELETE /index/pin`: which version is served, as `index-builder pin` and `unpin` say
//! it.

use std::io::ErrorKind;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::{Call, json};
use crate::directory::NotOpened;
use crate::directory::pin::PinFailure;
use crate::directory::small_file::SmallFileError;
use crate::server::pools::Busy;

/// The pinned version, and the version that is served until the server has opened the pinned one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pinned {
    /// The pinned version.
    #[schema(required)]
    pinned: Option<u64>,
    /// The served version.
    #[schema(required)]
    served: Option<u64>,
}

pub async fn post(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let version = call.parameters.version()?;
    let changed = call.state.live.pin(version, &key_name(call)).map_err(|Busy| Problem::PinBusy)?;
    let changed = changed.await.map_err(|_| Problem::Internal)?;
    changed.map_err(|failure| refusal(version, failure))?;
    done(call, Some(version))
}

pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let changed = call.state.live.unpin(&key_name(call)).map_err(|Busy| Problem::PinBusy)?;
    let changed = changed.await.map_err(|_| Problem::Internal)?;
    changed.map_err(|error| not_written(&error))?;
    done(call, None)
}

/// Who changes the pin. Without keys nobody comes here.
fn key_name(call: &Call<'_>) -> String {
    call.state.access.key_name(call.request).unwrap_or_default().to_string()
}

fn done(call: &Call<'_>, pinned: Option<u64>) -> Result<HttpResponse, Problem> {
    json::respond(&Pinned { pinned, served: call.state.live.current().map(|current| current.version) })
}

fn refusal(version: u64, failure: PinFailure) -> Problem {
    match failure {
        PinFailure::NotOpened(NotOpened::Unreadable { source, .. })
            if source.kind() == ErrorKind::NotFound =>
        {
            Problem::UnknownVersion { version }
        }
        PinFailure::NotOpened(NotOpened::Unreadable { source, .. }) => bad(version, source),
        PinFailure::NotOpened(NotOpened::Bad { source, .. }) => bad(version, source),
        PinFailure::NotWritten(error) => not_written(&error),
    }
}

fn bad(version: u64, reason: impl std::error::Error) -> Problem {
    Problem::BadVersion { version, reason: reason.to_string() }
}

/// What can be done about it; the log has the path.
fn not_written(error: &SmallFileError) -> Problem {
    match error.source.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Problem::DirectoryReadOnly,
        _ => Problem::PinNotWritten { reason: error.source.to_string() },
    }
}
