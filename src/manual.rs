//! Shell completions and manual pages, made from the definition that parses the command line, so that they cannot say
//! anything else than `--help`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// What both programs know besides their own variables.
pub const KERNEL_VARIABLE: (&str, &str) = (
    crate::distance::VARIABLE,
    "Which instructions compute distances, for tests: scalar, avx2 or avx512. The results are the same.",
);

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Where the pages are written; it is created if it is missing
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub enum ManError {
    /// A file or directory cannot be written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What time it is cannot be told.
    #[error("{0}")]
    Time(String),
}

/// Prints what a shell needs to complete a program's command line.
///
/// # Errors
/// Where `out` cannot be written.
pub fn print_completions(
    arguments: &CompletionsArguments,
    mut command: Command,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = command.get_name().to_owned();
    // Generating writes into memory, because it panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    out.write_all(&script)
}

/// Writes a page for a program and one for each of its commands, and prints their paths. `variables` are the environment
/// variables and what each means. Pages of the same version and `SOURCE_DATE_EPOCH` are equal to the byte.
///
/// # Errors
/// See [`ManError`].
pub fn write_pages<T: AsRef<str>>(
    arguments: &ManArguments,
    command: Command,
    variables: &[(T, T)],
    out: &mut dyn Write,
) -> Result<(), ManError> {
    let directory = arguments.dir.as_path();
    fs::create_dir_all(directory).map_err(cannot(directory))?;
    let day = crate::time::rfc3339(crate::time::creation_time().map_err(ManError::Time)?);
    let day = day.split('T').next().unwrap_or_default();
    // `help` is a command for whoever has no manual.
    let mut program = command.disable_help_subcommand(true);
    program.build();
    let source = program.render_version().trim_end().to_owned();
    let commands: Vec<Command> = program.get_subcommands().cloned().collect();
    for command in commands.into_iter().chain([program]) {
        // Sub-commands have no commands of their own, and the variables are those of the program.
        let is_program = command.has_subcommands();
        let after_help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let title = command.get_display_name().unwrap_or(command.get_name()).to_uppercase();
        let man = Man::new(command).title(title).date(day).source(source.as_str()).manual("Kindred");
        let path = directory.join(man.get_filename());
        let mut page = Vec::new();
        let more = more_sections(&after_help, if is_program { variables } else { &[] });
        render(&man, is_program, &more, &mut page).map_err(cannot(&path))?;
        fs::write(&path, page).map_err(cannot(&path))?;
        writeln!(out, "{}", path.display()).map_err(cannot(Path::new("standard output")))?;
    }
    Ok(())
}

fn cannot(path: &Path) -> impl FnOnce(io::Error) -> ManError {
    move |source| ManError::Io { path: path.to_owned(), source }
}

/// A page. What follows the options in `--help` becomes sections of its own, which clap_mangen would run together.
fn render(man: &Man, has_commands: bool, more: &Roff, page: &mut dyn Write) -> io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if has_commands {
        man.render_subcommands_section(page)?;
    }
    more.to_writer(page)
}

/// What stands after the options: the sections of `after_help`, and the variables.
fn more_sections<T: AsRef<str>>(after_help: &str, variables: &[(T, T)]) -> Roff {
    let mut page = Roff::default();
    for section in after_help.split("\n\n").filter(|section| !section.is_empty()) {
        let (heading, lines) = section.split_once('\n').unwrap_or((section, ""));
        page.control("SH", [heading.to_uppercase().as_str()]);
        // Columns stay columns.
        page.control("nf", []);
        for line in lines.lines() {
            page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        page.control("fi", []);
    }
    if !variables.is_empty() {
        page.control("SH", ["ENVIRONMENT"]);
    }
    for (name, meaning) in variables {
        page.control("TP", []);
        page.text([bold(name.as_ref())]);
        page.text([roman(meaning.as_ref())]);
    }
    page
}
