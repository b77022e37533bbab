//! `kindred`: arguments -> validated settings -> server.

use std::process::ExitCode;

use clap::Parser as _;
use kindred::distance::Kernel;
use kindred::server::{Arguments, Config, logging, run};

/// A setting that is not allowed, as for a wrong option.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    if let Err(error) = Kernel::from_environment() {
        eprintln!("kindred: {error}");
        return ExitCode::from(EXIT_USAGE);
    }
    let (config, unknown_variables) = match Config::load(Arguments::parse(), std::env::vars_os()) {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("kindred: {error}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    logging::install(&config);
    for name in unknown_variables {
        tracing::warn!("the environment variable {name} is no setting of kindred and is ignored");
    }
    match run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
