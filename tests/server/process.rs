//! Starts the programs and looks at what they say.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How often a condition is looked at before it counts as never coming true.
const ATTEMPTS: u32 = 600;
/// Between two looks.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// What the line with the server's address has before it.
const ADDRESS_PREFIX: &str = "listening on ";

/// Waits until there is a value, with a bound.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..ATTEMPTS {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(BETWEEN_ATTEMPTS);
    }
    panic!("never came true: {what}");
}

/// A command for one of the programs, untouched by the settings of whoever runs the tests.
fn clean_command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("KINDRED_") || text.starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command.env_remove("SOURCE_DATE_EPOCH").stdin(Stdio::null());
    command
}

/// `kindred`, with nothing said yet.
pub fn kindred() -> Command {
    clean_command(env!("CARGO_BIN_EXE_kindred"))
}

/// Runs `kindred` with arguments that end it.
pub fn kindred_output(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    kindred().args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn builder_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_kindred")).with_file_name("index-builder");
    assert!(program.is_file(), "build the workspace first: cargo build --workspace");
    program
}

/// `index-builder`, with nothing said yet.
pub fn builder() -> Command {
    clean_command(builder_program())
}

/// Runs `index-builder` and gives what it wrote to standard output.
pub fn index_builder<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Vec<u8> {
    let output = builder().args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "index-builder ended with {}: {errors}", output.status);
    output.stdout
}

/// Builds a version from vectors in the field `v` and gives the summary.
pub fn build(profiles: &Path, directory: &Path) -> Value {
    let summary = index_builder([
        "build".as_ref(),
        "--profiles".as_ref(),
        profiles.as_os_str(),
        "--out".as_ref(),
        directory.as_os_str(),
        "--vectorizer".as_ref(),
        "field:v".as_ref(),
        "--json".as_ref(),
    ]);
    serde_json::from_slice(&summary).unwrap()
}

/// A running `kindred`. It is killed when it is dropped.
pub struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    deaf: Arc<AtomicBool>,
    pub address: SocketAddr,
}

impl Server {
    /// Serves a directory, looking at it often.
    pub fn start(directory: &Path) -> Server {
        Self::start_with(directory, |_| {})
    }

    /// Serves a directory with more settings.
    pub fn start_with(directory: &Path, configure: impl FnOnce(&mut Command)) -> Server {
        let mut command = kindred();
        command.arg("--index-dir").arg(directory);
        command.args(["--bind", "127.0.0.1:0", "--poll-interval", "100ms"]);
        configure(&mut command);
        Self::spawn(command)
    }

    /// Starts a command that is complete, with a port that the system chooses.
    pub fn spawn(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let deaf = Arc::new(AtomicBool::new(false));
        let (collected, is_deaf) = (Arc::clone(&log), Arc::clone(&deaf));
        std::thread::spawn(move || {
            let mut line = String::new();
            while !is_deaf.load(Ordering::Relaxed)
                && lines.read_line(&mut line).is_ok_and(|length| length > 0)
            {
                collected.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let address = eventually("the server says where it listens", || {
            let log = log.lock().unwrap();
            if let Some(status) = child.try_wait().unwrap() {
                panic!("kindred ended with {status}: {log}");
            }
            address_in(&log)
        });
        Server { child, log, deaf, address }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads one more line of its log and then closes it.
    pub fn close_log(&self) {
        self.deaf.store(true, Ordering::Relaxed);
    }

    /// What it has written to standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end.
    pub fn exit_status(&mut self) -> ExitStatus {
        eventually("the server ends", || self.child.try_wait().unwrap())
    }

    /// Fails if it has ended.
    pub fn assert_runs(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("kindred ended with {status}: {}", self.log());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // It may end by itself in between.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- kindred on {} wrote:\n{}", self.address, self.log());
        }
    }
}

fn address_in(log: &str) -> Option<SocketAddr> {
    let (_, after) = log.split_once(ADDRESS_PREFIX)?;
    let (_, after) = after.split_once("://")?;
    let end = after.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'))?;
    after[..end].parse().ok()
}

/// Reads a file, naming it when that fails.
pub fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes
}
