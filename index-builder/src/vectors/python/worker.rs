//! A child process that is restarted when a profile breaks it, and the search for that profile.

use std::fmt;
use std::time::Duration;

use super::frames::{Answer, MAX_PROFILE_BYTES, encode_batch};
use super::process::{Broken, Deadline, LoadError, Process};
use super::spec::PythonConfig;

/// What became of one profile: its vector (of any length, any number may be NaN or infinite), or why it has none.
pub type Outcome = Result<Vec<f32>, Failure>;

/// Why one profile has no vector. Only that profile is concerned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Failure {
    /// What went wrong, for counting.
    pub reason: FailureReason,
    /// One line about this case, at most some hundred characters: the last line of the traceback, the way the
    /// process ended, the type of what was returned. It may quote the profile.
    pub detail: String,
}

/// The ways in which the function fails for a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureReason {
    /// It raised an exception, of any class.
    Raised,
    /// It did not return within the timeout of a batch, though the profile had the whole of it.
    TimedOut,
    /// It ended its process: `os._exit`, a crash, want of memory.
    Died,
    /// It returned something else than one vector of numbers.
    NotAVector,
    /// It was not called: the profile's document is longer than [`MAX_PROFILE_BYTES`].
    TooLong,
}

impl FailureReason {
    /// A phrase for summaries that never changes.
    pub fn phrase(self) -> &'static str {
        match self {
            FailureReason::Raised => "the Python function raised an exception",
            FailureReason::TimedOut => "the Python function did not return in time",
            FailureReason::Died => "the Python function ended its process",
            FailureReason::NotAVector => "the Python function returned no vector",
            FailureReason::TooLong => "too long for the Python function",
        }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())
    }
}

/// One child process and what is needed to start it again. For one thread; start it on the thread that uses it,
/// because Linux ends the child when the thread that started it ends (which is noticed, and costs a restart).
///
/// Dropping it tells the child that nothing more comes, and kills it and all of its process group if it has not ended
/// two seconds later.
#[derive(Debug)]
pub struct Worker {
    config: PythonConfig,
    /// None after the child broke, until the next batch needs one.
    process: Option<Process>,
}

impl Worker {
    /// Starts a child and waits until it has imported the file.
    ///
    /// # Errors
    /// Every [`LoadError`].
    pub fn start(config: &PythonConfig) -> Result<Worker, LoadError> {
        let process = Process::start(config)?;
        Ok(Worker { config: config.clone(), process: Some(process) })
    }

    /// Calls the function for profiles given as JSON documents; the outcomes are in their order, one each.
    ///
    /// # Errors
    /// [`LoadError`] when a child had to be restarted and could not be, and [`LoadError::Stopped`]. What was computed
    /// is lost then.
    pub fn vectorize(&mut self, profiles: &[&[u8]]) -> Result<Vec<Outcome>, LoadError> {
        let mut outcomes = Vec::with_capacity(profiles.len());
        for batch in profiles.chunks(self.config.batch_size.max(1)) {
            for part in batch.chunk_by(|a, b| is_sendable(a) && is_sendable(b)) {
                match part {
                    [profile] if !is_sendable(profile) => outcomes.push(Err(too_long(profile.len()))),
                    _ => self.vectorize_batch(part, &mut outcomes)?,
                }
            }
        }
        Ok(outcomes)
    }

    /// Sends what has no answer yet until everything has one. A child that breaks at the first profile it was ever
    /// given has shown that profile to be the culprit; at a later one, a fresh child has to show it. So every second
    /// start at the latest settles one profile.
    fn vectorize_batch(&mut self, batch: &[&[u8]], outcomes: &mut Vec<Outcome>) -> Result<(), LoadError> {
        let mut rest = batch;
        while !rest.is_empty() {
            let (mut process, is_fresh) = match self.process.take() {
                // One that died between two batches is no profile's fault.
                Some(process) if process.is_idle() => (process, false),
                _ => (Process::start(&self.config)?, true),
            };
            let before = outcomes.len();
            let exchanged = exchange(&mut process, rest, &self.config, outcomes);
            let answered = outcomes.len() - before;
            rest = rest.get(answered..).unwrap_or_default();
            match exchanged {
                Ok(()) => self.process = Some(process),
                Err(Broken::Stopped) => return Err(LoadError::Stopped),
                Err(broken) => {
                    let ending = process.kill();
                    if is_fresh && answered == 0 {
                        outcomes.push(Err(broke(&broken, &ending, self.config.batch_timeout)));
                        rest = rest.get(1..).unwrap_or_default();
                    }
                }
            }
        }
        Ok(())
    }
}

/// Sends a batch and appends an outcome for every answer that comes, all or those before the child broke.
fn exchange(
    process: &mut Process,
    batch: &[&[u8]],
    config: &PythonConfig,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Broken> {
    let deadline = Deadline::after(config.batch_timeout, &config.stop);
    process.send(&encode_batch(batch), &deadline)?;
    for _ in batch {
        outcomes.push(match process.receive(&deadline)? {
            Answer::Vector(vector) => Ok(vector),
            Answer::Raised(detail) => Err(Failure { reason: FailureReason::Raised, detail }),
            Answer::NotAVector(detail) => Err(Failure { reason: FailureReason::NotAVector, detail }),
            Answer::Loaded | Answer::NotLoaded(..) => return Err(Broken::OutOfTurn),
        });
    }
    Ok(())
}

fn broke(broken: &Broken, ending: &str, allowed: Duration) -> Failure {
    match broken {
        Broken::TimedOut => Failure {
            reason: FailureReason::TimedOut,
            detail: format!("no answer within {} s", allowed.as_secs_f64()),
        },
        _ => Failure { reason: FailureReason::Died, detail: format!("{broken} ({ending})") },
    }
}

fn is_sendable(profile: &[u8]) -> bool {
    profile.len() <= MAX_PROFILE_BYTES
}

fn too_long(bytes: usize) -> Failure {
    let detail = format!("it has {bytes} bytes, at most {MAX_PROFILE_BYTES} are allowed");
    Failure { reason: FailureReason::TooLong, detail }
}
