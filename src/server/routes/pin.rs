//! `POST /index/pin/{version}` and `DELETE /index/pin`: which version is served, as `index-builder pin` and `unpin` say
//! it.

use std::io::ErrorKind;
use std::path::Path;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::{Call, json};
use crate::directory::pin::{self, PinFailure};
use crate::directory::small_file::SmallFileError;
use crate::server::pools::search_pool::Busy;

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
    let change = move |directory: &Path| {
        pin::pin(directory, version).map_err(|failure| refusal(version, failure))?;
        Ok(format!("version {version} is pinned"))
    };
    run(call, change).await?;
    done(call, Some(version))
}

pub async fn delete(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let change = |directory: &Path| {
        let was_pinned = pin::unpin(directory).map_err(|error| not_written(&error))?;
        Ok(if was_pinned { "no version is pinned any more" } else { "no version was pinned" }.to_owned())
    };
    run(call, change).await?;
    done(call, None)
}

/// As the watcher's: whoever asks comes before what is being verified.
const NICE: i32 = 10;

/// Changes the pin on the one thread that may: verifying a version reads all of it, and what came first is done first.
/// What was done is logged and heeded there too: the client may have gone before it is done.
async fn run(
    call: &Call<'_>,
    change: impl FnOnce(&Path) -> Result<String, Problem> + Send + 'static,
) -> Result<(), Problem> {
    let directory = call.state.index_dir.clone();
    let waker = call.state.waker.clone();
    // Without keys nobody comes here.
    let key = call.state.access.key_name(call.request);
    let changed = call.state.pins.try_run(move || {
        // This thread alone, on Linux. Where it is refused, verifying competes with answers.
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::debug!("the priority of verifying stays as it is: {error}");
        }
        let what = change(&directory)?;
        tracing::info!("{what}, by the key {}", key.as_deref().unwrap_or_default());
        waker.wake();
        Ok(())
    });
    let changed = changed.map_err(|Busy| Problem::PinBusy)?;
    changed.await.unwrap_or(Err(Problem::Internal))
}

fn done(call: &Call<'_>, pinned: Option<u64>) -> Result<HttpResponse, Problem> {
    json::respond(&Pinned { pinned, served: call.state.live.current().map(|current| current.version) })
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
