//! One index as it lives: a thread [watches](watcher) its directory and keeps the [`LiveIndex`] at the version that it asks
//! for, each version a [`Generation`]; [`event_log`] remembers what has happened.

pub(super) mod attributes;
pub(super) mod colouring;
pub mod event_log;
pub(super) mod generation;
pub(super) mod live_index;
pub mod watcher;

pub use generation::{Generation, LoadFailure};
pub use live_index::{History, LiveIndex, Refusal};
