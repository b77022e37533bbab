//! Arguments, a command, an exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use index_builder::cli::{BuildArgs, Cli, Command};
use index_builder::failure::Failure;
use index_builder::progress::Progress;
use index_builder::{build, commands, failure, publish};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli.command) {
        Ok(()) => ExitCode::from(failure::EXIT_DONE),
        Err(failure) => {
            eprintln!("index-builder: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut std::io::stdout().lock();
    match command {
        Command::Build(args) => run_build(args, out),
        Command::Inspect(args) => commands::inspect(args, out),
        Command::Verify(args) => commands::verify(args, out),
        Command::Query(args) => commands::query(args, out),
        Command::List(args) => commands::list(args, out),
        Command::Pin(args) => commands::pin(args, out),
        Command::Unpin(args) => commands::unpin(args, out),
    }
}

fn run_build(args: &BuildArgs, out: &mut dyn Write) -> Result<(), Failure> {
    publish::install_signal_handlers().map_err(anyhow::Error::from)?;
    let summary = build::build(args, &Progress::on_stderr())?;
    let text = if args.json {
        serde_json::to_string(&summary).map_err(anyhow::Error::from)?
    } else {
        summary.to_string()
    };
    writeln!(out, "{text}").map_err(anyhow::Error::from)?;
    Ok(())
}
