//! Arguments, a command, an exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser};
use index_builder::cli::{BuildArgs, Cli, Command, VARIABLES};
use index_builder::failure::Failure;
use index_builder::progress::Progress;
use index_builder::publish::Cleanup;
use index_builder::{build, commands, failure, report};
use kindred::distance::Kernel;
use kindred::manual;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let progress = Progress::on_stderr();
    let above_bars = progress.clone();
    let warnings = tracing_subscriber::fmt().with_writer(move || above_bars.writer());
    let warnings = warnings.without_time().with_target(false);
    warnings.with_max_level(tracing::Level::WARN).with_ansi(std::io::stderr().is_terminal()).init();
    let cleanup = Cleanup::default();
    match run(&cli.command, &progress, &cleanup) {
        Ok(()) => ExitCode::from(failure::EXIT_DONE),
        Err(failure) => {
            // The failure may be nothing but a consequence of Ctrl-C.
            cleanup.wait_if_ending();
            eprintln!("index-builder: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: &Command, progress: &Progress, cleanup: &Cleanup) -> Result<(), Failure> {
    Kernel::from_environment().map_err(|error| Failure::Usage(error.to_string()))?;
    let out = &mut std::io::stdout().lock();
    match command {
        Command::Build(args) => run_build(args, progress, cleanup, out),
        Command::Inspect(args) => commands::inspect(args, out),
        Command::Verify(args) => commands::verify(args, out),
        Command::Query(args) => commands::query(args, out),
        Command::Report(args) => report::report(args, out),
        Command::Diff(args) => commands::diff(args, out),
        Command::List(args) => commands::list(args, out),
        Command::Pin(args) => commands::pin(args, out),
        Command::Unpin(args) => commands::unpin(args, out),
        Command::Suppress(args) => commands::suppress(args, out),
        Command::Unsuppress(args) => commands::unsuppress(args, out),
        Command::Completions(args) => {
            Ok(manual::print_completions(args, Cli::command(), out).context("standard output")?)
        }
        Command::Man(args) => {
            Ok(manual::write_pages(args, Cli::command(), &VARIABLES, out).map_err(anyhow::Error::from)?)
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
