//! The HTTP server: what turns the library into `kindred`, the program.
//!
//! - [`config`]: settings from the command line, the environment and a file
//! - [`live`]: the index that is served, as it lives
//! - [`routes`]: the table of routes and what each answers; [`Problem`] is every other answer
//! - [`access`]: who may ask, how often, and by which names; [`tls`]: certificates; [`reload`]: reads both again
//! - [`pools`]: threads and memory for what takes long
//! - [`observe`]: what the server tells about itself; [`probe`]: asks another server whether it is ready
//! - `pages`: the explorer and the documentation of the interface
//! - [`app`]: actix-web's ordinary `configure` and what starts and stops the server; `listen`: its connections
//!
//! Nothing here is global: one process could run two of them.

pub mod access;
pub mod app;
mod bounded_file;
pub mod config;
mod encoding;
#[cfg(test)]
mod fixture;
mod listen;
pub mod live;
pub mod observe;
mod pages;
pub mod pools;
pub mod probe;
mod problem;
pub mod reload;
pub mod routes;
mod stopping;
pub mod tls;

pub use app::{ServeError, State, configure, run};
pub use config::{Arguments, Command, Config, ConfigError};
pub use live::{Generation, History, LiveIndex, LoadFailure, Refusal};
pub use pools::{Batches, Busy, PoolLoad, SearchPool};
pub use problem::{PROBLEM_JSON, Problem};
