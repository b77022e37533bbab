//! What the operator sees while a build runs: bars with estimates on a terminal, else a line for each step.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};
use kindred::standard::say;
use serde::{Deserialize, Serialize};

use crate::ground::usage::{self, Meter, Taken};

/// The names of the steps of a build, in their order.
pub mod steps {
    /// The source is read.
    pub const READ: &str = "read";
    /// Profiles get their vectors.
    pub const VECTORIZE: &str = "vectorize";
    /// Vectors become nodes, and these are linked.
    pub const GRAPH: &str = "graph";
    /// The neighbour table is made.
    pub const TABLE: &str = "table";
    /// The map is made.
    pub const MAP: &str = "map";
    /// Recall and reachability are measured.
    pub const VERIFY: &str = "verify";
    /// The file is written, checked and published.
    pub const PUBLISH: &str = "publish";
}

/// Shows the steps of a build on standard error, and remembers what they took. Clones are one and the same.
#[derive(Debug, Clone)]
pub struct Progress {
    shown: Shown,
    began: SystemTime,
    started: Instant,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// The bar that is on the terminal.
    bar: Option<WeakProgressBar>,
    done: Vec<StepRecord>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("done", &self.done).finish_non_exhaustive()
    }
}

/// What a step took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step, as the operator saw it.
    pub name: Cow<'static, str>,
    /// How long it took.
    pub seconds: f64,
    /// The most memory that was resident while it ran, mapped files included; not that of other processes, such as
    /// Python. None where the system does not tell; so for the next two.
    pub peak_memory_bytes: Option<u64>,
    /// Bytes that were read with read(2), from the page cache or from a disk. What is mapped is not read.
    pub bytes_read: Option<u64>,
    /// Bytes that were written with write(2).
    pub bytes_written: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Lines,
    Bars,
}

/// What a step counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    Things,
    Bytes,
}

impl Progress {
    /// Bars where standard error is a terminal, else lines.
    pub fn on_stderr() -> Progress {
        Progress::new(if std::io::stderr().is_terminal() { Shown::Bars } else { Shown::Lines })
    }

    /// Shows nothing, and measures nothing but time.
    pub fn silent() -> Progress {
        Progress::new(Shown::Nothing)
    }

    fn new(shown: Shown) -> Progress {
        Progress { shown, began: SystemTime::now(), started: Instant::now(), shared: Arc::default() }
    }

    /// When it began, in seconds since 1970.
    pub fn began(&self) -> u64 {
        self.began.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
    }

    /// How long it has been going on, in seconds.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// What the steps took that are done, in their order.
    pub fn steps(&self) -> Vec<StepRecord> {
        self.shared().done.clone()
    }

    /// The most memory of the process so far, and at least that of any step that is done: the system's two figures are
    /// not counted at the same moments.
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        let of_steps = self.shared().done.iter().filter_map(|step| step.peak_memory_bytes).max();
        of_steps.max(usage::peak_memory_bytes())
    }

    /// Says something, between steps or above the bar of one.
    pub fn line(&self, text: impl FnOnce() -> String) {
        if self.shown != Shown::Nothing {
            let text = text();
            self.above(|| say(text));
        }
    }

    /// Standard error for others, who write whole lines: above the bar where there is one.
    pub fn writer(&self) -> Lines {
        Lines(self.clone())
    }

    /// Takes the bar away, so that nothing is left on the line where a shell goes on.
    pub fn clear(&self) {
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
    }

    /// Starts a step of so many units; 0 where that is not known.
    pub fn step(&self, name: &'static str, units: u64) -> Step {
        self.start(name, units, Units::Things)
    }

    /// Starts a step of so many bytes; 0 where that is not known.
    pub fn step_of_bytes(&self, name: &'static str, bytes: u64) -> Step {
        self.start(name, bytes, Units::Bytes)
    }

    fn start(&self, name: &'static str, count: u64, units: Units) -> Step {
        let bar = match self.shown {
            Shown::Bars => bar(count, units),
            _ => ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden()),
        };
        bar.set_prefix(name);
        if self.shown == Shown::Bars {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        self.shared().bar = Some(bar.downgrade());
        let meter = (self.shown != Shown::Nothing).then(Meter::start);
        Step { name, bar, started: Instant::now(), meter, progress: self.clone() }
    }

    fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        match self.bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn bar(&self) -> Option<ProgressBar> {
        self.shared().bar.as_ref().and_then(WeakProgressBar::upgrade)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Nothing is left half done under the lock.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bar with an estimate, or where the end is not known, what there is so far.
fn bar(count: u64, units: Units) -> ProgressBar {
    let template = match (count, units) {
        (0, Units::Things) => "{spinner} {prefix:10} {human_pos} {msg} [{elapsed}]",
        (0, Units::Bytes) => "{spinner} {prefix:10} {binary_bytes} {msg} [{elapsed}]",
        (_, Units::Things) => "  {prefix:10} {bar:30} {human_pos}/{human_len} {msg} [{elapsed}, {eta} left]",
        (_, Units::Bytes) => {
            "  {prefix:10} {bar:30} {binary_bytes}/{binary_total_bytes} {msg} [{elapsed}, {eta} left]"
        }
    };
    // The templates are constants; a wrong one shows the default bar.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    if count == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(count) }.with_style(style)
}

/// Standard error, above the bar where there is one.
#[derive(Debug)]
pub struct Lines(Progress);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.above(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// A step that runs.
#[derive(Debug)]
pub struct Step {
    name: &'static str,
    bar: ProgressBar,
    started: Instant,
    meter: Option<Meter>,
    progress: Progress,
}

impl Step {
    /// There will be so many units, which was not known when it started.
    pub fn expect(&self, units: u64) {
        self.bar.set_length(units);
    }

    /// Some units are done.
    pub fn advance(&self, units: u64) {
        self.bar.inc(units);
    }

    /// So many units are done in all.
    pub fn reach(&self, units: u64) {
        self.bar.set_position(units);
    }

    /// What is being done, or how much that is in other units: shown beside the bar.
    pub fn say(&self, what: impl Into<Cow<'static, str>>) {
        self.bar.set_message(what);
    }

    /// Counts the bytes that go through.
    pub fn counting<W>(&self, out: W) -> Counting<'_, W> {
        Counting { out, step: self }
    }

    /// What it took so far.
    pub fn so_far(&self) -> StepRecord {
        let Taken { peak_memory_bytes, bytes_read, bytes_written } =
            self.meter.as_ref().map(Meter::taken).unwrap_or_default();
        let seconds = self.started.elapsed().as_secs_f64();
        StepRecord { name: Cow::Borrowed(self.name), seconds, peak_memory_bytes, bytes_read, bytes_written }
    }

    /// Ends the step and says what came of it.
    pub fn done(self, result: impl FnOnce() -> String) {
        let record = self.so_far();
        let seconds = record.seconds;
        self.bar.finish_and_clear();
        self.progress.line(|| format!("{}: {} ({seconds:.1} s)", self.name, result()));
        self.progress.shared().done.push(record);
    }
}

/// Something that is written to in a step of bytes.
#[derive(Debug)]
pub struct Counting<'a, W> {
    out: W,
    step: &'a Step,
}

impl<W> Counting<'_, W> {
    /// Ends counting.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.step.advance(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Seek> Seek for Counting<'_, W> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.out.seek(position)
    }
}
