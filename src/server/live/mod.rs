//! One index as it lives: a thread [watches](watcher) its directory and keeps the [`LiveIndex`] at the version that it asks
//! for, each version a [`Generation`]; [`event_log`] remembers what has happened. [`Live`] is all of that for one directory:
//! no request goes round it, and a server may hold several.

pub(super) mod attributes;
pub(super) mod colouring;
pub mod event_log;
pub(super) mod generation;
mod handle;
pub(super) mod live_index;
mod metrics;
pub mod watcher;

#[cfg(test)]
pub use generation::Generation;
pub use handle::{Health, Live, LiveError};
