//! What the operator sees while a build runs: bars with estimates on a terminal, else a line for each step.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows the steps of a build on standard error.
#[derive(Debug, Clone)]
pub struct Progress {
    shown: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Lines,
    Bars,
}

impl Progress {
    /// Bars where standard error is a terminal, else lines.
    pub fn on_stderr() -> Progress {
        Progress { shown: if std::io::stderr().is_terminal() { Shown::Bars } else { Shown::Lines } }
    }

    /// Shows nothing.
    pub fn silent() -> Progress {
        Progress { shown: Shown::Nothing }
    }

    /// Says something between steps.
    pub fn line(&self, text: impl FnOnce() -> String) {
        if self.shown != Shown::Nothing {
            eprintln!("{}", text());
        }
    }

    /// Starts a step of so many units; 0 where that is not known.
    pub fn step(&self, name: &'static str, units: u64) -> Step {
        let bar = match (self.shown, units) {
            (Shown::Bars, 0) => ProgressBar::new_spinner()
                .with_style(style("{spinner} {prefix:10} {human_pos} {msg} [{elapsed}]")),
            (Shown::Bars, _) => ProgressBar::new(units)
                .with_style(style("  {prefix:10} {bar:30} {human_pos}/{human_len} [{elapsed}, {eta} left]")),
            _ => ProgressBar::with_draw_target(Some(units), ProgressDrawTarget::hidden()),
        };
        bar.set_prefix(name);
        if self.shown == Shown::Bars {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Step { name, bar, started: Instant::now(), progress: self.clone() }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates above are constants; a wrong one shows the default bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A step that runs.
#[derive(Debug)]
pub struct Step {
    name: &'static str,
    bar: ProgressBar,
    started: Instant,
    progress: Progress,
}

impl Step {
    /// Some units are done.
    pub fn advance(&self, units: u64) {
        self.bar.inc(units);
    }

    /// So many units are done in all.
    pub fn reach(&self, units: u64) {
        self.bar.set_position(units);
    }

    /// Ends the step and says what came of it. Gives its seconds.
    pub fn done(self, result: impl FnOnce() -> String) -> f64 {
        let seconds = self.started.elapsed().as_secs_f64();
        self.bar.finish_and_clear();
        let name = self.name;
        self.progress.line(|| format!("{name}: {} ({seconds:.1} s)", result()));
        seconds
    }
}
