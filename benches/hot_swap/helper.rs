//! The processes behind a front: this program again, in another role.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, io, process, thread};

use anyhow::{Context, Result, ensure};

/// The environment variable that gives the program its role. Its arguments are the role's.
pub const ROLE: &str = "HOT_SWAP_ROLE";

/// This program in a role.
pub fn command(role: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.env(ROLE, role).args(arguments);
    Ok(command)
}

/// A process that gets orders and reports, a line each.
pub struct Helper {
    process: Child,
    reports: BufReader<ChildStdout>,
}

impl Helper {
    /// Starts a process whose standard input ends when this process ends, or is this one's.
    pub fn start(role: &str, arguments: &[&str], input: Stdio) -> Result<Helper> {
        let mut process = command(role, arguments)?.stdin(input).stdout(Stdio::piped()).spawn()?;
        let reports = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Helper { process, reports })
    }

    pub fn order(&mut self, order: &str) -> Result<()> {
        let orders = self.process.stdin.as_mut().context("no standard input")?;
        Ok(writeln!(orders, "{order}")?)
    }

    /// Waits until the process reports that it is done.
    pub fn await_done(&mut self) -> Result<()> {
        let mut report = String::new();
        self.reports.read_line(&mut report)?;
        ensure!(report == "done\n", "a helper said {report:?}");
        Ok(())
    }

    /// Waits for its end.
    pub fn join(mut self) -> Result<()> {
        let status = self.process.wait()?;
        ensure!(status.success(), "a helper ended with {status}");
        Ok(())
    }
}

/// What a helper says when it has done what it was to do.
pub fn report_done() {
    println!("done");
}

/// Ends this process when its standard input ends, which is when the one that started it all is gone.
pub fn end_with_input() {
    thread::spawn(|| {
        let ended = io::copy(&mut io::stdin().lock(), &mut io::sink());
        process::exit(i32::from(ended.is_err()));
    });
}
