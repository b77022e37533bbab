//! Standard output and standard error of the programs, which may be full, closed, or a pipe that nobody reads any more.
//!
//! What a program says on the way is lost where it cannot be written, and changes nothing else: `println!` and
//! `eprintln!` would end the program instead. What a program was asked to print is another matter: [`Output`]
//! remembers whether it arrived.

use std::fmt;
use std::io::{self, Stdout, Write};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};

/// Writes a line to standard error. Where it cannot be written it is lost.
pub fn say(line: impl fmt::Display) {
    // In one piece, so that lines of several processes do not mix.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Where standard error is a file, has every line go to its end, wherever that is by then: a log that is copied and
/// truncated begins anew, and not behind as many zeros as it was long.
pub fn append_to_log() {
    let stderr = io::stderr();
    let is_file = fstat(&stderr).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
    if is_file && let Ok(flags) = fcntl_getfl(&stderr) {
        // Where it cannot be, the log is as it was opened.
        let _ = fcntl_setfl(&stderr, flags | OFlags::APPEND);
    }
}

/// What became of the output of a program.
#[derive(Debug)]
pub enum Printed {
    /// All of it was written.
    All,
    /// The reader of the pipe has had enough, as `head` has. No reason to say anything, nor to fail.
    Unwanted,
    /// It was not written, for this reason.
    Lost(io::Error),
}

/// A writer that never fails. From the first error on nothing is written, and [`Output::end`] tells that error, so that
/// what was done is not undone by an output that is full.
#[derive(Debug)]
pub struct Output<W> {
    out: W,
    error: Option<io::Error>,
}

impl Output<Stdout> {
    /// Standard output.
    pub fn standard() -> Output<Stdout> {
        Output::new(io::stdout())
    }
}

impl<W: Write> Output<W> {
    /// Something that may fail.
    pub fn new(out: W) -> Output<W> {
        Output { out, error: None }
    }

    /// Writes what is still in a buffer, and tells what became of all.
    pub fn end(mut self) -> Printed {
        let _ = self.flush();
        match self.error {
            None => Printed::All,
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Printed::Unwanted,
            Some(error) => Printed::Lost(error),
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_none() {
            match self.out.write(bytes) {
                Ok(0) if !bytes.is_empty() => self.error = Some(io::ErrorKind::WriteZero.into()),
                Err(error) if error.kind() != io::ErrorKind::Interrupted => self.error = Some(error),
                result => return result,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.error.is_none() {
            self.error = self.out.flush().err();
        }
        Ok(())
    }
}

/// Reads the command line. Prints help, the version, or what is wrong with it, and gives the exit code then: 0, or 2;
/// 1 for help and a version that cannot be printed.
///
/// # Errors
/// The program is to end, with this code.
#[cfg(feature = "manual")]
pub fn parse_arguments<P: clap::Parser>() -> Result<P, u8> {
    P::try_parse().map_err(|problem| {
        let is_asked_for = !problem.use_stderr();
        match problem.print() {
            Err(error) if is_asked_for && error.kind() != io::ErrorKind::BrokenPipe => {
                let name = P::command().get_name().to_owned();
                say(format_args!("{name}: {}", NotPrinted(&error)));
                1
            }
            _ => u8::try_from(problem.exit_code()).unwrap_or(1),
        }
    })
}

/// What is said of output that was lost.
#[derive(Debug)]
pub struct NotPrinted<'a>(pub &'a io::Error);

impl fmt::Display for NotPrinted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard output cannot be written: {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes and fails then.
    struct Full(usize, io::ErrorKind);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(self.1.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            if self.0 == 0 { Err(self.1.into()) } else { Ok(()) }
        }
    }

    fn printed(room: usize, kind: io::ErrorKind) -> Printed {
        let mut out = Output::new(Full(room, kind));
        for _ in 0..3 {
            writeln!(out, "a line").unwrap();
        }
        out.end()
    }

    #[test]
    fn an_output_that_is_full_is_told_at_the_end_and_stops_nobody_before() {
        assert!(matches!(printed(100, io::ErrorKind::StorageFull), Printed::All));
        for room in [0, 10, 21] {
            let ended = printed(room, io::ErrorKind::StorageFull);
            assert!(
                matches!(&ended, Printed::Lost(error) if error.kind() == io::ErrorKind::StorageFull),
                "{ended:?}"
            );
            assert!(matches!(printed(room, io::ErrorKind::BrokenPipe), Printed::Unwanted));
        }
    }
}
