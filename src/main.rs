//! `kindred`: arguments -> validated settings -> server.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use kindred::distance::Kernel;
use kindred::manual;
use kindred::server::access::{HashKeyError, hash_key};
use kindred::server::config::{HashKeyArguments, variables};
use kindred::server::probe::probe;
use kindred::server::{Arguments, Command, Config, logging, run};

/// A setting that is not allowed, as for a wrong option.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    if let Err(error) = Kernel::from_environment() {
        eprintln!("kindred: {error}");
        return ExitCode::from(EXIT_USAGE);
    }
    let arguments = Arguments::parse();
    if let Some(command) = &arguments.command {
        return run_command(command);
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

fn run_command(command: &Command) -> ExitCode {
    let out = &mut std::io::stdout();
    match command {
        Command::HashKey(arguments) => run_hash_key(arguments),
        Command::Probe(arguments) => ended(probe(arguments)),
        Command::Completions(arguments) => {
            ended(manual::print_completions(arguments, Arguments::command(), out))
        }
        Command::Man(arguments) => {
            ended(manual::write_pages(arguments, Arguments::command(), &variables(), out))
        }
    }
}

fn ended(result: Result<(), impl std::fmt::Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kindred: {error}");
            ExitCode::FAILURE
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
