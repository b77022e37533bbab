//! `POST /index/pin/{version}` and `DELETE /index/pin`: which version is served, as `index-builder pin` and `unpin` say
//! it.

use std::io::ErrorKind;
use std::path::Path;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::super::search_pool::Busy;
use super::{Call, json};
use crate::index::pin::{self, PinFailure};
use crate::index::small_file::SmallFileError;

/// What is pinned now, and what is served until the pin is heeded, which takes as long as opening the version takes.
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
    let change = move |directory: &Path| pin::pin(directory, version);
    run(call, change).await?.map_err(|failure| refusal(version, failure))?;
    log(call, &format!("version {version} is pinned"));
    done(call, Some(version))
}

pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let was_pinned = run(call, pin::unpin).await?.map_err(|error| not_written(&error))?;
    log(call, if was_pinned { "no version is pinned any more" } else { "no version was pinned" });
    done(call, None)
}

/// As the watcher's: whoever asks comes before what is being verified.
const NICE: i32 = 10;

/// Changes the pin on the one thread that may: verifying a version reads all of it, and what came first is done first.
async fn run<T: Send + 'static>(
    call: &Call<'_>,
    change: impl FnOnce(&Path) -> T + Send + 'static,
) -> Result<T, Problem> {
    let directory = call.state.index_dir.clone();
    let changed = call.state.pins.try_run(move || {
        // This thread alone, on Linux. Where it is refused, verifying competes with answers.
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::debug!("the priority of verifying stays as it is: {error}");
        }
        change(&directory)
    });
    let changed = changed.map_err(|Busy| Problem::PinBusy)?;
    changed.await.map_err(|_| Problem::Internal)
}

fn done(call: &Call<'_>, pinned: Option<u64>) -> Result<HttpResponse, Problem> {
    call.state.waker.wake();
    json::respond(&Pinned { pinned, served: call.state.live.current().map(|current| current.version) })
}

fn log(call: &Call<'_>, what: &str) {
    match call.state.access.key_name(call.request) {
        Some(name) => tracing::info!("{what}, by the key {name}"),
        // It was taken back while the version was verified.
        None => tracing::info!("{what}, by a key that counts no more"),
    }
}

fn refusal(version: u64, failure: PinFailure) -> Problem {
    match failure {
        PinFailure::Unreadable { source, .. } if source.kind() == ErrorKind::NotFound => {
            Problem::UnknownVersion { version }
        }
        PinFailure::Unreadable { source, .. } => bad(version, source),
        PinFailure::Bad { source, .. } => bad(version, source),
        PinFailure::NotWritten(error) => not_written(&error),
    }
}

fn bad(version: u64, reason: impl std::error::Error) -> Problem {
    Problem::BadVersion { version, reason: reason.to_string() }
}

/// The path is the operator's business: the log has it, and the answer what can be done about it.
fn not_written(error: &SmallFileError) -> Problem {
    tracing::error!("{error}: {}", error.source);
    match error.source.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Problem::DirectoryReadOnly,
        _ => Problem::PinNotWritten { reason: error.source.to_string() },
    }
}
