//! `build`: the arguments become a request, the build happens, and then it is told.

use std::io::Write;

use crate::build;
use crate::command::cli::BuildArgs;
use crate::command::options::build_request;
use crate::ground::failure::Failure;
use crate::ground::progress::Progress;
use crate::ground::signals::Cleanup;
use crate::report::findings::Findings;
use crate::report::{metrics_file, summary};

/// Builds an index, publishes it, and prints the summary.
///
/// # Errors
/// See the exit codes in `docs/reference.md`: wrong usage, a source that cannot be used, a gate that is not passed, a
/// directory that cannot be written or is being built in.
pub fn build(
    args: &BuildArgs,
    progress: &Progress,
    cleanup: &Cleanup,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    cleanup.on_signals().map_err(anyhow::Error::from)?;
    let bars = progress.clone();
    let _no_bar_is_left = cleanup.register(move || bars.clear());
    let build = |findings: &mut Findings| build::build(&build_request(args)?, progress, cleanup, findings);
    let built = match &args.metrics_file {
        Some(path) => metrics_file::written_after(path, progress, cleanup, build)?,
        None => build(&mut Findings::default())?,
    };
    let text = match args.json {
        true => summary::json(&built).map_err(anyhow::Error::from)?,
        false => summary::Text(&built).to_string(),
    };
    writeln!(out, "{text}").map_err(anyhow::Error::from)?;
    Ok(())
}
