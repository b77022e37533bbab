//! The HTTP server: what turns the library into `kindred`, the program.
//!
//! - `config`: settings from the command line, the environment and a file
//! - `live`: one index as it lives, of which a server may have several
//! - `routes`: the table of routes and what each answers; `problem`: every other answer; `state`: what requests share
//! - `listen`: connections; `access`: who may ask, how often, and by which names; `tls`: certificates; `reload`: reads both
//!   again
//! - `pools`: threads and memory for what takes long
//! - `observe`: what the server tells about itself; `probe`: asks another server whether it is ready
//! - `pages`: the explorer and the documentation of the interface
//! - `app`: starts and stops the server
//!
//! What is public is what the program uses. [`testing`] is for tests.
//!
//! Nothing here is global: one process could run two of them.

mod access;
mod app;
mod bounded_file;
mod build_info;
mod config;
mod encoding;
#[cfg(test)]
mod fixture;
mod headers;
mod listen;
mod live;
mod observe;
mod pages;
mod pools;
mod probe;
mod problem;
mod reload;
mod request_id;
mod routes;
mod state;
mod stopping;
pub mod testing;
mod tls;

pub use access::{HashKeyError, hash_key};
pub use app::{ServeError, run};
pub use config::{
    Arguments, Command, Config, ConfigError, HashKeyArguments, ProbeArguments, Probed, variables,
};
pub use observe::logging;
pub use probe::probe;
