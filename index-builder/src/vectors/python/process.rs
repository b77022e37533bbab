//! One child process that runs the function: starting it, talking to it until a deadline, and ending it for certain.
//!
//! The child leads a process group of its own, so that what the function starts is ended with it; Ctrl-C on a
//! terminal therefore does not reach it, and the [`Deadline`] carries the flag that makes every wait return. Should
//! the builder be killed, the child ends when its input does, or (on Linux, hanging or not) by the signal that it
//! asks the kernel for.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use super::frames::{Answer, BadFrame, HEADER_BYTES, Header, MAX_NUMBERS, NotLoaded};
use super::spec::PythonConfig;

/// The child's program. Given on the command line, so that nothing has to be installed or written anywhere.
const SHIM: &str = include_str!("shim.py");

/// How often a wait looks at the flag that ends it.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// How long a child that is no longer needed may take to end by itself (`atexit`, temporary files) before it is
/// killed.
const GRACE: Duration = Duration::from_secs(2);

/// Why the function cannot be called at all. Stops a build: no other profile would fare better.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The interpreter cannot be started.
    #[error("cannot start the Python interpreter {interpreter:?}: {source}; name another one with --python")]
    Interpreter {
        /// What was to be started.
        interpreter: String,
        /// Why it could not be.
        source: io::Error,
    },
    /// The file is missing or cannot be looked at.
    #[error("cannot read the Python file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The path is a directory or something else that is no file.
    #[error("{} is not a file; python: needs a Python file", .0.display())]
    NotAFile(PathBuf),
    /// Importing the file raised; the whole traceback is on standard error.
    #[error("the Python file {} cannot be imported: {detail}", path.display())]
    Raised {
        /// The file.
        path: PathBuf,
        /// The last line of the traceback.
        detail: String,
    },
    /// The file defines nothing of that name.
    #[error("the Python file {} has no function {function:?}; name another one with python:PATH:FUNCTION", path.display())]
    NoFunction {
        /// The file.
        path: PathBuf,
        /// The name.
        function: String,
    },
    /// What has that name is not callable.
    #[error("{function:?} in the Python file {} is no function: {detail}", path.display())]
    NotCallable {
        /// The file.
        path: PathBuf,
        /// The name.
        function: String,
        /// What it is instead.
        detail: String,
    },
    /// The file was not imported in time.
    #[error("importing the Python file {} took more than {} s", path.display(), allowed.as_secs_f64())]
    TimedOut {
        /// The file.
        path: PathBuf,
        /// The time that was allowed.
        allowed: Duration,
    },
    /// The process ended while importing the file, or is no Python.
    #[error("{interpreter:?} did not import the Python file {}: {detail}", path.display())]
    Died {
        /// What was started.
        interpreter: String,
        /// The file.
        path: PathBuf,
        /// How it ended.
        detail: String,
    },
    /// The flag [`PythonConfig::stop`] was set.
    #[error("stopped")]
    Stopped,
}

/// When waiting ends: at an instant, or when a flag is set.
pub(super) struct Deadline {
    /// None is a time too far away for the clock.
    at: Option<Instant>,
    stop: Arc<AtomicBool>,
}

impl Deadline {
    pub(super) fn after(allowed: Duration, stop: &Arc<AtomicBool>) -> Deadline {
        Deadline { at: Instant::now().checked_add(allowed), stop: Arc::clone(stop) }
    }

    /// Waits until one of `events`, an error or the other side's end is there.
    fn wait(&self, mut fd: PollFd<'_>) -> Result<(), Broken> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Broken::Stopped);
            }
            let left = match self.at {
                Some(at) => at.saturating_duration_since(Instant::now()),
                None => STOP_CHECK,
            };
            if left.is_zero() {
                return Err(Broken::TimedOut);
            }
            let slice = Timespec::try_from(left.min(STOP_CHECK)).map_err(|_| Broken::TimedOut)?;
            match poll(std::slice::from_mut(&mut fd), Some(&slice)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(Broken::Pipe(error.into())),
            }
        }
    }
}

/// Why a child gave no answer. It is of no use any more, whatever the reason.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("it did not answer in time")]
    TimedOut,
    #[error("stopped")]
    Stopped,
    #[error("it ended")]
    Ended,
    #[error("it answered out of turn")]
    OutOfTurn,
    #[error("what it wrote is no answer: {0}")]
    Frame(#[from] BadFrame),
    #[error("its pipe failed: {0}")]
    Pipe(io::Error),
}

impl Broken {
    fn from_io(error: io::Error) -> Broken {
        match error.kind() {
            ErrorKind::BrokenPipe => Broken::Ended,
            _ => Broken::Pipe(error),
        }
    }
}

/// A child that has loaded the function. Dropping it ends it and everything in its process group, and waits for it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// None when the child has been told that nothing more comes.
    input: Option<ChildStdin>,
    output: ChildStdout,
    stop: Arc<AtomicBool>,
    ended: bool,
}

