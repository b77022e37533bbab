//! The command line: from arguments to what is asked for. What is asked for is in the types of the other rooms, which
//! never see an argument.
//!
//! ```text
//! cli       the arguments as they are given
//! options   those of `build`, checked: a BuildRequest
//! build     builds, and tells it
//! report    the page about a file
//! look      the commands that look at published files, and those that pin or suppress
//! ```

mod build;
pub mod cli;
mod look;
mod options;
mod report;
mod unknown;

use std::io::Write;

use anyhow::Context;
use clap::CommandFactory;
use kindred::distance::Kernel;
use kindred::manual;

use crate::ground::failure::Failure;
use crate::ground::progress::Progress;
use crate::ground::signals::Cleanup;
use cli::{Cli, Command};

/// Does what a command asks for.
///
/// # Errors
/// Those of the command.
pub fn run(
    command: &Command,
    progress: &Progress,
    cleanup: &Cleanup,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    Kernel::from_environment().map_err(|error| Failure::Usage(error.to_string()))?;
    match command {
        Command::Build(args) => build::build(args, progress, cleanup, out),
        Command::Inspect(args) => look::inspect(args, out),
        Command::Verify(args) => look::verify(args, out),
        Command::Query(args) => look::query(args, out),
        Command::Report(args) => report::report(args, out),
        Command::Diff(args) => look::diff(args, out),
        Command::List(args) => look::list(args, out),
        Command::Pin(args) => look::pin(args, out),
        Command::Unpin(args) => look::unpin(args, out),
        Command::Suppress(args) => look::suppress(args, out),
        Command::Unsuppress(args) => look::unsuppress(args, out),
        Command::Completions(args) => {
            Ok(manual::print_completions(args, Cli::command(), out).context("standard output")?)
        }
        Command::Man(args) => {
            Ok(manual::write_pages(args, Cli::command(), &cli::variables(), out)
                .map_err(anyhow::Error::from)?)
        }
    }
}
