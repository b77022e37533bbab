//! Where tracing events go: to standard error, as lines for people or as JSON.

use std::io::{IsTerminal as _, stderr};

use tracing::Level;
use tracing_subscriber::EnvFilter;

use super::config::{Config, LogFormat};

/// Installs the subscriber of this process. For binaries only, and once.
///
/// The level counts for Kindred's own events. What it stands on is heard from warnings on, or from a stricter level, and
/// what clients send that is no HTTP not at all: it is no change of ours.
pub fn install(config: &Config) {
    // `Level` orders by detail: the smaller one says less.
    let others = config.log_level.min(Level::WARN);
    let filter = EnvFilter::new(format!("{others},actix_http=off,kindred={}", config.log_level));
    // A line that cannot be written is lost. To say so on standard error, where it failed, would be a panic of whatever
    // thread had something to tell.
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).log_internal_errors(false);
    // A process has one subscriber: if there is one already, that one stays.
    let _ = match config.log_format {
        LogFormat::Text => builder.with_ansi(stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().with_ansi(false).try_init(),
    };
}
