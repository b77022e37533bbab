//! `kindred`: arguments -> validated settings -> server.

use std::process::ExitCode;

use clap::Parser as _;
use kindred::distance::Kernel;
use kindred::server::access::{HashKeyError, hash_key};
use kindred::server::config::HashKeyArguments;
use kindred::server::{Arguments, Command, Config, logging, run};

/// A setting that is not allowed, as for a wrong option.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    if let Err(error) = Kernel::from_environment() {
        eprintln!("kindred: {error}");
        return ExitCode::from(EXIT_USAGE);
    }
    let arguments = Arguments::parse();
    if let Some(Command::HashKey(arguments)) = &arguments.command {
        return run_hash_key(arguments);
    }
    let (config, unknown_variables) = match Config::load(arguments, std::env::vars_os()) {
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
            if error.is_usage() { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

fn run_hash_key(arguments: &HashKeyArguments) -> ExitCode {
    let (mut out, mut errors) = (std::io::stdout(), std::io::stderr());
    match hash_key(arguments, std::io::stdin(), &mut out, &mut errors) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kindred: {error}");
            match error {
                HashKeyError::Usage(_) => ExitCode::from(EXIT_USAGE),
                HashKeyError::Key { .. } | HashKeyError::Io(_) => ExitCode::FAILURE,
            }
        }
    }
}
