//! What every step stands on: how a command ends, how it tells of its progress, and what that took of the machine, and what a signal has to clean up.

pub mod failure;
pub mod gate;
pub mod missing;
pub mod names;
pub mod progress;
pub mod signals;
pub mod usage;
