//! The HTTP server: what turns the library into `kindred`, the program.
//!
//! - [`config`]: settings from the command line, the environment and a file
//! - [`watcher`]: a thread that keeps a [`LiveIndex`] at the version its directory asks for
//! - [`LiveIndex`] and [`Generation`]: what is served, as values; [`event_log`]: what has happened to it
//! - [`routes`]: the table of routes and what each answers; [`raw_path`] reads paths, [`Problem`] is every other answer
//! - [`access`]: who may ask, and how often; [`tls`]: certificates; [`reload`]: reads both again
//! - [`app`]: actix-web's ordinary `configure` and what starts and stops the server; `listen`: its connections; `host`: the
//!   names it may be asked by
//! - [`metrics`], [`logging`], [`traces`], [`request_id`], [`build_info`]: what it tells about itself; [`probe`]: asks
//!   another server whether it is ready; `watchdog`: what systemd is told; `explorer`: the page to look at all of it with
//!
//! Nothing here is global: one process could run two of them.

pub mod access;
pub mod app;
mod asset;
mod attributes;
mod batches;
mod bounded_file;
pub mod build_info;
mod colouring;
pub mod config;
mod docs;
mod encoding;
mod etag;
pub mod event_log;
mod explorer;
#[cfg(test)]
mod fixture;
mod generation;
pub mod host;
mod limits;
mod listen;
mod live_index;
pub mod log_writer;
pub mod logging;
mod memory;
pub mod metrics;
pub mod probe;
mod problem;
pub mod raw_path;
pub mod reload;
pub mod request_id;
pub mod routes;
mod search_pool;
mod stopping;
pub mod tls;
pub mod traces;
mod watchdog;
pub mod watcher;

pub use app::{ServeError, State, configure, run};
pub use batches::Batches;
pub use config::{Arguments, Command, Config, ConfigError};
pub use generation::{Generation, LoadFailure};
pub use live_index::{History, LiveIndex, Refusal};
pub use problem::{PROBLEM_JSON, Problem};
pub use search_pool::{Busy, PoolLoad, SearchPool};
