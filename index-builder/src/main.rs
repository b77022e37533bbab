//! Arguments, a command, an exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use index_builder::command::cli::{BuildArgs, Cli, Command, variables};
use index_builder::command::look;
use index_builder::ground::failure;
use index_builder::ground::failure::Failure;
use index_builder::ground::progress::Progress;
use index_builder::publish::Cleanup;
use index_builder::{build, report};
use kindred::distance::Kernel;
use kindred::manual;
use kindred::standard::{NotPrinted, Output, Printed, append_to_log, parse_arguments, say};

fn main() -> ExitCode {
    append_to_log();
    let cli = match parse_arguments::<Cli>() {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    let progress = Progress::on_stderr();
    let above_bars = progress.clone();
    let warnings = tracing_subscriber::fmt().with_writer(move || above_bars.writer());
    // A line that cannot be written is lost. To say so on standard error, where it failed, would be a panic.
    let warnings = warnings.without_time().with_target(false).log_internal_errors(false);
    warnings.with_max_level(tracing::Level::WARN).with_ansi(std::io::stderr().is_terminal()).init();
    let cleanup = Cleanup::default();
    let mut out = Output::standard();
    match run(&cli.command, &progress, &cleanup, &mut out) {
        Ok(()) => ExitCode::from(end_of(&cli.command, out.end())),
        Err(failure) => {
            // The failure may be nothing but a consequence of Ctrl-C.
            cleanup.wait_if_ending();
            say(format_args!("index-builder: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The exit code of a command that succeeded, by what became of what it printed.
fn end_of(command: &Command, printed: Printed) -> u8 {
    let Printed::Lost(error) = printed else { return failure::EXIT_DONE };
    say(format_args!("index-builder: {}", NotPrinted(&error)));
    if command.is_there_to_print() { failure::EXIT_FAILED } else { failure::EXIT_DONE }
}

fn run(
    command: &Command,
    progress: &Progress,
    cleanup: &Cleanup,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    Kernel::from_environment().map_err(|error| Failure::Usage(error.to_string()))?;
    match command {
        Command::Build(args) => run_build(args, progress, cleanup, out),
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
            Ok(manual::write_pages(args, Cli::command(), &variables(), out).map_err(anyhow::Error::from)?)
        }
    }
}

fn run_build(
    args: &BuildArgs,
    progress: &Progress,
    cleanup: &Cleanup,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    cleanup.on_signals().map_err(anyhow::Error::from)?;
    let bars = progress.clone();
    let _no_bar_is_left = cleanup.register(move || bars.clear());
    let summary = build::build(args, progress, cleanup)?;
    let text = if args.json {
        serde_json::to_string(&summary).map_err(anyhow::Error::from)?
    } else {
        summary.to_string()
    };
    writeln!(out, "{text}").map_err(anyhow::Error::from)?;
    Ok(())
}
