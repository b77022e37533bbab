//! `kindred`: arguments -> validated settings -> server.

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory as _;
use kindred::distance::Kernel;
use kindred::manual;
use kindred::server::{
    Arguments, Command, Config, HashKeyArguments, HashKeyError, ProbeArguments, Probed, hash_key, logging,
    probe, run, variables,
};
use kindred::standard::{NotPrinted, Output, Printed, append_to_log, parse_arguments, say};

const EXIT_DONE: u8 = 0;
const EXIT_FAILED: u8 = 1;
/// A setting that is not allowed, as for a wrong option.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    append_to_log();
    if let Err(error) = Kernel::from_environment() {
        say(format_args!("kindred: {error}"));
        return ExitCode::from(EXIT_USAGE);
    }
    let arguments: Arguments = match parse_arguments() {
        Ok(arguments) => arguments,
        Err(code) => return ExitCode::from(code),
    };
    if let Some(command) = &arguments.command {
        return ExitCode::from(run_command(command));
    }
    let (config, unused_variables) = match Config::load(arguments, std::env::vars_os()) {
        Ok(loaded) => loaded,
        Err(error) => {
            say(format_args!("kindred: {error}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    // Dropped at the end, when the last lines are told.
    let _log = logging::install(&config);
    for unused in unused_variables {
        tracing::warn!("the environment variable {unused}");
    }
    match run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            if error.is_usage() { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

fn run_command(command: &Command) -> u8 {
    let mut out = Output::standard();
    match command {
        Command::HashKey(arguments) => run_hash_key(arguments),
        Command::Probe(arguments) => run_probe(arguments),
        Command::Completions(arguments) => {
            ended(manual::print_completions(arguments, Arguments::command(), &mut out)).max(printed(out))
        }
        // The pages are what was asked for; that they are named besides is no reason to fail.
        Command::Man(arguments) => {
            ended(manual::write_pages(arguments, Arguments::command(), &variables(), &mut out))
        }
    }
}

fn run_probe(arguments: &ProbeArguments) -> u8 {
    match Probed::of(arguments, std::env::vars_os()) {
        Ok(probed) => ended(probe(&probed, arguments.live)),
        Err(error) => {
            say(format_args!("kindred: {error}"));
            EXIT_USAGE
        }
    }
}

fn ended(result: Result<(), impl std::fmt::Display>) -> u8 {
    match result {
        Ok(()) => EXIT_DONE,
        Err(error) => {
            say(format_args!("kindred: {error}"));
            EXIT_FAILED
        }
    }
}

/// The end of a command that is there to print something.
fn printed(out: Output<impl Write>) -> u8 {
    match out.end() {
        Printed::All | Printed::Unwanted => EXIT_DONE,
        Printed::Lost(error) => {
            say(format_args!("kindred: {}", NotPrinted(&error)));
            EXIT_FAILED
        }
    }
}

fn run_hash_key(arguments: &HashKeyArguments) -> u8 {
    let (mut out, mut errors) = (std::io::stdout(), std::io::stderr());
    match hash_key(arguments, std::io::stdin(), &mut out, &mut errors) {
        Ok(()) => EXIT_DONE,
        Err(error) => {
            say(format_args!("kindred: {error}"));
            match error {
                HashKeyError::Usage(_) => EXIT_USAGE,
                HashKeyError::Key { .. } | HashKeyError::Io(_) => EXIT_FAILED,
            }
        }
    }
}