impl Process {
    /// Starts the interpreter and waits until it has imported the file.
    pub(super) fn start(config: &PythonConfig) -> Result<Process, LoadError> {
        let path = check_file(&config.spec.path)?;
        let mut process = spawn(config, &path)
            .map_err(|source| LoadError::Interpreter { interpreter: config.interpreter.clone(), source })?;
        let function = || config.spec.function.clone();
        match process.receive(&Deadline::after(config.load_timeout, &config.stop)) {
            Ok(Answer::Loaded) => Ok(process),
            Ok(Answer::NotLoaded(NotLoaded::Raised, detail)) => Err(LoadError::Raised { path, detail }),
            Ok(Answer::NotLoaded(NotLoaded::Missing, _)) => {
                Err(LoadError::NoFunction { path, function: function() })
            }
            Ok(Answer::NotLoaded(NotLoaded::NotCallable, detail)) => {
                Err(LoadError::NotCallable { path, function: function(), detail })
            }
            Ok(_) => Err(process.died(config, path, Broken::OutOfTurn)),
            Err(Broken::TimedOut) => {
                process.kill();
                Err(LoadError::TimedOut { path, allowed: config.load_timeout })
            }
            Err(Broken::Stopped) => Err(LoadError::Stopped),
            Err(broken) => Err(process.died(config, path, broken)),
        }
    }

    /// Whether the child waits for a batch: it is there and has written nothing unasked.
    pub(super) fn is_idle(&self) -> bool {
        let mut output = [PollFd::new(&self.output, PollFlags::IN)];
        matches!(poll(&mut output, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(0) | Err(Errno::INTR))
    }

    /// Writes all bytes. The child reads a batch to its end before it answers, so that both cannot wait for each
    /// other.
    pub(super) fn send(&mut self, mut bytes: &[u8], deadline: &Deadline) -> Result<(), Broken> {
        let input = self.input.as_mut().ok_or(Broken::Ended)?;
        while !bytes.is_empty() {
            deadline.wait(PollFd::new(input, PollFlags::OUT))?;
            match input.write(bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(Broken::from_io(error)),
            }
        }
        Ok(())
    }

    /// Reads one answer.
    pub(super) fn receive(&mut self, deadline: &Deadline) -> Result<Answer, Broken> {
        let mut header = [0; HEADER_BYTES];
        self.read(&mut header, deadline)?;
        let header = Header::parse(header)?;
        let mut body = vec![0; header.body_bytes()];
        self.read(&mut body, deadline)?;
        Ok(header.parse_body(&body)?)
    }

    fn read(&mut self, mut rest: &mut [u8], deadline: &Deadline) -> Result<(), Broken> {
        while !rest.is_empty() {
            deadline.wait(PollFd::new(&self.output, PollFlags::IN))?;
            match self.output.read(rest) {
                Ok(0) => return Err(Broken::Ended),
                Ok(read) => rest = rest.get_mut(read..).unwrap_or_default(),
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(Broken::from_io(error)),
            }
        }
        Ok(())
    }

    fn died(mut self, config: &PythonConfig, path: PathBuf, broken: Broken) -> LoadError {
        let detail = format!("{broken} ({})", self.kill());
        LoadError::Died { interpreter: config.interpreter.clone(), path, detail }
    }

    /// Ends the process group now, and says how the child ended: by itself, if it was dead or dying already.
    pub(super) fn kill(&mut self) -> String {
        match self.end() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        if !self.ended {
            self.ended = true;
            // The child has not been waited for, so its number is still its own. An error means that nobody of the
            // group is left.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.ended {
            self.input = None;
            // No events: only the end of the child wakes this up.
            let output = PollFd::new(&self.output, PollFlags::empty());
            // Whether it ended in time or not, the group is killed next.
            let _ = Deadline::after(GRACE, &self.stop).wait(output);
        }
        // There is nobody to tell that waiting failed, and nothing more to do about it.
        let _ = self.end();
    }
}

/// The file's absolute path, after a look whether it is one; Python's own message would be a traceback.
fn check_file(path: &Path) -> Result<PathBuf, LoadError> {
    let failed = |source| LoadError::File { path: path.to_owned(), source };
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(LoadError::NotAFile(path.to_owned()));
    }
    std::path::absolute(path).map_err(failed)
}

fn spawn(config: &PythonConfig, path: &Path) -> io::Result<Process> {
    let mut child = Command::new(&config.interpreter)
        .args(["-c", SHIM])
        .arg(path)
        .arg(&config.spec.function)
        .arg(MAX_NUMBERS.to_string())
        // Nothing is written beside the team's file.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("it was started without pipes"));
    };
    let process = Process { child, input: Some(input), output, stop: Arc::clone(&config.stop), ended: false };
    if let Some(input) = &process.input {
        // Only our end: a full pipe must not keep us beyond the deadline.
        rustix::io::ioctl_fionbio(input, true)?;
    }
    Ok(process)
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
}
