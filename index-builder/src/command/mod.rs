//! The command line: from arguments to what is asked for, and the commands that look.

pub mod cli;
pub mod look;
pub mod options;
mod unknown;
