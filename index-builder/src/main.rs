//! Arguments, a command, an exit code.

use std::io::IsTerminal;
use std::process::ExitCode;

use index_builder::door::program::{Cleanup, Cli, Command, EXIT_DONE, EXIT_FAILED, Progress, run};
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
    let Printed::Lost(error) = printed else { return EXIT_DONE };
    say(format_args!("index-builder: {}", NotPrinted(&error)));
    if command.is_there_to_print() { EXIT_FAILED } else { EXIT_DONE }
}
